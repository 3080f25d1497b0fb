"""Statements of two recorded orders become statements for any order, or the measurement is refused."""

import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from backend.bench import floor
from backend.bench.plan import Pieces, Plan, Slot, plan_of
from backend.bench.recording import Recording, Statement
from backend.bench.site import Invalid
from tests.conftest import Database

FIRST, SECOND = (11, "ORD-20260131-00001", "7300000000001", 111), (12, "ORD-20260131-00002", "7300000000002", 112)


def recording(known: tuple[Any, ...], *statements: Statement, waits: int = 1) -> Recording:
    return Recording(known, [list(statements), waits])


def one_of(plan: Plan) -> Any:
    """What the plan's only statement is sent with."""
    part = plan.parts[0]
    assert not isinstance(part, int)
    return part[0].values


def values(first: Any, second: Any) -> Any:
    """What becomes of a value that was the first in one recording and the second in the other."""
    one, other = (Statement("select %(v)s", {"v": value}, None) for value in (first, second))
    return one_of(plan_of(recording(FIRST, one), recording(SECOND, other)))["v"]


@pytest.mark.parametrize(
    ("first", "second", "becomes"),
    [
        (5, 5, 5),
        (11, 12, Slot(0)),
        ("ORD-20260131-00001:a:1", "ORD-20260131-00002:a:1", Pieces((Slot(1), ":a:1"))),
        (Jsonb({"number": FIRST[1]}), Jsonb({"number": SECOND[1]}), Pieces(('{"number": "', Slot(1), '"}'))),
        (97, 103, 97),
        (UUID(int=1), UUID(int=2), Slot(4)),
    ],
    ids=["the same", "a known id", "a text around the number", "a document", "a duration", "a fresh identifier"],
)
def test_values_are_told_apart(first: Any, second: Any, becomes: Any) -> None:
    assert values(first, second) == becomes


def test_what_a_statement_returns_is_known_to_the_next() -> None:
    plan = plan_of(
        recording(FIRST, Statement("insert", {}, [(901,)]), Statement("update", {"id": 901}, None)),
        recording(SECOND, Statement("insert", {}, [(907,)]), Statement("update", {"id": 907}, None)),
    )

    inserted, updated = plan.parts[0]  # type: ignore[misc]
    assert [(learn.row, learn.column, learn.slot) for learn in inserted.learns] == [(0, 0, 4)]
    assert updated.values == {"id": Slot(4)}


@pytest.mark.parametrize(
    "other",
    [
        recording(SECOND, Statement("select 2", {}, [(1,)])),
        recording(SECOND, Statement("select 1", {}, [(1,), (2,)])),
        recording(SECOND, Statement("select 1", {}, [(1,)]), waits=2),
        recording(SECOND, Statement("select 1", {}, [(1,)]), Statement("select 1", {}, [(1,)])),
    ],
    ids=["another text", "more rows", "more waits", "more statements"],
)
def test_orders_that_went_different_ways_make_no_plan(other: Recording) -> None:
    with pytest.raises(Invalid):
        plan_of(recording(FIRST, Statement("select 1", {}, [(1,)])), other)


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database.url, autocommit=True) as connection:
        yield connection


def count_plan(rows: int) -> Plan:
    statement = Statement("select 1 from generate_series(1, %(n)s)", {"n": 2}, [(1,)] * rows)
    return plan_of(recording(FIRST, statement), recording(SECOND, statement))


def test_the_floor_waits_as_planned(connection: psycopg.Connection[Any]) -> None:
    began = time.monotonic()

    floor.replay(connection, count_plan(2), FIRST, 0.01)

    assert time.monotonic() - began >= 0.01


def test_the_floor_refuses_an_answer_of_another_size(connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(ValueError, match="2 rows instead of 3"):
        floor.replay(connection, count_plan(3), FIRST, 0)
