"""Invoices and mails that fail are told, never stop the parcel, and run again with one click."""

import pytest

from backend.domain.errors import NotAllowed, NotFound
from backend.services import actions, documents
from backend.services.pulse import pulse
from backend.services.run import in_unit_of_work
from tests.factories import staff
from tests.world import World

FAILURES = [
    ("invoiceninja", "refuse", "invoice", "invoice.issue", "Issue invoice"),
    ("smtp", "refuse", "mail", "mail.confirmation", "Mail: order confirmation"),
    ("shopify", "refuse", "fulfilment", "channel.update", "Tell the shop"),
]


def retry_step(world: World, kind: str) -> str:
    view = world.view()
    (step,) = [step for step in view.steps if step.kind == kind and step.can_retry]
    preview = in_unit_of_work(actions.preview_retry_step, view.number, step.id, actor=world.actor)
    assert preview.refusal == ""
    done = in_unit_of_work(
        actions.retry_step, view.number, step.id, actor=world.actor, version=preview.version, token=preview.token
    )
    again = in_unit_of_work(
        actions.retry_step, view.number, step.id, actor=world.actor, version=preview.version, token=preview.token
    )
    assert again.repeated is True
    return done.sentence


@pytest.mark.parametrize(
    ("provider", "fault", "operation", "kind", "label"), FAILURES, ids=[row[3] for row in FAILURES]
)
def test_a_document_or_message_that_fails_is_told_and_the_parcel_goes_on(
    world: World, provider: str, fault: str, operation: str, kind: str, label: str
) -> None:
    world.fault(provider, fault, operation)
    world.place()
    world.settle()
    view = world.view()
    assert (view.status, view.holds, view.closed_holds) == ("delivered", (), ())
    (told,) = [entry for entry in view.timeline if entry.weight == "problem" and entry.text.startswith(label)]
    assert told.text.startswith(f"{label} failed and was given up: ")
    assert told.text.endswith(" The order goes on; retry it from the order's page.")
    assert in_unit_of_work(pulse, actor=world.actor).failed_documents >= 1
    world.heal()
    assert retry_step(world, kind) == f"{label} runs again."
    world.settle()
    step = world.step(kind)
    assert (step["state"], step["generation"]) == ("done", 2)
    assert not [step for step in world.view().steps if step.kind == kind and step.can_retry]


def test_an_invoice_issued_late_keeps_its_number_and_goes_out_with_its_pdf(world: World) -> None:
    world.fault("invoiceninja", "refuse", "invoice")
    world.place()
    world.settle()
    assert world.database.execute("select number, issued_at, stored_at from invoices") == [("INV-000001", None, None)]
    world.place()
    world.heal()
    world.settle()
    first, second = world.numbers()
    assert world.view(second).documents[0].number == "INV-000002"
    view = world.view(first)
    (step,) = [step for step in view.steps if step.kind == "invoice.issue" and step.can_retry]
    preview = in_unit_of_work(actions.preview_retry_step, first, step.id, actor=world.actor)
    in_unit_of_work(actions.retry_step, first, step.id, actor=world.actor, version=preview.version, token=preview.token)
    world.settle()
    (document,) = world.view(first).documents
    assert (document.number, document.stored, document.sent_at is not None) == ("INV-000001", True, True)
    assert world.effects()["invoice.created"] == 2
    assert [mail["attachments"] for mail in world.mails() if mail["subject"].startswith("Invoice")] == [
        ["INV-000002.pdf"],
        ["INV-000001.pdf"],
    ]


def test_a_stored_document_opens_for_those_who_see_orders_and_nobody_else(world: World) -> None:
    world.place()
    world.settle()
    (document,) = world.view().documents
    assert in_unit_of_work(documents.document_pdf, document.id, actor=staff()).content.startswith(b"%PDF-")
    with pytest.raises(NotAllowed):
        in_unit_of_work(documents.document_pdf, document.id, actor=staff(None))  # type: ignore[arg-type]
    for wrong in ("x", "", "01a1fd6f-d573-716f-be61-93244fc97f53", "../../etc/passwd"):
        with pytest.raises(NotFound):
            in_unit_of_work(documents.document_pdf, wrong, actor=staff())


def test_orders_without_an_address_to_write_to_get_no_mail_and_go_on(world: World) -> None:
    world.place(email=None, customer=None)
    world.settle()
    view = world.view()
    assert view.status == "delivered"
    assert [mail["to"] for mail in world.mails()] == [["desk@shop.example"]]
    assert world.database.execute("select result->>'not_needed' from steps where kind = 'mail.confirmation'") == [
        ("The order came without an e-mail address.",)
    ]


def test_the_alert_for_a_hold_that_was_lifted_in_the_meantime_is_not_sent(world: World) -> None:
    world.place(shipping_address={**(world.place(send=False)["shipping_address"]), "address1": "Postfach 12"})
    while not world.take_in():
        world.outside.letterbox.wait(5)
    (hold,) = world.view().holds
    preview = in_unit_of_work(actions.preview_release, world.number(), [hold.id], actor=world.actor)
    in_unit_of_work(
        actions.release, world.number(), [hold.id],
        actor=world.actor, version=preview.version, token=preview.token, reason="Fine.",
    )  # fmt: skip
    world.settle()
    assert world.view().status == "delivered"
    assert not [mail for mail in world.mails() if mail["subject"].startswith("Held:")]
