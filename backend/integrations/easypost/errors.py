"""EasyPost's error bodies: `{"error": {code, message, errors: [{field, message, code?, suggestion?}]}}`.

`message` may also be a list or an object, and `errors` may hold plain texts; all of it is told in one sentence.
"""

import re
from typing import Any

from backend.domain.holds import HoldKind
from backend.integrations.http import Answer, credentials_refused
from backend.integrations.reading import at, text
from backend.ports.calls import OutcomeUnknown, ProviderError, Rejected

PROVIDER = "easypost"

_FUNDS = re.compile(r"insufficient (?:funds|balance)|not enough (?:funds|balance)|add funds", re.IGNORECASE)
_ADDRESS = re.compile(r"\baddress\b|\bpostal code\b|\bzip\b|\bdestination\b", re.IGNORECASE)
_STOCK = re.compile(r"out[ _-]of[ _-]stock|not in stock", re.IGNORECASE)
_DELIVERY_FIELD = re.compile(r"(?:^|\.)(?:to_address|address)\b")
_MOST_TEXTS = 20


def read_error(answer: Answer) -> ProviderError | None:
    """What an answer of 4xx means; a conflict leaves the outcome open, everything else is a refusal."""
    error = at(answer.json, "error")
    code = text(error, "code")
    if answer.status in (401, 403):
        return credentials_refused(PROVIDER, answer.status, code)
    if isinstance(error, str) and error:
        return Rejected(PROVIDER, f"EasyPost refused: {error}", category=category("", error), status=answer.status)
    if not isinstance(error, dict):
        return None
    sentence = "; ".join(texts(error.get("message")) + texts(error.get("errors"))) or "no reason given"
    if answer.status == 409:
        return OutcomeUnknown(PROVIDER, f"EasyPost is still at work: {sentence}", code=code, status=answer.status)
    kind = HoldKind.CARRIER_FUNDS if answer.status == 402 else category(code, sentence, _fields(error))
    shown = f"EasyPost refused: {sentence}" + (f" ({code})" if code else "")
    return Rejected(PROVIDER, shown, category=kind, code=code, status=answer.status)


def category(code: str, words: str, fields: tuple[str, ...] = ()) -> HoldKind:
    """Who has to look, by EasyPost's code where it says enough, else by the carrier's words."""
    if _FUNDS.search(words):
        return HoldKind.CARRIER_FUNDS
    if _STOCK.search(words):
        return HoldKind.SHIPMENT_OUT_OF_STOCK
    if code.startswith("ADDRESS.") or any(_DELIVERY_FIELD.search(field) for field in fields):
        return HoldKind.ADDRESS_INVALID
    if not code.startswith("PARAMETER.") and _ADDRESS.search(words):
        return HoldKind.ADDRESS_INVALID
    return HoldKind.PROVIDER_REFUSED if code == "NOT_FOUND" else HoldKind.SHIPMENT_NOT_ACCEPTED


def texts(value: Any) -> list[str]:
    """Every text in whatever EasyPost put there, without repeats; a field's name goes before its message."""
    found = list(dict.fromkeys(_texts(value)))
    return found[:_MOST_TEXTS]


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value.strip()] if value.strip() else []
    if isinstance(value, list):
        return [word for inner in value for word in _texts(inner)]
    if not isinstance(value, dict):
        return []
    if "message" not in value:
        return [f"{name}: {word}" for name, inner in value.items() for word in _texts(inner)]
    field, hint = text(value, "field"), text(value, "suggestion")
    said = [f"{field}: {word}" if field else word for word in _texts(value["message"])]
    return said + ([f"suggestion: {hint}"] if hint else [])


def _fields(error: dict[str, Any]) -> tuple[str, ...]:
    rows = error.get("errors")
    return tuple(text(row, "field") for row in rows) if isinstance(rows, list) else ()
