"""Amounts in major units that providers send as JSON numbers or as text, and that we send as exact numbers."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from backend.domain.errors import InvalidInput
from backend.domain.money import exponent, parse_major, to_major


def read_major(value: Any, currency: str) -> int:
    """Minor units of a JSON number or text; raises `InvalidInput` when it is no exact amount of the currency."""
    if isinstance(value, Decimal):
        value = f"{value:f}"
    elif isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return parse_major(value, currency)


def read_cost(value: Any, currency: str) -> int:
    """As `read_major`, but a fraction of a minor unit is rounded: for costs that are noted and never booked."""
    try:
        amount = Decimal(str(value)).scaleb(exponent(currency))
    except InvalidOperation:
        raise InvalidInput([f"The cost {str(value)[:40]!r} is not a number."]) from None
    if not amount.is_finite():
        raise InvalidInput([f"The cost {str(value)[:40]!r} is not a number."])
    return int(amount.to_integral_value(ROUND_HALF_UP))


def major(minor: int, currency: str) -> Decimal:
    """Our amount as a number for a JSON body, with the currency's decimals."""
    return Decimal(to_major(minor, currency))
