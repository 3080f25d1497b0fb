"""Orders as a Shopify shop sends them: complete, adding up, and changed by keyword."""

import itertools
from typing import Any

_order_ids = itertools.count(6_100_000_000_001)


def major(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def shopify_line(sku: str, name: str, price_minor: int, quantity: int = 1, **changes: Any) -> dict[str, Any]:
    """A line item; `off_minor` is its discount."""
    off = changes.pop("off_minor", 0)
    return {
        "id": next(_order_ids),
        "sku": sku,
        "name": name,
        "title": name,
        "quantity": quantity,
        "price": major(price_minor),
        "grams": 500,
        "requires_shipping": True,
        "tax_lines": [],
        "discount_allocations": [{"amount": major(off), "discount_application_index": 0}] if off else [],
        "properties": [],
        **changes,
    }


def shopify_order(
    *lines: dict[str, Any], status: str = "authorized", shipping_minor: int = 490, tax_minor: int = 0, **changes: Any
) -> dict[str, Any]:
    """An `orders/create` body in Shopify's REST shape that adds up; by default two lanterns and a mug for 119.20 EUR."""
    order_id = next(_order_ids)
    items = list(lines) or [
        shopify_line("LNT-STR-BRS", "Storm Lantern - Brass", 4990, 2),
        shopify_line("MUG-ENM-WHT", "Enamel Mug - White", 1450),
    ]
    goods = sum(round(float(item["price"]) * 100) * item["quantity"] for item in items)
    off = sum(round(float(part["amount"]) * 100) for item in items for part in item["discount_allocations"])
    included = changes.get("taxes_included", True)
    total = goods - off + shipping_minor + (0 if included else tax_minor)
    ships = any(item["requires_shipping"] for item in items)
    address = {
        "first_name": "Greta",
        "last_name": "Lindenau",
        "name": "Greta Lindenau",
        "company": None,
        "address1": "Torstraße 140",
        "address2": None,
        "city": "Berlin",
        "zip": "10119",
        "province": "Berlin",
        "province_code": "BE",
        "country": "Germany",
        "country_code": "DE",
        "phone": "+49305550177",
    }
    return {
        "id": order_id,
        "name": f"#{order_id % 100_000}",
        "created_at": "2026-01-31T10:30:00+01:00",
        "processed_at": "2026-01-31T10:30:00+01:00",
        "currency": "EUR",
        "financial_status": status,
        "payment_gateway_names": ["" if status == "pending" else "shopify_payments"],
        "taxes_included": included,
        "email": "greta.lindenau@example.org",
        "customer": {
            "id": order_id + 7,
            "first_name": "Greta",
            "last_name": "Lindenau",
            "email": "greta.lindenau@example.org",
            "phone": None,
        },
        "billing_address": address,
        "shipping_address": address if ships else None,
        "line_items": items,
        "shipping_lines": [{"title": "Standard", "price": major(shipping_minor)}] if shipping_minor else [],
        "discount_codes": [{"code": "CREW15", "amount": major(off), "type": "fixed_amount"}] if off else [],
        "subtotal_price": major(goods - off),
        "total_discounts": major(off),
        "total_tax": major(tax_minor),
        "total_price": major(total),
        "note": None,
        "tags": "",
        "test": False,
        **changes,
    }
