"""What is wrong with a message and where, and which messages share a cause."""

import json

import pytest

from backend.domain.json_places import pretty
from backend.domain.quarantine import Problem, cause, located

SHOPIFY = pretty(
    json.dumps({"id": 1, "line_items": [{"price": "1.00"}, {"price": "-4"}], "total_price": "9", "customer": None})
)


@pytest.mark.parametrize(
    ("sentence", "line"),
    [
        ("$.id must be text, but it is a whole number.", 2),
        ("$.line_items[1].price is '-4'; it must be at least 0.", 8),
        ("$.line_items[0].sku is missing.", 4),
        ("$.currency is missing.", 1),
        ("Line 2: price, discount and tax must not be negative.", 7),
        ("The total does not add up: lines after discount 1.00 EUR", 11),
        ("The order has no line items; it needs at least one.", 3),
        ("The body is not JSON: Expecting value at line 4, column 2.", 4),
        ("The body is not JSON: Expecting value at line 4000, column 2.", 13),
        ("The header X-Holdfast-Topic is 'x'; use one of: orders/create.", 0),
        ("The key 'price' appears more than once in the same object.", 8),
    ],
)
def test_a_problem_points_at_the_line_it_is_about(sentence: str, line: int) -> None:
    assert located([sentence], SHOPIFY) == (Problem(sentence, line),)


def test_a_payload_that_is_no_json_still_has_its_problems() -> None:
    assert located(["$.a.b is missing."], "{") == (Problem("$.a.b is missing.", 1),)


def test_messages_with_the_same_trouble_share_a_cause() -> None:
    first = "$.line_items[3].price is '-4.00'; it must be at least 0."
    second = "$.line_items[12].price is '-17'; it must be at least 0."
    assert cause(first) == cause(second) == "$.line_items[#].price is …; it must be at least #"
    assert len(cause("x" * 500)) == 160
