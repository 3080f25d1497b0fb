"""Working together on held orders, in words: what an order may be snoozed for, what people are told, mentions in notes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from backend.domain.hold_clock import Bucket, Turn

CLAIM_LASTS = timedelta(minutes=30)
"""A claim ends when whoever made it has done nothing with the order for so long."""
COMES_BACK_WITHIN = timedelta(days=1)
"""An order that is held again so soon goes to whom it was assigned before."""
MAILED_AFTER = timedelta(minutes=2)
"""Who has not seen by then that they were mentioned is written a mail."""
LONGEST_SNOOZE = timedelta(days=90)
WITHOUT_DATE = timedelta(days=14)
"""An order that is snoozed for an event alone comes back after so long without it, so that it is never forgotten."""


VIEWERS = "~viewers"
"""The topic under which listeners hear that somebody comes to look at an order or goes; see `viewers_topic`."""


def viewers_topic(order_id: int) -> str:
    """The same for one order."""
    return f"{VIEWERS}:{order_id}"


def person_topic(user_id: int) -> str:
    """The topic under which a person's open pages hear that their notices changed."""
    return f"~person:{user_id}"


class SnoozeEvent(StrEnum):
    PAYMENT = "payment"
    PROVIDER = "provider"
    ANSWER = "answer"
    PARCEL = "parcel"


SNOOZE_WORDS: dict[SnoozeEvent, str] = {
    SnoozeEvent.PAYMENT: "a payment arrives",
    SnoozeEvent.PROVIDER: "the provider answers again",
    SnoozeEvent.ANSWER: "the customer answers or a colleague writes a note",
    SnoozeEvent.PARCEL: "the parcel moves",
}
"""For the end of “until …”."""
WOKEN_WORDS: dict[SnoozeEvent, str] = {
    SnoozeEvent.PAYMENT: "payment arrived",
    SnoozeEvent.PROVIDER: "the provider answers again",
    SnoozeEvent.ANSWER: "there is a new note",
    SnoozeEvent.PARCEL: "the parcel moved",
}
"""For the end of “Snooze ended: …”."""
AWAITED: dict[SnoozeEvent, Turn] = {
    SnoozeEvent.PAYMENT: Turn.CUSTOMER,
    SnoozeEvent.PROVIDER: Turn.PROVIDER,
    SnoozeEvent.ANSWER: Turn.CUSTOMER,
    SnoozeEvent.PARCEL: Turn.PROVIDER,
}
"""Whose turn it is while an order waits for an event."""


class NoticeKind(StrEnum):
    MENTION = "mention"
    ASSIGNED = "assigned"
    TAKEN = "taken"
    WOKEN = "woken"


@dataclass(frozen=True)
class Colleague:
    """Somebody who works here; `may_act`: they may be given held orders."""

    id: int
    name: str
    email: str
    role: str
    may_act: bool


@dataclass(frozen=True)
class Viewer:
    """Somebody who looks at an order now."""

    user_id: int
    name: str


@dataclass(frozen=True)
class Work:
    """The desk's side of one held order. Ages and targets are seconds of business time, used up while it was our turn.

    `assignee_id` is 0 while it is nobody's; a claim has `claim_until`. `due_at` is empty while the clock stands still.
    `turn_by` names who set the turn by hand; it is empty where the facts say so. `woken_why` says why it came back.
    """

    order_id: int
    held: bool = False
    assignee_id: int = 0
    assignee: str = ""
    assigned_by: str = ""
    claim_until: datetime | None = None
    turn: Turn = Turn.US
    turn_by: str = ""
    turn_provider: str = ""
    age_seconds: int = 0
    target_seconds: int = 0
    bucket: Bucket = Bucket.OK
    due_at: datetime | None = None
    held_at: datetime | None = None
    snoozed: bool = False
    snooze_until: datetime | None = None
    snooze_event: str = ""
    snooze_provider: str = ""
    snoozed_by: str = ""
    woken_at: datetime | None = None
    woken_why: str = ""
    version: int = 0
    viewers: tuple[Viewer, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class DeskNotice:
    """One thing a person was told. `number` is the order it is about, the first of `orders` where a bulk run told it."""

    id: int
    kind: str
    number: str
    text: str
    actor: str
    at: datetime
    read: bool
    orders: int = 1


@dataclass(frozen=True)
class Inbox:
    """Some of a person's notices, newest first, and how many of all are unread. `older`: before which one there are more."""

    notices: tuple[DeskNotice, ...]
    unread: int
    older: int = 0


@dataclass(frozen=True)
class Piece:
    """A part of a note's text; `mention`: it names a colleague."""

    text: str
    mention: bool = False


def mentioned(text: str, people: Sequence[Colleague]) -> tuple[int, ...]:
    """Ids of the colleagues whom `@Name` or `@e-mail` in the text names, in their order; a name two people share is nobody's."""
    found = {person.id: None for _, _, person in _mentions(text, people)}
    return tuple(found)


def pieces(text: str, people: Sequence[Colleague]) -> tuple[Piece, ...]:
    """The text in parts, so that mentions can be shown as such."""
    parts: list[Piece] = []
    at = 0
    for start, end, _ in _mentions(text, people):
        if start > at:
            parts.append(Piece(text[at:start]))
        parts.append(Piece(text[start:end], mention=True))
        at = end
    return (*parts, Piece(text[at:])) if at < len(text) else tuple(parts)


def _mentions(text: str, people: Sequence[Colleague]) -> list[tuple[int, int, Colleague]]:
    """(start, end, whom) of every mention; the longest name wins, and `@` inside a word is none."""
    known = _by_handle(people)
    if not known or "@" not in text:
        return []
    names = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w@.])@({names})(?![\w@-])(?!\.\w)", re.IGNORECASE)
    hits = [(hit.start(), hit.end(), known.get(hit[1].lower())) for hit in pattern.finditer(text)]
    return [(start, end, person) for start, end, person in hits if person is not None]


def _by_handle(people: Sequence[Colleague]) -> dict[str, Colleague]:
    names: dict[str, list[Colleague]] = {}
    for person in people:
        names.setdefault(person.name.lower(), []).append(person)
    alone = {name: found[0] for name, found in names.items() if len(found) == 1 and name}
    return alone | {person.email.lower(): person for person in people if person.email}
