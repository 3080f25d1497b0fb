"""What the held queue costs in statements, and that its counts are right whoever opens and closes holds at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from backend import clock
from backend.domain.holds import HoldKind
from backend.domain.queue import Filter, Sort, Wish
from backend.services import queue, teamwork
from backend.services.run import in_unit_of_work
from tests.conftest import Database
from tests.factories import colleague, created, staff
from tests.services.test_queue import held, hold
from tests.statements import sent
from tests.waiting import until

ANNA = staff(number=1)


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("wanted", [Filter(), Filter(kind="payment_declined"), Filter(person=7)])
def test_a_page_of_held_orders_is_one_statement_and_so_is_what_stands_above_it(
    database: Database, sort: Sort, wanted: Filter
) -> None:
    sofia = colleague("Sofia Marin")
    for minutes in (30, 20, 10):
        in_unit_of_work(teamwork.claim, held(minutes, database), actor=sofia)
    with sent() as statements:
        front = in_unit_of_work(queue.held_page, Wish(wanted, sort, size=2), actor=ANNA)
    assert len(statements) == 1
    if not wanted.person:
        with sent() as statements:
            behind = in_unit_of_work(queue.held_page, Wish(wanted, sort, after=front.next, size=2), actor=ANNA)
        assert (len(statements), behind.first, behind.orders, len(behind.rows)) == (1, 3, 3, 1)
    with sent() as statements:
        in_unit_of_work(queue.held_summary, actor=ANNA)
    assert len(statements) == 1


def test_rows_say_who_looks_at_them_and_whose_they_are(database: Database) -> None:
    sofia = colleague("Sofia Marin")
    number = held(10, database)
    in_unit_of_work(teamwork.claim, number, actor=sofia)
    ((order_id,),) = database.execute("select id from orders")
    database.execute(
        "insert into desk_viewers (order_id, user_id, tab, name, seen_at) values (%s, 5, 'a', 'Priya', now()), "
        "(%s, 5, 'b', 'Priya', now()), (%s, 6, 'c', 'Gone', now() - interval '1 hour')",
        (order_id, order_id, order_id),
    )
    (row,) = in_unit_of_work(queue.held_page, Wish(), actor=ANNA).rows
    assert row.work.assignee == "Sofia Marin"
    assert [(viewer.user_id, viewer.name) for viewer in row.work.viewers] == [(5, "Priya")]


def test_sorted_by_due_time_those_without_one_follow_page_by_page(database: Database) -> None:
    numbers = [held(minutes, database) for minutes in (50, 40, 30, 20, 10)]
    now = clock.now()
    for place, number in enumerate(numbers):
        due = now + timedelta(hours=place) if place < 2 else None
        turn = "us" if due else "customer"
        database.execute(
            "update desk_work set due_at = %s, risk_at = %s, turn = %s from orders "
            "where orders.id = order_id and number = %s",
            (due, due, turn, number),
        )
    for desc, expected in ((False, numbers), (True, numbers[::-1])):
        wish = Wish(sort=Sort.DUE, desc=desc, size=2)
        pages = [in_unit_of_work(queue.held_page, wish, actor=ANNA)]
        while (place := pages[-1].next) is not None:
            pages.append(
                in_unit_of_work(queue.held_page, Wish(sort=Sort.DUE, desc=desc, after=place, size=2), actor=ANNA)
            )
        assert [row.number for page in pages for row in page.rows] == expected
        assert [page.first for page in pages] == [1, 3, 5]
        back = in_unit_of_work(
            queue.held_page, Wish(sort=Sort.DUE, desc=desc, before=pages[-1].previous, size=2), actor=ANNA
        )
        assert back == pages[1]


_OPEN = (
    "insert into holds (order_id, kind, source, reason, provider, cluster, cluster_label, facts, placed_by, placed_by_name, "
    "placed_at, closed_by, closed_by_name, closed_how, closed_reason) values (%s, %s, 'check', 'r', '', %s, '', '{}', "
    "'system', 'Holdfast', now(), '', '', '', '')"
)
_CLOSE = "update holds set closed_at = now(), closed_by = 'system' where order_id = %s and kind = %s"
_KEPT = "select cluster, open_holds from held_orders"


def _at_once(database: Database, first: tuple[str, tuple[object, ...]], second: tuple[str, tuple[object, ...]]) -> None:
    """Two transactions that lock no order, the second begun while the first one is open."""
    with psycopg.connect(database.url) as one, psycopg.connect(database.url) as other, ThreadPoolExecutor(1) as pool:
        one.execute(*first)
        waiting = pool.submit(other.execute, *second)
        pid = other.info.backend_pid
        blocked = "select cardinality(pg_blocking_pids(%s)) > 0"
        until(lambda: database.execute(blocked, (pid,)) == [(True,)], what="the second one waits")
        one.commit()
        waiting.result(30)
        other.commit()


def test_two_who_close_or_open_holds_of_one_order_at_once_leave_the_right_count(database: Database) -> None:
    order = created()
    database.execute(_OPEN, (order.id, "po_box", "a"))
    database.execute(_OPEN, (order.id, "fraud_risk", "b"))
    assert database.execute(_KEPT) == [("a", 2)]

    _at_once(database, (_CLOSE, (order.id, "po_box")), (_CLOSE, (order.id, "fraud_risk")))
    assert database.execute(_KEPT) == []

    _at_once(database, (_OPEN, (order.id, "po_box", "c")), (_OPEN, (order.id, "fraud_risk", "d")))
    assert database.execute(_KEPT) == [("c", 2)]

    database.execute(_CLOSE, (order.id, "fraud_risk"))
    _at_once(database, (_CLOSE, (order.id, "po_box")), (_OPEN, (order.id, "out_of_stock", "e")))
    assert database.execute(_KEPT) == [("e", 1)]

    _at_once(database, (_OPEN, (order.id, "po_box", "f")), (_CLOSE, (order.id, "out_of_stock")))
    assert database.execute(_KEPT) == [("f", 1)]


def test_what_is_counted_for_a_cause_is_every_order_with_such_a_hold(database: Database) -> None:
    both, one = held(20, database), held(10, database)
    hold(both, HoldKind.PO_BOX, "The delivery address is a post office box.")
    summary = in_unit_of_work(queue.held_summary, actor=ANNA)
    assert (summary.orders, [cause.orders for cause in summary.causes]) == (2, [2, 1])
    in_unit_of_work(teamwork.snooze, one, actor=colleague("Sofia Marin"), until=clock.now() + timedelta(days=1))
    summary = in_unit_of_work(queue.held_summary, actor=ANNA)
    assert (summary.orders, summary.snoozed, [cause.orders for cause in summary.causes]) == (2, 1, [1, 1])
