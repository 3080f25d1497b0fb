"""Dot paths into an answer, such as `Invoices.0.InvoiceID`, and rules that look at what is there."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from re import compile as pattern
from typing import Any

from backend.integrations.http import Answer

_EPOCH_DATE = pattern(r"/Date\((-?[0-9]{1,14})(?:[+-][0-9]{4})?\)/")
_MOST_TEXTS = 10


def at_path(source: Any, path: str) -> Any:
    """The value at a path; None where there is none. A whole number steps into a list."""
    for step in path.split("."):
        if isinstance(source, dict):
            source = source.get(step)
        elif isinstance(source, list) and step.isascii() and step.isdigit():
            source = source[int(step)] if int(step) < len(source) else None
        else:
            return None
    return source


def text_at(source: Any, path: str) -> str:
    """The text or number at a path, as text; empty where there is neither."""
    value = at_path(source, path)
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else ""


def texts_at(source: Any, path: str) -> list[str]:
    """Every text at and below a path: messages come as a text, as a list, or by field."""
    return list(dict.fromkeys(_texts(at_path(source, path))))[:_MOST_TEXTS]


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value.strip()] if value.strip() else []
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [word for one in inner for word in _texts(one)]


def date_of(value: str) -> date | None:
    """A date from ISO 8601, with or without a time, or from `/Date(<milliseconds>)/`."""
    if match := _EPOCH_DATE.fullmatch(value):
        seconds = int(match[1]) // 1000
        return datetime.fromtimestamp(seconds, UTC).date() if -(2**35) < seconds < 2**36 else None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


@dataclass(frozen=True)
class Rule:
    """Fits an answer with this status, with something at this path, and with these words in it; empty: whatever."""

    status: int | None = None
    path: str = ""
    contains: str = ""

    def fits(self, answer: Answer) -> bool:
        if self.status is not None and answer.status != self.status:
            return False
        if not self.path:
            return True
        if not self.contains:
            return at_path(answer.json, self.path) not in (None, "", False, [], {})
        return any(self.contains.lower() in word.lower() for word in texts_at(answer.json, self.path))
