"""The quarantine: what is wrong with a message and where, which messages share a cause, and what people may decide."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backend.domain import json_places

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|“[^”]*”")
_NUMBERS = re.compile(r"[0-9][0-9.,:-]*")
_PATH = re.compile(r"\$(?:\.[a-zA-Z][a-zA-Z0-9_]*|\[[0-9]+\]|\['[^']*'\])*")
_POSITION = re.compile(r"at line ([0-9]+), column")
_LINE_ITEM = re.compile(r"Line ([0-9]+):")
_TWICE = re.compile(r"The key '(.*)' appears more than once")
_AMOUNT = re.compile(r"The (subtotal|discount|shipping|tax|total) (?:is|does not add up)")
_AMOUNT_FIELDS = {
    "subtotal": ("$.subtotal_price", "$.subtotal_minor"),
    "discount": ("$.total_discounts", "$.discount_minor"),
    "shipping": ("$.shipping_lines", "$.shipping_minor"),
    "tax": ("$.total_tax", "$.tax_minor"),
    "total": ("$.total_price", "$.total_minor"),
}
"""Where the shops keep what a rule about an amount speaks of."""
_LISTS = ("$.line_items", "$.items")
LONGEST_CAUSE = 160


class Decision(StrEnum):
    """What a person decided about a message."""

    MENDED = "mended"  # its payload was changed, and handled anew
    REPLAYED = "replayed"  # it was handled anew as it was received
    DISCARDED = "discarded"
    RESTORED = "restored"


@dataclass(frozen=True)
class Problem:
    """A sentence, and the line of the payload that it is about; 0 where it is about none."""

    sentence: str
    line: int = 0


@dataclass(frozen=True)
class DecisionView:
    kind: str
    who: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class CauseCount:
    cause: str
    messages: int


@dataclass(frozen=True)
class RefusedCount:
    """Messages that were turned away at the door: not authentic, so nothing of them was kept."""

    provider: str
    reason: str
    messages: int
    last_at: datetime


@dataclass(frozen=True)
class QuarantineRow:
    id: str
    provider: str
    topic: str
    event_id: str
    received_at: datetime
    verdict: str
    cause: str
    problems: tuple[str, ...]
    body_bytes: int
    duplicates: int
    decided: DecisionView | None = None


@dataclass(frozen=True)
class QuarantinePage:
    """Messages newest first; `causes` count all that fit the channel, `total` those that fit the cause as well."""

    messages: tuple[QuarantineRow, ...]
    next_cursor: str
    total: int
    discarded: int
    causes: tuple[CauseCount, ...]
    providers: tuple[str, ...]
    refused: tuple[RefusedCount, ...]


@dataclass(frozen=True)
class QuarantineView:
    """One message in full. `text` is its payload laid out (the mended one, once there is one), `received` the original.

    `masked`: the person may look but not mend, so personal data is hidden. `version` and `token` go back with a click.
    """

    id: str
    area: str
    provider: str
    topic: str
    event_id: str
    received_at: datetime
    verdict: str
    cause: str
    problems: tuple[Problem, ...]
    text: str
    received: str
    masked: bool
    duplicates: int
    body_bytes: int
    decisions: tuple[DecisionView, ...]
    order_number: str
    version: int
    token: str


@dataclass(frozen=True)
class PayloadCheck:
    """What is still wrong with a payload, and, where nothing is, what would become of it. Nothing was stored."""

    problems: tuple[Problem, ...]
    effects: tuple[str, ...]


def cause(problem: str) -> str:
    """What messages with the same trouble have in common: the sentence without its numbers and quoted words."""
    return _NUMBERS.sub("#", _QUOTED.sub("…", problem))[:LONGEST_CAUSE]


def located(problems: tuple[str, ...] | list[str], text: str) -> tuple[Problem, ...]:
    """Each problem with the line of the text that it is about."""
    places = json_places.places(text)
    last = text.count("\n") + 1
    return tuple(Problem(sentence, min(_line(sentence, places, text), last)) for sentence in problems)


def _line(sentence: str, places: dict[str, int], text: str) -> int:
    if position := _POSITION.search(sentence):
        return int(position[1])
    if path := _PATH.match(sentence):
        return _nearest(path[0], places)
    if item := _LINE_ITEM.match(sentence):
        return _first(tuple(f"{name}[{int(item[1]) - 1}]" for name in _LISTS), places)
    if amount := _AMOUNT.match(sentence):
        return _first(_AMOUNT_FIELDS[amount[1]], places)
    if sentence.startswith("The order has"):
        return _first(_LISTS, places)
    if twice := _TWICE.match(sentence):
        found = [match.start() for match in re.finditer(rf'"{re.escape(twice[1])}"\s*:', text)]
        return text.count("\n", 0, found[-1]) + 1 if found else 0
    return 0


def _nearest(path: str, places: dict[str, int]) -> int:
    """The line of the value, or where it is missing, of what it should be in."""
    while path not in places:
        path = path[: max(path.rfind("."), path.rfind("["))]
        if len(path) < 1:
            return 1
    return places[path]


def _first(paths: tuple[str, ...], places: dict[str, int]) -> int:
    return next((places[path] for path in paths if path in places), 0)
