"""What is wrong with a message, said for people, with the place beside it."""

import pytest

from backend.domain.payload_words import Worded, in_words
from backend.domain.quarantine import cause


@pytest.mark.parametrize(
    ("problem", "sentence", "path"),
    [
        ("$.currency is missing.", "The currency is missing.", "$.currency"),
        ("$.name is missing.", "The order's name is missing.", "$.name"),
        (
            "$.line_items[1].price must be text, but it is null.",
            "The price of line 2 must be text, but it is empty.",
            "$.line_items[1].price",
        ),
        (
            "$.items[0].unit_price_minor is -5; it must be at least 0.",
            "The unit price of line 1 is -5; it must be at least 0.",
            "$.items[0].unit_price_minor",
        ),
        (
            "$.shipping_address.zip has 120 characters; it must have at most 40.",
            "The postcode of the shipping address has 120 characters; it must have at most 40.",
            "$.shipping_address.zip",
        ),
        (
            "$.line_items[2].tax_lines[0].price is missing.",
            "The price of tax line 1 of line 3 is missing.",
            "$.line_items[2].tax_lines[0].price",
        ),
        (
            "$.currency is 'eur'; it must have the form ^[A-Z]{3}$.",
            "The currency is “eur”; it must be three capital letters, such as EUR.",
            "$.currency",
        ),
        (
            "$.created_at is 'yesterday'; it must be a valid date-time.",
            "The time of the order is “yesterday”; it must be a date and time with its zone, such as 2026-01-31T10:15:00Z.",
            "$.created_at",
        ),
        (
            "$.total_price: The amount '19,99' is not a plain decimal such as 19.99.",
            "Total: The amount “19,99” is not a plain decimal such as 19.99.",
            "$.total_price",
        ),
        (
            "$.currency: The currency 'XXQ' is unknown. Use a code such as EUR.",
            "The currency “XXQ” is unknown. Use a code such as EUR.",
            "$.currency",
        ),
        ("$.items has 0 entries; it must have at least 1.", "The list of items has 0 entries; it must have at least 1.", "$.items"),
        (
            "$.line_items must be a list, but it is an object.",
            "The list of line items must be a list, but it is a group of fields.",
            "$.line_items",
        ),
        (
            "$.line_items[3] must be an object, but it is text.",
            "Line 4 must be a group of fields, but it is text.",
            "$.line_items[3]",
        ),
        ("$.line_items is missing.", "The list of line items is missing.", "$.line_items"),
        ("$ must be an object, but it is a list.", "The message must be a group of fields, but it is a list.", "$"),
        ("$.data.object.currency is missing.", "The currency is missing.", "$.data.object.currency"),
        ("$['odd name'].x_y is missing.", "The x y of the odd name is missing.", "$['odd name'].x_y"),
    ],
)  # fmt: skip
def test_a_problem_names_the_thing_and_keeps_the_place_beside(problem: str, sentence: str, path: str) -> None:
    assert in_words(problem) == Worded(sentence, path)


def test_a_sentence_without_a_place_stays_as_it_is() -> None:
    sentence = "The order has no line items; it needs at least one."
    assert in_words(sentence) == Worded(sentence)


def test_a_cause_of_many_messages_is_said_of_any_line() -> None:
    found = cause("$.line_items[3].price is '-4.00'; it must be at least 0.")
    assert in_words(found).sentence == "The price of a line is …; it must be at least …"
