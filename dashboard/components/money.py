"""Amounts as people read them. Rows are made display-ready on the server, so formatting happens in one place."""

import re
from collections.abc import Iterable
from decimal import Decimal

from babel.numbers import NumberFormatError, format_currency, parse_decimal

from backend.domain.desk import MoneySum
from backend.domain.money import exponent, known
from dashboard.components.viewer import viewer
from dashboard.components.words import pattern_of

LOCALE = "en_GB"
"""The language of words; numbers are written in the reader's own."""
LONGEST = 20
"""Digits of an amount in a sentence; more are no amount."""
_AMOUNT = re.compile(r"(?<![\w.,-])(-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?) ([A-Z]{3})\b", re.ASCII)


def money(minor: int, currency: str) -> str:
    """`€1,284.90` for minor units of an ISO 4217 currency, with as many decimals as that currency has."""
    major = Decimal(minor).scaleb(-exponent(currency))
    return _spaced(format_currency(major, currency, locale=viewer().babel))


def whole_money(minor: int, currency: str) -> str:
    """`€1,285`: for sums where cents are noise."""
    major = Decimal(minor).scaleb(-exponent(currency)).quantize(Decimal(1))
    locale, pattern = pattern_of(viewer().babel, "money", 0)
    return _spaced(pattern.apply(major, locale, currency=currency, currency_digits=False))


def sums(amounts: Iterable[MoneySum], most: int = 3) -> str:
    """Several currencies side by side, the largest first as given; `+ 2 more` when there are many."""
    found = list(amounts)
    shown = [whole_money(item.amount_minor, item.currency) for item in found[:most]]
    return " · ".join([*shown, *([f"+ {len(found) - most} more"] if len(found) > most else [])])


def told(sentence: str) -> str:
    """A sentence of the back end, in which amounts stand as `1,234.50 EUR`, with them as on the rest of the page."""
    return _AMOUNT.sub(_told, sentence)


def _told(found: re.Match[str]) -> str:
    """The amount in the reader's language; what has not exactly the decimals of a currency is no amount of ours."""
    written, currency = found.groups()
    minor = written.replace(",", "").replace(".", "")
    if not known(currency) or len(written.partition(".")[2]) != exponent(currency) or len(minor) > LONGEST:
        return found[0]
    return money(int(minor), currency)


def typed(text: str) -> str:
    """A decimal as somebody typed it in their own language, as `1234.50`; unchanged where it is none."""
    try:
        return str(parse_decimal(text, locale=viewer().babel, strict=True))
    except NumberFormatError:
        return text


def _spaced(text: str) -> str:
    """`CHF 12.00`: a currency without a sign is set apart from its amount, as Unicode's rules for locales want it."""
    return re.sub(r"(?<=[A-Z])(?=\d)", "\u00a0", text)
