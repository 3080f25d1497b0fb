"""When the desk is staffed, and how much of that time lies between two moments.

Working hours are wall-clock times of the shop's zone; between them real seconds are counted, so a day on which the clocks
change is as long as it is, and hours that the change skips do not exist.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})")
_HOLIDAY = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})")
_MIDNIGHT = 24 * 60
_FURTHEST_DAYS = 4000
_MOST_KEPT = 5000

Opening = tuple[datetime, datetime]


@dataclass(frozen=True)
class BusinessHours:
    """Working days (0 is Monday), daily spans in minutes since midnight, and holidays: of one year, or `(month, day)` of each."""

    zone: ZoneInfo
    days: frozenset[int]
    spans: tuple[tuple[int, int], ...]
    holidays: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()
    _known: dict[date, tuple[Opening, ...]] = field(default_factory=dict, compare=False, repr=False)

    def seconds(self, since: datetime, until: datetime) -> int:
        """Business seconds from one moment to a later one; 0 when it is not later."""
        if until <= since:
            return 0
        total = timedelta()
        day, last = since.astimezone(self.zone).date(), until.astimezone(self.zone).date()
        while day <= last:
            for start, end in self.openings(day):
                total += max(timedelta(), min(end, until) - max(start, since))
            day += timedelta(days=1)
        return int(total.total_seconds())

    def after(self, since: datetime, seconds: int) -> datetime:
        """The moment at which so many business seconds have passed; `since` itself when there are none to wait for."""
        left = timedelta(seconds=seconds)
        if left <= timedelta():
            return since
        day = since.astimezone(self.zone).date()
        for _ in range(_FURTHEST_DAYS):
            for start, end in self.openings(day):
                begin = max(start, since)
                if end > begin:
                    if end - begin >= left:
                        return begin + left
                    left -= end - begin
            day += timedelta(days=1)
        return since + timedelta(days=_FURTHEST_DAYS)

    def openings(self, day: date) -> tuple[Opening, ...]:
        """The day's working hours as moments in UTC."""
        found = self._known.get(day)
        if found is None:
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            found = self._known[day] = self._openings(day)
        return found

    def _openings(self, day: date) -> tuple[Opening, ...]:
        if day.weekday() not in self.days or day in self.holidays or (day.month, day.day) in self.yearly:
            return ()
        opened = ((self._moment(day, start, 0), self._moment(day, end, 1)) for start, end in self.spans)
        return tuple((start, end) for start, end in opened if end > start)

    def _moment(self, day: date, minutes: int, fold: int) -> datetime:
        """A wall-clock time of the day in UTC; `fold` 1 is the second one where the clocks go back."""
        if minutes == _MIDNIGHT:
            day, minutes = day + timedelta(days=1), 0
        local = datetime.combine(day, time(minutes // 60, minutes % 60), self.zone).replace(fold=fold)
        moment = local.astimezone(UTC)
        same = moment.astimezone(self.zone).replace(tzinfo=None) == local.replace(tzinfo=None, fold=0)
        return moment if same else self._jump(local)

    def _jump(self, skipped: datetime) -> datetime:
        """The moment at which the clocks skip this time."""
        before, behind = (skipped.replace(fold=fold).astimezone(UTC) for fold in (1, 0))
        while behind - before > timedelta(minutes=1):
            middle = before + (behind - before) // 2
            gone = middle.astimezone(self.zone).utcoffset() != before.astimezone(self.zone).utcoffset()
            before, behind = (before, middle) if gone else (middle, behind)
        return behind.replace(second=0, microsecond=0)


def read(zone: str, days: str, hours: str, holidays: str) -> BusinessHours:
    """Business hours as settings write them: `mon-fri`, `09:00-12:30,13:00-17:00`, `2026-12-24,12-25`.

    Raises `ValueError` with a sentence that says what is wrong.
    """
    of_one_year, of_each = read_holidays(holidays)
    return BusinessHours(ZoneInfo(zone), read_days(days), read_hours(hours), of_one_year, of_each)


def read_days(text: str) -> frozenset[int]:
    """Days of the week, singly or from-to: `mon-fri`, `mon,wed,sat`, `sat-mon`."""
    found: set[int] = set()
    for part in _parts(text):
        first, _, last = part.partition("-")
        if first not in DAY_NAMES or (last and last not in DAY_NAMES):
            raise ValueError(f"{part!r} is no day; days are {', '.join(DAY_NAMES)}, or from-to as mon-fri")
        begin, end = DAY_NAMES.index(first), DAY_NAMES.index(last or first)
        found |= {(begin + step) % 7 for step in range((end - begin) % 7 + 1)}
    if not found:
        raise ValueError("at least one day must be worked on")
    return frozenset(found)


def read_hours(text: str) -> tuple[tuple[int, int], ...]:
    """Spans of a day in minutes, in their order: `09:00-17:00`, `09:00-12:30,13:00-17:00`; a day may end at 24:00."""
    spans: list[tuple[int, int]] = []
    for part in _parts(text):
        match = _SPAN.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no time span; write 09:00-17:00")
        begin, end = (int(match[at]) * 60 + int(match[at + 1]) for at in (1, 3))
        if int(match[2]) > 59 or int(match[4]) > 59 or not 0 <= begin < end <= _MIDNIGHT:
            raise ValueError(f"{part!r} does not begin before it ends, within one day")
        if spans and begin < spans[-1][1]:
            raise ValueError(f"{part!r} begins before the span before it has ended")
        spans.append((begin, end))
    if not spans:
        raise ValueError("at least one time span must be worked in")
    return tuple(spans)


def read_holidays(text: str) -> tuple[frozenset[date], frozenset[tuple[int, int]]]:
    """Days of one year and days of every year: `2026-12-24,12-25`."""
    once: set[date] = set()
    yearly: set[tuple[int, int]] = set()
    for part in _parts(text):
        match = _HOLIDAY.fullmatch(part)
        try:
            if match is None:
                raise ValueError("no date")
            day = date(int(match[1] or 2024), int(match[2]), int(match[3]))  # a leap year, for 29 February
        except ValueError as error:
            raise ValueError(f"{part!r} is no day; write 2026-12-24, or 12-25 for every year") from error
        once |= {day} if match[1] else set()
        yearly |= set() if match[1] else {(day.month, day.day)}
    return frozenset(once), frozenset(yearly)


def _parts(text: str) -> list[str]:
    return [part.strip().lower() for part in text.split(",") if part.strip()]
