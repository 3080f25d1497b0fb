"""Bulk runs of very many orders: the preview ends in time and says what it did not come to; sums are of all orders all the same."""

import pytest

from backend.domain.bulk import BulkAction, Choice, Gathered
from backend.domain.desk import MoneySum
from backend.domain.permissions import Actor
from backend.domain.refunds import RefundWish
from backend.services import actions, bulk_previews, bulk_turns, refunds
from backend.services.run import in_unit_of_work
from backend.store import orders
from tests.bulk_runs import colleague, look, on_terms, preview, start
from tests.conftest import Database
from tests.factories import created, new_order, paid, staff


@pytest.fixture
def anna(database: Database) -> Actor:
    return colleague("Anna")


@pytest.fixture
def short_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time is over after the first order."""
    monkeypatch.setattr(bulk_previews, "LOOKING_SECONDS", 0.0)


def run_on(run_id: int) -> None:
    while bulk_turns.take_turn(run_id):
        pass


def test_what_the_preview_did_not_come_to_is_said_and_looked_at_in_its_turn(
    database: Database, anna: Actor, short_time: None
) -> None:
    numbers = on_terms(3)
    free = created(new_order()).number

    shown = preview(anna, Choice((*numbers, free)), BulkAction.RELEASE)

    assert (shown.orders, shown.looked, shown.acting, shown.refused) == (4, 1, 4, ())
    assert shown.effects == (Gathered("The order goes on without money received.", 1),)
    assert shown.money == (MoneySum("EUR", 3 * 5490 + 10470),)
    start(shown, anna)
    run_on(shown.run_id)
    view = look(shown.run_id, anna)
    assert (view.run.state, view.run.counts) == ("done", {"done": 3, "skipped": 1})
    (left_out,) = look(shown.run_id, anna, state="skipped").rows
    assert (left_out.number, left_out.result) == (free, "No hold like this is open any more.")
    assert database.execute("select count(*) from holds where closed_at is null") == [(0,)]


def test_an_order_that_changed_before_its_turn_is_left_alone_though_nobody_had_looked_at_it(
    database: Database, anna: Actor, short_time: None
) -> None:
    numbers = on_terms(2)
    shown = preview(anna)
    start(shown, anna)
    in_unit_of_work(actions.hold, numbers[1], actor=colleague("Ben"), reason="The customer called.")

    run_on(shown.run_id)

    (skipped,) = look(shown.run_id, anna, state="skipped").rows
    assert skipped.number == numbers[1]
    assert skipped.result.startswith(f"Order {numbers[1]} has changed since you looked at it: Ben")


def test_a_reason_is_wanted_where_not_every_order_was_looked_at(
    database: Database, anna: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        created(new_order(shipping=None))
    choice = Choice(kind="address_missing")
    whole = preview(anna, choice, BulkAction.RETRY)
    assert (whole.looked, whole.needs_reason) == (2, False)
    monkeypatch.setattr(bulk_previews, "LOOKING_SECONDS", 0.0)
    assert preview(anna, choice, BulkAction.RELEASE).needs_reason is True
    assert preview(anna, choice, BulkAction.ASSIGN, options=_to(anna)).needs_reason is False


def _to(person: Actor) -> bulk_previews.Options:
    return bulk_previews.Options(to=person.id.removeprefix("user:"))


def test_what_may_be_paid_back_is_the_same_for_many_as_for_each(database: Database, anna: Actor) -> None:
    nothing, whole, part = created(new_order()), paid(), paid()
    sofia = staff()
    wish = RefundWish(amount_minor=1000)
    seen = in_unit_of_work(refunds.preview_refund, part.number, wish, actor=sofia)
    carried = {"version": seen.version, "token": seen.token, "reason": "came late"}
    in_unit_of_work(refunds.refund, part.number, wish, actor=sofia, **carried)
    ids = [order.id for order in (nothing, whole, part)]

    many = in_unit_of_work(refunds.refundable_of, ids)

    each = [
        in_unit_of_work(lambda s, n=n: refunds.refundable_minor(s, orders.by_number(s, n)))
        for n in (nothing.number, whole.number, part.number)
    ]
    assert [many[order_id] for order_id in ids] == each == [0, 10470, 9470]
    shown = preview(anna, Choice((nothing.number, whole.number, part.number)), BulkAction.REFUND)
    assert (shown.looked, shown.acting, shown.money) == (3, 2, (MoneySum("EUR", 10470 + 9470),))
