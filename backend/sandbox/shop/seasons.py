"""When customers buy: by month, by weekday, by hour, with the peaks of late November and before Christmas."""

import random
from datetime import UTC, date, datetime, timedelta

MONTHS = (0.82, 0.78, 0.88, 0.97, 1.05, 1.02, 0.95, 0.92, 1.0, 1.06, 1.3, 1.45)
WEEKDAYS = (1.06, 1.02, 1.0, 1.0, 0.94, 0.92, 1.12)
# Customers in UTC: few at night, a lunch bump, most in the evening.
HOURS = (3, 2, 1, 1, 1, 2, 4, 7, 9, 10, 11, 13, 14, 12, 11, 11, 12, 14, 17, 20, 21, 18, 12, 6)
LAST_CHRISTMAS_DAY = 19


def weight(day: date) -> float:
    """How busy a day is, 1.0 being an ordinary one."""
    busy = MONTHS[day.month - 1] * WEEKDAYS[day.weekday()]
    friday = black_friday(day.year)
    if friday <= day <= friday + timedelta(days=3):
        return busy * (4.2 if day == friday else 2.6)
    if day.month == 12 and LAST_CHRISTMAS_DAY < day.day < 27:
        return busy * 0.45
    return busy


def black_friday(year: int) -> date:
    """The Friday after the fourth Thursday of November."""
    first = date(year, 11, 1)
    fourth_thursday = first + timedelta(days=(3 - first.weekday()) % 7 + 21)
    return fourth_thursday + timedelta(days=1)


def moments(seed: int, start: datetime, end: datetime, count: int) -> list[datetime]:
    """`count` moments between two aware datetimes, in order, spread as customers buy."""
    dice = random.Random(f"moments:{seed}:{start.isoformat()}:{end.isoformat()}")
    days = [start.astimezone(UTC).date() + timedelta(days=n) for n in range((end - start).days + 1)]
    chosen = dice.choices(days, weights=[weight(day) for day in days], k=count)
    hours = dice.choices(range(24), weights=HOURS, k=count)
    found = (
        datetime(day.year, day.month, day.day, hour, dice.randrange(60), dice.randrange(60), tzinfo=UTC)
        for day, hour in zip(chosen, hours, strict=True)
    )
    return sorted(min(max(moment, start), end) for moment in found)
