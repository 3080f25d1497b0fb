"""Refunds that end after their answer: pending, arrived, failed; and refunds that are told before anything else is known."""

import json
from typing import Any

import pytest

from backend.domain.refunds import RefundWish
from backend.services import actions, refunds
from backend.services.run import in_unit_of_work
from tests.services.test_inbound_events import stripe_hook
from tests.world import STAFF_ADDRESS, Hook, World

TOTAL = 11920


def refund(world: World, mode: str, amount_minor: int = 1000) -> None:
    """A paid order, and a refund that goes as `mode` says."""
    world.keep_parcels_back()
    world.place(status="pending")
    world.settle()
    assert world.view().status == "processing"
    world.control("PUT", "/payments/refunds", {"mode": mode})
    wish, number = RefundWish(amount_minor=amount_minor), world.number()
    shown = in_unit_of_work(refunds.preview_refund, number, wish, actor=world.actor)
    click = {"version": shown.version, "token": shown.token, "reason": "came late"}
    in_unit_of_work(refunds.refund, number, wish, actor=world.actor, **click)
    world.settle()


def end(world: World, status: str) -> None:
    (made, *_) = world.control("GET", "/payments")["stripe_refund"]
    world.control("POST", f"/payments/refunds/{made['id']}", {"status": status})
    world.settle()


def entries(world: World) -> list[tuple[str, int]]:
    return [(entry.kind, entry.amount_minor) for entry in world.view().payments]


def state(world: World) -> tuple[str, str, int, int]:
    """Refund and step, what went back, and what may still go back by a new decision."""
    ((refund_state,),) = world.database.execute("select state from refunds")
    view = world.view()
    left = view.refundable_minor - (1000 if refund_state == "requested" else 0)
    return refund_state, world.step("payment.refund")["state"], view.refunded_minor, left


def retry(world: World) -> None:
    (hold,) = world.view().holds
    shown = in_unit_of_work(actions.preview_retry, world.number(), hold.id, actor=world.actor)
    assert shown.effects == ("Refund: a new request is sent; the refused one had no effect.",)
    in_unit_of_work(actions.retry, world.number(), hold.id, actor=world.actor, version=shown.version, token=shown.token)
    world.settle()


def test_a_pending_refund_is_no_money_back_until_it_has_arrived(world: World) -> None:
    refund(world, "by_hand")

    assert state(world) == ("requested", "waiting", 0, TOTAL - 1000)
    assert entries(world) == [("captured", TOTAL)]
    assert (world.view().payment_status, world.view().held) == ("paid", False)
    assert not [mail for mail in world.mails() if mail["subject"].startswith("Refund for")]

    end(world, "succeeded")

    assert state(world) == ("succeeded", "done", 1000, TOTAL - 1000)
    assert entries(world) == [("captured", TOTAL), ("refunded", 1000)]
    assert world.view().payment_status == "partially_refunded"
    assert len([mail for mail in world.mails() if mail["subject"].startswith("Refund for")]) == 1


def test_a_refund_that_takes_a_while_needs_nobody(world: World) -> None:
    refund(world, "later")

    assert state(world) == ("succeeded", "done", 1000, TOTAL - 1000)
    assert world.effects()["payment.refunded"] == 1


def test_a_pending_refund_that_fails_holds_the_order_and_is_sent_anew_on_retry(world: World) -> None:
    refund(world, "by_hand")
    end(world, "failed")

    assert state(world) == ("failed", "parked", 0, TOTAL)
    assert entries(world) == [("captured", TOTAL), ("refund_failed", 0)]
    (hold,) = world.view().holds
    assert (hold.kind, tuple(map(str, hold.actions))) == ("payment_refused", ("retry",))
    assert hold.reason == (
        "The refund of 10.00 EUR did not reach the customer (expired_or_canceled_card). Ask the customer how the money "
        "can reach them; a retry sends it again as a new refund."
    )

    world.control("PUT", "/payments/refunds", {"mode": "at_once"})
    retry(world)

    assert world.step("payment.refund")["generation"] == 2
    assert state(world) == ("succeeded", "done", 1000, TOTAL - 1000)
    assert [entry["amount_minor"] for entry in world.journal("payment.refunded")] == [1000]
    assert world.view().held is False


def test_a_refund_that_fails_after_it_seemed_to_succeed_is_taken_back_by_an_entry_of_its_own(world: World) -> None:
    refund(world, "fails")

    assert state(world) == ("failed", "parked", 0, TOTAL)
    assert entries(world) == [("captured", TOTAL), ("refunded", 1000), ("refund_failed", 1000)]
    view = world.view()
    assert (view.payment_status, [hold.kind for hold in view.holds]) == ("paid", ["payment_refused"])
    assert "The money came back to us." in view.holds[0].reason
    assert world.database.execute("select currency, captured_minor, refunded_minor from payment_totals") == [
        ("EUR", TOTAL, 0)
    ]

    world.control("PUT", "/payments/refunds", {"mode": "at_once"})
    retry(world)

    assert state(world) == ("succeeded", "done", 1000, TOTAL - 1000)
    assert world.view().payment_status == "partially_refunded"


def test_a_failed_refund_is_not_sent_again_when_its_money_was_promised_otherwise(world: World) -> None:
    refund(world, "fails")
    world.control("PUT", "/payments/refunds", {"mode": "at_once"})
    number = world.number()
    shown = in_unit_of_work(refunds.preview_refund, number, RefundWish(full=True), actor=world.actor)
    click = {"version": shown.version, "token": shown.token, "reason": "all of it"}
    in_unit_of_work(refunds.refund, number, RefundWish(full=True), actor=world.actor, **click)
    world.settle()
    retry(world)

    assert world.view().refunded_minor == TOTAL
    assert world.database.execute("select state, amount_minor from refunds order by id") == [
        ("failed", 1000), ("succeeded", TOTAL),
    ]  # fmt: skip
    back = sum(entry["amount_minor"] for entry in world.journal("payment.refunded"))
    came_back = sum(entry["amount_minor"] for entry in world.journal("refund.failed"))
    assert back - came_back == TOTAL


def news(world: World, event: str) -> list[Hook]:
    """What Stripe told of refunds by this kind of event."""
    found = [hook for hook in world.delivered if hook.provider == "stripe"]
    return [hook for hook in found if json.loads(hook.message.body)["type"] == event]


def again(world: World, hook: Hook, event_id: str) -> None:
    """The same news as another event, late."""
    body: dict[str, Any] = json.loads(hook.message.body)
    thing = body["data"]["object"]
    fresh = stripe_hook(world, body["type"], thing, event_id)
    world.hand_in(fresh)
    world.settle()


def test_late_news_of_a_refund_changes_nothing(world: World) -> None:
    refund(world, "later")
    (begun,) = news(world, "refund.created")
    before = (state(world), entries(world))
    again(world, begun, "evt_late_pending")
    assert (state(world), entries(world)) == before


def test_an_old_word_of_success_does_not_revive_a_refund_that_failed(world: World) -> None:
    refund(world, "fails")
    (seemed,) = news(world, "refund.created")
    before = (state(world), entries(world))
    again(world, seemed, "evt_late_success")
    assert (state(world), entries(world)) == before


def test_a_refund_told_before_its_payment_waits_until_the_payment_is_known(world: World) -> None:
    world.keep_parcels_back()
    world.fault("stripe", "decline", "pay")
    world.place(status="pending")
    world.settle()
    ((intent,),) = world.database.execute("select payment_reference from orders")
    thing = {"id": "re_early", "object": "refund", "status": "succeeded", "amount": 500, "payment_intent": intent}
    hook = stripe_hook(world, "refund.updated", thing, "evt_refund_early")

    assert world.hand_in(hook).verdict == "parked"
    world.settle()
    assert world.view().refunded_minor == 0
    assert world.database.execute("select parked_for from inbox where event_id = 'evt_refund_early'") == [
        (f"captured:{intent}",)
    ]

    world.heal()
    world.keep_parcels_back()
    world.control("POST", "/payments/pay", {"order": world.number()})
    world.settle()

    view = world.view()
    assert (view.captured_minor, view.refunded_minor, view.payment_status) == (TOTAL, 500, "partially_refunded")


def test_a_refund_beyond_the_payment_is_not_believed_and_finance_is_told(world: World) -> None:
    world.place(status="pending")
    world.settle()
    ((intent,),) = world.database.execute("select payment_reference from orders")
    thing = {"id": "re_odd", "object": "refund", "status": "succeeded", "amount": TOTAL + 1, "payment_intent": intent}

    world.hand_in(stripe_hook(world, "refund.updated", thing, "evt_odd"))
    world.settle()

    assert world.view().refunded_minor == 0
    (mail,) = [mail for mail in world.mails(STAFF_ADDRESS) if mail["subject"].startswith("Finance: ")]
    assert mail["subject"] == f"Finance: {world.number()} – Refund beyond the payment"
    assert "A refund of 119.21 EUR was reported, more than was captured." in mail["plain"]


def test_a_second_payment_for_one_decision_is_booked_and_finance_is_told_and_nothing_goes_on_stock_twice(
    world: World,
) -> None:
    refund(world, "at_once")
    ((first, key),) = world.database.execute(
        "select refunds.reference, steps.key from refunds, steps where steps.kind = 'payment.refund'"
    )
    ((intent,),) = world.database.execute("select payment_reference from orders")
    moved = world.database.execute("select count(*) from stock_movements")
    thing = {"id": "re_second", "object": "refund", "status": "succeeded", "amount": 1000, "payment_intent": intent}

    for event_id in ("evt_second", "evt_second_again"):
        world.hand_in(stripe_hook(world, "refund.updated", thing | {"metadata": {"step_key": key}}, event_id))
    world.settle()

    assert [kind for kind, _ in entries(world)].count("refunded") == 2
    assert (world.view().refunded_minor, world.database.execute("select reference from refunds")) == (2000, [(first,)])
    assert world.database.execute("select count(*) from stock_movements") == moved
    told = [mail for mail in world.mails(STAFF_ADDRESS) if mail["subject"].startswith("Finance: ")]
    assert [mail["subject"] for mail in told] == [f"Finance: {world.number()} – Paid back twice"]
    assert f"(re_second) for a refund that had been made before ({first})" in " ".join(told[0]["plain"].split())


def test_the_same_capture_with_another_amount_is_ignored_and_finance_is_told(world: World) -> None:
    world.place(status="pending")
    world.settle()
    ((intent,),) = world.database.execute("select payment_reference from orders")

    for event_id in ("evt_same", "evt_same_again"):
        thing = {"id": intent, "amount_received": 999, "metadata": {"order_ref": world.number()}}
        world.hand_in(stripe_hook(world, "payment_intent.succeeded", thing, event_id))
    world.settle()

    assert (world.view().captured_minor, world.view().held) == (TOTAL, False)
    told = [mail["subject"] for mail in world.mails(STAFF_ADDRESS) if mail["subject"].startswith("Finance: ")]
    assert told == [f"Finance: {world.number()} – Captured amounts differ"]


@pytest.mark.parametrize("currency", ["usd", "jpy"])
def test_a_refund_in_another_currency_does_not_mix_with_the_orders_own(world: World, currency: str) -> None:
    world.place(status="pending")
    world.settle()
    ((intent,),) = world.database.execute("select payment_reference from orders")
    thing = {"id": "re_other", "object": "refund", "status": "succeeded", "amount": 5, "currency": currency}

    world.hand_in(stripe_hook(world, "refund.updated", thing | {"payment_intent": intent}, "evt_other"))

    assert (world.view().refunded_minor, world.view().refundable_minor) == (0, TOTAL)
    assert world.database.execute("select currency, refunded_minor from payment_totals") == [("EUR", 0)]
