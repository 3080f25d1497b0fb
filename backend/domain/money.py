"""Money: whole numbers in the currency's minor unit, with the exponents of ISO 4217; never a float."""

import re
from decimal import Decimal

from iso4217 import Currency

from backend.domain.errors import InvalidInput

_EXPONENTS: dict[str, int] = {
    currency.code: currency.exponent for currency in Currency if currency.exponent is not None
}
MAX_MINOR = 10**12
"""No single amount is larger than this; a bigger one is a mistake, not an order."""

_PLAIN = re.compile(r"(-?)(\d{1,16})(?:\.(\d{1,6}))?", re.ASCII)


def known(currency: str) -> bool:
    """Whether this is an ISO 4217 code with a minor unit."""
    return currency in _EXPONENTS


def exponent(currency: str) -> int:
    """Digits after the point for an ISO 4217 code in upper case; raises `InvalidInput` for an unknown one."""
    if currency in _EXPONENTS:
        return _EXPONENTS[currency]
    raise InvalidInput([f"The currency {currency!r} is unknown. Use an ISO 4217 code in upper case, such as EUR."])


def parse_major(text: str, currency: str) -> int:
    """Minor units of a decimal string in major units, such as `"19.99"`; nothing is ever rounded.

    Raises `InvalidInput` when the text is not a plain decimal, has more digits than the currency, or is too large.
    Trailing zeros beyond the exponent are accepted, since `"10.00"` yen is still ten yen.
    """
    digits = exponent(currency)
    match = _PLAIN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise InvalidInput([f"The amount {str(text)[:40]!r} is not a plain decimal such as 19.99."])
    sign, whole, fraction = match[1], match[2], match[3] or ""
    if fraction[digits:].strip("0"):
        raise InvalidInput([f"The amount {text} has more decimals than {currency} has ({digits})."])
    minor = int(whole + fraction[:digits].ljust(digits, "0"))
    if minor > MAX_MINOR:
        raise InvalidInput([f"The amount {text} {currency} is larger than any order can be."])
    return -minor if sign else minor


def to_major(minor: int, currency: str) -> str:
    """The plain decimal string providers expect, such as `"19.99"`; the inverse of `parse_major`."""
    digits = exponent(currency)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"


def display(minor: int, currency: str) -> str:
    """For people and mails: `1,234.50 EUR`. The dashboard formats by the person's own language instead."""
    digits = exponent(currency)
    return f"{Decimal(minor).scaleb(-digits):,.{digits}f} {currency}"


def allocate(total_minor: int, weights: list[int]) -> list[int]:
    """Split `total_minor` by weights so that the parts add up to it exactly (largest remainder method)."""
    whole = sum(weights)
    if not weights or whole <= 0:
        raise ValueError("weights must be positive")
    parts = [total_minor * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(total_minor * weights[i] % whole))
    for index in by_remainder[: total_minor - sum(parts)]:
        parts[index] += 1
    return parts
