"""Columns of a list: which there are, which a person chose and in which order, and how a row is written into an export."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from backend.domain.errors import InvalidInput
from backend.domain.hold_clock import Bucket
from backend.domain.money import exponent
from backend.domain.teamwork import Work

Row = TypeVar("Row")
Cell = str | Decimal | datetime | None
"""A cell of an export: text, a number, a moment in the reader's time zone, or nothing."""
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Voice:
    """How an export says codes and causes of holds: in words for people, as they are for programs.

    `zone` is what moments are told in, `bucket` says how an order stands against its target, `turn` whose turn it is,
    `decimal` how numbers are written in text.
    """

    word: Callable[[str], str] = str
    cause: Callable[[str], str] = str
    zone: Callable[[], ZoneInfo] = lambda: _UTC
    bucket: Callable[[Bucket], str] = str
    turn: Callable[[Work], str] = lambda work: str(work.turn)
    decimal: Callable[[Decimal], str] = "{:f}".format


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column; `usual` ones show unless somebody chose otherwise. `heads` are its headings in an export.

    `dated`: its cells are moments.
    """

    key: str
    title: str
    heads: tuple[str, ...]
    cells: Callable[[Row, Voice], tuple[Cell, ...]]
    usual: bool = False
    dated: bool = False


def text_column(key: str, title: str, read: Callable[[Row], str], *, usual: bool = False) -> Column[Row]:
    return Column(key, title, (title,), lambda row, voice: (read(row),), usual)


def word_column(key: str, title: str, read: Callable[[Row], str], *, usual: bool = False) -> Column[Row]:
    """A code, which people read as a word."""
    return Column(key, title, (title,), lambda row, voice: (voice.word(read(row)),), usual)


def moment_column(key: str, title: str, read: Callable[[Row], datetime | None], *, usual: bool = False) -> Column[Row]:
    def cells(row: Row, voice: Voice) -> tuple[Cell, ...]:
        at = read(row)
        return (None if at is None else at.astimezone(voice.zone()),)

    return Column(key, title, (title,), cells, usual, dated=True)


def money_column(key: str, title: str, read: Callable[[Row], tuple[int, str]], *, usual: bool = False) -> Column[Row]:
    """An amount in minor units and its currency, which an export has in a column of its own."""

    def cells(row: Row, voice: Voice) -> tuple[Cell, ...]:
        minor, currency = read(row)
        return (Decimal(minor).scaleb(-exponent(currency)), currency)

    return Column(key, title, (title, "Currency"), cells, usual)


@dataclass(frozen=True)
class Columns(Generic[Row]):
    """All columns that a list can show, in their usual order. The one called `always` is never left out: it leads to the
    order."""

    all: tuple[Column[Row], ...]
    always: str = "number"

    @cached_property
    def by_key(self) -> dict[str, Column[Row]]:
        return {column.key: column for column in self.all}

    @cached_property
    def usual(self) -> tuple[str, ...]:
        """The keys of the columns that show where nobody chose any."""
        return tuple(column.key for column in self.all if column.usual)

    def chosen(self, keys: Iterable[str]) -> tuple[str, ...]:
        """The columns to show, in the order given, the one that is never left out first where it is not named; the usual
        ones where none are. Raises `InvalidInput` for unknown ones."""
        wanted = list(dict.fromkeys(key.strip() for key in keys if key.strip()))
        if unknown := [key for key in wanted if key not in self.by_key]:
            raise InvalidInput([f"There is no column {unknown[0]!r}; there are {', '.join(self.by_key)}."])
        if not wanted:
            return self.usual
        return tuple(wanted) if self.always in wanted else (self.always, *wanted)

    def known(self, keys: Iterable[str]) -> tuple[str, ...]:
        """The same of what was kept a while ago: columns that there are no more are left out."""
        return self.chosen(key for key in keys if key in self.by_key)

    def ticked(self, shown: Sequence[str], key: str, wanted: bool) -> tuple[str, ...]:
        """With one more column at the end, or without it; as it was for a column that cannot be chosen."""
        if key not in self.by_key or key == self.always or wanted == (key in shown):
            return tuple(shown)
        rest = [each for each in shown if each != key]
        return (*rest, key) if wanted else tuple(rest)

    def moved(self, shown: Sequence[str], key: str, by: int) -> tuple[str, ...]:
        """With one column moved by so many places to the front (below 0) or to the end; no further than there are places."""
        if key not in shown:
            return tuple(shown)
        rest = [each for each in shown if each != key]
        at = min(max(0, list(shown).index(key) + by), len(rest))
        return (*rest[:at], key, *rest[at:])

    def heads(self, keys: Iterable[str], zone: str = "") -> list[str]:
        """The headings of an export with these columns; `zone` is named beside moments that do not say theirs."""
        columns = [self.by_key[key] for key in keys]
        return [f"{head} ({zone})" if zone and column.dated else head for column in columns for head in column.heads]

    def cells(self, keys: Iterable[str], row: Row, voice: Voice) -> list[Cell]:
        """One row of an export with these columns."""
        return [cell for key in keys for cell in self.by_key[key].cells(row, voice)]
