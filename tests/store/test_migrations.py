"""Migrations: they build exactly the model, once, however many processes start together."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import Connection, create_engine, text

from backend.store import migrate
from backend.store.db import sqlalchemy_url
from tests.conftest import Database, Server
from tests.waiting import until


@pytest.fixture
def empty(postgres: Server) -> Iterator[str]:
    """A database without any table."""
    name = f"holdfast_empty_{secrets.token_hex(6)}"
    postgres.create_database(name)
    yield postgres.url(name)
    postgres.drop_database(name)


def test_several_processes_may_migrate_at_once(empty: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(migrate.upgrade, empty) for _ in range(4)]:
            future.result(60)
    with psycopg.connect(empty) as connection:
        (count,) = connection.execute("select count(*) from alembic_version").fetchone() or (0,)
    assert count == 1


def test_the_migrated_tables_are_the_model_and_a_difference_is_seen(database: Database) -> None:
    engine = create_engine(sqlalchemy_url(database.url))
    try:
        with engine.connect() as connection:
            assert migrate.differences(connection) == []
        at, head = migrate.current_and_head(engine)
        assert at == head is not None
        database.execute("alter table orders drop column risk")
        with engine.connect() as connection:
            (difference,) = migrate.differences(connection)
        assert difference[0] == "add_column"
        assert difference[3].name == "risk"
    finally:
        engine.dispose()


def test_the_queues_own_tables_are_no_difference(database: Database) -> None:
    assert database.execute("select count(*) from pg_tables where tablename like 'huey_%'") == [(4,)]
    engine = create_engine(sqlalchemy_url(database.url))
    try:
        with engine.connect() as connection:
            assert migrate.differences(connection) == []
    finally:
        engine.dispose()


def test_migrating_again_changes_nothing(database: Database) -> None:
    before = database.execute("select version_num from alembic_version")
    migrate.upgrade(database.url)
    assert database.execute("select version_num from alembic_version") == before


GUARDED = {
    "append_only": 7,
    "append_only_whole": 7,
    "sum_payments": 1,
    "number_invoice": 1,
    "keep_invoice": 1,
    "keep_invoices": 1,
    "tell_listeners": 1,
    "order_is_held": 1,
    "order_is_less_held": 1,
    "hold_is_gone": 1,
}


def test_every_guard_of_the_database_is_in_place(database: Database) -> None:
    found = database.execute("select tgname, count(*) from pg_trigger where not tgisinternal group by tgname")
    assert {str(name): count for name, count in found} == GUARDED


def test_a_change_of_tables_gives_way_to_whoever_uses_them_and_is_made_later(database: Database) -> None:
    engine = create_engine(sqlalchemy_url(database.url))
    tried: list[str] = []

    def expand(connection: Connection) -> None:
        tried.append("once more")
        connection.execute(text("alter table orders add column expanded text"))

    with psycopg.connect(database.url) as reader, ThreadPoolExecutor(1) as newer:
        reader.execute("select count(*) from orders")
        changing = newer.submit(migrate.patiently, engine, expand)
        until(lambda: len(tried) > 1, what="it gave way and tried again")
        with psycopg.connect(database.url) as another:
            assert another.execute("select count(*) from orders").fetchone() == (0,)
        reader.rollback()
        changing.result(30)
    engine.dispose()
    assert database.execute("select expanded from orders") == []
