"""Money is whole minor units: text in, text out, and nothing is lost in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.errors import InvalidInput
from backend.domain.money import MAX_MINOR, allocate, display, exponent, parse_major, to_major

CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KRW", "KWD", "BHD", "TND", "CLF", "ISK", "HUF"])


@given(minor=st.integers(-MAX_MINOR, MAX_MINOR), currency=CURRENCIES)
def test_what_is_written_out_reads_back_as_the_same_amount(minor: int, currency: str) -> None:
    assert parse_major(to_major(minor, currency), currency) == minor


@given(minor=st.integers(0, MAX_MINOR), currency=CURRENCIES)
def test_display_and_provider_text_differ_only_in_grouping_and_the_currency(minor: int, currency: str) -> None:
    assert display(minor, currency).replace(",", "") == f"{to_major(minor, currency)} {currency}"


@given(total=st.integers(0, MAX_MINOR), weights=st.lists(st.integers(0, 10**9), min_size=1, max_size=40))
def test_parts_add_up_to_the_whole_and_are_fair(total: int, weights: list[int]) -> None:
    whole = sum(weights)
    if whole == 0:
        with pytest.raises(ValueError, match="weights must be positive"):
            allocate(total, weights)
        return
    parts = allocate(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert 0 <= part - total * weight // whole <= 1
        assert weight > 0 or part == 0


def test_the_largest_remainders_get_the_odd_units() -> None:
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(10, [2, 5, 3]) == [2, 5, 3]
    assert allocate(5, [1, 2, 4]) == [1, 1, 3]
    assert allocate(0, [7, 1]) == [0, 0]


@pytest.mark.parametrize("weights", [[], [0], [0, 0]])
def test_nothing_can_be_split_over_nobody(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights must be positive"):
        allocate(100, weights)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("19.99", "EUR", 1999),
        ("19.9", "EUR", 1990),
        ("19", "EUR", 1900),
        ("-0.01", "EUR", -1),
        ("0.00", "USD", 0),
        ("1200", "JPY", 1200),
        ("1200.00", "JPY", 1200),
        ("1.234", "KWD", 1234),
        ("1.2340", "KWD", 1234),
        ("0.5", "BHD", 500),
        ("007.10", "EUR", 710),
    ],
)
def test_decimal_text_is_read_exactly(text: str, currency: str, minor: int) -> None:
    assert parse_major(text, currency) == minor


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1 ", "+1", "1e3", "1,50", ".5", "5.", "١٢", "0x10", "NaN", "1_000", "--1", "12345678901234567"],
)
def test_anything_but_a_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not a plain decimal"):
        parse_major(text, "EUR")


@pytest.mark.parametrize(("text", "currency", "digits"), [("1.001", "EUR", 2), ("1.5", "JPY", 0), ("1.2345", "KWD", 3)])
def test_more_decimals_than_the_currency_has_are_refused_not_rounded(text: str, currency: str, digits: int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_major(text, currency)
    assert refusal.value.sentence == f"The amount {text} has more decimals than {currency} has ({digits})."


@pytest.mark.parametrize("value", [19.99, 19, None, b"19.99", True])
def test_only_text_is_taken_for_an_amount(value: object) -> None:
    with pytest.raises(InvalidInput):
        parse_major(value, "EUR")  # type: ignore[arg-type]


def test_an_amount_beyond_any_order_is_refused_at_the_limit() -> None:
    assert parse_major("10000000000.00", "EUR") == MAX_MINOR
    with pytest.raises(InvalidInput, match="larger than any order can be"):
        parse_major("10000000000.01", "EUR")


@pytest.mark.parametrize(("currency", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("ISK", 0)])
def test_exponents_are_those_of_iso_4217(currency: str, digits: int) -> None:
    assert exponent(currency) == digits


@pytest.mark.parametrize("code", ["", "eur", "EURO", "XYZ", "€"])
def test_an_unknown_currency_is_named_in_the_refusal(code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        exponent(code)
    assert (
        refusal.value.sentence == f"The currency {code!r} is unknown. Use an ISO 4217 code in upper case, such as EUR."
    )


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (123450, "EUR", "1,234.50 EUR"),
        (1234567, "JPY", "1,234,567 JPY"),
        (1234567, "KWD", "1,234.567 KWD"),
        (-5, "EUR", "-0.05 EUR"),
        (0, "JPY", "0 JPY"),
    ],
)
def test_amounts_for_people(minor: int, currency: str, shown: str) -> None:
    assert display(minor, currency) == shown
