"""From two recorded orders to statements for any order: which values differ between orders, and where they come from."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.types.json import Json, Jsonb

from backend.bench.recording import Recording, Statement
from backend.bench.site import Invalid


@dataclass(frozen=True)
class Slot:
    """The value of this order that has a number of its own in the order's list of values."""

    number: int


@dataclass(frozen=True)
class Pieces:
    """A text with values of this order in it."""

    parts: tuple[str | Slot, ...]


@dataclass(frozen=True)
class Learn:
    """What a returned row tells of this order: its place in the row goes to a slot."""

    row: int
    column: int
    slot: int


@dataclass(frozen=True)
class Sending:
    """A statement ready to be sent. `rows`: how many must come back, None for none. `constant`: nothing to fill in."""

    text: str
    values: Any
    constant: bool
    rows: int | None
    learns: tuple[Learn, ...]
    many: bool


@dataclass(frozen=True)
class Plan:
    """Transactions and waits of one order. The first slots are what is known of it; `fresh` ones get a new UUID."""

    parts: tuple[tuple[Sending, ...] | int, ...]
    slots: int
    fresh: tuple[int, ...]


def plan_of(first: Recording, second: Recording) -> Plan:
    """Raises `Invalid` when the two orders did not go the same way."""
    if [len(part) if isinstance(part, list) else part for part in first.parts] != [
        len(part) if isinstance(part, list) else part for part in second.parts
    ]:
        raise Invalid("Two equal orders asked different things of the database.")
    planner = _Planner(first, second)
    parts: list[tuple[Sending, ...] | int] = []
    for one, other in zip(first.parts, second.parts, strict=True):
        if isinstance(one, list) and isinstance(other, list):
            parts.append(tuple(planner.sending(a, b) for a, b in zip(one, other, strict=True)))
        else:
            assert isinstance(one, int)
            parts.append(one)
    return Plan(tuple(parts), len(planner.pairs), tuple(planner.fresh))


class _Planner:
    """`pairs` are the slots so far, each with its value in the first and in the second recording."""

    def __init__(self, first: Recording, second: Recording) -> None:
        self.pairs: list[tuple[Any, Any]] = list(zip(first.known, second.known, strict=True))
        self.fresh: list[int] = []

    def sending(self, first: Statement, second: Statement) -> Sending:
        if first.text != second.text or _height(first) != _height(second):
            raise Invalid(f"Two equal orders were treated differently: {first.text[:200]}")
        values = self._value(_plain(first.values), _plain(second.values))
        learns = tuple(self._learn(first.rows or [], second.rows or []))
        return Sending(first.text, values, _is_constant(values), _height(first), learns, first.many)

    def _value(self, first: Any, second: Any) -> Any:
        if isinstance(first, dict) and isinstance(second, dict):
            return {name: self._value(first[name], second[name]) for name in first}
        if isinstance(first, list | tuple) and isinstance(second, list | tuple):
            return [self._value(one, other) for one, other in zip(first, second, strict=True)]
        if first == second:
            return first
        for number, pair in enumerate(self.pairs):
            if pair == (first, second) and type(pair[0]) is type(first):
                return Slot(number)
        if isinstance(first, UUID):
            self.fresh.append(len(self.pairs))
            self.pairs.append((first, second))
            return Slot(len(self.pairs) - 1)
        return self._pieces(first) if isinstance(first, str) else first

    def _pieces(self, text: str) -> Any:
        parts: list[str | Slot] = [text]
        for number, (known, _) in enumerate(self.pairs):
            if isinstance(known, str) and len(known) > _SHORTEST:
                parts = [piece for part in parts for piece in _split(part, known, Slot(number))]
        return Pieces(tuple(parts)) if len(parts) > 1 else text

    def _learn(self, first: Sequence[Sequence[Any]], second: Sequence[Sequence[Any]]) -> list[Learn]:
        found = []
        for row, (one, other) in enumerate(zip(first, second, strict=True)):
            for column, pair in enumerate(zip(one, other, strict=True)):
                if pair[0] != pair[1] and isinstance(pair[0], int | str | UUID) and pair not in self.pairs:
                    found.append(Learn(row, column, len(self.pairs)))
                    self.pairs.append(pair)
        return found


_SHORTEST = 5
"""Texts up to this length are too likely to stand in another text by chance."""


def _height(statement: Statement) -> int | None:
    return None if statement.rows is None else len(statement.rows)


def _plain(value: Any) -> Any:
    """JSON documents as text, which the server takes as well."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return json.dumps(value.obj, ensure_ascii=False, default=str) if isinstance(value, Json | Jsonb) else value


def _is_constant(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_constant(inner) for inner in value.values())
    if isinstance(value, list):
        return all(_is_constant(inner) for inner in value)
    return not isinstance(value, Slot | Pieces)


def _split(part: str | Slot, known: str, slot: Slot) -> list[str | Slot]:
    if isinstance(part, Slot) or known not in part:
        return [part]
    found: list[str | Slot] = []
    for place, piece in enumerate(part.split(known)):
        found += ([slot] if place else []) + ([piece] if piece else [])
    return found
