"""Paying back: exact amounts, once, under lock, with stock as chosen, and visible when it fails."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from backend.domain.errors import NotAllowed, NotPossible, PreviewOutdated, ReasonMissing
from backend.domain.permissions import Role
from backend.domain.refunds import RefundWish
from backend.services import actions, refunds
from backend.services.run import in_unit_of_work
from tests.factories import staff, stocked
from tests.world import World

FULL = RefundWish(full=True)


def paid_and_waiting(world: World) -> str:
    """An order of 119.20 EUR that is paid and packed, its parcel kept back."""
    stocked("LNT-STR-BRS", 7)
    world.keep_parcels_back()
    world.place()
    world.settle()
    assert world.view().status == "processing"
    return world.number()


def click(world: World, wish: RefundWish, *, reason: str = "came broken") -> str:
    number = world.number()
    shown = in_unit_of_work(refunds.preview_refund, number, wish, actor=world.actor)
    assert shown.refusal == ""
    done = in_unit_of_work(
        refunds.refund, number, wish, actor=world.actor, version=shown.version, token=shown.token, reason=reason
    )
    return done.sentence


def on_the_shelf(world: World) -> tuple[int, int]:
    (row,) = world.database.execute("select on_hand, reserved from inventory where sku = 'LNT-STR-BRS'")
    return row[0], row[1]


def test_a_full_refund_pays_everything_back_once_and_ends_the_order(world: World) -> None:
    paid_and_waiting(world)

    sentence = click(world, replace(FULL, restock=True))
    world.settle()

    view = world.view()
    assert sentence == "119.20 EUR is being paid back."
    assert (view.status, view.payment_status, view.refunded_minor, view.refundable_minor) == (
        "refunded",
        "refunded",
        11920,
        0,
    )
    back = [entry["amount_minor"] for entry in world.journal(kind="payment.refunded")]
    assert back == [11920]
    assert on_the_shelf(world) == (7, 0)
    subjects = [mail["subject"] for mail in world.mails(to="greta.lindenau@example.org")]
    assert f"Refund for your order {view.external_number}" in subjects


def test_a_part_by_line_and_shipping_leaves_the_rest_refundable(world: World) -> None:
    paid_and_waiting(world)

    click(world, RefundWish(lines={1: 1}, shipping=True))
    world.settle()

    view = world.view()
    assert (view.status, view.payment_status) == ("processing", "partially_refunded")
    assert (view.refunded_minor, view.refundable_minor) == (4990 + 490, 11920 - 5480)
    assert on_the_shelf(world) == (7, 2)


def test_pieces_of_a_line_are_paid_back_once_and_go_back_to_stock_as_chosen(world: World) -> None:
    number = paid_and_waiting(world)
    click(world, RefundWish(lines={1: 1}, restocked={1: 1}))
    on_its_way = in_unit_of_work(refunds.preview_refund, number, RefundWish(lines={1: 2}), actor=world.actor)
    world.settle()
    assert on_the_shelf(world) == (7, 1)
    again = in_unit_of_work(refunds.preview_refund, number, RefundWish(lines={1: 2}), actor=world.actor)
    said = "Of line 1, 1 of 2 pieces are paid back already, by Colleague 1; 2 more cannot be."
    assert (on_its_way.refusal, again.refusal) == (said, said)

    click(world, RefundWish(lines={1: 1}))
    world.settle()

    assert on_the_shelf(world) == (7, 1)
    assert [entry["amount_minor"] for entry in world.journal(kind="payment.refunded")] == [4990, 4990]
    click(world, replace(FULL, restock=True))
    world.settle()
    assert on_the_shelf(world) == (7, 0)
    assert world.view().status == "refunded"


def test_more_than_what_is_left_is_refused_and_nothing_happens(world: World) -> None:
    number = paid_and_waiting(world)
    click(world, RefundWish(amount_minor=10000))

    shown = in_unit_of_work(refunds.preview_refund, number, RefundWish(amount_minor=2000), actor=world.actor)

    assert shown.refusal == "20.00 EUR is more than the 19.20 EUR that may still be paid back."
    with pytest.raises(NotPossible):
        in_unit_of_work(
            refunds.refund,
            number,
            RefundWish(amount_minor=2000),
            actor=world.actor,
            version=shown.version,
            token=shown.token,
            reason="too much",
        )
    assert world.database.execute("select amount_minor from refunds") == [(10000,)]


def test_twenty_clicks_at_once_by_two_people_pay_back_once(world: World) -> None:
    number = paid_and_waiting(world)
    previews = [
        (person, in_unit_of_work(refunds.preview_refund, number, FULL, actor=person))
        for person in (staff(Role.ADMIN), replace(staff(Role.FINANCE), id="user:77", name="Finn"))
    ]

    def attempt(place: int) -> str:
        person, shown = previews[place % 2]
        try:
            done = in_unit_of_work(
                refunds.refund, number, FULL, actor=person, version=shown.version, token=shown.token, reason="double"
            )
        except (PreviewOutdated, NotPossible):
            return "refused"
        return "repeated" if done.repeated else "done"

    with ThreadPoolExecutor(20) as pool:
        outcomes = sorted(pool.map(attempt, range(20)))
    world.settle()

    assert outcomes.count("done") == 1
    assert outcomes.count("repeated") == 9
    assert outcomes.count("refused") == 10
    assert [entry["amount_minor"] for entry in world.journal(kind="payment.refunded")] == [11920]


def test_a_refund_that_the_provider_refuses_is_held_and_retried_under_a_new_generation(world: World) -> None:
    number = paid_and_waiting(world)
    world.fault("shopify", "refuse", "refund", times=1)
    click(world, FULL)
    world.settle()
    (hold,) = world.view().holds
    assert hold.kind == "payment_refused"
    assert world.journal(kind="payment.refunded") == []

    shown = in_unit_of_work(actions.preview_retry, number, hold.id, actor=world.actor)
    in_unit_of_work(actions.retry, number, hold.id, actor=world.actor, version=shown.version, token=shown.token)
    world.settle()

    assert world.step("payment.refund")["generation"] == 2
    assert [entry["amount_minor"] for entry in world.journal(kind="payment.refunded")] == [11920]
    assert world.view().status == "refunded"


def test_of_refunds_that_fail_for_one_reason_each_has_its_hold_when_its_turn_comes(world: World) -> None:
    number = paid_and_waiting(world)
    world.fault("shopify", "refuse", "refund", times=3)
    for amount_minor in (1000, 2000, 3000):
        click(world, RefundWish(amount_minor=amount_minor))
        world.settle()

    subjects = []
    for _ in range(3):
        (hold,) = world.view().holds
        assert hold.kind == "payment_refused"
        subjects += world.database.execute("select subject from steps where id = %s", (hold.step_id,))
        shown = in_unit_of_work(actions.preview_retry, number, hold.id, actor=world.actor)
        in_unit_of_work(actions.retry, number, hold.id, actor=world.actor, version=shown.version, token=shown.token)
        world.settle()

    assert subjects == world.database.execute("select id::text from refunds order by id")
    assert [entry["amount_minor"] for entry in world.journal(kind="payment.refunded")] == [1000, 2000, 3000]
    assert (world.view().holds, world.view().refunded_minor) == ((), 6000)


def test_a_lost_answer_to_a_refund_is_asked_for_and_not_repeated(world: World) -> None:
    paid_and_waiting(world)
    world.fault("shopify", "accept_then_cut", "refund", times=1)

    click(world, FULL)
    world.settle()

    assert [entry["amount_minor"] for entry in world.journal(kind="payment.refunded")] == [11920]
    assert world.view().refunded_minor == 11920


def test_a_refund_needs_a_reason_and_the_right(world: World) -> None:
    number = paid_and_waiting(world)
    shown = in_unit_of_work(refunds.preview_refund, number, FULL, actor=world.actor)

    with pytest.raises(ReasonMissing):
        in_unit_of_work(
            refunds.refund, number, FULL, actor=world.actor, version=shown.version, token=shown.token, reason=" "
        )
    with pytest.raises(NotAllowed):
        in_unit_of_work(refunds.preview_refund, number, FULL, actor=staff(Role.QA))
    assert world.database.execute("select count(*) from refunds") == [(0,)]
