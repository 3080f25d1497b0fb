"""Values that a search may ask for: amounts in major units, days, and codes from a closed list; read exactly or refused.

Each reader raises `BadValue` with the end of a sentence: what is allowed in this place.
"""

import difflib
import re
from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from backend.domain.errors import InvalidInput
from backend.domain.money import exponent, parse_major

_AMOUNT = re.compile(r"\d{1,13}(?:\.\d{1,4})?", re.ASCII)
_WITH_CURRENCY = re.compile(r"(.*[0-9.])([A-Za-z]{3})", re.ASCII)
_DAY = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", re.ASCII)
_LAST_DAYS = re.compile(r"([1-9]\d{0,3})d", re.ASCII)
_COMPARED = re.compile(r"(>=|<=|>|<|=)(.*)")
_SHORT_LIST = 12
YEARS = range(1970, 2200)

AMOUNTS = "Write amount:>100, amount:50..200 or amount:19.99, and with a currency amount:>100EUR."
DAYS = "Write a day, a month or a year as in 2026-05-01, 2026-05..2026-06 or >2026, or today, yesterday, or 7d."


class BadValue(Exception):
    """A value that cannot be read; `str(error)` is a sentence or two on what is wrong and what is allowed."""


@dataclass(frozen=True)
class Amounts:
    """A range of amounts in major units; an absent end is open. Without a currency it means each order's own."""

    low: Decimal | None = None
    high: Decimal | None = None
    low_counts: bool = True
    high_counts: bool = True
    currency: str = ""

    def minor_bounds(self, currency: str) -> tuple[int | None, int | None]:
        """The smallest and the largest number of minor units within, both counted in; nothing fits if they cross."""
        scale = Decimal(10) ** exponent(currency)
        low = high = None
        if self.low is not None:
            exact = self.low * scale
            low = int(exact.to_integral_value(ROUND_CEILING if self.low_counts else ROUND_FLOOR))
            low += 0 if self.low_counts else 1
        if self.high is not None:
            exact = self.high * scale
            high = int(exact.to_integral_value(ROUND_FLOOR if self.high_counts else ROUND_CEILING))
            high -= 0 if self.high_counts else 1
        return low, high

    def __str__(self) -> str:
        return _range_text(_plain(self.low), _plain(self.high), self.low_counts, self.high_counts) + self.currency


def read_amounts(text: str) -> Amounts:
    """`>100`, `50..200`, `19.99`, each with a currency behind it or none."""
    found = _WITH_CURRENCY.fullmatch(text)
    currency = found[2].upper() if found else ""
    plain = found[1] if found else text
    if currency:
        try:
            exponent(currency)
        except InvalidInput as error:
            raise BadValue(error.sentence) from error
    low, high, low_counts, high_counts = _ends(plain, AMOUNTS)
    amounts = [_amount(end, currency) if end is not None else None for end in (low, high)]
    if amounts[0] is not None and amounts[1] is not None and amounts[0] > amounts[1]:
        raise BadValue("The range ends before it begins: write the smaller amount first.")
    return Amounts(amounts[0], amounts[1], low_counts, high_counts, currency)


def _amount(text: str, currency: str) -> Decimal:
    if not _AMOUNT.fullmatch(text):
        raise BadValue(f"“{text}” is not an amount. {AMOUNTS}")
    if currency:
        try:
            parse_major(text, currency)
        except InvalidInput as error:
            raise BadValue(error.sentence) from error
    return Decimal(text)


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount.normalize():f}"


@dataclass(frozen=True)
class Days:
    """A range of days as it was written: absolute ones, or words that move with the calendar (`today`, `7d`)."""

    low: str | None = None
    high: str | None = None
    low_counts: bool = True
    high_counts: bool = True

    def between(self, today: date) -> tuple[date | None, date | None]:
        """The first and the last day, both counted in; nothing fits if they cross."""
        if self.low is not None and self.low == self.high and (last := _LAST_DAYS.fullmatch(self.low)):
            return today - timedelta(days=int(last[1]) - 1), today
        first = last_day = None
        if self.low is not None:
            begins, ends = _day_span(self.low, today)
            first = begins if self.low_counts else ends + timedelta(days=1)
        if self.high is not None:
            begins, ends = _day_span(self.high, today)
            last_day = ends if self.high_counts else begins - timedelta(days=1)
        return first, last_day

    def __str__(self) -> str:
        return _range_text(self.low, self.high, self.low_counts, self.high_counts)


def read_days(text: str) -> Days:
    """`2026-05-01`, `2026-05..2026-06`, `>2026`, `today`, `yesterday`, or `7d` for the last seven days."""
    if _LAST_DAYS.fullmatch(text):
        return Days(text, text)
    low, high, low_counts, high_counts = _ends(text.lower(), DAYS)
    some_day = date(YEARS.start, 1, 1)
    spans = [_day_span(end, some_day) if end is not None else None for end in (low, high)]
    absolute = [end for end in (low, high) if end and end[0].isdigit()]
    if len(absolute) == 2 and spans[0] and spans[1] and spans[0][0] > spans[1][1]:
        raise BadValue("The range ends before it begins: write the earlier day first.")
    return Days(low, high, low_counts, high_counts)


def _day_span(text: str, today: date) -> tuple[date, date]:
    """The first and last day that a word or a date stands for."""
    if text in ("today", "yesterday"):
        day = today - timedelta(days=text == "yesterday")
        return day, day
    found = _DAY.fullmatch(text)
    if not found or int(found[1]) not in YEARS:
        raise BadValue(f"“{text}” is not a day. {DAYS}")
    year, month, day_of_month = int(found[1]), found[2], found[3]
    try:
        first = date(year, int(month or 1), int(day_of_month or 1))
    except ValueError as error:
        raise BadValue(f"There is no day “{text}” in the calendar.") from error
    if day_of_month:
        return first, first
    if month:
        return first, first.replace(day=monthrange(year, int(month))[1])
    return first, date(year, 12, 31)


def read_codes(text: str, allowed: Collection[str]) -> tuple[str, ...]:
    """One code or several with commas between, each from the list; sorted, each once."""
    codes = [code.strip().lower().replace("-", "_") for code in text.split(",")]
    for code in codes:
        if code not in allowed:
            raise BadValue(f"“{code or text}” is not one of them. {_allowed(code, allowed)}")
    return tuple(sorted(set(codes)))


def _allowed(code: str, allowed: Collection[str]) -> str:
    if len(allowed) <= _SHORT_LIST:
        return f"Allowed: {', '.join(allowed)}."
    near = difflib.get_close_matches(code, allowed, n=4, cutoff=0.4) or sorted(allowed)[:4]
    return f"Allowed are {', '.join(near)} and others; the filters below list all {len(allowed)}."


def _ends(text: str, allowed: str) -> tuple[str | None, str | None, bool, bool]:
    """Both ends of a range as written, and whether each belongs to it."""
    compared = _COMPARED.fullmatch(text)
    if compared:
        sign, end = compared[1], compared[2]
        if not end:
            raise BadValue(f"After “{sign}” something is missing. {allowed}")
        if sign == "=":
            return end, end, True, True
        return (end, None, sign == ">=", True) if sign[0] == ">" else (None, end, True, sign == "<=")
    low, dots, high = text.partition("..")
    if not dots:
        return text, text, True, True
    if not low and not high:
        raise BadValue(f"A range needs at least one end. {allowed}")
    return low or None, high or None, True, True


def _range_text(low: str | None, high: str | None, low_counts: bool, high_counts: bool) -> str:
    if low is not None and high is not None:
        return low if low == high else f"{low}..{high}"
    if low is not None:
        return (">=" if low_counts else ">") + low
    return ("<=" if high_counts else "<") + (high or "")
