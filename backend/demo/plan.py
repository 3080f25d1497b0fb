"""The plan of a load: which orders there will be, when each was placed, its number, and its fate.

Everything follows from seed, size and the moment at which history ends, so a load that was killed goes on as it began.
"""

import random
from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from backend.demo import calendar, fates
from backend.demo.fates import Fate
from backend.domain.holds import HoldKind

BATCH = 500
HELD_OF = 20
"""At most one in so many orders waits held, unless more are asked for."""
SETTLED_AFTER = timedelta(days=14)
"""Orders older than this have met their fate: only younger ones can still be on their way."""
REFUNDED_AFTER = timedelta(days=24)
_BACKLOG = timedelta(days=6)
_FAILED_DOCUMENTS = (fates.INVOICE_REFUSED,) * 4 + (fates.MAIL_REFUSED,) * 2


@dataclass(frozen=True)
class Wish:
    """What to load. `end` is the moment at which history ends (aware UTC); `held` is how many orders wait held."""

    orders: int
    days: int
    seed: int
    held: int
    end: datetime
    zone: str = "UTC"


@dataclass(frozen=True)
class Placed:
    """One order of the plan: `serial` counts from 0 over the whole load."""

    serial: int
    at: datetime
    number: str
    fate: Fate


def usual_held(orders: int) -> int:
    """How many open holds make a believable backlog of a shop of this size: 52 of 1,500, 10,000 of a million."""
    return max(min(52, orders // HELD_OF), orders // 100)


class Plan:
    """A wish, worked out. Batches are consecutive in time; `batch(i)` costs milliseconds."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.start = wish.end - timedelta(days=wish.days)
        self.batches = -(-wish.orders // BATCH)

    @cached_property
    def times(self) -> list[datetime]:
        """When each order was placed, in order."""
        return calendar.order_times(self.wish.seed, self.start, self.wish.end, self.wish.orders, self._growth())

    def _growth(self) -> float:
        """How much the shop grew: as much as it takes for the backlog to be a part of the latest orders only."""
        needed = 3 * self.wish.held
        for growth in (1.6, 3.0, 6.0, 12.0, 24.0):
            share = calendar.recent_share(self.start, self.wish.end, SETTLED_AFTER.days, growth)
            if share * self.wish.orders >= needed:
                return growth
        return 24.0

    @cached_property
    def _days(self) -> tuple[list[date], dict[date, int]]:
        zone = ZoneInfo(self.wish.zone)
        days = [moment.astimezone(zone).date() for moment in self.times]
        first: dict[date, int] = {}
        for serial, day in enumerate(days):
            first.setdefault(day, serial)
        return days, first

    @cached_property
    def unmended(self) -> dict[int, Fate]:
        """The orders that wait for a person, by serial: held ones of every kind, and a few failed documents."""
        times, end = self.times, self.wish.end
        young, ripe = bisect_left(times, end - SETTLED_AFTER), bisect_left(times, end - timedelta(minutes=40))
        if ripe - young < 2 * self.wish.held:
            young = max(0, ripe - 2 * self.wish.held)
        dice = random.Random(f"{self.wish.seed}:unmended")
        chosen = dice.sample(range(young, ripe), min(self.wish.held, ripe - young))
        names = [str(kind) for kind in fates.open_kinds(len(chosen))]
        dice.shuffle(names)
        # A parcel must have travelled before it can be in trouble: those causes go to the oldest of the chosen.
        names.sort(key=lambda name: name not in (HoldKind.DELIVERY_EXCEPTION, HoldKind.RETURN_TO_AGREE))
        found = {serial: Fate(name, open=True) for serial, name in zip(sorted(chosen), names, strict=True)}
        free = [serial for serial in range(bisect_left(times, end - _BACKLOG), ripe) if serial not in found]
        failed = dice.sample(free, min(len(_FAILED_DOCUMENTS), len(free) // 4))
        return found | {serial: Fate(name, open=True) for serial, name in zip(failed, _FAILED_DOCUMENTS, strict=False)}

    def batch(self, index: int) -> list[Placed]:
        """The orders of one batch, in the order they were placed."""
        days, first = self._days
        dice = random.Random(f"{self.wish.seed}:fates:{index}")
        found = []
        for serial in range(index * BATCH, min((index + 1) * BATCH, self.wish.orders)):
            at, day = self.times[serial], days[serial]
            fate = fates.draw(dice, refunds=at < self.wish.end - REFUNDED_AFTER)
            number = f"ORD-{day:%Y%m%d}-{serial - first[day] + 1:05d}"
            found.append(Placed(serial, at, number, self.unmended.get(serial, fate)))
        return found

    def days_of(self, index: int) -> dict[date, int]:
        """How far the daily sequence of order numbers has come on each day after this batch."""
        days, first = self._days
        last = min((index + 1) * BATCH, self.wish.orders)
        return {day: serial - first[day] + 1 for serial, day in enumerate(days[index * BATCH : last], index * BATCH)}

    def is_settled(self, placed: Placed) -> bool:
        """Whether an order is old enough to have met its fate, and does not wait for a person."""
        return placed.at < self.wish.end - SETTLED_AFTER and placed.serial not in self.unmended
