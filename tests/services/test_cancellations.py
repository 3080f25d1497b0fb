"""Cancelling an order is one sequence: each part is done, told and survives whatever happens to it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from backend.domain.errors import NotPossible, ReasonMissing
from backend.domain.refunds import RefundWish
from backend.domain.steps import RULES, StepKind
from backend.services import actions, cancellations, refunds
from backend.services.run import in_unit_of_work
from tests.factories import stocked
from tests.services.cancelling import ask, cancel, holds, moves, on_the_shelf, packed, parts, release, retry
from tests.waiting import until
from tests.world import World


def test_an_order_that_has_not_begun_is_cancelled_its_authorization_let_go_and_its_stock_free(world: World) -> None:
    stocked("LNT-STR-BRS", 7)
    world.fault("shopify", "decline", "capture", times=1)
    world.place()
    world.settle()
    assert on_the_shelf(world) == (7, 2)

    sentence = cancel(world)
    world.settle()

    view = world.view()
    assert sentence == f"Order {world.number()} is being cancelled."
    assert (view.status, view.held, view.captured_minor) == ("cancelled", False, 0)
    assert on_the_shelf(world) == (7, 0)
    assert world.journal(kind="payment.captured") == []
    assert [entry["amount_minor"] for entry in world.journal(kind="payment.voided")] == [11920]
    assert [(entry.kind, entry.amount_minor) for entry in view.payments] == [("authorized", 11920), ("voided", 11920)]
    assert "is cancelled" in world.mails(to="greta.lindenau@example.org")[-1]["subject"]


def test_a_packed_order_has_its_label_voided_and_its_money_paid_back_before_it_is_cancelled(world: World) -> None:
    stocked("LNT-STR-BRS", 7)
    world.keep_parcels_back()
    world.place()
    world.settle()

    sentence = cancel(world)
    assert sentence == f"Order {world.number()} is being cancelled."
    assert world.view().status == "processing"
    world.settle()

    view = world.view()
    assert (view.status, view.payment_status, view.held) == ("refunded", "refunded", False)
    assert moves(world) == ["confirmed", "processing", "cancelled", "refunded"]
    assert len(world.journal(kind="label.voided")) == 1
    assert [entry["amount_minor"] for entry in world.journal(kind="payment.refunded")] == [11920]
    assert on_the_shelf(world) == (7, 0)
    assert [entry["amount_minor"] for entry in world.journal(kind="credit.created")] == [11920]
    assert parts(world) == {
        "stop": "done",
        "label": "done",
        "authorization": "not_needed",
        "refund": "done",
        "credit_note": "done",
        "restock": "done",
        "return": "not_needed",
        "tell": "done",
    }


def test_without_restock_the_goods_stay_reserved_for_whoever_has_them(world: World) -> None:
    stocked("LNT-STR-BRS", 7)
    world.keep_parcels_back()
    world.place()
    world.settle()

    cancel(world, restock=False)
    world.settle()

    assert on_the_shelf(world) == (7, 2)


def test_it_is_not_cancelled_behind_a_refund_that_failed_and_goes_on_when_that_is_mended(world: World) -> None:
    world.keep_parcels_back()
    world.place()
    world.settle()
    world.fault("shopify", "refuse", "refund", times=1)

    cancel(world)
    world.settle()

    view = world.view()
    assert view.status == "processing"
    assert sorted(hold.kind for hold in view.holds) == ["being_cancelled", "payment_refused"]
    refused = next(hold for hold in view.holds if hold.kind == "payment_refused")
    shown = in_unit_of_work(actions.preview_retry, view.number, refused.id, actor=world.actor)
    in_unit_of_work(actions.retry, view.number, refused.id, actor=world.actor, version=shown.version, token=shown.token)
    world.settle()
    assert world.view().status == "refunded"
    assert len(world.journal(kind="label.voided")) == 1


def test_the_hold_of_a_step_that_is_called_off_does_not_offer_to_retry_it(world: World) -> None:
    world.fault("shipengine", "bad_address", "validate")
    world.place()
    world.settle()
    assert holds(world) == ["address_invalid"]
    world.fault("shopify", "refuse", "refund", times=1)

    cancel(world)
    world.settle()

    assert holds(world) == ["being_cancelled", "payment_refused"]
    retry(world, "payment_refused")
    world.settle()
    assert world.view().status == "refunded"


def test_a_capture_that_is_under_way_is_waited_for_and_paid_back(world: World) -> None:
    world.fault("shopify", "slow", "capture", times=1, delay_seconds=1.5)
    world.place()
    until(lambda: world.take_in() > 0)
    step = world.step("payment.capture")
    with ThreadPoolExecutor(1) as worker:
        running = worker.submit(world.run, step["id"])
        until(lambda: world.step("payment.capture")["state"] == "running")
        cancel(world)
        running.result()

    world.settle()

    assert world.view().status == "refunded"
    assert [entry["amount_minor"] for entry in world.journal(kind="payment.captured")] == [11920]
    assert [entry["amount_minor"] for entry in world.journal(kind="payment.refunded")] == [11920]
    assert world.journal(kind="label.bought") == []


def test_a_delivered_order_cannot_be_cancelled_and_is_told_to_be_refunded(world: World) -> None:
    world.place()
    world.settle()

    shown = in_unit_of_work(cancellations.preview_cancel, world.number(), restock=True, actor=world.actor)

    assert (
        shown.refusal == "An order that is delivered cannot be cancelled. Refund it instead where money is to go back."
    )
    with pytest.raises(NotPossible):
        in_unit_of_work(
            cancellations.cancel,
            world.number(),
            restock=True,
            actor=world.actor,
            version=shown.version,
            token=shown.token,
            reason="too late",
        )
    assert world.view().status == "delivered"


PARTS_THAT_FAIL = [
    ("shipengine", "void", "label", "shipment.void"),
    ("invoiceninja", "credit", "credit_note", "credit_note.issue"),
    ("smtp", "mail", "credit_note", "credit_note.send"),
]


@pytest.mark.parametrize(
    ("provider", "operation", "part", "kind"), PARTS_THAT_FAIL, ids=[row[3] for row in PARTS_THAT_FAIL]
)
def test_a_part_that_fails_holds_the_order_and_a_retry_brings_the_sequence_on(
    world: World, provider: str, operation: str, part: str, kind: str
) -> None:
    packed(world)
    world.fault(provider, "refuse", operation)

    cancel(world)
    world.settle()

    assert world.view().status == "processing"
    assert holds(world) == ["being_cancelled", "cancellation_incomplete"]
    assert parts(world)[part] == "failed"
    label = RULES[StepKind(kind)].label
    (told,) = [
        entry.text for entry in world.view().timeline if entry.text.startswith(f"{label} failed and was given up")
    ]
    assert told.endswith("The cancellation waits for it.")
    world.heal()
    world.keep_parcels_back()
    retry(world, "cancellation_incomplete")
    world.settle()
    assert (world.view().status, holds(world), set(parts(world).values())) == ("refunded", [], {"done", "not_needed"})
    assert world.step(kind)["generation"] == 2
    assert [entry["amount_minor"] for entry in world.journal(kind="payment.refunded")] == [11920]


def test_it_is_not_cancelled_while_the_customer_does_not_know(world: World) -> None:
    world.fault("shopify", "decline", "capture", times=1)
    world.place()
    world.settle()
    world.fault("smtp", "refuse", "mail")

    cancel(world)
    world.settle()

    assert (world.view().status, parts(world)["tell"]) == ("pending", "failed")
    release(world, "cancellation_incomplete", "told her by phone")
    world.settle()
    assert world.view().status == "cancelled"


def test_a_part_that_was_seen_to_another_way_is_released_with_a_reason_and_not_tried_again(world: World) -> None:
    packed(world)
    world.fault("invoiceninja", "refuse", "credit")
    cancel(world)
    world.settle()

    release(world, "cancellation_incomplete", "credited by hand")
    world.settle()

    (part,) = [part for part in world.view().cancellation if part.name == "credit_note"]
    assert (part.state, part.detail) == ("done", f"Issue credit note: accepted by {world.actor.name}.")
    assert world.view().status == "refunded"
    assert world.journal(kind="credit.created") == []


def test_the_money_does_not_wait_for_its_document(world: World) -> None:
    packed(world)
    world.fault("invoiceninja", "error_5xx", "credit")

    cancel(world)
    world.settle()

    view = world.view()
    assert (view.refunded_minor, view.status) == (11920, "processing")
    assert holds(world) == ["being_cancelled", "outcome_unknown"]
    world.heal()
    world.keep_parcels_back()
    ask(world, "outcome_unknown")
    world.settle()
    assert (world.view().status, len(world.journal(kind="credit.created"))) == ("refunded", 1)


def test_what_was_paid_back_before_is_not_paid_back_again_and_every_refund_is_credited(world: World) -> None:
    packed(world)
    shown = in_unit_of_work(
        refunds.preview_refund, world.number(), RefundWish(lines={1: 1}, shipping=True), actor=world.actor
    )
    in_unit_of_work(
        refunds.refund,
        world.number(),
        RefundWish(lines={1: 1}, shipping=True),
        actor=world.actor,
        version=shown.version,
        token=shown.token,
        reason="one came broken",
    )
    world.settle()

    cancel(world)
    world.settle()

    assert [entry["amount_minor"] for entry in world.journal(kind="payment.refunded")] == [5480, 6440]
    assert [entry["amount_minor"] for entry in world.journal(kind="credit.created")] == [5480, 6440]
    assert world.view().status == "refunded"


def test_a_parcel_that_the_carrier_has_is_not_forgotten_its_return_is_agreed_by_a_person(world: World) -> None:
    packed(world)
    world.heal()
    world.scan(world.view().parcels[0].tracking_number, "AC")
    until(lambda: world.take_in() + world.run_due() > 0 and world.view().status == "shipped")
    shown = in_unit_of_work(cancellations.preview_cancel, world.number(), restock=False, actor=world.actor)
    assert any("agree its return" in effect for effect in shown.effects)

    cancel(world, restock=False)
    world.run_due()
    while world.run_due():
        continue

    assert "return_to_agree" in holds(world)
    assert (world.view().status, world.view().refunded_minor) == ("shipped", 11920)
    assert world.journal(kind="label.voided") == []
    with pytest.raises(ReasonMissing):
        release(world, "return_to_agree", " ")
    release(world, "return_to_agree", "she refuses it at the door")
    while world.run_due():
        continue
    assert world.view().status == "refunded"
    (part,) = [part for part in world.view().cancellation if part.name == "return"]
    assert (part.state, part.detail) == ("done", f"{world.actor.name}: she refuses it at the door")


def test_a_payment_that_was_asked_for_is_withdrawn_so_that_nobody_pays_a_cancelled_order(world: World) -> None:
    world.fault("stripe", "refuse", "pay")
    world.place(status="pending")
    world.settle()
    shown = in_unit_of_work(cancellations.preview_cancel, world.number(), restock=True, actor=world.actor)
    assert "The payment that the customer was asked for is withdrawn." in shown.effects

    cancel(world)
    world.settle()

    view = world.view()
    assert (view.status, view.held, parts(world)["authorization"]) == ("cancelled", False, "done")
    assert len(world.journal(kind="payment_intent.canceled")) == 1
    assert world.journal(kind="payment.captured") == []
    (link,) = [mail for mail in world.mails() if mail["subject"].startswith("Please pay")]
    intent = link["plain"].split("/stripe/pay/")[1].split()[0]
    assert "canceled" in world.outside.http.get(f"/stripe/pay/{intent}").text


def test_money_that_the_shop_took_but_nobody_verified_is_found_recorded_and_paid_back(world: World) -> None:
    address = world.place(send=False)["shipping_address"] | {"address1": "Postfach 12"}
    world.place(status="paid", shipping_address=address)
    world.settle()
    assert holds(world) == ["po_box"]
    assert world.view().captured_minor == 0

    cancel(world)
    world.settle()

    assert [(entry.kind, entry.amount_minor) for entry in world.view().payments] == [
        ("captured", 11920),
        ("refunded", 11920),
    ]
    assert [entry["amount_minor"] for entry in world.journal(kind="payment.refunded")] == [11920]
    assert (world.view().status, world.view().documents) == ("refunded", ())
