"""When things happen in the shop: customers by season and hour, colleagues in working hours, carriers on working days.

Pure functions over aware UTC moments; chance comes from the dice that the caller hands in.
"""

import random
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate

from backend.sandbox.shop.seasons import HOURS, weight

OPENS, CLOSES = 7, 16
"""Hours (UTC) in which colleagues mend what is held; they have Sundays off."""
PICKUP = time(14, 30)
"""When the carrier's van comes, on working days; labels bought after it leave with the next one."""


def order_times(seed: int, start: datetime, end: datetime, count: int, growth: float) -> list[datetime]:
    """`count` moments in order, at least `start` and before `end`, in a shop that grew `growth`-fold in that time."""
    dice = random.Random(f"{seed}:order times:{count}")
    hours = int((end - start).total_seconds() // 3600)
    first = start.replace(minute=0, second=0, microsecond=0)
    slots = [first + timedelta(hours=n) for n in range(hours + 1)]
    busy: dict[date, float] = {}
    shares = []
    for index, slot in enumerate(slots):
        if slot.date() not in busy:
            busy[slot.date()] = weight(slot.date())
        shares.append(busy[slot.date()] * HOURS[slot.hour] * growth ** (index / max(hours, 1)))
    chosen = dice.choices(slots, cum_weights=list(accumulate(shares)), k=count)
    span = (end - start).total_seconds()
    return sorted(_within(slot + timedelta(seconds=dice.random() * 3600), start, end, span, dice) for slot in chosen)


def _within(moment: datetime, start: datetime, end: datetime, span: float, dice: random.Random) -> datetime:
    """The first and the last hour are not whole ones: what falls outside goes to any time of the last day."""
    if not start <= moment < end:
        moment = end - timedelta(seconds=min(86_400.0, span) * dice.random() * 0.999 + 0.001)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def recent_share(start: datetime, end: datetime, days: float, growth: float) -> float:
    """Which share of all orders a shop with this growth gets in its last `days` days, seasons aside."""
    whole = (end - start).total_seconds() / 86_400
    if whole <= days:
        return 1.0
    if abs(growth - 1) < 1e-9:
        return days / whole
    return float((growth - growth ** (1 - days / whole)) / (growth - 1))


def at_work(moment: datetime, dice: random.Random) -> datetime:
    """The moment itself in working hours, else some time in the first two hours of the next working day."""
    if moment.weekday() < 6 and OPENS <= moment.hour < CLOSES:
        return moment
    day = moment.date() if moment.hour < OPENS else moment.date() + timedelta(days=1)
    while day.weekday() == 6:
        day += timedelta(days=1)
    return datetime.combine(day, time(OPENS), UTC) + timedelta(seconds=dice.randrange(60, 7_200))


def mended(moment: datetime, dice: random.Random, *, hours: float) -> datetime:
    """When a colleague gets round to something that came up at `moment`: after about `hours`, in working hours."""
    return at_work(moment + timedelta(hours=hours * (0.2 + 1.6 * dice.random() ** 2)), dice)


def pickup(moment: datetime, dice: random.Random) -> datetime:
    """When the carrier takes a parcel whose label was bought at `moment`."""
    day = moment.date()
    if moment.time() >= PICKUP:
        day += timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return datetime.combine(day, PICKUP, UTC) + timedelta(seconds=dice.randrange(120, 5_400))


def delivery(taken: datetime, days: int, dice: random.Random) -> datetime:
    """When a parcel is at the door: some working days (Saturdays included) after it was taken."""
    day = taken.date()
    for _ in range(days):
        day += timedelta(days=1)
        if day.weekday() == 6:
            day += timedelta(days=1)
    return datetime.combine(day, time(8), UTC) + timedelta(seconds=dice.randrange(0, 34_000))
