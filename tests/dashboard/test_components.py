"""How amounts, moments, ages and words are written, and that every status has a shape of its own kind."""

from datetime import UTC, datetime, timedelta

import pytest

from backend import settings
from backend.domain.desk import MoneySum
from backend.domain.orders import OrderStatus, ShippingStatus
from backend.domain.payments import PaymentStatus
from backend.domain.preferences import Preferences
from dashboard.components import times
from dashboard.components.marks import SHAPE_OF, SHAPES
from dashboard.components.money import money, sums, told, whole_money
from dashboard.components.times import age, span, until
from dashboard.components.viewer import show_for
from dashboard.components.words import count, word

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (128490, "EUR", "€1,284.90"),
        (5, "GBP", "£0.05"),
        (1200, "JPY", "JP¥1,200"),
        (-490, "EUR", "-€4.90"),
        (1234, "KWD", "KWD\u00a01.234"),
        (91400, "SEK", "SEK\u00a0914.00"),
        (-1250, "CHF", "-CHF\u00a012.50"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(minor: int, currency: str, text: str) -> None:
    assert money(minor, currency) == text


def test_sums_leave_out_cents_and_count_what_they_leave_out() -> None:
    assert whole_money(128490, "EUR") == "€1,285"
    four = [MoneySum(currency, 100_00) for currency in ("EUR", "GBP", "USD", "SEK")]
    assert sums(four, most=2) == "€100 · £100 · + 2 more"
    assert sums(four[:1]) == "€100"
    assert sums(four[3:]) == "SEK\u00a0100"


def test_a_sentence_of_the_back_end_writes_its_amounts_as_the_page_does() -> None:
    said = "1,284.90 EUR captured, -4.90 GBP back (of 1,200 JPY)."
    assert told(said) == "€1,284.90 captured, -£4.90 back (of JP¥1,200)."
    assert told(told(said)) == told(said)
    unsaid = "Order 42 ABC, 19.999 EUR, 5 EUR, v1.50 EUR and 30 TRY."
    assert told(unsaid) == unsaid
    show_for(Preferences(numbers="de-DE"))
    try:
        assert told("1,284.90 EUR captured.") == "1.284,90\u00a0€ captured."
    finally:
        show_for(None)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (-5, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (8040, "2 h 14 min"),
        (86399, "23 h 59 min"), (86400, "1 d"), (273600, "3 d 4 h"), (14 * 86400 + 3600, "14 d"),
    ],
)  # fmt: skip
def test_an_age_has_at_most_two_units(seconds: int, text: str) -> None:
    assert span(timedelta(seconds=seconds)) == text


def test_ages_and_waits_are_counted_from_now() -> None:
    assert age(NOW - timedelta(minutes=8), NOW) == "8 min"
    assert until(NOW + timedelta(minutes=4), NOW) == "in 4 min"
    assert until(NOW - timedelta(minutes=4), NOW) == "now"


def test_moments_are_in_the_shops_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_TIME_ZONE", "America/New_York")
    settings.current.cache_clear()
    assert times.full(NOW) == "Sat 31 Jan 2026, 07:00:00 EST"
    assert times.zone_name() == "America/New York"


def test_counts_and_codes_are_words() -> None:
    assert (count(1, "order"), count(0, "order"), count(1204, "order")) == ("1 order", "0 orders", "1,204 orders")
    assert (word("in_transit"), word("fraud_check"), word("")) == ("On its way", "Fraud check", "")


def test_every_status_has_a_shape() -> None:
    for status in (*OrderStatus, *PaymentStatus, *ShippingStatus):
        assert SHAPE_OF[status] in SHAPES
