"""Columns of the lists: which are chosen, in which order they stand, and what an export writes for them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from backend.domain import held_columns, order_columns
from backend.domain.columns import Columns, Voice, moment_column, money_column, text_column, word_column
from backend.domain.errors import InvalidInput
from backend.domain.list_columns import COLUMNS
from backend.domain.views import ListPage


@dataclass(frozen=True)
class Line:
    number: str = "7"
    state: str = "open"
    minor: int = 1050
    currency: str = "KWD"
    at: datetime | None = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)


SMALL: Columns[Line] = Columns(
    (
        text_column("number", "Number", lambda line: line.number, usual=True),
        word_column("state", "State", lambda line: line.state),
        money_column("sum", "Sum", lambda line: (line.minor, line.currency), usual=True),
        moment_column("at", "At", lambda line: line.at, usual=True),
    )
)


@pytest.mark.parametrize("columns", list(COLUMNS.values()))
def test_columns_stand_in_the_order_in_which_they_were_chosen(columns: Columns[object]) -> None:
    first, *_, last = [key for key in columns.by_key if key != "number"]

    assert columns.chosen([]) == columns.chosen([" "]) == columns.usual
    assert columns.chosen([last, "number", first]) == (last, "number", first)
    assert columns.chosen([last, f" {first} ", last]) == ("number", last, first)
    with pytest.raises(InvalidInput, match="There is no column 'colour'"):
        columns.chosen([last, "colour"])
    assert columns.known([last, "colour"]) == ("number", last)
    assert columns.known(["colour"]) == columns.usual


def test_every_list_of_views_has_its_columns() -> None:
    assert set(COLUMNS) == set(ListPage)
    assert (COLUMNS[ListPage.HELD], COLUMNS[ListPage.ORDERS]) == (held_columns.COLUMNS, order_columns.COLUMNS)


def test_a_column_comes_at_the_end_and_goes_but_never_the_number() -> None:
    assert SMALL.ticked(("number", "at"), "sum", True) == ("number", "at", "sum")
    assert SMALL.ticked(("number", "at"), "at", False) == ("number",)
    for key, wanted in (("at", True), ("sum", False), ("number", False), ("colour", True)):
        assert SMALL.ticked(("number", "at"), key, wanted) == ("number", "at")


@pytest.mark.parametrize(
    ("key", "by", "moved"),
    [
        ("at", -1, ("number", "at", "sum")),
        ("number", 1, ("sum", "number", "at")),
        ("number", -1, ("number", "sum", "at")),
        ("at", 1, ("number", "sum", "at")),
        ("at", -9, ("at", "number", "sum")),
        ("colour", -1, ("number", "sum", "at")),
    ],
)
def test_a_column_moves_no_further_than_there_are_places(key: str, by: int, moved: tuple[str, ...]) -> None:
    assert SMALL.moved(("number", "sum", "at"), key, by) == moved


def test_an_export_has_exactly_the_chosen_columns_in_their_order() -> None:
    tokyo = Voice(word=str.upper, zone=lambda: ZoneInfo("Asia/Tokyo"))
    keys = SMALL.chosen(["at", "sum", "state"])

    assert SMALL.heads(keys) == ["Number", "At", "Sum", "Currency", "State"]
    assert SMALL.heads(keys, "Asia/Tokyo") == ["Number", "At (Asia/Tokyo)", "Sum", "Currency", "State"]
    number, at, *rest = SMALL.cells(keys, Line(), tokyo)
    assert (number, rest) == ("7", [Decimal("1.050"), "KWD", "OPEN"])
    assert isinstance(at, datetime)
    assert at.isoformat(" ", "seconds") == "2026-02-01 08:30:00+09:00"
    assert SMALL.cells(["at"], Line(at=None), tokyo) == [None]
