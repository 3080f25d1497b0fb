"""What the lab's clock brings forward, and what it leaves alone."""

from typing import Any

import pytest
from sqlmodel import Session

from backend import settings
from backend.domain.errors import InvalidInput, NotAllowed, NotFound
from backend.domain.lab import Reach
from backend.domain.permissions import Role
from backend.services import lab, sweep
from backend.services.run import in_unit_of_work
from backend.store.tables import Order
from tests import factories
from tests.conftest import Database
from tests.factories import staff

QA = staff(Role.QA)


@pytest.fixture(autouse=True)
def beside_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_LAB_TOKEN", "hf_lab_0123456789abcdefg")
    monkeypatch.setenv("HOLDFAST_STRIPE_API_KEY", "sk_test_1")
    monkeypatch.setenv("HOLDFAST_STRIPE_API_BASE", "http://127.0.0.1:9/stripe")
    settings.current.cache_clear()


@pytest.fixture
def two(database: Database) -> tuple[Order, Order]:
    """Two orders, each with one step that is due in an hour."""
    orders = (factories.created(), factories.created())
    database.execute("update steps set due_at = clock_timestamp() + interval '1 h'")
    return orders


def move(seconds: float | None, order: str = "") -> Reach:
    return in_unit_of_work(lab.move_clock, seconds=seconds, order=order, actor=QA)


def seconds_left(database: Database, order: Order, column: str = "due_at") -> float:
    ((left,),) = database.execute(
        f"select extract(epoch from {column} - clock_timestamp())::float8 from steps where order_id = %s", (order.id,)
    )
    return float(left)


def test_due_times_of_all_orders_come_sooner_by_as_much(database: Database, two: tuple[Order, Order]) -> None:
    assert move(600).steps == 2

    for order in two:
        assert 2_900 < seconds_left(database, order) <= 3_000


def test_one_order_is_moved_by_our_number_or_by_the_shops_id(database: Database, two: tuple[Order, Order]) -> None:
    first, second = two

    assert move(600, first.number).steps == 1
    assert move(600, first.external_id).steps == 1

    assert 2_300 < seconds_left(database, first) <= 2_400
    assert seconds_left(database, second) > 3_500


def test_everything_due_now_is_found_by_the_next_sweep(database: Database, two: tuple[Order, Order]) -> None:
    database.execute("update steps set woken_at = clock_timestamp() + interval '1 h'")

    move(None)

    found = in_unit_of_work(sweep.sweep, "test")
    assert len(found.step_ids) == 2


def test_what_is_due_already_keeps_its_place(database: Database) -> None:
    order = factories.created()
    database.execute("update steps set due_at = clock_timestamp() - interval '1 h'")

    assert move(600) == Reach(0, 0, 0, 0)
    assert -3_700 < seconds_left(database, order) < -3_500


def running(database: Database, *, swept: str, began: str) -> None:
    """Its step is in the hands of a worker that last swept, and whose call began, so long ago."""
    database.execute(
        "update steps set state = 'running', fence = 1, attempts = 1, lease_until = clock_timestamp() + interval '40 s'"
    )
    database.execute(
        "insert into attempts (step_id, fence, number, worker, asked_first, started_at, outcome, error, exchanges) "
        f"select id, 1, 1, 'host-1/thread', false, clock_timestamp() - interval '{began}', '', '', '[]' from steps"
    )
    database.execute(
        "insert into workers (id, started_at, last_sweep_at) "
        f"values ('host-1', clock_timestamp(), clock_timestamp() - interval '{swept}')"
    )


def test_the_lease_of_a_dead_worker_ends_sooner(database: Database) -> None:
    order = factories.created()
    running(database, swept="1 min", began="1 min")

    assert move(30) == Reach(0, 1, 0, 0)
    assert 5 < seconds_left(database, order, "lease_until") <= 10


@pytest.mark.parametrize(("swept", "began"), [("1 s", "1 min"), ("1 min", "1 s")])
def test_a_worker_that_lives_or_may_still_be_calling_keeps_its_lease(
    database: Database, swept: str, began: str
) -> None:
    order = factories.created()
    running(database, swept=swept, began=began)

    assert move(None) == Reach(0, 0, 0, 0)
    assert seconds_left(database, order, "lease_until") > 30


def open_breaker(database: Database, provider: str) -> None:
    database.execute(
        "insert into breakers (provider, state, failures, orders, failed_probes, next_probe_at) "
        "values (%s, 'open', 9, 5, 2, clock_timestamp() + interval '5 min')",
        (provider,),
    )


def test_the_pause_of_an_open_breaker_ends_sooner(database: Database) -> None:
    open_breaker(database, "stripe")

    assert move(None) == Reach(0, 0, 1, 0)
    assert database.execute("select next_probe_at <= clock_timestamp() from breakers") == [(True,)]


def test_for_one_order_only_the_breakers_it_waits_for_are_moved(database: Database, two: tuple[Order, Order]) -> None:
    open_breaker(database, "stripe")
    open_breaker(database, "shipengine")
    database.execute("update steps set provider = 'stripe', outcome = 'not_sent' where order_id = %s", (two[0].id,))

    assert move(None, two[0].number) == Reach(1, 0, 1, 0)
    due = "select provider from breakers where next_probe_at <= clock_timestamp()"
    assert database.execute(due) == [("stripe",)]


def test_a_kept_message_is_handled_sooner(database: Database) -> None:
    database.execute(
        "insert into inbox (id, area, provider, event_id, topic, headers, body_bytes, body_hash, verdict, problems, "
        "parked_for, duplicates, failures, due_at, received_at) values (gen_random_uuid(), 'channels', 'shopify', 'e1', "
        "'', '{}', 0, '', 'received', '[]', '', 0, 1, clock_timestamp() + interval '5 min', clock_timestamp())"
    )

    assert move(None) == Reach(0, 0, 0, 1)
    assert database.execute("select due_at <= clock_timestamp() from inbox") == [(True,)]


def test_nothing_but_times_changes(database: Database, two: tuple[Order, Order]) -> None:
    kept = (
        "select id, state, attempts, fence, in_doubt, key, generation, created_at, first_sent_at from steps order by id"
    )
    orders = "select id, version, status from orders order by id"
    before = database.execute(kept), database.execute(orders)

    move(None)

    assert (database.execute(kept), database.execute(orders)) == before


@pytest.mark.parametrize("seconds", [0, -1, 32 * 24 * 3600])
def test_a_move_must_be_forward_and_bounded(seconds: float) -> None:
    with pytest.raises(InvalidInput):
        move(seconds)


def test_only_qa_and_administrators_may(two: tuple[Order, Order]) -> None:
    def by(role: Role) -> Any:
        return in_unit_of_work(lab.move_clock, seconds=60, actor=staff(role))

    for role in (Role.CUSTOMER_SERVICE, Role.FINANCE, Role.MANAGER):
        with pytest.raises(NotAllowed):
            by(role)
    assert by(Role.ADMIN).steps == 2


def test_the_service_itself_refuses_where_the_lab_is_closed(
    database: Database, monkeypatch: pytest.MonkeyPatch, two: tuple[Order, Order]
) -> None:
    monkeypatch.delenv("HOLDFAST_LAB_TOKEN")
    settings.current.cache_clear()

    with pytest.raises(NotFound):
        move(None)
    assert seconds_left(database, two[0]) > 3_500


def test_no_token_is_no_token(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_LAB_TOKEN", "")
    settings.current.cache_clear()

    def ask(session: Session) -> Reach:
        return lab.for_token(session, "", lab.move_clock, seconds=60)

    with pytest.raises(Exception, match="valid API token"):
        in_unit_of_work(ask)
