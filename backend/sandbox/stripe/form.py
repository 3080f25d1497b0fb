"""Stripe's form encoding: `metadata[order_ref]=…&payment_method_types[]=card` as nested values."""

from typing import Any
from urllib.parse import parse_qsl


def decode(raw: str) -> dict[str, Any]:
    """Form pairs as nested dicts and lists; every leaf stays a string."""
    result: dict[str, Any] = {}
    for name, value in parse_qsl(raw, keep_blank_values=True):
        first, *rest = name.replace("]", "").split("[")
        _place(result, [first, *rest], value)
    return result


def _place(target: dict[str, Any], path: list[str], value: str) -> None:
    head, *rest = path
    if not rest:
        target[head] = value
    elif rest in ([""], ["0"]) and not isinstance(target.get(head), dict):
        target.setdefault(head, []).append(value)
    elif rest[0].isdigit() and isinstance(target.get(head), list):
        target[head].append(value)
    else:
        child = target.setdefault(head, {})
        if isinstance(child, dict):
            _place(child, rest, value)
