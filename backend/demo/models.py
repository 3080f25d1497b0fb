"""Model lives: orders of the past, played to their end by the very rules that all others are played by.

A shop of a million orders has that many customers and moments, but not that many kinds of stories. A shelf of models is
played once; `retold` then tells one of them again of another customer, another day, another number. The weekday and the
hour stay, so carriers still come on working days and colleagues still sleep at night.
"""

import random
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from backend.demo import blanks, fates, sheets
from backend.demo.blanks import Blank, Facts, Gaps
from backend.demo.life import Life
from backend.demo.plan import Placed
from backend.demo.rows import Pages
from backend.demo.story import Paper
from backend.domain.holds import HoldKind
from backend.domain.intake import NewOrder
from backend.domain.orders import FINAL
from backend.sandbox.shop.seasons import black_friday

EVER = datetime(2999, 1, 1, tzinfo=UTC)
"""When history ends for a model: it is played to its end."""
_LONGEST = timedelta(days=180)
_OWN_ADDRESS = frozenset(
    {HoldKind.PO_BOX, HoldKind.ADDRESS_MALFORMED, HoldKind.ADDRESS_INVALID, HoldKind.COUNTRY_NOT_SERVED}
)
"""Fates that lie in the street line itself."""

BUSY_DAYS = 4
_NEAR = (0, 1, -1, 2, -2, 3, -3)
"""In a shop with few models the hours of the night have none of their own."""
Hour = tuple[bool, int, int]
"""Whether it is the weekend of Black Friday, the weekday, and the hour (UTC)."""


class ModelLife(Life):
    """A life told with stand-ins for everything that belongs to one order alone."""

    _tokens = 0

    def token(self, letters: int) -> str:
        super().token(letters)  # so that the dice fall as in a life that is played for itself
        self._tokens += 1
        return blanks.token(self._tokens, letters)

    def message_id(self) -> str:
        return f"<{self.token(24)}@{blanks.MAIL_HOST}.holdfast>"

    def spelled(self, moment: datetime) -> str:
        return blanks.day(moment - self.new.placed_at)


class ModelPages(Pages):
    """What is sealed, or made from what is sealed, is written anew for each order."""

    def customer(self, new: NewOrder, at: datetime) -> Any:
        return blanks.CUSTOMER_ID

    def addresses(self, told: object) -> None:
        pass

    def fingerprint(self, new: NewOrder) -> str:
        return blanks.CONTENT_HASH


@dataclass(frozen=True)
class ModelPaper:
    """A document of a model, by the time since the order was placed; `reference` is its place among the texts."""

    kind: str
    total_minor: int
    refund: bool
    reference: int | None
    created: timedelta
    issued: timedelta | None
    stored: timedelta | None
    sent: timedelta | None

    def at(self, placed_at: datetime) -> Paper:
        paper = Paper(self.kind, placed_at + self.created, self.total_minor, refund=self.refund)
        paper.issued_at = None if self.issued is None else placed_at + self.issued
        paper.stored_at = None if self.stored is None else placed_at + self.stored
        paper.sent_at = None if self.sent is None else placed_at + self.sent
        return paper


@dataclass(frozen=True)
class Model:
    """A life ready to be told again. `blanks` by table; `bare` are the attempts without what was said in them."""

    new: NewOrder
    customer: int
    own_address: bool
    begins: timedelta
    lasts: timedelta
    papers: tuple[ModelPaper, ...]
    movements: tuple[tuple[str, str, int, int, str, timedelta], ...]
    blanks: dict[str, Blank]
    bare: Blank
    fill: Callable[[Facts], list[str]]


def model_of(life: ModelLife, original: NewOrder, customer: int, pages: ModelPages) -> Model | None:
    """The model that a played life makes, written on fresh `pages`; None where it has not come to its end."""
    placed_at = original.placed_at
    lasts = max(_moments(life)) - placed_at
    if life.status not in FINAL or life.held or lasts > _LONGEST:
        return None
    gaps = Gaps()
    pages.write(life)
    names = sorted(pages.lines)
    for name in names:
        gaps.note(placed_at, "".join(pages.lines[name]))
    said = [row if row[8] != "ok" else (*row[:-1], []) for row in life.attempts]
    gaps.note(placed_at, "".join(map(sheets.ATTEMPTS.line, said)))
    forms, fill = gaps.close()
    return Model(
        new=original,
        customer=customer,
        own_address=life.fate.name in _OWN_ADDRESS,
        begins=life.created_at - placed_at,
        lasts=lasts,
        papers=tuple(_paper(paper, placed_at, gaps) for paper in life.papers),
        movements=tuple((row[0], *row[2:6], row[6] - placed_at) for row in life.movements),
        blanks=dict(zip(names, forms, strict=False)),
        bare=forms[-1],
        fill=fill,
    )


def _moments(life: Life) -> list[datetime]:
    papers = [paper.sent_at for paper in life.papers if paper.sent_at]
    return [life.updated_at, *(row[1] for row in life.timeline), *(row[6] for row in life.attempts), *papers]


def _paper(paper: Paper, placed_at: datetime, gaps: Gaps) -> ModelPaper:
    def after(moment: datetime | None) -> timedelta | None:
        return None if moment is None else moment - placed_at

    reference = gaps.token_place(blanks.number_of_token(paper.reference)) if paper.reference else None
    return ModelPaper(
        paper.kind,
        paper.total_minor,
        paper.refund,
        reference,
        paper.created_at - placed_at,
        after(paper.issued_at),
        after(paper.stored_at),
        after(paper.sent_at),
    )


def told_with_stand_ins(new: NewOrder) -> NewOrder:
    """An order whose own numbers are gaps."""
    return replace(
        new,
        external_id=blanks.EXTERNAL_ID,
        external_number=blanks.EXTERNAL_NUMBER,
        payment_reference=blanks.EXTERNAL_ID if new.payment_reference else "",
        items=tuple(replace(item, external_id=blanks.line(place)) for place, item in enumerate(new.items, start=1)),
    )


_friday = lru_cache(maxsize=100)(black_friday)


def hour_of(at: datetime) -> Hour:
    """What of a moment decides how the days after it go."""
    return 0 <= (at.date() - _friday(at.year)).days < BUSY_DAYS, at.weekday(), at.hour


def drawn(times: list[datetime], count: int, first_serial: int, dice: random.Random) -> list[Placed]:
    """Orders to become models: `count` of the moments, the busiest weekend well among them."""
    some = dice.sample(times, min(len(times), count - count // 8))
    busiest: list[datetime] = []
    for year in {times[0].year, times[-1].year} if times else ():
        begins = datetime.combine(_friday(year), time(), UTC)
        busiest += times[bisect_left(times, begins) : bisect_left(times, begins + timedelta(days=BUSY_DAYS))]
    some += dice.sample(busiest, min(len(busiest), count // 8))
    return [
        Placed(first_serial + place, at, blanks.ORDER_NUMBER, fates.draw(dice, refunds=True))
        for place, at in enumerate(some)
    ]


class Models:
    """Models by the hour in which they were placed."""

    def __init__(self, found: list[Model]) -> None:
        self._by_hour: defaultdict[Hour, list[Model]] = defaultdict(list)
        self.of_customer: defaultdict[int, int] = defaultdict(int)
        for model in found:
            self._by_hour[hour_of(model.new.placed_at)].append(model)
            self.of_customer[model.customer] += 1
        self.count = len(found)

    def pick(self, at: datetime, end: datetime, dice: random.Random) -> Model | None:
        """One of the same hour, or of one near it, that comes to its end before history does; None where there is none."""
        busy, weekday, hour = hour_of(at)
        for away in _NEAR:
            near = self._by_hour.get((busy, weekday, hour + away)) or []
            for _ in range(4 if near else 0):
                model = near[int(dice.random() * len(near))]
                if at + model.lasts <= end:
                    return model
        return None
