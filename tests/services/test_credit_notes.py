"""Every refund of an invoiced order is credited once: with its own number, to the minor unit, stored and sent."""

import pytest

from backend.domain.refunds import RefundWish
from backend.services import actions, documents, refunds
from backend.services.run import in_unit_of_work
from tests.factories import staff
from tests.shop import shopify_line
from tests.world import World

GRETA = "greta.lindenau@example.org"


def invoiced(world: World, **changes: object) -> str:
    """An order that is paid, invoiced and packed, its parcel kept back."""
    world.keep_parcels_back()
    world.place(**changes)
    world.settle()
    return world.numbers()[-1]


def refund(world: World, wish: RefundWish, number: str = "") -> None:
    number = number or world.number()
    shown = in_unit_of_work(refunds.preview_refund, number, wish, actor=world.actor)
    in_unit_of_work(
        refunds.refund, number, wish, actor=world.actor, version=shown.version, token=shown.token, reason="came broken"
    )


def retry_step(world: World, kind: str) -> None:
    view = world.view()
    (step,) = [step for step in view.steps if step.kind == kind and step.can_retry]
    shown = in_unit_of_work(actions.preview_retry_step, view.number, step.id, actor=world.actor)
    in_unit_of_work(
        actions.retry_step, view.number, step.id, actor=world.actor, version=shown.version, token=shown.token
    )


def credits(world: World) -> list[tuple[str, int]]:
    """What the invoicing system has accepted."""
    return [(entry["number"], entry["amount_minor"]) for entry in world.journal(kind="credit.created")]


def test_a_full_refund_is_credited_stored_and_sent_once(world: World) -> None:
    invoiced(world)

    refund(world, RefundWish(full=True))
    world.settle()

    invoice, note = world.view().documents
    assert (invoice.kind, note.kind, note.number) == ("invoice", "credit_note", "CN-000001")
    assert (note.total_minor, note.currency, note.stored, note.sent_at is not None) == (11920, "EUR", True, True)
    assert credits(world) == [("CN-000001", 11920)]
    (mail,) = [mail for mail in world.mails(to=GRETA) if "Credit note" in mail["subject"]]
    assert mail["subject"] == f"Credit note CN-000001 for your order {world.view().external_number}"
    assert mail["attachments"] == ["CN-000001.pdf"]
    pdf = in_unit_of_work(documents.document_pdf, note.id, actor=staff())
    assert (pdf.filename, pdf.content[:5]) == ("CN-000001.pdf", b"%PDF-")


def test_parts_are_credited_one_by_one_and_add_up(world: World) -> None:
    invoiced(world)

    refund(world, RefundWish(lines={1: 1}, shipping=True))
    world.settle()
    refund(world, RefundWish(amount_minor=1000))
    world.settle()
    refund(world, RefundWish(full=True))
    world.settle()

    assert credits(world) == [("CN-000001", 5480), ("CN-000002", 1000), ("CN-000003", 5440)]
    assert world.view().status == "refunded"


def test_tax_on_top_and_discounts_are_credited_to_the_minor_unit(world: World) -> None:
    tax = [{"title": "VAT", "rate": 0.19, "price": "5.51"}]
    invoiced(
        world,
        line_items=[shopify_line("MUG-ENM-WHT", "Enamel Mug - White", 1000, 3, off_minor=100, tax_lines=tax)],
        taxes_included=False,
        total_tax="5.51",
        subtotal_price="29.00",
        total_discounts="1.00",
        total_price="39.41",
    )

    refund(world, RefundWish(lines={1: 2}))
    world.settle()

    back = world.journal(kind="payment.refunded")[0]["amount_minor"]
    assert back == 3451 * 2 // 3
    assert credits(world) == [("CN-000001", back)]


def test_without_an_issued_invoice_there_is_no_credit_note_and_after_a_full_refund_no_invoice(world: World) -> None:
    world.fault("invoiceninja", "refuse", "invoice", times=1)
    invoiced(world)

    refund(world, RefundWish(full=True))
    world.settle()
    retry_step(world, "invoice.issue")
    world.settle()

    assert world.view().status == "refunded"
    assert world.step("invoice.issue")["state"] == "done"
    assert world.journal(kind="invoice.created") == []
    assert credits(world) == []
    assert [step.kind for step in world.view().steps if step.kind.startswith("credit_note")] == []


def test_an_order_refunded_in_part_before_its_invoice_is_invoiced_and_then_credited(world: World) -> None:
    world.fault("invoiceninja", "refuse", "invoice", times=1)
    invoiced(world)

    refund(world, RefundWish(lines={2: 1}))
    world.settle()
    assert credits(world) == []
    retry_step(world, "invoice.issue")
    world.settle()

    kinds = [entry["kind"] for entry in world.journal(provider="invoiceninja") if entry["kind"].endswith("created")]
    assert kinds[-2:] == ["invoice.created", "credit.created"]
    assert credits(world) == [("CN-000001", 1450)]


def test_an_invoice_in_doubt_when_everything_is_paid_back_is_found_out_and_credited(world: World) -> None:
    world.keep_parcels_back()
    world.fault("invoiceninja", "accept_then_cut", "invoice", times=1)
    world.place()
    while not world.journal(kind="invoice.created"):
        world.take_in()
        world.run_due()
    world.fault("invoiceninja", "error_5xx", "read")
    world.settle()
    assert world.step("invoice.issue")["in_doubt"] is True
    refund(world, RefundWish(full=True))
    world.settle()
    assert credits(world) == []

    world.heal()
    retry_step(world, "invoice.issue")
    world.settle()

    assert len(world.journal(kind="invoice.created")) == 1
    assert credits(world) == [("CN-000001", 11920)]


def test_a_doubtful_invoice_that_was_never_issued_is_not_issued_after_everything_is_paid_back(world: World) -> None:
    world.fault("invoiceninja", "error_5xx", "invoice")
    invoiced(world)
    assert world.step("invoice.issue")["in_doubt"] is True
    refund(world, RefundWish(full=True))
    world.settle()

    world.heal()
    retry_step(world, "invoice.issue")
    world.settle()

    assert world.step("invoice.issue")["state"] == "done"
    assert world.journal(kind="invoice.created") == []
    assert credits(world) == []


@pytest.mark.parametrize("fault", ["accept_then_cut", "accept_then_500"])
def test_a_lost_answer_is_asked_for_and_the_number_stays(world: World, fault: str) -> None:
    invoiced(world)
    world.fault("invoiceninja", fault, "credit", times=1)

    refund(world, RefundWish(full=True))
    world.settle()

    assert credits(world) == [("CN-000001", 11920)]
    assert world.step("credit_note.issue")["attempts"] == 2
    assert world.view().documents[-1].stored is True


def test_one_that_is_refused_never_stops_the_money_and_keeps_its_number(world: World) -> None:
    first = invoiced(world)
    world.fault("invoiceninja", "refuse", "credit", times=1)
    refund(world, RefundWish(full=True))
    world.settle()
    view = world.view()
    assert (view.status, view.refunded_minor, view.holds) == ("refunded", 11920, ())
    assert [entry.text for entry in view.timeline if entry.text.startswith("Issue credit note failed")] != []
    second = invoiced(world)
    refund(world, RefundWish(full=True), second)
    world.settle()

    (step,) = [step for step in world.view(first).steps if step.can_retry]
    shown = in_unit_of_work(actions.preview_retry_step, first, step.id, actor=world.actor)
    in_unit_of_work(actions.retry_step, first, step.id, actor=world.actor, version=shown.version, token=shown.token)
    world.settle()

    numbers = {number: world.view(number).documents[-1].number for number in (first, second)}
    assert numbers == {first: "CN-000001", second: "CN-000002"}
    assert sorted(credits(world)) == [("CN-000001", 11920), ("CN-000002", 11920)]
    assert world.step("credit_note.issue", first)["generation"] == 2
