"""The shop's own web shop, beside the platform: the same orders in the published order schema, version 1, all minor units.

Such a shop has its own account with the card processor: what was authorized or paid is named by the payment's id.
"""

import hashlib
import hmac
from typing import Any

from backend.sandbox import clock
from backend.sandbox.money import to_minor
from backend.sandbox.store import Document
from backend.sandbox.world import World

PATH = "/webhooks/channels/generic"
TOPIC = "orders/create"
MODES = {"authorized": "authorized", "paid": "paid", "pending": "unpaid"}


def sign(secret: str, raw: bytes) -> dict[str, str]:
    """The signature header: `t=<unix>,v1=<hex HMAC-SHA256 of "t.body">`."""
    stamp = clock.unix_seconds()
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + raw, hashlib.sha256).hexdigest()
    return {"X-Holdfast-Signature": f"t={stamp},v1={digest}"}


def send(world: World, order: Document, *, delay_seconds: float = 0.0, event_id: str | None = None) -> str:
    """Queue an order in the generic schema; every retry carries the same event id. Returns that id."""
    event_id = event_id or world.ids.uuid("direct_event")
    headers = {"X-Holdfast-Event-Id": event_id, "X-Holdfast-Topic": TOPIC}
    world.delivery.post("generic", PATH, order, topic=TOPIC, headers=headers, delay_seconds=delay_seconds)
    return event_id


def body(order: dict[str, Any], order_id: str, payment_reference: str) -> Document:
    """An order of the generator in the generic schema. `payment_reference` is empty for unpaid orders."""
    currency = order["currency"]

    def minor(text: str) -> int:
        return to_minor(text, currency)

    payment = {"mode": MODES[order["financial_status"]]}
    if payment_reference:
        payment |= {"gateway": "stripe", "reference": payment_reference}
    return {
        "schema_version": 1,
        "order_id": order_id,
        "order_number": order["name"],
        "placed_at": order["created_at"],
        "currency": currency,
        "payment": payment,
        "customer": _customer(order),
        "billing_address": _address(order["billing_address"]),
        "shipping_address": _address(order["shipping_address"]) if order["shipping_address"] else None,
        "items": [_item(line, minor) for line in order["line_items"]],
        "discounts": [
            {"code": code["code"], "kind": code["type"], "amount_minor": minor(code["amount"])}
            for code in order["discount_codes"]
        ],
        "subtotal_minor": minor(order["subtotal_price"]),
        "discount_minor": minor(order["total_discounts"]),
        "shipping_minor": sum(minor(line["price"]) for line in order["shipping_lines"]),
        "tax_minor": minor(order["total_tax"]),
        "total_minor": minor(order["total_price"]),
        "taxes_included": order["taxes_included"],
        "note": order["note"] or "",
        "tags": [tag for tag in order["tags"].split(", ") if tag],
        "risk": "low",
    }


def _customer(order: dict[str, Any]) -> Document:
    customer, address = order["customer"], order["billing_address"]
    name = f"{customer['first_name']} {customer['last_name']}"
    return {"id": str(customer["id"]), "name": name, "email": customer["email"], "phone": address["phone"]}


def _address(address: dict[str, Any]) -> Document:
    fields = {
        "name": address["name"],
        "company": address["company"],
        "line1": address["address1"],
        "line2": address["address2"],
        "city": address["city"],
        "province": address["province_code"],
        "postal_code": address["zip"],
        "country": address["country_code"],
        "phone": address["phone"],
    }
    return {name: value for name, value in fields.items() if value}


def _item(line: dict[str, Any], minor: Any) -> Document:
    taxes = line["tax_lines"]
    item = {
        "id": str(line["id"]),
        "sku": line["sku"],
        "name": line["name"],
        "quantity": line["quantity"],
        "unit_price_minor": minor(line["price"]),
        "discount_minor": sum(minor(part["amount"]) for part in line["discount_allocations"]),
        "tax_minor": sum(minor(tax["price"]) for tax in taxes),
        "grams": line["grams"],
        "requires_shipping": line["requires_shipping"],
    }
    if taxes:
        item["tax_rate"] = f"{taxes[0]['rate']:g}"
    if line["properties"]:
        item["wishes"] = line["properties"]
    return item
