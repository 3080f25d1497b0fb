"""The business rules an order must meet to become one, each refused with what, where and by how much."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.intake import MAX_LINES, MAX_QUANTITY, problems
from backend.domain.money import MAX_MINOR
from tests.factories import digital, item, new_order

GOOD = item(quantity=3, unit_price_minor=1000, discount_minor=300)


def test_an_order_that_adds_up_has_no_problems() -> None:
    assert problems(new_order(GOOD, digital())) == []


@pytest.mark.parametrize("field", ["subtotal", "discount", "shipping", "tax", "total"])
def test_a_negative_amount_is_named(field: str) -> None:
    broken = replace(new_order(), **{f"{field}_minor": -1})
    assert problems(broken) == [f"The {field} is negative (-0.01 EUR)."]


@pytest.mark.parametrize("field", ["subtotal", "discount", "shipping", "tax", "total"])
def test_an_amount_beyond_any_order_is_named(field: str) -> None:
    broken = replace(new_order(), **{f"{field}_minor": MAX_MINOR + 1})
    assert problems(broken) == [f"The {field} is larger than any order can be."]


def test_an_order_needs_a_line() -> None:
    assert problems(replace(new_order(), items=())) == ["The order has no line items; it needs at least one."]


def test_there_is_a_limit_to_lines() -> None:
    assert problems(replace(new_order(), items=(item(),) * (MAX_LINES + 1))) == [
        f"The order has {MAX_LINES + 1} lines; at most {MAX_LINES} are taken."
    ]


@pytest.mark.parametrize("quantity", [0, -1, MAX_QUANTITY + 1])
def test_a_quantity_out_of_range_is_named_with_its_line(quantity: int) -> None:
    broken = replace(new_order(), items=(GOOD, replace(GOOD, quantity=quantity, discount_minor=0)))
    first = problems(broken)[0]
    assert first == f"Line 2: the quantity is {quantity}; it must be between 1 and {MAX_QUANTITY}."


@pytest.mark.parametrize("field", ["unit_price_minor", "discount_minor", "tax_minor"])
def test_negative_amounts_of_a_line_are_named(field: str) -> None:
    broken = replace(new_order(), items=(replace(GOOD, **{field: -1}),))
    assert problems(broken) == ["Line 1: price, discount and tax must not be negative."]


def test_a_discount_may_eat_a_line_whole_but_no_more() -> None:
    free = item(quantity=1, unit_price_minor=500, discount_minor=500)
    assert problems(new_order(free)) == []
    broken = replace(new_order(), items=(replace(free, discount_minor=501),))
    assert problems(broken) == ["Line 1: the discount is larger than the line itself."]


def test_every_broken_line_is_told_at_once() -> None:
    broken = replace(new_order(), items=(replace(GOOD, quantity=0, discount_minor=0), replace(GOOD, tax_minor=-5)))
    assert problems(broken) == [
        "Line 1: the quantity is 0; it must be between 1 and 1000000.",
        "Line 2: price, discount and tax must not be negative.",
    ]


def test_a_total_that_does_not_add_up_is_told_with_the_whole_sum() -> None:
    right = new_order(GOOD, shipping_minor=490, tax_minor=120)
    assert right.total_minor == 3310
    assert problems(replace(right, total_minor=3410)) == [
        "The total does not add up: lines after discount 27.00 EUR + shipping 4.90 EUR + tax 1.20 EUR = 33.10 EUR, "
        "but the order says 34.10 EUR (difference 1.00 EUR). Correct the amounts in the shop and send the order again."
    ]


def test_included_tax_is_not_added_again() -> None:
    right = new_order(GOOD, shipping_minor=0, tax_minor=431, taxes_included=True)
    assert right.total_minor == 2700
    assert problems(right) == []
    assert problems(replace(right, total_minor=3131)) != []


@pytest.mark.parametrize(("difference", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_minor_unit_of_rounding_is_the_channels_own(difference: int, accepted: bool) -> None:
    right = new_order(GOOD)
    assert (problems(replace(right, total_minor=right.total_minor + difference)) == []) is accepted


@given(
    lines=st.lists(
        st.tuples(st.integers(1, 100), st.integers(0, 10**6), st.integers(0, 100), st.integers(0, 10**5)),
        min_size=1,
        max_size=8,
    ),
    shipping=st.integers(0, 10**5),
    included=st.booleans(),
    off_by=st.integers(2, 10**6),
)
def test_any_order_that_adds_up_is_taken_and_none_that_does_not(
    lines: list[tuple[int, int, int, int]], shipping: int, included: bool, off_by: int
) -> None:
    items = [
        item(quantity=quantity, unit_price_minor=price, discount_minor=quantity * price * percent // 100, tax_minor=tax)
        for quantity, price, percent, tax in lines
    ]
    tax = sum(line.tax_minor for line in items)
    right = new_order(*items, shipping_minor=shipping, tax_minor=tax, taxes_included=included)
    assert problems(right) == []
    assert len(problems(replace(right, total_minor=right.total_minor + off_by))) == 1
