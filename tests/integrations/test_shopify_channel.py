"""Shopify orders: what they become, and in which words they are turned away."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from backend.domain.intake import NewAddress, NewDiscount, NewItem, problems
from backend.domain.orders import PaymentMode
from backend.integrations.shopify.channel import ShopifyChannel
from tests.integrations.shared import fixture, reference
from tests.integrations.shopify_shop import SECRET, message, why


@pytest.fixture
def channel() -> ShopifyChannel:
    return ShopifyChannel(webhook_secrets=[SECRET])


@pytest.fixture
def order() -> dict[str, Any]:
    return copy.deepcopy(fixture("shopify/order_paid.json"))


def test_an_order_becomes_ours_to_the_minor_unit(channel: ShopifyChannel, order: dict[str, Any]) -> None:
    found = channel.read(message(order))

    assert found is not None
    assert problems(found) == []
    assert (found.channel, found.external_id, found.external_number) == ("shopify", "6120034771234567890", "#2042")
    assert found.placed_at == datetime(2026, 1, 31, 10, 15, 2, tzinfo=UTC)
    assert (found.payment_mode, found.gateway, found.payment_reference) == (
        PaymentMode.PAID,
        "shopify",
        "6120034771234567890",
    )
    assert found.items == (
        NewItem(
            external_id="15500112233445566",
            sku="LAMP-OAK",
            name="Desk lamp - oak",
            quantity=1,
            unit_price_minor=14900,
            discount_minor=2510,
            tax_minor=1650,
            grams=1800,
            requires_shipping=True,
            tax_rate="0.19",
            wishes=(("Engraving", "For M."),),
        ),
        NewItem(
            external_id="15500112233445567",
            sku="BULB-E27",
            name="Bulb",
            quantity=2,
            unit_price_minor=2500,
            discount_minor=900,
            tax_minor=550,
            grams=60,
            requires_shipping=True,
            tax_rate="0.19",
        ),
    )
    assert (found.subtotal_minor, found.discount_minor, found.shipping_minor) == (16490, 3410, 490)
    assert (found.tax_minor, found.total_minor, found.taxes_included) == (2200, 19180, False)
    assert found.discounts == (NewDiscount("WINTER", "fixed_amount", 3410),)
    assert found.billing is None
    assert found.shipping == NewAddress(
        name="Mila Brandt",
        line1="Lindenweg 8",
        city="Potsdam",
        province="BB",
        postal_code="14467",
        country="DE",
        phone="+4930555100",
    )
    assert (found.customer.external_id, found.customer.name) == ("7001122334455", "Mila Brandt")
    assert (found.note, found.tags, found.wishes) == ("Please ring twice.", ("vip", "gift"), (("gift wrap", "yes"),))


def test_an_order_without_customer_and_addresses_is_read(channel: ShopifyChannel, order: dict[str, Any]) -> None:
    order |= {"customer": None, "billing_address": None, "shipping_address": None, "email": "", "contact_email": None}

    found = channel.read(message(order))

    assert found is not None
    assert (found.customer.name, found.customer.email, found.shipping) == ("", "", None)


def test_goods_handed_over_at_the_till_need_no_shipping(channel: ShopifyChannel, order: dict[str, Any]) -> None:
    order |= {"source_name": "pos", "shipping_address": None}

    found = channel.read(message(order))

    assert found is not None
    assert not found.requires_shipping


@pytest.mark.parametrize(
    ("changes", "mode", "gateway"),
    [
        ({"financial_status": "paid"}, PaymentMode.PAID, "shopify"),
        ({"financial_status": "partially_paid"}, PaymentMode.PAID, "shopify"),
        ({"financial_status": "partially_refunded"}, PaymentMode.PAID, "shopify"),
        ({"financial_status": "refunded"}, PaymentMode.PAID, "shopify"),
        ({"financial_status": "authorized"}, PaymentMode.AUTHORIZED, "shopify"),
        ({"financial_status": "pending"}, PaymentMode.UNPAID, ""),
        ({"financial_status": "voided"}, PaymentMode.UNPAID, ""),
        ({"financial_status": "expired"}, PaymentMode.UNPAID, ""),
        ({"financial_status": "pending", "payment_terms": {"payment_terms_name": "Net 30"}}, PaymentMode.TERMS, ""),
        ({"financial_status": "pending", "payment_gateway_names": ["Cash on Delivery (COD)"]}, PaymentMode.TERMS, ""),
        ({"financial_status": "pending", "payment_gateway_names": ["Bank Deposit"]}, PaymentMode.TERMS, ""),
        ({"financial_status": "pending", "payment_gateway_names": ["checkout_x"]}, PaymentMode.UNPAID, ""),
        ({"financial_status": "partially_paid", "payment_terms": {}}, PaymentMode.PAID, "shopify"),
        ({"financial_status": "paid", "payment_gateway_names": ["manual"]}, PaymentMode.PAID, "shopify"),
    ],
)
def test_what_the_shop_says_about_the_money_decides_the_mode(
    channel: ShopifyChannel, order: dict[str, Any], changes: dict[str, Any], mode: PaymentMode, gateway: str
) -> None:
    found = channel.read(message(order | changes))

    assert found is not None
    assert (found.payment_mode, found.gateway) == (mode, gateway)


@pytest.mark.parametrize(
    ("changes", "risk"),
    [
        ({}, ""),
        ({"risk_level": "HIGH"}, "high"),
        ({"risks": [{"recommendation": "accept"}, {"recommendation": "cancel"}]}, "high"),
        ({"risk": {"recommendation": "investigate"}}, "medium"),
    ],
)
def test_the_shops_judgement_of_risk_is_kept(
    channel: ShopifyChannel, order: dict[str, Any], changes: dict[str, Any], risk: str
) -> None:
    found = channel.read(message(order | changes))

    assert found is not None
    assert found.risk == risk


@pytest.mark.parametrize(
    ("currency", "amount", "minor"),
    [
        ("JPY", "1999", 1999),
        ("JPY", "1999.00", 1999),
        ("KWD", "19.995", 19995),
        ("EUR", "19.9", 1990),
        ("EUR", "20", 2000),
    ],
)
def test_an_amount_is_read_with_its_currencys_decimals(
    channel: ShopifyChannel, order: dict[str, Any], currency: str, amount: str, minor: int
) -> None:
    zero = {"subtotal_price": "0", "total_discounts": "0", "total_tax": "0", "shipping_lines": [], "discount_codes": []}
    line = {"id": 1, "sku": "A", "name": "A", "price": amount, "quantity": 1}

    found = channel.read(message(order | zero | {"currency": currency, "total_price": amount, "line_items": [line]}))

    assert found is not None
    assert (found.total_minor, found.items[0].unit_price_minor) == (minor, minor)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ("19.99", "$.total_price must be text, but it is a number with decimals."),
        ("1999", "$.total_price must be text, but it is a whole number."),
        ("null", "$.total_price must be text, but it is null."),
        ("true", "$.total_price must be text, but it is true or false."),
        ("NaN", "The body contains NaN, which is not a JSON number."),
        ('"19.999"', "$.total_price: The amount 19.999 has more decimals than EUR has (2)."),
        ('"1e3"', "$.total_price: The amount '1e3' is not a plain decimal such as 19.99."),
        ('"19,99"', "$.total_price: The amount '19,99' is not a plain decimal such as 19.99."),
        ('" 19.99"', "$.total_price: The amount ' 19.99' is not a plain decimal such as 19.99."),
        ('"٣.٠٠"', "$.total_price: The amount '٣.٠٠' is not a plain decimal such as 19.99."),
        ('"99999999999.00"', "$.total_price: The amount 99999999999.00 EUR is larger than any order can be."),
        ('""', "$.total_price: The amount '' is not a plain decimal such as 19.99."),
    ],
)
def test_an_amount_that_is_no_exact_text_is_refused_by_its_path(
    channel: ShopifyChannel, order: dict[str, Any], raw: str, sentence: str
) -> None:
    body = json.dumps(order | {"total_price": "@@"}, ensure_ascii=False).replace('"@@"', raw).encode()

    assert why(channel, body) == [sentence]


def test_every_problem_is_named_with_its_path(channel: ShopifyChannel, order: dict[str, Any]) -> None:
    order["line_items"][0]["price"] = 149.0
    order["line_items"][1]["quantity"] = "2"
    del order["name"]

    assert why(channel, order) == [
        "$.name is missing.",
        "$.line_items[0].price must be text, but it is a number with decimals.",
        "$.line_items[1].quantity must be a whole number, but it is text.",
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"currency": "eur"}, "$.currency is 'eur'; it must have the form ^[A-Z]{3}$."),
        (
            {"currency": "XXQ"},
            "$.currency: The currency 'XXQ' is unknown. Use an ISO 4217 code in upper case, such as EUR.",
        ),
        ({"created_at": "yesterday"}, "$.created_at is 'yesterday'; it must be a valid date-time."),
        ({"line_items": {}}, "$.line_items must be a list, but it is an object."),
        ({"id": 1.5}, "$.id must be a whole number or text, but it is a number with decimals."),
    ],
)
def test_an_order_that_breaks_the_schema_is_refused(
    channel: ShopifyChannel, order: dict[str, Any], changes: dict[str, Any], sentence: str
) -> None:
    assert why(channel, order | changes) == [sentence]


def test_an_unknown_money_status_is_refused(channel: ShopifyChannel, order: dict[str, Any]) -> None:
    (sentence,) = why(channel, order | {"financial_status": "blocked"})

    assert sentence.startswith("$.financial_status is 'blocked'; it must be one of: pending, authorized,")


@pytest.mark.parametrize(
    "changes",
    [{"total_price": "190.80"}, {"total_tax": "21.98"}, {"shipping_lines": []}],
    ids=["total", "tax", "shipping"],
)
def test_amounts_that_do_not_add_up_are_seen_by_the_business_rules(
    channel: ShopifyChannel, order: dict[str, Any], changes: dict[str, Any]
) -> None:
    found = channel.read(message(order | changes))

    assert found is not None
    (sentence,) = problems(found)
    assert sentence.startswith("The total does not add up:")


def test_a_difference_of_one_minor_unit_is_the_shops_rounding(channel: ShopifyChannel, order: dict[str, Any]) -> None:
    found = channel.read(message(order | {"total_price": "191.81"}))

    assert found is not None
    assert problems(found) == []


def test_tips_duties_and_fees_are_lines_that_need_no_shipping(channel: ShopifyChannel, order: dict[str, Any]) -> None:
    order |= {
        "total_tip_received": "5.00",
        "original_total_duties_set": {"shop_money": {"amount": "7.50", "currency_code": "EUR"}},
        "total_price": "204.30",
    }

    found = channel.read(message(order))

    assert found is not None
    assert problems(found) == []
    extras = [(item.external_id, item.unit_price_minor, item.requires_shipping) for item in found.items[2:]]
    assert extras == [("duties", 750, False), ("tip", 500, False)]


def test_a_discount_on_shipping_lowers_shipping_and_no_line(channel: ShopifyChannel, order: dict[str, Any]) -> None:
    order["shipping_lines"][0]["discount_allocations"] = [{"amount": "4.90"}]
    order |= {"total_discounts": "39.00", "total_price": "186.90"}

    found = channel.read(message(order))

    assert found is not None
    assert problems(found) == []
    assert (found.shipping_minor, [item.discount_minor for item in found.items]) == (0, [2510, 900])


@pytest.mark.parametrize("topic", ["orders/delete", "refunds/create", "app/uninstalled", "orders", "customers/update"])
def test_a_topic_without_an_order_gives_none(channel: ShopifyChannel, topic: str) -> None:
    assert channel.read(message(b'{"id": 1}', topic)) is None


@pytest.mark.parametrize(
    ("topic", "cancelled_at", "cancelled"),
    [
        ("orders/create", None, False),
        ("orders/updated", "2026-02-01T08:00:00+01:00", True),
        ("orders/cancelled", "2026-02-01T08:00:00+01:00", True),
        ("orders/cancelled", None, True),
    ],
)
def test_an_order_that_the_shop_called_off_says_so(
    channel: ShopifyChannel, order: dict[str, Any], topic: str, cancelled_at: str | None, cancelled: bool
) -> None:
    found = channel.read(message(order | {"cancelled_at": cancelled_at}, topic))

    assert found is not None
    assert found.cancelled is cancelled


def test_the_reference_order_whose_lines_exceed_its_subtotal_is_told_in_words(channel: ShopifyChannel) -> None:
    order = json.loads(reference("shopify/fixtures/order.json"))["order"]

    found = channel.read(message(order))

    assert found is not None
    assert problems(found) == [
        "The total does not add up: lines after discount 597.00 USD + shipping 0.00 USD + tax 11.94 USD = 608.94 USD,"
        " but the order says 409.94 USD (difference -199.00 USD)."
        " Correct the amounts in the shop and send the order again."
    ]


def test_the_reference_order_is_taken_once_its_amounts_are_mended(channel: ShopifyChannel) -> None:
    order = json.loads(reference("shopify/fixtures/order.json"))["order"]
    order |= {"subtotal_price": "597.00", "total_line_items_price": "597.00", "total_price": "608.94"}

    found = channel.read(message(order))

    assert found is not None
    assert problems(found) == []
    assert (found.total_minor, found.payment_mode, len(found.items)) == (60894, PaymentMode.AUTHORIZED, 3)
    assert found.items[0].wishes == (("Custom Engraving", "Happy Birthday"),)
    assert found.wishes == (("custom engraving", "Happy Birthday"), ("colour", "green"))


def test_the_reference_order_without_lines_is_told_in_words(channel: ShopifyChannel) -> None:
    order = json.loads(reference("shopify/fixtures/orders.json"))["orders"][0]

    assert why(channel, order) == ["$.line_items is missing."]


def test_an_old_order_without_allocations_has_its_discount_spread_over_its_lines(channel: ShopifyChannel) -> None:
    order = json.loads(reference("shopify/fixtures/orders.json"))["orders"][0]
    lines = json.loads(reference("shopify/fixtures/order.json"))["order"]["line_items"]

    found = channel.read(message(order | {"line_items": lines}))

    assert found is not None
    assert problems(found) == []
    assert [item.discount_minor for item in found.items] == [334, 333, 333]
    assert found.total_minor == 59894
