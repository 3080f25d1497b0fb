"""Razorpay's books: objects in the store, effects in the journal, events as signed webhooks."""

import hashlib
import hmac
from typing import Any

from backend.sandbox import clock
from backend.sandbox.razorpay.errors import no_such_id
from backend.sandbox.store import Document
from backend.sandbox.world import World

WEBHOOK_PATH = "/webhooks/payments/razorpay"


def sign(secret: str, raw: bytes) -> dict[str, str]:
    """The X-Razorpay-Signature header: hex HMAC-SHA256 of the raw body."""
    return {"X-Razorpay-Signature": hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()}


def checkout_signature(secret: str, order_id: str, payment_id: str) -> str:
    """What the checkout hands back to the shop's page after a payment."""
    return hmac.new(secret.encode(), f"{order_id}|{payment_id}".encode(), hashlib.sha256).hexdigest()


class Ledger:
    """Reads and writes Razorpay's objects of one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def save(self, item: Document) -> Document:
        """Keep an object under its kind and id."""
        return self.world.store.put(f"razorpay_{item['entity']}", item["id"], item)

    def get(self, entity: str, object_id: str) -> Document:
        """An object, or the error for an id that does not exist."""
        found = self.world.store.get(f"razorpay_{entity}", object_id)
        if found is None:
            raise no_such_id()
        return found

    def newest_first(self, entity: str, **wanted: Any) -> list[Document]:
        """All objects of a kind with these values, newest first, as Razorpay lists them."""
        return [
            item
            for item in self.world.store.newest_first(f"razorpay_{entity}")
            if all(item[name] == value for name, value in wanted.items())
        ]

    def note(self, kind: str, item: Document, notes: Any, *, key: str | None = None) -> None:
        """Write an accepted effect into the journal."""
        marks = notes if isinstance(notes, dict) else {}
        self.world.journal.accept(
            "razorpay",
            kind,
            reference=marks.get("order_ref"),
            order=marks.get("channel_order"),
            key=key,
            amount_minor=item["amount"],
            currency=item["currency"],
            object_id=item["id"],
        )

    def emit(self, event: str, *items: Document) -> None:
        """Send an event about these objects, the first of which it is about."""
        body = {
            "entity": "event",
            "account_id": "acc_sandbox",
            "event": event,
            "contains": [item["entity"] for item in items],
            "payload": {item["entity"]: {"entity": dict(item)} for item in items},
            "created_at": clock.unix_seconds(),
        }
        headers = {"X-Razorpay-Event-Id": self.world.ids.text("", 14)}
        self.world.delivery.post("razorpay", WEBHOOK_PATH, body, topic=event, headers=headers)
