"""Money as whole minor units, and the strings and numbers in which providers write it."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

# ISO 4217 exponents that are not 2, as far as the shop's markets and the usual traps reach.
EXPONENTS = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "ISK": 0, "HUF": 2, "KWD": 3, "BHD": 3, "TND": 3, "JOD": 3}


def exponent(currency: str) -> int:
    """How many decimal places a currency has."""
    return EXPONENTS.get(currency.upper(), 2)


def to_minor(amount: object, currency: str) -> int:
    """A decimal amount ("12.50", 12.5) in minor units; raises ValueError when it is no number."""
    try:
        value = Decimal(str(amount))
    except InvalidOperation:
        raise ValueError(f"{amount!r} is not an amount of money") from None
    if not value.is_finite():
        raise ValueError(f"{amount!r} is not an amount of money")
    return int((value * 10 ** exponent(currency)).quantize(Decimal(1), ROUND_HALF_UP))


def to_text(minor: int, currency: str) -> str:
    """Minor units as a decimal string: 1250 EUR is "12.50", 1250 JPY is "1250"."""
    places = exponent(currency)
    return str(Decimal(minor).scaleb(-places).quantize(Decimal(1).scaleb(-places)))


def to_number(minor: int, currency: str) -> float:
    """Minor units as the JSON number that decimal APIs send; for output only, never for arithmetic."""
    return float(to_text(minor, currency))
