"""The only commit: all or nothing, wake-ups after it, and no call to the outside while it is open."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select, text

from backend import clock
from backend.domain.orders import OrderEvent
from backend.ports.guard import assert_outside_calls_allowed, outside_calls_forbidden
from backend.services.run import in_unit_of_work
from backend.store import db, orders
from backend.store.db import unit_of_work
from backend.store.tables import Order
from tests.conftest import Database
from tests.factories import created


class Trouble(Exception):
    """Something went wrong in the middle."""


def test_an_error_leaves_nothing_behind_and_wakes_nobody(database: Database) -> None:
    woken: list[int] = []
    db.set_waker(woken.extend)

    def half_done(session: Session) -> None:
        orders.next_number(session, clock.now().date())
        db.wake_after_commit(session, 1)
        raise Trouble

    with pytest.raises(Trouble):
        in_unit_of_work(half_done)
    assert database.execute("select count(*) from order_days") == [(0,)]
    assert woken == []


def test_the_waker_hears_of_steps_only_when_everybody_can_see_them(database: Database) -> None:
    seen: list[tuple[list[int], list[tuple[object, ...]]]] = []

    def look(ids: list[int]) -> None:
        assert_outside_calls_allowed()
        seen.append((ids, database.execute("select id from steps where id = any(%s)", (ids,))))

    db.set_waker(look)
    created()
    ((ids, visible),) = seen
    assert len(ids) == 1
    assert visible == [(ids[0],)]


def test_a_waker_that_fails_harms_nothing(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: list[int]) -> None:
        raise ConnectionError("the queue is away")

    db.set_waker(broken)
    order = created()
    assert database.execute("select number from orders") == [(order.number,)]
    assert "wake-up lost for 1 steps; the sweep will find them" in caplog.text


def test_a_deadlock_is_tried_again_until_both_are_done(database: Database) -> None:
    one, two = created(), created()
    both_hold_one, tries = threading.Barrier(2), {one.id: 0, two.id: 0}

    def cross(session: Session, mine: int, other: int) -> None:
        tries[mine] += 1
        session.execute(text("select 1 from orders where id = :id for update"), {"id": mine})
        if tries[mine] == 1:
            both_hold_one.wait(10)
        session.execute(text("select 1 from orders where id = :id for update"), {"id": other})
        session.execute(text("update orders set tags = array_append(tags, 'x') where id = :id"), {"id": other})

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(in_unit_of_work, cross, *pair) for pair in ((one.id, two.id), (two.id, one.id))]
        for future in futures:
            future.result(20)

    assert sorted(tries.values()) == [1, 2]
    assert database.execute("select tags from orders") == [(["x"],), (["x"],)]


def test_a_serialization_failure_is_tried_three_times_and_then_told(database: Database) -> None:
    tries = []

    def collide(session: Session) -> None:
        tries.append(1)
        session.execute(text("do $$ begin raise exception 'no' using errcode = 'serialization_failure'; end $$"))

    with pytest.raises(OperationalError):
        in_unit_of_work(collide)
    assert len(tries) == 3


def test_any_other_error_of_the_database_is_not_repeated(database: Database) -> None:
    tries = []

    def divide(session: Session) -> None:
        tries.append(1)
        session.execute(text("select 1 / 0"))

    with pytest.raises(Exception, match="division by zero"):
        in_unit_of_work(divide)
    assert len(tries) == 1


def test_a_call_to_the_outside_is_refused_while_a_transaction_is_open(database: Database) -> None:
    assert_outside_calls_allowed()
    with unit_of_work(), pytest.raises(RuntimeError, match="inside a database transaction"):
        assert_outside_calls_allowed()
    with outside_calls_forbidden(), outside_calls_forbidden():
        pass
    assert_outside_calls_allowed()


def test_other_threads_may_call_while_one_writes(database: Database) -> None:
    with unit_of_work(), ThreadPoolExecutor(1) as pool:
        pool.submit(assert_outside_calls_allowed).result(10)


def test_an_order_moves_by_compare_and_swap(database: Database) -> None:
    order = created()

    def move(session: Session) -> str:
        found = orders.lock(session, order.id)
        return str(orders.move(session, found, OrderEvent.PAYMENT_SETTLED, clock.now()))

    assert in_unit_of_work(move) == "confirmed"

    def move_from_memory(session: Session) -> None:
        found = session.exec(select(Order).where(Order.id == order.id)).one()
        with psycopg.connect(database.url) as other:
            other.execute("update orders set status = 'processing'")
        orders.move(session, found, OrderEvent.LABEL_BOUGHT, clock.now())

    with pytest.raises(Exception, match="was moved by somebody else at the same moment"):
        in_unit_of_work(move_from_memory)
    assert database.execute("select status from orders") == [("processing",)]


def test_a_version_rises_once_per_transaction_however_much_changed(database: Database) -> None:
    order = created()
    before = database.execute("select version, updated_at from orders")[0]

    def touch(session: Session) -> None:
        for _ in range(3):
            orders.touch(session, order.id)

    in_unit_of_work(touch)
    version, updated_at = database.execute("select version, updated_at from orders")[0]
    assert version == before[0] + 1
    assert updated_at > before[1]
    in_unit_of_work(orders.by_number, order.number)
    assert database.execute("select version from orders") == [(version,)]


@pytest.mark.parametrize(
    ("given", "for_sqlalchemy"),
    [
        ("postgresql://u:p@h:5/n", "postgresql+psycopg://u:p@h:5/n"),
        ("postgres://u@h/n", "postgresql+psycopg://u@h/n"),
        ("postgresql+psycopg://u@h/n", "postgresql+psycopg://u@h/n"),
    ],
)
def test_an_address_is_taken_in_every_usual_form(given: str, for_sqlalchemy: str) -> None:
    assert db.sqlalchemy_url(given) == for_sqlalchemy
    assert db.dsn(given) == for_sqlalchemy.replace("+psycopg", "")


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(ValueError, match="not a PostgreSQL address"):
        db.sqlalchemy_url("mysql://h/n")


def test_a_database_that_went_away_is_told_from_a_wrong_statement(database: Database) -> None:
    def end_myself(session: Session) -> None:
        session.execute(text("select pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(Exception, match="terminating connection") as gone:
        in_unit_of_work(end_myself)
    assert db.is_database_down(gone.value)
    with pytest.raises(Exception, match="does not exist") as wrong:
        in_unit_of_work(lambda session: session.execute(text("select * from nothing_here")))
    assert not db.is_database_down(wrong.value)
    assert created().number.startswith("ORD-")
