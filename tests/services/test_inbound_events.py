"""What payment providers and carriers tell us: early, late, twice or never – it never moves an order backwards."""

import hashlib
import hmac
import json
import time
from dataclasses import replace
from typing import Any

import pytest

from backend import clock
from backend.domain.errors import NotFound, NotPossible
from backend.ports.calls import InboundMessage, SignatureRefused
from backend.ports.payments import PaymentEvent, PaymentEventKind
from backend.services import actions, inbox, payment_events, sweep
from backend.services.inbox import InboundArea, Verdict
from backend.services.run import in_unit_of_work
from backend.store import inbox as inbox_store
from tests.factories import created, new_order, staff
from tests.world import Hook, World


def shipped_parcel(world: World) -> str:
    """An order whose label is bought and whose parcel waits; its tracking number."""
    world.keep_parcels_back()
    world.place()
    world.settle()
    world.heal()
    assert world.view().status == "processing"
    return world.view().parcels[0].tracking_number


def scan(world: World, tracking: str, *codes: str) -> None:
    for code in codes:
        world.scan(tracking, code)
        world.settle()


def stripe_hook(world: World, kind: str, intent: dict[str, Any], event_id: str = "evt_1") -> Hook:
    """A payment event as Stripe signs it."""
    body = json.dumps(
        {
            "id": event_id,
            "object": "event",
            "type": kind,
            "created": int(time.time()),
            "data": {"object": {"object": "payment_intent", "currency": "eur", "metadata": {}, **intent}},
        }
    ).encode()
    secret = world.outside.environment["HOLDFAST_STRIPE_WEBHOOK_SECRET"]
    stamp = str(int(time.time()))
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    message = InboundMessage({"stripe-signature": f"t={stamp},v1={digest}"}, body, time.time())
    return Hook(InboundArea.PAYMENTS, "stripe", message)


def test_scans_move_an_order_step_by_step(world: World) -> None:
    tracking = shipped_parcel(world)
    scan(world, tracking, "AC")
    assert (world.view().status, world.view().shipping_status) == ("shipped", "in_transit")
    scan(world, tracking, "IT", "AT")
    assert world.view().status == "shipped"
    scan(world, tracking, "DE")
    assert (world.view().status, world.view().shipping_status) == ("delivered", "delivered")


def test_the_first_word_we_hear_may_be_the_last_one(world: World) -> None:
    tracking = shipped_parcel(world)
    scan(world, tracking, "DE")
    view = world.view()
    assert view.status == "delivered"
    assert {"mail.shipped": "done", "mail.delivered": "done", "channel.update": "done"}.items() <= {
        step.kind: step.state for step in view.steps
    }.items()


def test_late_scans_are_kept_and_change_nothing(world: World) -> None:
    tracking = shipped_parcel(world)
    scan(world, tracking, "DE")
    mails = len(world.mails())
    scan(world, tracking, "AC", "IT", "EX")
    view = world.view()
    assert (view.status, view.parcels[0].status, view.held) == ("delivered", "delivered", False)
    scans = {scan[1] for scan in view.parcels[0].scans}
    assert scans - {"attempted"} == {"delivered", "accepted", "in_transit", "exception"}
    older = [entry.text for entry in view.timeline if entry.text.endswith("(an older scan).")]
    assert len(older) == 3
    assert len(world.mails()) == mails


def test_a_scan_told_twice_counts_once(world: World) -> None:
    tracking = shipped_parcel(world)
    scan(world, tracking, "AC")
    before = world.view()
    hooks = [hook for hook in world.delivered if hook.provider == "shipengine"]
    for hook in hooks * 3:
        assert world.hand_in(hook).verdict is Verdict.DUPLICATE
    assert world.view() == before
    assert len(world.view().parcels[0].scans) == 1


def test_trouble_on_delivery_holds_the_order_and_lifts_itself_when_the_parcel_moves_again(world: World) -> None:
    tracking = shipped_parcel(world)
    scan(world, tracking, "AC", "EX")
    view = world.view()
    (hold,) = view.holds
    assert (hold.kind, hold.source, hold.reason) == (
        "delivery_exception",
        "check",
        "The carrier reports: The parcel is delayed by an exception.",
    )
    assert (view.status, view.shipping_status) == ("shipped", "exception")
    scan(world, tracking, "IT")
    view = world.view()
    assert (view.held, view.status, view.shipping_status) == (False, "shipped", "in_transit")
    assert [(h.closed_how, h.closed_by) for h in view.closed_holds] == [("the carrier has it moving again", "Holdfast")]
    scan(world, tracking, "DE")
    assert world.view().status == "delivered"


def test_a_delivery_after_trouble_needs_nobody(world: World) -> None:
    tracking = shipped_parcel(world)
    scan(world, tracking, "AC", "EX", "DE")
    view = world.view()
    assert (view.status, view.held) == ("delivered", False)


def test_a_persons_hold_survives_what_the_carrier_says(world: World) -> None:
    tracking = shipped_parcel(world)
    scan(world, tracking, "AC", "EX")
    in_unit_of_work(actions.hold, world.number(), actor=staff(), reason="Wait for a call.")
    scan(world, tracking, "IT", "DE")
    view = world.view()
    assert [hold.kind for hold in view.holds] == ["by_staff"]
    assert (view.status, view.parcels[0].status) == ("shipped", "delivered")


def test_a_scan_for_a_parcel_nobody_knows_waits_and_is_taken_in_when_its_label_is_recorded(world: World) -> None:
    tracking = shipped_parcel(world)
    scan(world, tracking, "AC")
    (hook,) = [hook for hook in world.delivered if hook.provider == "shipengine"]
    # the same world once more, but the carrier is faster than our record of the label
    world.database.execute("update parcels set tracking_number = 'not-recorded-yet', status = 'label_created'")
    world.database.execute("update orders set status = 'processing', shipping_status = 'label_created'")
    world.database.execute("update inbox set provider = 'earlier' where provider = 'shipengine'")
    world.database.execute("alter table tracking_scans disable trigger all")
    world.database.execute("delete from tracking_scans")
    assert world.hand_in(hook).verdict is Verdict.PARKED
    world.settle()
    assert world.view().status == "processing"
    assert world.database.execute("select verdict, parked_for from inbox where provider = 'shipengine'") == [
        ("parked", tracking)
    ]
    world.database.execute("update parcels set tracking_number = %s", (tracking,))
    world.settle()
    assert world.view().status == "shipped"
    assert world.database.execute("select verdict, parked_for from inbox where provider = 'shipengine'") == [
        ("accepted", "")
    ]


def test_money_for_a_payment_nobody_knows_waits_until_its_order_is_there(world: World) -> None:
    hook = stripe_hook(world, "payment_intent.succeeded", {"id": "pi_early", "amount_received": 10470})
    assert world.hand_in(hook).verdict is Verdict.PARKED
    world.settle()
    assert world.database.execute("select verdict, parked_for from inbox") == [("parked", "pi_early")]
    created(new_order(gateway="stripe", payment_reference="pi_early"))
    world.settle()
    view = world.view()
    assert (view.total_minor, view.captured_minor, view.status) == (10470, 10470, "delivered")
    assert world.database.execute("select verdict from inbox where event_id = 'evt_1'") == [("accepted",)]
    assert "payment.captured" not in world.effects()


def waiting_order(world: World) -> str:
    """An unpaid order whose customer does not pay by itself; its payment intent."""
    world.fault("stripe", "decline", "pay")
    world.place(status="pending")
    world.settle()
    assert world.view().status == "pending"
    ((intent,),) = world.database.execute("select payment_reference from orders")
    return str(intent)


def paid(world: World, intent: str, amount: int, event_id: str, currency: str = "eur") -> Hook:
    order = {"id": intent, "amount_received": amount, "currency": currency, "metadata": {"order_ref": world.number()}}
    return stripe_hook(world, "payment_intent.succeeded", order, event_id)


def test_news_of_one_payment_by_many_ways_is_one_payment(world: World) -> None:
    intent = waiting_order(world)
    for number in range(4):
        world.hand_in(paid(world, intent, 11920, f"evt_{number}"))
    world.settle()
    view = world.view()
    assert (view.captured_minor, view.status, view.held) == (11920, "delivered", False)
    assert [entry.kind for entry in view.payments] == ["failed", "captured"]


@pytest.mark.parametrize(("amount", "currency", "shown"), [(11919, "eur", "119.19 EUR"), (11920, "usd", "119.20 USD")])
def test_money_that_does_not_match_holds_the_order_and_a_retry_while_it_does_not_says_so(
    world: World, amount: int, currency: str, shown: str
) -> None:
    intent = waiting_order(world)
    world.hand_in(paid(world, intent, amount, "evt_wrong", currency))
    world.settle()
    view = world.view()
    (hold,) = view.holds
    assert (hold.kind, hold.reason) == ("payment_mismatch", f"Stripe reports {shown} for an order of 119.20 EUR.")
    assert view.status == "pending"
    assert view.captured_minor == (amount if currency == "eur" else 0)
    preview = in_unit_of_work(actions.preview_retry, view.number, hold.id, actor=world.actor)
    with pytest.raises(NotPossible, match="The money still does not match"):
        in_unit_of_work(
            actions.retry, view.number, hold.id, actor=world.actor, version=preview.version, token=preview.token
        )
    assert world.view().held is True


def test_a_hold_for_money_that_did_not_match_lifts_itself_when_the_rest_arrives(world: World) -> None:
    intent = waiting_order(world)
    world.hand_in(paid(world, intent, 10000, "evt_part"))
    assert world.view().held is True
    world.hand_in(paid(world, "pi_the_rest", 1920, "evt_rest"))
    world.settle()
    view = world.view()
    assert (view.captured_minor, view.held, view.status) == (11920, False, "delivered")


def test_money_that_comes_twice_stops_the_order_for_a_person(world: World) -> None:
    world.keep_parcels_back()
    intent = waiting_order(world)
    world.hand_in(paid(world, intent, 11920, "evt_first"))
    world.settle()
    assert world.view().held is False
    world.hand_in(paid(world, "pi_again", 11920, "evt_second"))
    world.settle()
    view = world.view()
    assert (view.captured_minor, [hold.kind for hold in view.holds]) == (23840, ["payment_mismatch"])


def test_a_failed_payment_is_told_and_the_order_keeps_waiting(world: World) -> None:
    waiting_order(world)
    view = world.view()
    assert (view.status, view.payment_status, view.held) == ("pending", "failed", False)
    assert any(entry.text.startswith("A payment attempt failed.") for entry in view.timeline)


def event(**changes: Any) -> PaymentEvent:
    given = PaymentEvent(
        "evt", "charge.refunded", PaymentEventKind.REFUNDED, "re_1", "", "", 100, "EUR", clock.now(), ""
    )
    return replace(given, **changes)


def test_a_refund_made_elsewhere_is_recorded_once_and_never_beyond_what_was_captured(world: World) -> None:
    world.place()
    world.settle()
    number = world.number()
    for told in (event(order_number=number), event(order_number=number, event_id="evt2")):
        in_unit_of_work(payment_events.apply, "stripe", told)
    view = world.view()
    assert (view.refunded_minor, view.refundable_minor, view.payment_status) == (100, 11820, "partially_refunded")
    in_unit_of_work(payment_events.apply, "stripe", event(order_number=number, reference="re_2", amount_minor=11821))
    view = world.view()
    assert view.refunded_minor == 100
    assert "A refund of 118.21 EUR was reported, more than was captured." in [entry.text for entry in view.timeline]
    in_unit_of_work(payment_events.apply, "stripe", event(order_number=number, reference="re_3", amount_minor=11820))
    assert (world.view().refunded_minor, world.view().payment_status) == (11920, "refunded")


def test_events_that_say_nothing_to_us_are_ignored(world: World) -> None:
    hook = stripe_hook(world, "customer.created", {"id": "cus_1"})
    assert world.hand_in(hook).verdict is Verdict.IGNORED


def test_a_false_signature_is_refused_and_leaves_nothing(world: World) -> None:
    for area, provider in (("payments", "stripe"), ("channels", "shopify"), ("shipping", "shipengine")):
        with pytest.raises(SignatureRefused):
            inbox.receive(InboundArea(area), provider, InboundMessage({}, b"{}", time.time()), world.adapters)
    assert world.database.execute("select count(*) from inbox") == [(0,)]


def test_a_sender_nobody_knows_is_not_found(world: World) -> None:
    with pytest.raises(NotFound, match="Nothing called 'paypal' is connected under /webhooks/payments"):
        inbox.receive(InboundArea.PAYMENTS, "paypal", InboundMessage({}, b"{}", time.time()), world.adapters)


def test_a_message_that_was_kept_but_not_handled_is_handled_by_the_sweep(world: World) -> None:
    world.place(send=False)
    world.send(world.place(send=False))
    while not (hooks := world.outside.letterbox.take()):
        world.outside.letterbox.wait(5)
    (hook,) = hooks
    channel = world.adapters.channels["shopify"]
    identity = channel.identify(hook.message)
    headers = {name: hook.message.headers[name] for name in inbox.KEPT_HEADERS if name in hook.message.headers}
    in_unit_of_work(
        inbox_store.record_once, area="channels", provider="shopify", event_id=identity.event_id, topic=identity.topic,
        headers=headers, body=hook.message.body, body_hash="", at=clock.now(),
    )  # fmt: skip
    assert world.run_due() == 0  # whoever received it still has time to handle it
    world.database.execute("update inbox set due_at = clock_timestamp() - interval '1 ms'")
    world.settle()
    assert world.view().status == "delivered"


def test_news_that_no_order_claims_within_days_is_put_before_a_person(world: World) -> None:
    hook = stripe_hook(world, "payment_intent.succeeded", {"id": "pi_stray", "amount_received": 10470})
    assert world.hand_in(hook).verdict is Verdict.PARKED
    world.settle()
    assert world.database.execute("select verdict from inbox") == [("parked",)]
    world.database.execute("update inbox set received_at = received_at - interval '4 days'")

    in_unit_of_work(sweep.sweep, "test")

    ((verdict, problems),) = world.database.execute("select verdict, problems from inbox")
    assert verdict == "quarantined"
    assert problems[0].startswith("It is about a payment or parcel that no order here has had within 3 days.")
