"""How much a refund pays back, exactly, and why it may not."""

import pytest

from backend.domain.refunds import Line, RefundWish, amount, refusal

LINES = [Line(1, 3, 1000), Line(2, 1, 4990)]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (RefundWish(full=True), 6480),
        (RefundWish(amount_minor=123), 123),
        (RefundWish(lines={1: 1}), 333),
        (RefundWish(lines={1: 3}), 1000),
        (RefundWish(lines={1: 2, 2: 1}), 666 + 4990),
        (RefundWish(shipping=True), 490),
        (RefundWish(lines={2: 1}, shipping=True), 5480),
        (RefundWish(lines={9: 1}), 0),
    ],
)
def test_the_amount_of_a_refund(wish: RefundWish, expected: int) -> None:
    assert amount(wish, lines=LINES, shipping_minor=490, refundable_minor=6480) == expected


def test_parts_of_a_line_never_add_up_to_more_than_the_line() -> None:
    parts = [amount(RefundWish(lines={1: 1}), lines=LINES, shipping_minor=0, refundable_minor=6480) for _ in range(3)]
    assert sum(parts) <= 1000


@pytest.mark.parametrize(
    ("wish", "amount_minor", "refundable", "words"),
    [
        (RefundWish(), 0, 6480, "Choose one"),
        (RefundWish(full=True, amount_minor=5), 5, 6480, "Choose one"),
        (RefundWish(lines={1: 4}), 1333, 6480, "Line 1 has 3 pieces"),
        (RefundWish(lines={7: 1}), 0, 6480, "Line 7 has 0 pieces"),
        (RefundWish(full=True), 0, 0, "Nothing can be paid back"),
        (RefundWish(amount_minor=-5), -5, 6480, "comes to nothing"),
        (RefundWish(amount_minor=6481), 6481, 6480, "64.81 EUR is more than the 64.80 EUR"),
    ],
)
def test_what_is_refused_and_why(wish: RefundWish, amount_minor: int, refundable: int, words: str) -> None:
    said = refusal(wish, lines=LINES, amount_minor=amount_minor, refundable_minor=refundable, currency="EUR")
    assert words in said


def test_a_possible_refund_is_not_refused() -> None:
    said = refusal(RefundWish(full=True), lines=LINES, amount_minor=6480, refundable_minor=6480, currency="EUR")
    assert said == ""
