"""Signed messages as shops and providers send them."""

import base64
import copy
import hashlib
import hmac
import itertools
import json
import time
from typing import Any

from tests.integrations.shared import fixture

SHOPIFY_SECRET = "shpss_0123456789abcdef01234567"
GENERIC_SECRET = "generic-secret-of-24-bytes-or-more"
STRIPE_SECRET = "whsec_0123456789abcdef0123456789"

SHOPIFY, GENERIC, STRIPE = "/webhooks/channels/shopify", "/webhooks/channels/generic", "/webhooks/payments/stripe"

_serial = itertools.count(1)


def body_of(payload: Any) -> bytes:
    return payload if isinstance(payload, bytes) else json.dumps(payload).encode()


def timed(body: bytes, secret: str, at: float | str | None = None) -> str:
    """The value of a signature header with a time in it."""
    moment = str(int(time.time())) if at is None else at if isinstance(at, str) else str(int(at))
    return f"t={moment},v1={hmac.new(secret.encode(), moment.encode() + b'.' + body, hashlib.sha256).hexdigest()}"


def generic(
    payload: Any, *, event: str = "", secret: str = GENERIC_SECRET, at: float | str | None = None
) -> dict[str, Any]:
    """The arguments of a POST to the generic channel."""
    body = body_of(payload)
    headers = {
        "Content-Type": "application/json",
        "X-Holdfast-Event-Id": event or f"event-{next(_serial)}",
        "X-Holdfast-Signature": timed(body, secret, at),
    }
    return {"url": GENERIC, "content": body, "headers": headers}


def shopify(
    payload: Any, *, event: str = "", topic: str = "orders/create", secret: str = SHOPIFY_SECRET
) -> dict[str, Any]:
    """The arguments of a POST as Shopify makes it."""
    body = body_of(payload)
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Webhook-Id": event or f"webhook-{next(_serial)}",
        "X-Shopify-Shop-Domain": "lamps.myshopify.com",
        "X-Shopify-Hmac-SHA256": base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode(),
    }
    return {"url": SHOPIFY, "content": body, "headers": headers}


def stripe(payload: Any, *, secret: str = STRIPE_SECRET, at: float | None = None) -> dict[str, Any]:
    """The arguments of a POST as Stripe makes it."""
    body = body_of(payload)
    headers = {"Content-Type": "application/json", "Stripe-Signature": timed(body, secret, at)}
    return {"url": STRIPE, "content": body, "headers": headers}


def shopify_order() -> dict[str, Any]:
    """A paid order in Shopify's own shape."""
    order: dict[str, Any] = copy.deepcopy(fixture("shopify/order_paid.json"))
    return order


def order(**changes: Any) -> dict[str, Any]:
    """An order for the generic channel that adds up: two lanterns, 104.70 EUR; every call is another order."""
    number = next(_serial)
    given: dict[str, Any] = {
        "schema_version": 1,
        "order_id": f"shop-{number}",
        "order_number": f"#{1000 + number}",
        "placed_at": "2026-01-31T10:15:00Z",
        "currency": "EUR",
        "payment": {"mode": "authorized", "gateway": "stripe", "reference": f"pi_{number}"},
        "customer": {"id": f"c-{number}", "name": "Greta Lindenau", "email": "greta@example.org"},
        "shipping_address": {
            "name": "Greta Lindenau",
            "line1": "Torstraße 140",
            "city": "Berlin",
            "postal_code": "10119",
            "country": "DE",
        },
        "items": [{"sku": "LNT", "name": "Storm Lantern", "quantity": 2, "unit_price_minor": 4990}],
        "subtotal_minor": 9980,
        "shipping_minor": 490,
        "tax_minor": 0,
        "total_minor": 10470,
    }
    return given | changes


def captured(reference: str = "pi_unknown", amount: int = 10470, currency: str = "eur") -> dict[str, Any]:
    """Stripe's news that a payment intent succeeded."""
    number = next(_serial)
    return {
        "id": f"evt_{number}",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": int(time.time()),
        "data": {
            "object": {
                "id": reference,
                "object": "payment_intent",
                "amount": amount,
                "amount_received": amount,
                "currency": currency,
                "status": "succeeded",
                "metadata": {},
            }
        },
    }
