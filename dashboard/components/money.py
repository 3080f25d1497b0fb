"""Amounts as people read them. Rows are made display-ready on the server, so formatting happens in one place."""

import re
from collections.abc import Iterable
from decimal import Decimal

from babel.numbers import format_currency

from backend.domain.desk import MoneySum
from backend.domain.money import exponent

LOCALE = "en_GB"


def money(minor: int, currency: str) -> str:
    """`€1,284.90` for minor units of an ISO 4217 currency, with as many decimals as that currency has."""
    major = Decimal(minor).scaleb(-exponent(currency))
    return _spaced(format_currency(major, currency, locale=LOCALE))


def whole_money(minor: int, currency: str) -> str:
    """`€1,285`: for sums where cents are noise."""
    major = Decimal(minor).scaleb(-exponent(currency)).quantize(Decimal(1))
    return _spaced(format_currency(major, currency, locale=LOCALE, format="¤#,##0", currency_digits=False))


def sums(amounts: Iterable[MoneySum], most: int = 3) -> str:
    """Several currencies side by side, the largest first as given; `+ 2 more` when there are many."""
    found = list(amounts)
    shown = [whole_money(item.amount_minor, item.currency) for item in found[:most]]
    return " · ".join([*shown, *([f"+ {len(found) - most} more"] if len(found) > most else [])])


def _spaced(text: str) -> str:
    """`CHF 12.00`: a currency without a sign is set apart from its amount, as Unicode's rules for locales want it."""
    return re.sub(r"(?<=[A-Z])(?=\d)", "\u00a0", text)
