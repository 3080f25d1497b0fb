"""The filters beside the search box: they read the search and write it, so both always say the same."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from backend.domain.errors import InvalidInput
from backend.domain.holds import CATALOGUE, HoldKind
from backend.domain.search import OPERATORS, Query, Term
from backend.domain.search_values import Amounts, Days
from dashboard.components.words import word

CODED = ("status", "payment", "shipping", "cause")
RANGES = ("created", "delivered", "amount")


@dataclass
class Option:
    code: str
    label: str


@dataclass
class Part:
    """One part of the search, and the address without it."""

    text: str
    href: str


@dataclass
class Filters:
    """What the fields of the filters show. Days as `2026-05-01`, amounts as they were typed; empty means any."""

    status: str = ""
    payment: str = ""
    shipping: str = ""
    channel: str = ""
    cause: str = ""
    tag: str = ""
    created_from: str = ""
    created_to: str = ""
    delivered_from: str = ""
    delivered_to: str = ""
    amount_from: str = ""
    amount_to: str = ""
    active: int = 0


def options(operator: str) -> list[Option]:
    """Every code of an operator with its words."""
    return [Option(code, _said(operator, code)) for code in OPERATORS[operator].codes]


def _said(operator: str, code: str) -> str:
    return CATALOGUE[HoldKind(code)].title if operator == "cause" else word(code)


def shown(query: Query, today: date) -> Filters:
    """What the fields show for a search."""
    found = Filters(
        status=query.value_of("status"),
        payment=query.value_of("payment"),
        shipping=query.value_of("shipping"),
        channel=query.value_of("channel"),
        cause=query.value_of("cause"),
        tag=query.value_of("tag"),
        active=len(query.terms),
    )
    for operator in ("created", "delivered"):
        days = _value(query, operator)
        first, last = days.between(today) if isinstance(days, Days) else (None, None)
        setattr(found, f"{operator}_from", first.isoformat() if first else "")
        setattr(found, f"{operator}_to", last.isoformat() if last else "")
    amounts = _value(query, "amount")
    if isinstance(amounts, Amounts):
        found.amount_from, found.amount_to = _plain(amounts.low), _plain(amounts.high)
    return found


def _plain(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount.normalize():f}"


def _value(query: Query, operator: str) -> object:
    return next((term.value for term in query.terms if term.operator == operator and not term.negated), None)


def with_value(query: Query, operator: str, text: str) -> Query:
    """The search with another value for an operator; raises `InvalidInput` for one that cannot be read."""
    if operator not in OPERATORS:
        raise InvalidInput([f"There is no filter {operator!r}."])
    return query.replaced(operator, text)


def with_end(query: Query, operator: str, end: str, text: str, today: date) -> Query:
    """The search with another end of a range: `end` is `from` or `to`; empty text opens the range there."""
    if operator not in RANGES or end not in ("from", "to"):
        raise InvalidInput([f"There is no filter {operator!r}."])
    fields = vars(shown(query, today))
    low = text.strip() if end == "from" else fields[f"{operator}_from"]
    high = text.strip() if end == "to" else fields[f"{operator}_to"]
    amounts = _value(query, operator)
    currency = amounts.currency if isinstance(amounts, Amounts) else ""
    both = f"{low}..{high}" if low and high else f">={low}" if low else f"<={high}" if high else ""
    return query.replaced(operator, both and both + currency)


def said(part: str | Term) -> str:
    """One part of the search for people: operators with their words."""
    if isinstance(part, str):
        return f"“{part}”"
    value = (
        ", ".join(_said(part.operator, code) for code in part.value)
        if part.operator in CODED and isinstance(part.value, tuple)
        else part.value_text
    )
    return f"{'not ' if part.negated else ''}{part.operator} {value}"
