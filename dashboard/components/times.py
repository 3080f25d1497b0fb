"""Moments and ages as people read them, in the time zone of whoever looks."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from backend import clock
from dashboard.components.viewer import viewer


def _zone() -> ZoneInfo:
    return viewer().zone


def zone_name() -> str:
    """The zone that every time on screen is in."""
    return viewer().zone.key.replace("_", " ")


def day(moment: datetime | date) -> str:
    """`Sat 21 Nov 2026`."""
    local = moment.astimezone(_zone()) if isinstance(moment, datetime) else moment
    return f"{local:%a} {local.day} {local:%b %Y}"


def time_of_day(moment: datetime, seconds: bool = False) -> str:
    """`14:05`, or with seconds where order of events matters."""
    return moment.astimezone(_zone()).strftime("%H:%M:%S" if seconds else "%H:%M")


def moment(at: datetime) -> str:
    """`21 Nov, 14:05`; with the year when it is not this one."""
    local = at.astimezone(_zone())
    year = "" if local.year == clock.now().astimezone(_zone()).year else f" {local.year}"
    return f"{local.day} {local:%b}{year}, {local:%H:%M}"


def full(at: datetime) -> str:
    """Everything, for a hint: `Sat 21 Nov 2026, 14:05:09 UTC`."""
    local = at.astimezone(_zone())
    return f"{day(at)}, {local:%H:%M:%S %Z}"


def age(since: datetime, now: datetime | None = None) -> str:
    """How long ago, in at most two units: `12 s`, `8 min`, `2 h 14 min`, `3 d 4 h`."""
    return span((now or clock.now()) - since)


def span(length: timedelta) -> str:
    seconds = max(0, int(length.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 60:
        return f"{seconds} s"
    if minutes < 60:
        return f"{minutes} min"
    if hours < 24:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{days} d {hours % 24} h" if hours % 24 and days < 14 else f"{days} d"


def until(at: datetime, now: datetime | None = None) -> str:
    """`in 4 min`, or `now` when the moment has come."""
    left = at - (now or clock.now())
    return f"in {span(left)}" if left > timedelta(seconds=1) else "now"


def seconds_until(at: datetime, now: datetime | None = None) -> str:
    """The same as a whole number for the browser, which counts it down by itself."""
    return str(max(0, round((at - (now or clock.now())).total_seconds())))


def span_of(seconds: int) -> str:
    """A length of business time, which has no days: `12 min`, `5 h 10 min`, `31 h`."""
    minutes, hours = max(0, seconds) // 60, max(0, seconds) // 3600
    if minutes < 60:
        return f"{minutes} min"
    return f"{hours} h {minutes % 60} min" if minutes % 60 and hours < 24 else f"{hours} h"


def from_local(text: str) -> datetime | None:
    """What a field for date and time says, `2026-01-31T09:00`, as a moment; None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=_zone()) if found.tzinfo is None else None
