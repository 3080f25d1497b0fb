"""Bulk runs: one action for many orders, in waves: one order first, then ten, then the rest, and never past a failure.

A run's members are frozen when it is previewed, each with the version it was previewed at. What is pure about it is
here: which actions there are, how many members may be under way, and when a run stops by itself.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from backend.domain.desk import MoneySum
from backend.domain.holds import CATALOGUE, HoldAction
from backend.domain.permissions import Area, Role
from backend.domain.teamwork import SnoozeEvent

CANARIES = (1, 10)
"""How many members the first waves have; each wave waits until all of the one before have ended well."""
MOST_UNDER_WAY = 10
"""Members whose steps are not over yet, in the last wave: the rest of the shop's work goes on beside them."""
FEWEST_FAILURES = 3
FAILING_SHARE = 50
"""In the last wave a run stops at this many failures, or at one in so many of its members where that is more."""
KEPT_DRAFTS = timedelta(hours=24)


class BulkAction(StrEnum):
    RETRY = "retry"
    ASK = "ask"
    RELEASE = "release"
    CANCEL = "cancel"
    REFUND = "refund"
    ASSIGN = "assign"
    SNOOZE = "snooze"


class RunState(StrEnum):
    DRAFT = "draft"  # previewed, and nobody has started it
    RUNNING = "running"
    PAUSED = "paused"  # by a person
    STOPPED = "stopped"  # by a failure, by a person, or because whoever started it may not do so any more
    DONE = "done"


class MemberState(StrEnum):
    WAITING = "waiting"  # untouched
    ACTED = "acted"  # the action is carried out, and its steps are not over yet
    DONE = "done"
    SKIPPED = "skipped"  # nothing was done: refused in the preview, or changed since
    FAILED = "failed"


@dataclass(frozen=True)
class ActionRule:
    """What a bulk action is called and needs. `area`: where its doer must be allowed to act.

    `helps`: the click on a hold that it is. `held`: it is for held orders only. `shares`: it moves no order on, it only says
    whose it is and when, so nothing follows from it.
    """

    verb: str
    phrase: str
    area: Area
    always_reason: bool = False
    helps: HoldAction | None = None
    held: bool = True
    shares: bool = False


RULES: dict[BulkAction, ActionRule] = {
    BulkAction.RETRY: ActionRule("Retry", "retry held orders", Area.HOLDS, helps=HoldAction.RETRY),
    BulkAction.ASK: ActionRule("Ask the provider", "have providers asked", Area.HOLDS, helps=HoldAction.ASK),
    BulkAction.RELEASE: ActionRule("Release", "release held orders", Area.HOLDS, helps=HoldAction.RELEASE),
    BulkAction.CANCEL: ActionRule("Cancel", "cancel orders", Area.ORDERS, always_reason=True, held=False),
    BulkAction.REFUND: ActionRule("Refund in full", "refund orders", Area.MONEY, always_reason=True, held=False),
    BulkAction.ASSIGN: ActionRule("Assign", "assign held orders", Area.HOLDS, shares=True),
    BulkAction.SNOOZE: ActionRule("Snooze", "snooze held orders", Area.HOLDS, shares=True),
}

HIGHER_GUARD = frozenset({Role.MANAGER, Role.ADMIN})
"""Who may act on more orders at once than others."""


def kinds_helped(action: BulkAction) -> list[str]:
    """The kinds of hold on which the action is one of the clicks that help."""
    helps = RULES[action].helps
    return [str(kind) for kind, rule in CATALOGUE.items() if helps is not None and helps in rule.actions]


@dataclass(frozen=True)
class Tally:
    """Members of a run by what became of them since it was last started; `waiting` are all that are untouched."""

    waiting: int = 0
    under_way: int = 0
    well: int = 0
    failed: int = 0

    @property
    def begun(self) -> int:
        return self.under_way + self.well + self.failed


def wave(tally: Tally) -> int:
    """Which wave the run is in, from 1."""
    reached = 0
    for number, size in enumerate(CANARIES, start=1):
        reached += size
        if tally.well < reached:
            return number
    return len(CANARIES) + 1


def room(tally: Tally) -> int:
    """How many more members may begin now."""
    number = wave(tally)
    if number > len(CANARIES):
        return min(tally.waiting, max(0, MOST_UNDER_WAY - tally.under_way))
    return min(tally.waiting, max(0, sum(CANARIES[:number]) - tally.begun))


def must_stop(tally: Tally) -> bool:
    """Whether failures end the run here: the first one in a canary wave, a few of them afterwards."""
    if tally.waiting == 0:
        return False
    if wave(tally) <= len(CANARIES):
        return tally.failed > 0
    return tally.failed >= max(FEWEST_FAILURES, (tally.begun + tally.waiting) // FAILING_SHARE)


def is_over(tally: Tally) -> bool:
    return tally.waiting == 0 and tally.under_way == 0


def halted(failed: int, waiting: int, number: str, why: str) -> str:
    """Why a run stopped by itself, and what it left alone."""
    many = "the first failure" if failed == 1 else f"{failed} failures"
    rest = f"{waiting} {'order is' if waiting == 1 else 'orders are'} untouched."
    return f"Stopped at {many}. {rest} {number}: {why}"


_AMOUNT = re.compile(r"-?[0-9][0-9.,]*\s(?=[A-Z]{3}\b)[A-Z]{3}")
_REFERENCE = re.compile(r"\b(?:[A-Z]{2,12}-)+[0-9](?:[0-9A-Za-z:._/-]*[0-9A-Za-z])?")


@dataclass(frozen=True)
class Gathered:
    """A sentence that is so of several orders."""

    sentence: str
    orders: int


def gathered(sentences: Iterable[str]) -> tuple[Gathered, ...]:
    """Sentences without what differs from order to order, each with how many say it, in the order of their appearance."""
    counts: Counter[str] = Counter(_plain(sentence) for sentence in sentences)
    return tuple(Gathered(sentence, orders) for sentence, orders in counts.items())


def _plain(sentence: str) -> str:
    words = _AMOUNT.sub("its amount", _REFERENCE.sub("…", sentence))
    return words[:1].upper() + words[1:]


@dataclass(frozen=True)
class Choice:
    """Which orders: those named, or all that a search finds, or members of an earlier run by their result, or else all that
    fit the held queue's filter.

    `kind` and `cluster` are that filter; they narrow the others too: then it is their hold of this cause that is acted on.
    `whole`: the filter may be empty, and then all held orders are meant. `query` is a search within the queue, `person` the id
    of the one whose orders it shows, `snoozed` says that it shows what is put away for later: a part of the filter, too.
    """

    numbers: tuple[str, ...] = ()
    kind: str = ""
    cluster: str = ""
    run_id: int = 0
    results: tuple[str, ...] = ()
    search: str = ""
    whole: bool = False
    query: str = ""
    person: int = 0
    snoozed: bool = False

    @property
    def cause_kind(self) -> str:
        """The kind of hold that all of them have in common, where the filter says so."""
        return self.kind or self.cluster.partition(".")[0]

    @property
    def is_filter(self) -> bool:
        return not (self.numbers or self.run_id or self.search)

    @property
    def is_narrow(self) -> bool:
        """Whether the filter says more than of which cause."""
        return self.is_filter and bool(self.query or self.person or self.snoozed)


@dataclass(frozen=True)
class Options:
    """What some actions need to know. `restock`: cancel and refund. `to`: assign; a colleague's number or e-mail address.

    `until` and `event` (or either): snooze.
    """

    restock: bool = False
    to: str = ""
    until: datetime | None = None
    event: SnoozeEvent | None = None

    def stored(self) -> dict[str, Any]:
        """As it is kept with the run."""
        until = self.until.isoformat() if self.until is not None else ""
        return {"restock": self.restock, "to": self.to, "until": until, "event": str(self.event or "")}

    @classmethod
    def read(cls, stored: dict[str, Any]) -> "Options":
        """From what is kept with the run."""
        until, event = str(stored.get("until", "")), str(stored.get("event", ""))
        return cls(
            restock=bool(stored.get("restock")),
            to=str(stored.get("to", "")),
            until=datetime.fromisoformat(until) if until else None,
            event=SnoozeEvent(event) if event else None,
        )


@dataclass(frozen=True)
class BulkPreview:
    """What a run would do, before it is started; `run_id` names its frozen members, `token` makes the start count once.

    `looked`: how many of its orders were looked at one by one; `refused`, `effects` and `still_held` tell of these. The
    others are looked at when their turn comes, and left out where it cannot be done with them. `money` is of all.
    `refusal` is filled when it cannot be started. `still_held`: orders that other holds keep where they are.
    """

    run_id: int
    action: str
    verb: str
    words: str
    orders: int
    looked: int
    acting: int
    refused: tuple[Gathered, ...]
    effects: tuple[Gathered, ...]
    money: tuple[MoneySum, ...]
    still_held: int
    needs_reason: bool
    restock: bool
    token: str
    refusal: str = ""


@dataclass(frozen=True)
class RunRow:
    """A run in the list. `counts` are members by state, `why` says why it stands still."""

    id: int
    action: str
    verb: str
    words: str
    state: str
    reason: str
    why: str
    started_by: str
    started_at: datetime | None
    ended_at: datetime | None
    members: int
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class MemberRow:
    """One order of a run; `result` is what became of it, in a sentence."""

    number: str
    state: str
    result: str
    amount_minor: int
    currency: str
    began_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class RunView:
    """A run with a page of its members. `wave` of `waves`; `may_act`: whoever looks may pause, resume and stop it."""

    run: RunRow
    wave: int
    waves: int
    money: tuple[MoneySum, ...]
    may_act: bool
    rows: tuple[MemberRow, ...]
    matching: int
    page: int
    pages: int
