"""Shopify orders of our own, in the shape of the REST webhook: small, exact, and different enough to tell apart."""

from typing import Any

from backend.domain.money import parse_major, to_major


def shopify_order(
    serial: int,
    *,
    financial_status: str = "authorized",
    lines: tuple[tuple[str, str, int], ...] = (("TENT-2P-GRN", "189.00", 1), ("MUG-ENAMEL", "12.50", 2)),
    shipping: str = "4.90",
    discount: str = "0.00",
    currency: str = "EUR",
    requires_shipping: bool = True,
    country: str = "DE",
) -> dict[str, Any]:
    """An order whose totals add up; `discount` is taken off the first line."""
    gross = [parse_major(price, currency) * quantity for _, price, quantity in lines]
    off = parse_major(discount, currency)
    subtotal = sum(gross) - off
    total = subtotal + parse_major(shipping, currency)
    identity = 7_000_000_000_000 + serial
    return {
        "id": identity,
        "name": f"#T{serial}",
        "order_number": serial,
        "created_at": "2026-11-20T09:30:00+01:00",
        "currency": currency,
        "email": f"kunde{serial}@example.com",
        "financial_status": financial_status,
        "fulfillment_status": None,
        "gateway": "bogus",
        "payment_gateway_names": ["bogus"],
        "note": None,
        "tags": "",
        "test": False,
        "taxes_included": True,
        "subtotal_price": to_major(subtotal, currency),
        "total_discounts": to_major(off, currency),
        "total_tax": "0.00",
        "total_price": to_major(total, currency),
        "discount_codes": [{"code": "AUTUMN", "amount": discount, "type": "fixed_amount"}] if off else [],
        "shipping_lines": [{"title": "Standard", "code": "standard", "price": shipping}] if requires_shipping else [],
        "tax_lines": [],
        "line_items": [
            {
                "id": identity * 10 + place,
                "sku": sku,
                "title": sku.title(),
                "name": sku.title(),
                "price": price,
                "quantity": quantity,
                "grams": 400,
                "requires_shipping": requires_shipping,
                "total_discount": "0.00",
                "discount_allocations": [{"amount": discount}] if off and place == 0 else [],
                "tax_lines": [],
                "properties": [],
            }
            for place, (sku, price, quantity) in enumerate(lines)
        ],
        "customer": {
            "id": 9_000_000 + serial,
            "email": f"kunde{serial}@example.com",
            "first_name": "Jörg",
            "last_name": f"Kühn{serial}",
            "phone": "+4930123456",
        },
        "billing_address": _address(serial, country),
        "shipping_address": _address(serial, country) if requires_shipping else None,
    }


def _address(serial: int, country: str) -> dict[str, Any]:
    return {
        "first_name": "Jörg",
        "last_name": f"Kühn{serial}",
        "name": f"Jörg Kühn{serial}",
        "company": None,
        "address1": f"Ahornallee {serial}",
        "address2": "",
        "city": "Berlin",
        "province": "Berlin",
        "province_code": "BE",
        "zip": "10115",
        "country": "Germany",
        "country_code": country,
        "phone": "+4930123456",
    }
