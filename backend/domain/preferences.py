"""How a person wants to see things: the zone of times, the way numbers are written, light or dark, and how they are told."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from backend.domain.errors import InvalidInput

NUMBERS: dict[str, str] = {
    "en-GB": "1,234,567.89 (English)",
    "en-IN": "12,34,567.89 (English, India)",
    "de-DE": "1.234.567,89 (German)",
    "de-CH": "1’234’567.89 (German, Switzerland)",
    "fr-FR": "1 234 567,89 (French)",
    "es-ES": "1.234.567,89 (Spanish)",
    "it-IT": "1.234.567,89 (Italian)",
    "nl-NL": "1.234.567,89 (Dutch)",
    "pl-PL": "1 234 567,89 (Polish)",
    "pt-BR": "1.234.567,89 (Portuguese, Brazil)",
    "sv-SE": "1 234 567,89 (Swedish)",
    "ja-JP": "1,234,567.89 (Japanese)",
}
"""Languages of numbers, by their tag, each with how it writes one."""
THEMES = ("system", "light", "dark")
MENTIONS: dict[str, str] = {
    "mail": "Also by mail, when I have not seen it within two minutes",
    "bell": "Only here, under the bell",
}
"""How somebody is told that a note mentions them."""
DEFAULT_NUMBERS = "en-GB"


@dataclass(frozen=True)
class Preferences:
    """`time_zone` is an IANA name; empty means the browser's own."""

    time_zone: str = ""
    numbers: str = DEFAULT_NUMBERS
    theme: str = "system"
    mentions: str = "mail"

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "Preferences":
        """What was kept of a person; what is not known any more falls back to its default."""
        numbers, theme, mentions = kept.get("numbers"), kept.get("theme"), kept.get("mentions")
        return cls(
            time_zone=known_zone(str(kept.get("time_zone", ""))),
            numbers=numbers if numbers in NUMBERS else DEFAULT_NUMBERS,
            theme=theme if theme in THEMES else "system",
            mentions=mentions if mentions in MENTIONS else "mail",
        )

    def changed(self, **wanted: str) -> "Preferences":
        """With other choices; raises `InvalidInput` for one that does not exist."""
        problems = []
        zone = wanted.get("time_zone", "")
        if zone and not known_zone(zone):
            problems.append(f"There is no time zone {zone[:60]!r}. Use a name such as Europe/Berlin.")
        if wanted.get("numbers", self.numbers) not in NUMBERS:
            problems.append("Numbers cannot be written that way. Choose one of the list.")
        if wanted.get("theme", self.theme) not in THEMES:
            problems.append("Choose light, dark, or what the system says.")
        if wanted.get("mentions", self.mentions) not in MENTIONS:
            problems.append("Choose whether mentions come by mail or only under the bell.")
        if problems:
            raise InvalidInput(problems)
        return replace(self, **wanted)

    def kept(self) -> dict[str, str]:
        return asdict(self)


def known_zone(name: str) -> str:
    """The name, if it is an IANA time zone; the empty string otherwise."""
    return name if name and len(name) < 60 and name in _zones() else ""


_ZONES: set[str] = set()


def _zones() -> set[str]:
    """Read once: the list comes from files."""
    if not _ZONES:
        _ZONES.update(available_timezones() - {"localtime", "posixrules", "Factory"})
    return _ZONES


def zones() -> list[str]:
    """The zones to choose from: places, by name, and UTC."""
    return ["UTC", *sorted(name for name in _zones() if name.split("/")[0] in _PLACES)]


_PLACES = {"Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}


def zone_of(name: str, otherwise: str) -> ZoneInfo:
    """The zone of that name, or the other one where it is not known."""
    return ZoneInfo(known_zone(name) or otherwise)
