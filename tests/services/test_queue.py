"""The held queue: its answer, its causes, and its pages from one place to the next."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from backend import clock
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.permissions import SYSTEM
from backend.domain.queue import Cause, Filter, HeldPage, HeldSummary, Place, Sort, Wish
from backend.services import holds, queue, teamwork
from backend.services.run import in_unit_of_work
from backend.store import holds as hold_store
from backend.store import orders
from backend.store.teamwork import user_id
from tests.conftest import Database
from tests.factories import colleague, created, new_order, staff, stocked

ANNA = staff(number=1)
FRONT = Wish()
DECLINED = "Card 4242 refused for “Greta”, 10470 EUR."


def page(wish: Wish = FRONT) -> HeldPage:
    return in_unit_of_work(queue.held_page, wish, actor=ANNA)


def summary() -> HeldSummary:
    return in_unit_of_work(queue.held_summary, actor=ANNA)


def numbers(wish: Wish = FRONT) -> list[str]:
    return [row.number for row in page(wish).rows]


def hold(number: str, kind: HoldKind, reason: str, source: HoldSource = HoldSource.STEP, provider: str = "") -> None:
    def place(session: Session) -> None:
        order = orders.lock_by_number(session, number)
        holds.place(session, order, kind, reason, source=source, provider=provider)

    in_unit_of_work(place)


def held(minutes_ago: int, database: Database, kind: HoldKind = HoldKind.PAYMENT_DECLINED, **changes: object) -> str:
    """An order that a step holds since so long."""
    stocked("LNT-STR-BRS", 1000)
    order = created(new_order(**changes))
    hold(order.number, kind, DECLINED.replace("4242", f"{1000 + minutes_ago}"), provider="stripe")
    since = clock.now() - timedelta(minutes=minutes_ago)
    database.execute("update holds set placed_at = %s where order_id = %s", (since, order.id))
    return order.number


def lift(number: str, kind: HoldKind) -> None:
    def close(session: Session) -> None:
        order = orders.lock_by_number(session, number)
        (found,) = [each for each in hold_store.open_of(session, order.id) if each.kind == kind]
        holds.lift(session, order, found, "released", actor=ANNA)

    in_unit_of_work(close)


def test_it_answers_how_many_why_how_old_and_how_much(database: Database) -> None:
    stocked("LNT-STR-BRS", 0)
    first = created(new_order(risk="high", shipping_minor=0))
    second = created(new_order(shipping_minor=10_000))
    found, told = page(), summary()
    assert (found.orders, found.first, found.previous, found.next) == (2, 1, None, None)
    assert [(row.number, row.kind, row.other_holds, row.total_minor) for row in found.rows] == [
        (first.number, "fraud_risk", 1, 9980),
        (second.number, "out_of_stock", 0, 19980),
    ]
    assert found.rows[0].customer == "Greta Lindenau"
    assert found.rows[0].advice.startswith("The shop marked this order as risky.")
    assert (told.orders, told.oldest_at) == (2, found.rows[0].held_at)
    assert [(money.currency, money.amount_minor) for money in told.money] == [("EUR", 29960)]

    def short(cause: Cause) -> tuple[str, str, int, list[int]]:
        return cause.kind, cause.label, cause.orders, [money.amount_minor for money in cause.money]

    assert [short(cause) for cause in told.causes] == [
        ("out_of_stock", "", 2, [29960]),
        ("fraud_risk", "The shop rates the risk of fraud as high.", 1, [9980]),
    ]


def test_holds_of_one_cause_are_one_line_whatever_their_numbers_and_filter_the_queue(database: Database) -> None:
    three = [held(minutes, database) for minutes in (30, 20, 10)]
    other = held(5, database)
    hold(other, HoldKind.PO_BOX, "The delivery address is a post office box.", HoldSource.CHECK)
    declined, box = summary().causes
    assert (declined.orders, declined.provider, declined.label) == (4, "stripe", "Card … refused for ….")
    assert (box.orders, box.kind) == (1, "po_box")
    assert numbers(Wish(Filter(cluster=declined.cluster))) == [*three, other]
    (row,) = page(Wish(Filter(cluster=box.cluster))).rows
    assert (row.number, row.title, row.other_holds) == (other, "PO box address", 1)
    assert numbers(Wish(Filter(kind="po_box"))) == [other]
    assert page(Wish(Filter(cluster="po_box.ffffffffff"))).orders == 0


def test_pages_lead_from_place_to_place_both_ways_without_gaps_or_repeats(database: Database) -> None:
    oldest_first = [held(minutes, database, shipping_minor=100 * (minutes % 3)) for minutes in range(70, 0, -10)]
    by_amount = sorted(oldest_first, key=lambda number: (totals()[number], ids()[number]))
    for sort, expected in ((Sort.AGE, oldest_first), (Sort.AMOUNT, by_amount)):
        for desc in (False, True):
            wish = Wish(sort=sort, desc=desc, size=3)
            front, middle, end = walk(wish)
            wanted = expected[::-1] if desc else expected
            assert [row.number for part in (front, middle, end) for row in part.rows] == wanted
            assert [part.first for part in (front, middle, end)] == [1, 4, 7]
            assert (front.previous, end.next) == (None, None)
            assert page(replace(wish, before=end.previous)) == middle
            assert page(replace(wish, before=middle.previous)) == front


def walk(wish: Wish) -> list[HeldPage]:
    found = [page(wish)]
    while (place := found[-1].next) is not None:
        found.append(page(replace(wish, after=place)))
    return found


def totals() -> dict[str, int]:
    return {row.number: row.total_minor for row in page(Wish(size=200)).rows}


def ids() -> dict[str, int]:
    return {row.number: row.order_id for row in page(Wish(size=200)).rows}


def test_a_place_that_nobody_stands_behind_any_more_leads_to_the_front(database: Database) -> None:
    number = held(5, database)
    far = Place(2**53, 1)
    assert numbers(Wish(after=far)) == [number]
    assert numbers(Wish(before=Place(0, 0))) == [number]


def test_the_oldest_open_hold_says_since_when_and_the_last_one_takes_the_order_out(database: Database) -> None:
    number = held(90, database)
    hold(number, HoldKind.PO_BOX, "The delivery address is a post office box.", HoldSource.CHECK)
    ((since,),) = database.execute("select placed_at from holds where kind = 'payment_declined'")
    assert held_since(database) == [since]
    lift(number, HoldKind.PAYMENT_DECLINED)
    ((since,),) = database.execute("select placed_at from holds where kind = 'po_box'")
    assert held_since(database) == [since]
    (row,) = page().rows
    assert (row.title, row.other_holds, row.held_at) == ("PO box address", 0, since)
    lift(number, HoldKind.PO_BOX)
    assert held_since(database) == []
    assert (page().rows, summary().orders, summary().oldest_at) == ((), 0, None)
    hold(number, HoldKind.PO_BOX, "Again.", HoldSource.CHECK)
    assert numbers() == [number]


def held_since(database: Database) -> list[datetime]:
    return [row[0] for row in database.execute("select held_at from held_orders")]


def test_a_hold_that_goes_without_a_trace_leaves_none_in_the_queue(database: Database) -> None:
    held(5, database)
    database.execute("delete from steps where subject <> ''")
    database.execute("delete from holds")
    assert (page().orders, held_since(database)) == (0, [])


@pytest.mark.parametrize("size", [-5, 0, 10_000])
def test_a_page_is_never_empty_nor_endless(database: Database, size: int) -> None:
    number = held(5, database)
    assert numbers(Wish(size=size)) == [number]
    assert in_unit_of_work(queue.held_summary, actor=SYSTEM).orders == 1


def test_ones_own_orders_and_what_is_put_away_are_parts_of_the_queue(database: Database) -> None:
    sofia, priya = colleague("Sofia Marin"), colleague("Priya Nair")
    mine, hers, away = (held(minutes, database) for minutes in (30, 20, 10))
    in_unit_of_work(teamwork.claim, mine, actor=sofia)
    in_unit_of_work(teamwork.claim, hers, actor=priya)
    in_unit_of_work(teamwork.snooze, away, actor=sofia, until=clock.now() + timedelta(days=1))
    me = user_id(sofia)
    assert numbers() == [mine, hers]
    assert numbers(Wish(Filter(person=me))) == [mine]
    assert numbers(Wish(Filter(snoozed=True))) == [away]
    row = page().rows[0]
    assert (row.work.assignee, row.work.held) == ("Sofia Marin", True)
    told = summary()
    assert (told.orders, told.snoozed, told.of_person(me), told.of_person(99)) == (3, 1, 1, 0)
    assert [cause.orders for cause in told.causes] == [2]


def test_what_is_due_first_is_first_and_a_clock_that_stands_still_is_last(database: Database) -> None:
    late, soon, waits = (held(minutes, database) for minutes in (10, 20, 30))
    for number, turn, hours in ((late, "us", -1), (soon, "us", 1), (waits, "customer", None)):
        due = None if hours is None else clock.now() + timedelta(hours=hours)
        risk = None if due is None else due - timedelta(hours=2)
        database.execute(
            "update desk_work set turn = %s, due_at = %s, risk_at = %s from orders where orders.id = order_id and number = %s",
            (turn, due, risk, number),
        )
    assert numbers(Wish(sort=Sort.DUE)) == [late, soon, waits]
    front, behind, end = walk(Wish(sort=Sort.DUE, size=1))
    assert [part.rows[0].number for part in (front, behind, end)] == [late, soon, waits]
    assert page(Wish(sort=Sort.DUE, size=1, before=end.previous)) == behind
    assert numbers(Wish(sort=Sort.DUE, desc=True)) == [waits, soon, late]
    assert (summary().overdue, summary().at_risk) == (1, 1)
