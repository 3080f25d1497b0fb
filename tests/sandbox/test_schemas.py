"""The check against OpenAPI documents can fail: a check that cannot is none."""

from typing import Any

import pytest

from tests.sandbox.schemas import assert_matches

SPEC: dict[str, Any] = {
    "components": {
        "schemas": {
            "money": {
                "type": "object",
                "required": ["amount", "currency"],
                "additionalProperties": False,
                "properties": {
                    "amount": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
                    "currency": {"type": "string", "enum": ["eur", "usd"]},
                    "title": {"type": "string", "nullable": True},
                },
            }
        }
    }
}
MONEY = {"$ref": "#/components/schemas/money"}


@pytest.mark.parametrize("value", [{"amount": 1.5, "currency": "eur"}, {"amount": 1, "currency": "usd", "title": None}])
def test_what_fits_passes(value: Any) -> None:
    assert_matches(value, MONEY, SPEC)


@pytest.mark.parametrize(
    "value",
    [
        {"amount": "1.5", "currency": "eur"},
        {"amount": 0, "currency": "eur"},
        {"amount": 1, "currency": "gbp"},
        {"amount": 1},
        {"amount": None, "currency": "eur"},
        {"amount": 1, "currency": "eur", "title": 5},
        {"amount": 1, "currency": "eur", "colour": "red"},
        [],
    ],
)
def test_what_does_not_fit_is_caught(value: Any) -> None:
    with pytest.raises(AssertionError):
        assert_matches(value, MONEY, SPEC)
