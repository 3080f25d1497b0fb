"""The held queue as services hand it out: what may be asked of it, its rows, and the summary above them.

Amounts are minor units, times aware UTC. A page begins after (or ends before) a place in the queue, never at a number,
so that orders which come and go meanwhile neither repeat nor hide a row.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from backend.domain.desk import MoneySum
from backend.domain.errors import InvalidInput
from backend.domain.search import Flag, Query, Term
from backend.domain.teamwork import Work

BIGGEST_ID = 2**63 - 1
BIGGEST_VALUE = 2**53
MAX_PAGE = 200
EVERYTHING = Query()
"""A search that asks for nothing."""


class Sort(StrEnum):
    AGE = "age"
    DUE = "due"
    AMOUNT = "amount"


@dataclass(frozen=True)
class Place:
    """Where an order stands in a queue: the value it is ordered by (epoch microseconds or minor units), and its id."""

    value: int
    order_id: int

    def __str__(self) -> str:
        return f"{self.value}~{self.order_id}"

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read a place that we gave out; raises `InvalidInput` for anything else."""
        value, _, order_id = text.partition("~")
        whole = all(part.isascii() and part.isdigit() and len(part) < 20 for part in (value, order_id))
        if not whole or int(value) > BIGGEST_VALUE or int(order_id) > BIGGEST_ID:
            raise InvalidInput(["The place in the queue is not one we gave out; begin again without it."])
        return cls(int(value), int(order_id))


@dataclass(frozen=True)
class Filter:
    """Which held orders: of one cause (`cluster`), of one kind of hold, of one `person` (a user's id), or all of them; and of
    those the ones that a search finds.

    Orders that somebody snoozed are left out, unless they are what is asked for.
    """

    cluster: str = ""
    kind: str = ""
    person: int = 0
    snoozed: bool = False
    query: Query = EVERYTHING


@dataclass(frozen=True)
class Parts:
    """What a search of the queue says, with that apart for which the screen has switches; `rest` is everything else."""

    cluster: str = ""
    kind: str = ""
    mine: bool = False
    snoozed: bool = False
    rest: Query = EVERYTHING

    @classmethod
    def of(cls, query: Query) -> "Parts":
        found: dict[str, Any] = {}
        rest: list[str | Term] = []
        for part in query.parts:
            switch = _switch(part) if isinstance(part, Term) else None
            if switch is None or switch[0] in found:
                rest.append(part)
            else:
                found[switch[0]] = switch[1]
        return cls(**found, rest=Query(tuple(rest)))

    @property
    def query(self) -> Query:
        """All of it as one search, which has the same parts again."""
        said = [
            *([Term("cluster", (self.cluster,))] if self.cluster else []),
            *([Term("cause", (self.kind,))] if self.kind else []),
            *([Term("is", (Flag.MINE,))] if self.mine else []),
            *([Term("is", (Flag.SNOOZED,))] if self.snoozed else []),
        ]
        return Query((*said, *[part for part in self.rest.parts if part not in said]))

    def filter(self, me: int) -> Filter:
        """Which orders those are; `me` is the id of the person whom `mine` means, and 0 where nobody is asking in person.

        What the search says in words counts like its switch. Snoozed orders are left out of the queue, and so of whatever
        says nothing of them.
        """
        found = Parts.of(self.query)
        rest = found.rest if me or not found.mine else Query((*found.rest.parts, Term("is", (Flag.MINE,))))
        away = found.snoozed or rest.has("is", Flag.SNOOZED)
        return Filter(found.cluster, found.kind, me if found.mine else 0, away, rest)


def _switch(term: Term) -> tuple[str, str | bool] | None:
    """The switch that says the same as this term, and how it stands."""
    if term.negated or not isinstance(term.value, tuple) or len(term.value) != 1:
        return None
    (code,) = term.value
    known: dict[str, tuple[str, str | bool]] = {"cluster": ("cluster", code), "cause": ("kind", code)}
    if term.operator == "is":
        return {Flag.MINE: ("mine", True), Flag.SNOOZED: ("snoozed", True)}.get(code)
    return known.get(term.operator)


@dataclass(frozen=True)
class Wish:
    """A page of the queue. `after` and `before` are places: the page begins behind the one or ends ahead of the other."""

    filter: Filter = Filter()
    sort: Sort = Sort.AGE
    desc: bool = False
    after: Place | None = None
    before: Place | None = None
    size: int = 50

    def sized(self) -> "Wish":
        """With a size between 1 and the largest page."""
        return replace(self, size=min(max(1, self.size), MAX_PAGE))


@dataclass(frozen=True)
class HeldOrder:
    """One row. `reason` and `advice` belong to the hold that the filter asks for, the oldest unless it asks for one."""

    order_id: int
    place: Place
    number: str
    external_number: str
    customer: str
    channel: str
    status: str
    total_minor: int
    currency: str
    kind: str
    title: str
    reason: str
    advice: str
    provider: str
    cluster: str
    other_holds: int
    held_at: datetime
    placed_at: datetime
    work: Work


@dataclass(frozen=True)
class HeldPage:
    """Rows in the order asked for; `first` is the position of the first one (1 is the front), `orders` how many fit."""

    rows: tuple[HeldOrder, ...]
    orders: int
    first: int

    @property
    def previous(self) -> Place | None:
        """Ask `before` this for the page in front; None at the front."""
        return self.rows[0].place if self.rows and self.first > 1 else None

    @property
    def next(self) -> Place | None:
        """Ask `after` this for the page behind; None at the end."""
        return self.rows[-1].place if self.rows and self.first + len(self.rows) <= self.orders else None


@dataclass(frozen=True)
class Cause:
    """Open holds of one cause: how many orders, the money at stake per currency (largest first), the oldest's moment.

    `title` names the kind of hold, `label` says what these holds have in common beyond that; it may be empty.
    """

    cluster: str
    kind: str
    title: str
    label: str
    provider: str
    orders: int
    money: tuple[MoneySum, ...]
    oldest_at: datetime


@dataclass(frozen=True)
class HeldSummary:
    """What the queue opens with: how many orders, why, how old, whose, and what is at stake.

    `orders` and `money` count every held order, `snoozed` ones among them; all other counts leave those out. `people` has
    how many orders each person has, by their id.
    """

    orders: int
    money: tuple[MoneySum, ...]
    oldest_at: datetime | None
    causes: tuple[Cause, ...]
    snoozed: int = 0
    at_risk: int = 0
    overdue: int = 0
    people: tuple[tuple[int, int], ...] = ()

    def of_person(self, user_id: int) -> int:
        """How many orders this person has."""
        return dict(self.people).get(user_id, 0)
