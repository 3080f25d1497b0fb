"""Amounts as Stripe counts them.

Stripe's smallest unit is that of ISO 4217 except for a few currencies which it kept at another number of decimals.
"""

from backend.domain.errors import InvalidInput
from backend.domain.money import exponent

_STRIPE_EXPONENTS = {"ISK": 2, "UGX": 2, "MGA": 0}


def to_stripe(minor: int, currency: str) -> int:
    """Stripe's amount for ours; raises `InvalidInput` where Stripe cannot express it."""
    shift = _shift(currency)
    scale: int = 10 ** abs(shift)
    if shift >= 0:
        return minor * scale
    amount, rest = divmod(minor, scale)
    if rest:
        raise InvalidInput([f"Stripe takes {currency} only in whole units; {minor} minor units are not."])
    return amount


def from_stripe(amount: int, currency: str) -> int:
    """Our minor units for Stripe's amount; raises `InvalidInput` for an unknown currency or a fraction."""
    shift = _shift(currency)
    scale: int = 10 ** abs(shift)
    if shift <= 0:
        return amount * scale
    minor, rest = divmod(amount, scale)
    if rest:
        raise InvalidInput([f"Stripe's amount {amount} {currency} is not a whole number of minor units."])
    return minor


def _shift(currency: str) -> int:
    """How many decimals more than ISO 4217 Stripe keeps for a currency."""
    ours = exponent(currency)
    return _STRIPE_EXPONENTS.get(currency, ours) - ours
