"""Stripe's book-keeping: objects in the store, balance transactions, events, and the webhooks that events become."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from backend.sandbox import clock
from backend.sandbox.store import Document
from backend.sandbox.stripe import objects
from backend.sandbox.world import World

WEBHOOK_PATH = "/webhooks/payments/stripe"
# The event types that the webhook endpoint is subscribed to; others can be read under /v1/events only.
SUBSCRIBED = {
    "payment_intent.created",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.requires_action",
    "payment_intent.canceled",
    "payment_intent.amount_capturable_updated",
    "charge.succeeded",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
}


@dataclass(frozen=True)
class Caller:
    """Who caused an event: an API request with its key, or nobody (a customer on the pay page).

    Events of callers that are not `announced` can be read under /v1/events but are not sent as webhooks.
    """

    request_id: str | None = None
    idempotency_key: str | None = None
    api_version: str = objects.API_VERSION
    announced: bool = True


CUSTOMER = Caller()


def sign(secret: str, raw: bytes) -> dict[str, str]:
    """The Stripe-Signature header: `t=<unix>,v1=<hex HMAC-SHA256 of "t.body">`."""
    stamp = clock.unix_seconds()
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + raw, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={stamp},v1={digest}"}


class Ledger:
    """Reads and writes Stripe's objects of one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def save(self, item: Document) -> Document:
        """Keep an object under its kind and id."""
        return self.world.store.put(f"stripe_{item['object']}", item["id"], item)

    def find(self, kind: str, object_id: str) -> Document | None:
        """An object by kind and id, or None."""
        return self.world.store.get(f"stripe_{kind}", object_id)

    def newest_first(self, kind: str) -> list[Document]:
        """All objects of a kind, newest first, as Stripe lists them."""
        return list(self.world.store.newest_first(f"stripe_{kind}"))

    def book(self, source: Document, kind: str, amount: int) -> Document:
        """Book a movement on the balance; charges cost 1.5 % and a fixed fee, refunds give no fee back."""
        fee = amount * 15 // 1000 + 25 if kind == "charge" else 0
        txn = objects.balance_transaction(self.world.ids.text("txn_"), source, kind, amount, fee)
        self.save(txn)
        source["balance_transaction"] = txn["id"]
        return txn

    def emit(self, kind: str, item: Document, caller: Caller, previous: dict[str, Any] | None = None) -> None:
        """Record an event and send it to the webhook endpoint when that is subscribed."""
        data: dict[str, Any] = {"object": _copy(item)}
        if previous:
            data["previous_attributes"] = previous
        sent = caller.announced and kind in SUBSCRIBED
        event = {
            "id": self.world.ids.text("evt_"),
            "object": "event",
            "api_version": caller.api_version,
            "created": clock.unix_seconds(),
            "data": data,
            "livemode": False,
            "pending_webhooks": 1 if sent else 0,
            "request": {"id": caller.request_id, "idempotency_key": caller.idempotency_key},
            "type": kind,
        }
        self.save(event)
        if sent:
            self.world.delivery.post("stripe", WEBHOOK_PATH, event, topic=kind)

    def note(self, kind: str, item: Document, amount: int, caller: Caller) -> None:
        """Write an accepted effect into the journal."""
        metadata = item["metadata"]
        self.world.journal.accept(
            "stripe",
            kind,
            reference=metadata.get("order_ref"),
            order=metadata.get("channel_order"),
            key=caller.idempotency_key,
            amount_minor=amount,
            currency=item["currency"],
            object_id=item["id"],
        )


def _copy(item: Document) -> Document:
    # Events show the object as it was; nested values are replaced, never changed in place.
    return {name: dict(value) if isinstance(value, dict) else value for name, value in item.items()}
