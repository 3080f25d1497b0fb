"""Orders from files: each goes through the inbox exactly as if its channel had delivered it, only without a signature."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backend import clock
from backend.domain.errors import InvalidInput, NotFound
from backend.ports.calls import InboundMessage
from backend.ports.registry import Adapters
from backend.services import inbox
from backend.services.inbox import InboundArea, Receipt


def import_orders(channel: str, path: Path, adapters: Adapters) -> Iterator[tuple[int, Receipt]]:
    """Take in every order of a file; yields its place in the file and what became of it.

    The file is JSON (one order, a list, or an object with `orders`) or one JSON object per line (`.jsonl`, `.ndjson`).
    Importing it again changes nothing: an order is known by its contents. Raises `NotFound` for an unknown channel and
    `InvalidInput` for a file that is neither.
    """
    if channel not in adapters.channels:
        raise NotFound(f"No channel called {channel!r} is connected; connected are: {', '.join(adapters.channels)}.")
    for place, order in enumerate(_orders(path), start=1):
        body = json.dumps(order, ensure_ascii=False).encode()
        event_id = "import:" + hashlib.sha256(body).hexdigest()
        message = InboundMessage(_headers(event_id), body, clock.wall_seconds())
        yield place, inbox.take_in(InboundArea.CHANNELS, channel, message, adapters)


def _headers(event_id: str) -> dict[str, str]:
    """What channels tell deliveries and their topics by."""
    return {
        "content-type": "application/json",
        "x-shopify-webhook-id": event_id,
        "x-shopify-topic": "orders/create",
        "x-holdfast-event-id": event_id,
        "x-holdfast-topic": "orders/create",
    }


def _orders(path: Path) -> list[Any]:
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix in (".jsonl", ".ndjson"):
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        read = json.loads(text)
    except OSError as error:
        raise InvalidInput([f"{path} cannot be read: {error.strerror}."]) from error
    except ValueError as error:
        raise InvalidInput(
            [f"{path} is not JSON: {error}. Give one order, a list of orders, or one per line."]
        ) from error
    if isinstance(read, dict) and isinstance(read.get("orders"), list):
        return list(read["orders"])
    return read if isinstance(read, list) else [read]
