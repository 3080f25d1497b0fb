"""Answers and webhooks that are well formed and wrong: another amount, another currency, or about something else."""

import json
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from backend.sandbox.mentions import NAMING

AMOUNTS = frozenset(
    {
        "amount",
        "amount_received",
        "amount_capturable",
        "amount_captured",
        "amount_refunded",
        "amount_paid",
        "amount_due",
        "balance",
        "rate",
    }
)
CURRENCIES = frozenset({"currency", "custom_value2"})
NOT_NAMES = frozenset({"name"})
_OUR_NUMBER = re.compile(r"([A-Z]+-\d{8}-)(\d+)")
_END = re.compile(r"[0-9A-Za-z]{1,6}$")


def spoil(kind: str, raw: bytes) -> bytes:
    """The same JSON with every amount, currency or reference changed; what is no JSON stays as it is."""
    try:
        body = json.loads(raw)
    except ValueError:
        return raw
    return json.dumps(_walk(body, *_CHANGES[kind]), separators=(",", ":"), ensure_ascii=False).encode()


def _walk(body: Any, keys: frozenset[str], change: Callable[[Any], Any]) -> Any:
    if isinstance(body, list):
        return [_walk(part, keys, change) for part in body]
    if not isinstance(body, dict):
        return body
    return {
        key: change(value) if key in keys and isinstance(value, str | int | float) else _walk(value, keys, change)
        for key, value in body.items()
    }


def more_money(value: Any) -> Any:
    """One unit more, in whichever way it is written; nothing stays nothing."""
    if isinstance(value, bool) or not value:
        return value
    if isinstance(value, int):
        return value + 100
    if isinstance(value, float):
        return round(value + 1, 6)
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return value
    return str(amount + 1) if amount else value


def other_currency(value: Any) -> Any:
    """Swiss francs, or Swedish crowns where it was francs."""
    if not isinstance(value, str) or not re.fullmatch("[A-Za-z]{3}", value):
        return value
    other = "SEK" if value.upper() == "CHF" else "CHF"
    return other.lower() if value.islower() else other


def other_reference(value: Any) -> Any:
    """A name that looks alike and is nobody's: our numbers get a serial beyond any, other names another ending."""
    if isinstance(value, bool) or not value:
        return value
    if isinstance(value, int):
        return value + 7_000_003
    if not isinstance(value, str):
        return value
    if _OUR_NUMBER.search(value):
        return _OUR_NUMBER.sub(lambda found: f"{found[1]}{90_000 + int(found[2]) % 10_000:05d}", value)
    return _END.sub(lambda found: "".join(map(_shifted, found[0])), value)


def _shifted(character: str) -> str:
    if character.isdigit():
        return str((int(character) + 5) % 10)
    first = "a" if character.islower() else "A"
    return chr((ord(character) - ord(first) + 13) % 26 + ord(first))


_CHANGES: dict[str, tuple[frozenset[str], Callable[[Any], Any]]] = {
    "wrong_amount": (AMOUNTS, more_money),
    "wrong_currency": (CURRENCIES, other_currency),
    "wrong_reference": (NAMING - NOT_NAMES, other_reference),
}
