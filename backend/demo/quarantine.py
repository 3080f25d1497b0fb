"""Webhooks of the last days that could not become orders, each with the problems that our own rules found in it."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from backend.demo import payloads, sheets, writing
from backend.demo.batch import headers
from backend.demo.fates import SMOOTH
from backend.demo.plan import Placed, Wish
from backend.demo.rows import stable_id
from backend.domain.errors import InvalidInput
from backend.domain.intake import problems
from backend.domain.quarantine import cause
from backend.integrations.shopify.channel import ShopifyChannel
from backend.ports.calls import InboundMessage, UnusablePayload
from backend.store.personal import keyring

_HOURS_AGO = (2.5, 7, 19, 31, 54, 70)
_BEYOND = 40_000
"""Serials of these orders lie far from those of orders that came in."""


def _as_bytes(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _wrong_total(body: dict[str, Any]) -> bytes:
    return _as_bytes({**body, "total_price": f"{float(body['total_price']) + 12:.2f}"})


def _unknown_currency(body: dict[str, Any]) -> bytes:
    return _as_bytes({**body, "currency": "XBT"})


def _negative(body: dict[str, Any]) -> bytes:
    first = {**body["line_items"][0], "price": "-4.00"}
    return _as_bytes({**body, "line_items": [first, *body["line_items"][1:]]})


def _no_lines(body: dict[str, Any]) -> bytes:
    return _as_bytes({**body, "line_items": []})


def _cut_off(body: dict[str, Any]) -> bytes:
    return _as_bytes(body)[:2_000]


def _amount_in_words(body: dict[str, Any]) -> bytes:
    return _as_bytes({**body, "total_price": "eighty"})


_SPOILT: tuple[Callable[[dict[str, Any]], bytes], ...] = (
    _wrong_total,
    _unknown_currency,
    _negative,
    _no_lines,
    _cut_off,
    _amount_in_words,
)


def write(session: Session, wish: Wish) -> None:
    """One message for each way to spoil an order."""
    lines = []
    for place, (spoil, hours) in enumerate(zip(_SPOILT, _HOURS_AGO, strict=True)):
        at = wish.end - timedelta(hours=hours)
        placed = Placed(_BEYOND + place, at, "", SMOOTH)
        raw = spoil(payloads.body(wish.seed, wish.orders, placed))
        row_id = stable_id(at, wish.seed, "quarantine", place)
        event = str(UUID(bytes=hashlib.sha256(f"{wish.seed}:quarantine:{place}".encode()).digest()[:16], version=4))
        sent = headers(event)
        found = _problems(InboundMessage(sent, raw, at.timestamp()))
        blob = keyring().seal("inbox", "body", row_id, raw)
        judged = (len(raw), hashlib.sha256(raw).hexdigest(), "quarantined", found, cause(found[0]), None, at, at, at)
        values = (row_id, "channels", "shopify", event, "orders/create", sent, blob, *judged)
        lines.append(sheets.INBOX.line(values))
    writing.copy(session, sheets.INBOX, "".join(lines))


def _problems(message: InboundMessage) -> list[str]:
    try:
        order = ShopifyChannel(webhook_secrets=()).read(message)
    except (UnusablePayload, InvalidInput) as error:
        return list(error.problems)
    found = [] if order is None else problems(order)
    if not found:
        raise ValueError("a spoilt order of the demo has no problem that the rules see")
    return found
