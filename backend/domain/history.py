"""How an order's timeline is read: what can be picked out of it, and how the tries of one step become one line."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from backend.domain.timeline import TimelineKind, Weight


class Show(StrEnum):
    """What is picked out of the timeline."""

    EVERYTHING = "all"
    PEOPLE = "people"
    MACHINE = "machine"
    MONEY = "money"
    PARCELS = "parcels"
    NOTES = "notes"
    WEBHOOKS = "webhooks"


@dataclass(frozen=True)
class Picked:
    """Entries match if their kind, their actor's kind or the kind of their step is named; all match where nothing is."""

    kinds: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    """Beginnings of step kinds: `payment.`"""


_T = TimelineKind
PICKED: dict[Show, Picked] = {
    Show.EVERYTHING: Picked(),
    Show.PEOPLE: Picked(actors=("staff", "customer")),
    Show.MACHINE: Picked(actors=("system",)),
    Show.MONEY: Picked(
        kinds=(_T.PAYMENT_RECORDED, _T.PAYMENT_LATE, _T.REFUND_REQUESTED, _T.INVOICE_STORED, _T.CREDIT_NOTE_STORED),
        steps=("payment.", "invoice.", "credit_note."),
    ),
    Show.PARCELS: Picked(
        kinds=(_T.LABEL_BOUGHT, _T.TRACKING, _T.STOCK_RESERVED, _T.STOCK_CONSUMED, _T.STOCK_RETURNED),
        steps=("shipment.",),
    ),
    Show.NOTES: Picked(kinds=(_T.NOTE_ADDED, _T.NOTE_EDITED)),
    Show.WEBHOOKS: Picked(kinds=(_T.WEBHOOK_IGNORED, _T.PAYMENT_LATE), actors=("provider",)),
}


@dataclass(frozen=True)
class Trying:
    """How a step stands that has been tried without success so far. `next_try_at`: when it runs again by itself."""

    attempts: int
    allowed: int
    next_try_at: datetime | None
    running: bool
    in_doubt: bool


@dataclass(frozen=True)
class Change:
    """One thing that somebody edited: what it was and what it is."""

    what: str
    old: str
    new: str


@dataclass(frozen=True)
class Happening:
    """One line of the timeline.

    `earlier` are older lines of the same step, folded into this one, newest first; `trying` says how that step stands
    while it has not succeeded. `webhook`: this is a message as it came in, not something that it brought about.
    """

    id: str
    at: datetime
    kind: str
    weight: str
    actor_kind: str
    actor_id: str
    actor: str
    text: str
    step_id: int | None = None
    note_id: int | None = None
    changes: tuple[Change, ...] = ()
    trying: Trying | None = None
    earlier: tuple["Happening", ...] = ()
    webhook: bool = False


def changes_in(data: dict[str, Any]) -> tuple[Change, ...]:
    """The edits that an entry's data tells of, as `{"changes": [{"what", "old", "new"}]}`."""
    told = data.get("changes")
    if not isinstance(told, list):
        return ()
    return tuple(
        Change(str(one.get("what", "")), str(one.get("old", "")), str(one.get("new", "")))
        for one in told
        if isinstance(one, dict)
    )


def fold_steps(newest_first: Sequence[Happening]) -> list[Happening]:
    """The routine of one step becomes one line: its newest loud one, or the newest of all where none is loud."""
    leaders: dict[int, Happening] = {}
    for line in newest_first:
        if line.step_id is not None:
            known = leaders.get(line.step_id)
            if known is None or (_is_routine(known) and not _is_routine(line)):
                leaders[line.step_id] = line
    folded: dict[int, list[Happening]] = {step_id: [] for step_id in leaders}
    kept: list[Happening] = []
    for line in newest_first:
        if line.step_id is None or line is leaders[line.step_id] or not _is_routine(line):
            kept.append(line)
        else:
            folded[line.step_id].append(line)
    return [
        replace(line, earlier=tuple(folded[line.step_id]))
        if line.step_id is not None and line is leaders[line.step_id]
        else line
        for line in kept
    ]


def _is_routine(line: Happening) -> bool:
    return line.weight == Weight.ROUTINE
