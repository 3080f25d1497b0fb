"""Writes a basket and a customer down as Shopify's REST order (2025-01), field by field."""

import random
from datetime import datetime
from typing import Any

from backend.sandbox.shop.basket import Basket, Line
from backend.sandbox.shop.catalogue import CURRENCIES
from backend.sandbox.shop.people import Customer

FIRST_ORDER_ID = 5_000_000_000_000
IDS_PER_SEED = 1_000_000_000
FIRST_NUMBER = 1001
BILLED_ELSEWHERE = 0.06
SOURCES = ("web", "web", "web", "web", "shopify_draft_order", "instagram")
GATEWAYS = {"pending": "manual", "authorized": "shopify_payments", "paid": "shopify_payments"}
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"


def order_id(seed: int, serial: int) -> int:
    """The shop's id of an order."""
    return FIRST_ORDER_ID + seed % 1000 * IDS_PER_SEED + serial * 41 + 7


def order(
    dice: random.Random,
    seed: int,
    serial: int,
    at: datetime,
    customer: Customer,
    basket: Basket,
    financial_status: str,
) -> dict[str, Any]:
    """The whole order. Every amount is a decimal string and comes with its `_set`."""
    money = _Money(customer.market.currency)
    identity = order_id(seed, serial)
    token = f"{dice.getrandbits(128):032x}"
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    shipped = any(line.product.requires_shipping for line in basket.lines)
    elsewhere = dice.random() < BILLED_ELSEWHERE
    lines = [_line(identity * 10 + index, line, basket, money) for index, line in enumerate(basket.lines, start=1)]
    return {
        "id": identity,
        "admin_graphql_api_id": f"gid://shopify/Order/{identity}",
        **_checkout(identity, token, stamp, customer),
        **_numbers(FIRST_NUMBER + serial),
        **_sums(basket, money, financial_status),
        **_unused(),
        "financial_status": financial_status,
        "payment_gateway_names": [GATEWAYS[financial_status]],
        "source_name": dice.choice(SOURCES),
        "billing_address": customer.other_address if elsewhere else customer.address,
        "customer": {**customer.body, "updated_at": stamp},
        "discount_applications": _applications(basket, money),
        "line_items": lines,
        "shipping_address": customer.address if shipped else None,
        "shipping_lines": [_shipping(identity * 10, basket, money)] if shipped else [],
    }


def _checkout(order_id: int, token: str, stamp: str, customer: Customer) -> dict[str, Any]:
    """Who bought, when, and in which browser."""
    return {
        "browser_ip": customer.browser_ip,
        "cart_token": token,
        "checkout_id": order_id + 19,
        "checkout_token": token[::-1],
        "client_details": {
            "accept_language": customer.market.language,
            "browser_height": None,
            "browser_ip": customer.browser_ip,
            "browser_width": None,
            "session_hash": None,
            "user_agent": AGENT,
        },
        "confirmation_number": token[:9].upper(),
        "contact_email": customer.body["email"],
        "created_at": stamp,
        "customer_locale": customer.market.language,
        "email": customer.body["email"],
        "order_status_url": f"https://tidewater-supply.example/orders/{token}",
        "processed_at": stamp,
        "reference": token,
        "token": token,
        "updated_at": stamp,
    }


def _numbers(number: int) -> dict[str, Any]:
    return {"name": f"#{number}", "number": number - FIRST_NUMBER + 1, "order_number": number}


def _sums(basket: Basket, money: "_Money", financial_status: str) -> dict[str, Any]:
    """Every total of the order, with its `_set`, and the taxes and codes behind it."""
    goods, off, total = basket.goods, basket.discounts, basket.total
    return {
        "currency": money.currency,
        "presentment_currency": money.currency,
        **money.amount("current_subtotal_price", goods - off),
        **money.amount("current_total_discounts", off),
        **money.amount("current_total_price", total),
        **money.amount("current_total_tax", basket.total_tax),
        "discount_codes": _codes(basket, money),
        **money.amount("subtotal_price", goods - off),
        "tax_lines": _order_taxes(basket, money),
        "taxes_included": basket.taxes_included,
        **money.amount("total_discounts", off),
        **money.amount("total_line_items_price", goods),
        "total_outstanding": money.text(0 if financial_status == "paid" else total),
        **money.amount("total_price", total),
        "total_shipping_price_set": money.bag(basket.shipping),
        **money.amount("total_tax", basket.total_tax),
        "total_tip_received": money.text(0),
        "total_weight": sum(line.product.grams * line.quantity for line in basket.lines),
    }


def _unused() -> dict[str, Any]:
    """Fields that an ordinary web order leaves empty."""
    return {
        "app_id": 580111,
        "buyer_accepts_marketing": False,
        "cancel_reason": None,
        "cancelled_at": None,
        "closed_at": None,
        "company": None,
        "confirmed": True,
        "current_total_duties_set": None,
        "device_id": None,
        "duties_included": False,
        "estimated_taxes": False,
        "fulfillment_status": None,
        "fulfillments": [],
        "landing_site": "/collections/all",
        "landing_site_ref": None,
        "location_id": None,
        "merchant_of_record_app_id": None,
        "note": None,
        "note_attributes": [],
        "original_total_additional_fees_set": None,
        "original_total_duties_set": None,
        "payment_terms": None,
        "phone": None,
        "po_number": None,
        "referring_site": "",
        "refunds": [],
        "source_identifier": None,
        "source_url": None,
        "tags": "",
        "tax_exempt": False,
        "test": False,
        "user_id": None,
    }


class _Money:
    """Writes minor units as Shopify does, in one currency."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self._places = CURRENCIES[currency][2]

    def text(self, minor: int) -> str:
        if not self._places:
            return str(minor)
        return f"{minor // 100}.{minor % 100:02d}"

    def bag(self, minor: int) -> dict[str, Any]:
        amount = {"amount": self.text(minor), "currency_code": self.currency}
        return {"shop_money": amount, "presentment_money": amount}

    def amount(self, name: str, minor: int) -> dict[str, Any]:
        return {name: self.text(minor), f"{name}_set": self.bag(minor)}


def _line(line_id: int, line: Line, basket: Basket, money: _Money) -> dict[str, Any]:
    product = line.product
    allocations = [{**money.amount("amount", line.off), "discount_application_index": 0}] if line.off else []
    return {
        "id": line_id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{line_id}",
        "attributed_staffs": [],
        "current_quantity": line.quantity,
        "fulfillable_quantity": line.quantity,
        "fulfillment_service": "manual",
        "fulfillment_status": None,
        "gift_card": not product.requires_shipping,
        "grams": product.grams,
        "name": product.name,
        **money.amount("price", line.price),
        "product_exists": True,
        "product_id": product.product_id,
        "properties": [],
        "quantity": line.quantity,
        "requires_shipping": product.requires_shipping,
        "sku": product.sku,
        "taxable": True,
        "title": product.title,
        # Shopify leaves this at zero when the discount applies to the whole order: only allocations tell.
        **money.amount("total_discount", 0),
        "variant_id": product.variant_id,
        "variant_inventory_management": "shopify",
        "variant_title": product.variant,
        "vendor": "Tidewater Supply",
        "tax_lines": [_tax_line(basket, money, line.tax)] if line.tax else [],
        "duties": [],
        "discount_allocations": allocations,
    }


def _shipping(line_id: int, basket: Basket, money: _Money) -> dict[str, Any]:
    return {
        "id": line_id,
        "carrier_identifier": None,
        "code": basket.shipping_code,
        **money.amount("discounted_price", basket.shipping),
        "is_removed": False,
        "phone": None,
        **money.amount("price", basket.shipping),
        "requested_fulfillment_service_id": None,
        "source": "shopify",
        "title": basket.shipping_title,
        "tax_lines": [_tax_line(basket, money, basket.shipping_tax)] if basket.shipping_tax else [],
        "discount_allocations": [],
    }


def _tax_line(basket: Basket, money: _Money, tax: int) -> dict[str, Any]:
    market = basket.market
    return {
        **money.amount("price", tax),
        "rate": market.tax_percent / 100,
        "title": market.tax_name,
        "channel_liable": False,
    }


def _order_taxes(basket: Basket, money: _Money) -> list[dict[str, Any]]:
    return [_tax_line(basket, money, basket.total_tax)] if basket.total_tax else []


def _codes(basket: Basket, money: _Money) -> list[dict[str, Any]]:
    if basket.code is None:
        return []
    kind = "percentage" if basket.percent is not None else "fixed_amount"
    return [{"code": basket.code, "amount": money.text(basket.discounts), "type": kind}]


def _applications(basket: Basket, money: _Money) -> list[dict[str, Any]]:
    if basket.code is None:
        return []
    percentage = basket.percent is not None
    return [
        {
            "target_type": "line_item",
            "type": "discount_code",
            "value": f"{basket.percent}.0" if percentage else money.text(basket.fixed),
            "value_type": "percentage" if percentage else "fixed_amount",
            "allocation_method": "across",
            "target_selection": "all",
            "code": basket.code,
        }
    ]
