"""Comparing two records of the same fact: what we captured and what the gateway says it captured."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class BreakKind(StrEnum):
    MISSING_HERE = "missing_here"  # the gateway has it, we do not
    MISSING_THERE = "missing_there"  # we have it, the gateway does not
    AMOUNT = "amount"
    CURRENCY = "currency"


@dataclass(frozen=True)
class Movement:
    """One captured amount in minor units, by the gateway's reference."""

    reference: str
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class Break:
    """A difference: what each side says; None where a side knows nothing."""

    kind: BreakKind
    reference: str
    ours: Movement | None
    theirs: Movement | None


def compare(ours: list[Movement], theirs: list[Movement]) -> list[Break]:
    """Every difference between the two sides, in the order of their references; an empty list means they agree."""
    here, there = _by_reference(ours), _by_reference(theirs)
    found = []
    for reference in sorted(here.keys() | there.keys()):
        mine, other = here.get(reference), there.get(reference)
        kind = _kind(mine, other)
        if kind is not None:
            found.append(Break(kind, reference, mine, other))
    return found


def _kind(ours: Movement | None, theirs: Movement | None) -> BreakKind | None:
    if ours is None:
        return BreakKind.MISSING_HERE
    if theirs is None:
        return BreakKind.MISSING_THERE
    if ours.currency != theirs.currency:
        return BreakKind.CURRENCY
    return BreakKind.AMOUNT if ours.amount_minor != theirs.amount_minor else None


def _by_reference(movements: list[Movement]) -> dict[str, Movement]:
    """Parts under one reference are added up; a reference in two currencies keeps the first and shows as a difference."""
    amounts: Counter[str] = Counter()
    currencies: dict[str, str] = {}
    for movement in movements:
        amounts[movement.reference] += movement.amount_minor
        currencies.setdefault(movement.reference, movement.currency)
    return {reference: Movement(reference, amounts[reference], currencies[reference]) for reference in amounts}
