"""What each role begins the day with is a search of its own, and an index answers it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from backend import clock
from backend.domain import search
from backend.domain.permissions import Actor, Role
from backend.services import actions, order_lists, teamwork
from backend.services.run import in_unit_of_work
from backend.store import db
from backend.store.order_conditions import condition
from backend.store.tables import Order
from tests import factories
from tests.conftest import Database

HELD: dict[str, Any] = {"shipping": None}


@pytest.fixture
def sofia(database: Database) -> Actor:
    return factories.colleague()


def found(flag: str, actor: Actor) -> set[str]:
    return {row.number for row in in_unit_of_work(order_lists.listed, actor=actor, q=f"is:{flag}").rows}


def held() -> str:
    return factories.created(factories.new_order(**HELD)).number


def test_what_is_late_is_overdue_unless_somebody_put_it_off(database: Database, sofia: Actor) -> None:
    late, away, _ = held(), held(), held()
    for number in (late, away):
        database.execute(
            "update desk_work set due_at = now() - interval '1 minute' where order_id = (select id from orders "
            "where number = %s)",
            (number,),
        )
    in_unit_of_work(teamwork.snooze, away, until=clock.now() + timedelta(days=1), actor=sofia)
    assert found("overdue", sofia) == {late}


def test_what_came_back_today_is_back_and_what_came_back_before_is_not(database: Database, sofia: Actor) -> None:
    today, before, _ = held(), held(), held()
    for number in (today, before):
        in_unit_of_work(teamwork.snooze, number, until=clock.now() + timedelta(days=1), actor=sofia)
        in_unit_of_work(teamwork.unsnooze, number, actor=sofia)
    database.execute(
        "update desk_work set woken_at = now() - interval '25 hours' where order_id = (select id from orders "
        "where number = %s)",
        (before,),
    )
    assert found("back", sofia) == {today}


def test_stopped_and_cleared_today_are_told_apart_from_what_was_before(database: Database, sofia: Actor) -> None:
    old, new = held(), held()
    database.execute(
        "update holds set placed_at = now() - interval '2 days' where order_id = (select id from orders where number = %s)",
        (old,),
    )
    assert found("stopped", sofia) == {new}
    view = in_unit_of_work(actions.preview_release, old, _holds(database, old), actor=sofia)
    in_unit_of_work(
        actions.release, old, _holds(database, old),
        actor=sofia, version=view.version, token=view.token, reason="collected by hand",
    )  # fmt: skip
    assert found("cleared", sofia) == {old}


def _holds(database: Database, number: str) -> list[int]:
    rows = database.execute(
        "select h.id from holds h join orders o on o.id = h.order_id where o.number = %s order by h.id", (number,)
    )
    return [row[0] for row in rows]


def give_up(database: Database, number: str, kind: str, state: str = "parked", generation: int = 1) -> None:
    database.execute(
        "insert into steps (order_id, kind, subject, generation, key, state, provider, data, due_at, fence, attempts, "
        "allowed, in_doubt, restore_epoch, outcome, error, category, result, requested_by, created_at) "
        "select id, %s, '7', %s, number || %s || %s, %s, 'x', '{}', now(), 1, 1, 8, false, 0, 'rejected', '', '', '{}', "
        "'system', now() from orders where number = %s",
        (kind, generation, kind, str(generation), state, number),
    )


def refunded(database: Database, number: str, state: str, key: str) -> None:
    database.execute(
        "insert into refunds (order_id, key, amount_minor, currency, lines, reason, state, requested_by, requested_at, "
        "shipping_minor, restock, reference) select id, %s, 100, 'EUR', '[]', 'broken', %s, 'user:1', now(), 0, false, '' "
        "from orders where number = %s",
        (key, state, number),
    )


def test_a_refund_that_failed_counts_until_it_is_made_again(database: Database, sofia: Actor) -> None:
    stuck, returned, mended, again = (factories.created().number for _ in range(4))
    give_up(database, stuck, "payment.refund")
    refunded(database, returned, "failed", "a")
    refunded(database, mended, "failed", "b")
    refunded(database, mended, "requested", "c")
    give_up(database, again, "payment.refund")
    give_up(database, again, "payment.refund", "ready", generation=2)
    assert found("unrefunded", sofia) == {stuck, returned}


def test_a_credit_note_that_failed_is_finances_work(database: Database, sofia: Actor) -> None:
    number, other = factories.created().number, factories.created().number
    give_up(database, number, "credit_note.issue")
    give_up(database, other, "invoice.issue")
    assert found("uncredited", factories.staff(Role.FINANCE)) == {number}


NOTHING_COUNTED = (
    "select pg_clear_relation_stats('public', tablename) from pg_tables where schemaname = 'public'",
    "select pg_clear_attribute_stats('public', tablename, attname, false) from pg_stats where schemaname = 'public'",
)
"""Forget what was counted in the tables at some time: one that is known to be nearly empty would be read by any index."""


@pytest.mark.parametrize(
    ("flag", "index"),
    [
        ("overdue", "ix_desk_work_due"),
        ("back", "ix_desk_work_woken_at"),
        ("stopped", "ix_holds_placed_at"),
        ("cleared", "ix_holds_closed_at"),
        ("unrefunded", "ix_refunds_failed"),
        ("uncredited", "ix_steps_parked"),
    ],
)
def test_an_index_answers_each_of_them(database: Database, flag: str, index: str) -> None:
    assert flag in search.FLAGS
    asking = order_lists.asking(factories.staff())
    query = search.parse(f"is:{flag}")
    with db.unit_of_work() as session:
        for statement in NOTHING_COUNTED:
            session.connection().exec_driver_sql(statement)
        for way in ("seqscan", "nestloop", "mergejoin"):  # a small table would be read whole, or order by order
            session.connection().exec_driver_sql(f"set local enable_{way} = off")
        wanted = select(col(Order.id)).where(condition(session, query.terms[0], asking))
        statement = str(wanted.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
        plan = "\n".join(row[0] for row in session.connection().exec_driver_sql(f"explain {statement}"))
    assert index in plan, plan
