"""When a customer's bank disputes a payment: the parcel stays, finance is told, and nothing is paid back by itself."""

from itertools import permutations

import pytest

from backend.domain.errors import NotPossible
from backend.domain.refunds import RefundWish
from backend.services import actions, refunds
from backend.services.run import in_unit_of_work
from tests.world import STAFF_ADDRESS, World

TOTAL = 11920


def packed(world: World) -> str:
    """An order that the customer paid through Stripe; its label is bought, its parcel waits."""
    world.keep_parcels_back()
    world.place(status="pending")
    world.settle()
    assert world.view().status == "processing"
    return world.number()


def dispute(world: World, **more: object) -> str:
    opened = world.control("POST", "/payments/disputes", {"order": world.number(), **more})
    world.settle()
    return str(opened["id"])


def decide(world: World, dispute_id: str, *, won: bool) -> None:
    world.control("POST", f"/payments/disputes/{dispute_id}", {"won": won})
    world.settle()


def entries(world: World) -> list[tuple[str, int]]:
    """What stands in the books, by name: the news may come in any order."""
    return sorted((entry.kind, entry.amount_minor) for entry in world.view().payments)


def told_to_finance(world: World) -> list[str]:
    subjects = [mail["subject"] for mail in world.mails(STAFF_ADDRESS)]
    return [subject for subject in subjects if subject.startswith("Finance: ")]


def test_a_parcel_that_has_not_left_is_held_and_goes_on_when_the_shop_wins(world: World) -> None:
    number = packed(world)

    opened = dispute(world)

    view = world.view()
    (hold,) = view.holds
    assert (hold.kind, hold.source, hold.provider) == ("payment_disputed", "check", "stripe")
    assert hold.reason == (
        "The customer's bank disputes 119.20 EUR of this order. Reason: fraudulent; state: needs_response."
    )
    assert (view.payment_status, view.refundable_minor, view.captured_minor) == ("disputed", 0, TOTAL)
    assert entries(world) == [("captured", TOTAL), ("chargeback", TOTAL), ("dispute_opened", TOTAL)]
    assert told_to_finance(world) == [f"Finance: {number} – Payment disputed"] * 2

    decide(world, opened, won=True)

    view = world.view()
    assert (view.payment_status, view.held, view.refundable_minor) == ("paid", False, TOTAL)
    assert entries(world) == [
        (kind, TOTAL) for kind in ("captured", "chargeback", "chargeback_reversed", "dispute_closed", "dispute_opened")
    ]
    assert [(hold.kind, hold.closed_how) for hold in view.closed_holds] == [
        ("payment_disputed", "the dispute ended in our favour")
    ]


def test_a_lost_dispute_keeps_the_order_held_until_a_person_decides_with_a_reason(world: World) -> None:
    packed(world)
    decide(world, dispute(world), won=False)

    view = world.view()
    (hold,) = view.holds
    assert (view.payment_status, view.refundable_minor) == ("disputed", 0)
    shown = in_unit_of_work(actions.preview_release, view.number, [hold.id], actor=world.actor)
    assert shown.needs_reason is True
    click = {"version": shown.version, "token": shown.token, "reason": "Paid by transfer instead."}
    in_unit_of_work(actions.release, view.number, [hold.id], actor=world.actor, **click)
    assert world.view().held is False


def test_a_dispute_after_shipping_is_told_to_finance_and_nothing_is_paid_back(world: World) -> None:
    world.place(status="pending")
    world.settle()
    assert world.view().status == "delivered"

    decide(world, dispute(world), won=False)

    view = world.view()
    assert (view.status, view.held, view.payment_status, view.refunded_minor) == ("delivered", False, "disputed", 0)
    assert "payment.refund" not in {step.kind for step in view.steps}
    assert "payment.refunded" not in world.effects()
    assert len(told_to_finance(world)) == 2
    problems = [entry.text for entry in view.timeline if entry.weight == "problem"]
    assert any("The parcel has left. Answer the dispute at Stripe" in text for text in problems)


def test_disputed_money_is_not_paid_back_a_second_time(world: World) -> None:
    number = packed(world)
    dispute(world)

    shown = in_unit_of_work(refunds.preview_refund, number, RefundWish(amount_minor=100), actor=world.actor)

    assert shown.refusal.startswith("The customer's bank disputes 119.20 EUR")
    click = {"version": shown.version, "token": shown.token, "reason": "Please."}
    with pytest.raises(NotPossible):
        in_unit_of_work(refunds.refund, number, RefundWish(amount_minor=100), actor=world.actor, **click)
    assert world.database.execute("select count(*) from refunds") == [(0,)]


def test_what_is_not_disputed_may_still_be_paid_back(world: World) -> None:
    number = packed(world)
    dispute(world, amount=10000)

    shown = in_unit_of_work(refunds.preview_refund, number, RefundWish(amount_minor=1921), actor=world.actor)
    fits = in_unit_of_work(refunds.preview_refund, number, RefundWish(amount_minor=1920), actor=world.actor)

    assert shown.refusal == "19.21 EUR is more than the 19.20 EUR that may still be paid back."
    assert fits.refusal == ""


def test_a_mere_inquiry_holds_the_parcel_but_moves_no_money(world: World) -> None:
    packed(world)
    opened = dispute(world, inquiry=True)
    assert [hold.kind for hold in world.view().holds] == ["payment_disputed"]
    assert entries(world)[1:] == [("dispute_opened", TOTAL)]

    decide(world, opened, won=False)

    assert (world.view().payment_status, world.view().held) == ("paid", False)
    assert entries(world)[1:] == [("dispute_closed", TOTAL), ("dispute_opened", TOTAL)]


@pytest.mark.parametrize("order", [(3, 2, 1, 0), (2, 0, 3, 1)])
def test_news_of_a_dispute_may_come_in_any_order(world: World, order: tuple[int, ...]) -> None:
    assert order in set(permutations(range(4)))
    packed(world)
    opened = world.control("POST", "/payments/disputes", {"order": world.number()})
    world.control("POST", f"/payments/disputes/{opened['id']}", {"won": True})
    names = (b"dispute.created", b"funds_withdrawn", b"funds_reinstated", b"dispute.closed")
    told = {}
    while len(told) < 4:
        for hook in world.outside.letterbox.take():
            place = next((place for place, name in enumerate(names) if name in hook.message.body), None)
            if place is not None:
                told[place] = hook
    for place in order:
        world.hand_in(told[place])
        world.hand_in(told[place])
    world.settle()

    view = world.view()
    assert (view.payment_status, view.held, view.refundable_minor) == ("paid", False, TOTAL)
    assert entries(world) == sorted(
        [("captured", TOTAL)]
        + [(kind, TOTAL) for kind in ("dispute_opened", "chargeback", "chargeback_reversed", "dispute_closed")]
    )
