"""For whom a page is being written: in which zone times are shown, and in which language numbers are.

Set before every event from the person's preferences; what runs without a person sees the shop's own zone.
"""

import contextvars
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo

from backend.domain.preferences import DEFAULT_NUMBERS, Preferences, zone_of
from backend.settings import current


@dataclass(frozen=True)
class Viewer:
    """`locale` is a tag such as `de-DE`."""

    zone: ZoneInfo
    locale: str = DEFAULT_NUMBERS

    @property
    def babel(self) -> str:
        """The locale by the name that Babel knows."""
        return self.locale.replace("-", "_")


_viewer: contextvars.ContextVar[Viewer | None] = contextvars.ContextVar("viewer", default=None)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def viewer() -> Viewer:
    return _viewer.get() or Viewer(_zone(current().time_zone))


def show_for(preferences: Preferences | None, browser_zone: str = "") -> None:
    """Write for this person from now on. Without a zone of their own they see the browser's, or else the shop's."""
    if preferences is None:
        _viewer.set(None)
        return
    zone = zone_of(preferences.time_zone or browser_zone, current().time_zone)
    _viewer.set(Viewer(zone, preferences.numbers))
