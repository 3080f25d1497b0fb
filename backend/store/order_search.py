"""From a search to conditions on orders, such that an index answers whatever names few orders.

Free words and whatever names a person, a parcel or a payment are looked up first, each kind by its own index, up to
`MOST_CANDIDATES` orders. Few candidates narrow the search down at once. What fits more orders than that is left as a
condition: the list is then read in its own order, and a page is full soon, because so many fit.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal,
    not_,
    or_,
    type_coerce,
    union_all,
)
from sqlalchemy import false as never
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from backend.domain.search import HELD, Flag, Query, Term
from backend.domain.search_values import Amounts, Days
from backend.store import order_numbers
from backend.store.distinct import distinct
from backend.store.personal import keyring
from backend.store.tables import Customer, DeskWork, Hold, Invoice, Order, Parcel, PaymentEntry, Step

MOST_CANDIDATES = 5_000
MOST_CUSTOMERS = 3_000
"""Of one name, whose orders are looked up: each costs a look at a place of its own."""
FEWEST_PHONE_DIGITS = 6
_DAY_OF_GRACE = timedelta(days=1)
"""A shop's clock may run ahead of the carrier's."""

Condition = ColumnElement[bool]


@dataclass(frozen=True)
class Asking:
    """Who asks and when: what `today` and `mine` mean. `failing` are the kinds of step whose failure stops nothing."""

    now: datetime
    zone: ZoneInfo
    user_id: int | None = None
    failing: tuple[str, ...] = ()

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


@dataclass
class Matching:
    """What an order must meet. `candidates`: none but these ids can; None where nothing narrowed the search down."""

    conditions: list[Condition] = field(default_factory=list)
    candidates: set[int] | None = None

    def only(self, ids: Iterable[int]) -> None:
        self.candidates = set(ids) if self.candidates is None else self.candidates.intersection(ids)


@dataclass(frozen=True)
class _Lookup:
    """One way in which a text may name orders: ids by an index, and the same as a condition on an order.

    `ids` is None where it is known already that they are too many to be looked up.
    """

    ids: Any
    condition: Condition
    is_name: bool = False


def matching(session: Session, query: Query, asking: Asking) -> Matching:
    """What the query means in this database, at this moment, for whoever asks."""
    found = Matching()
    _meet_words(session, found, needles(query.words))
    for term in query.terms:
        if term.operator in _NAMING:
            few, many = _looked_up(session, _NAMING[term.operator](session, str(term.value)))
            _meet(found, few, many, negated=term.negated)
        else:
            met = _condition(session, term, asking)
            found.conditions.append(not_(met) if term.negated else met)
    return found


def _meet_words(session: Session, found: Matching, words: Iterable[str]) -> None:
    """Each word must name the order. Those that are nothing but common names are looked up together once more: few
    customers have both this first and that second name."""
    common = []
    for text in words:
        few, many = _looked_up(session, _anything(session, text))
        if not few and len(many) == 1 and many[0].is_name:
            common.append(text)
        else:
            _meet(found, few, many, negated=False)
    if common:
        _meet(found, *_looked_up(session, _name(session, " ".join(common))), negated=False)


def needles(words: tuple[str, ...]) -> tuple[str, ...]:
    """What is looked for as a whole: each word, or all of them where they make one number printed in groups."""
    whole = " ".join(words)
    digits = sum(letter.isdigit() for letter in whole)
    grouped = len(words) > 1 and all(letter.isdigit() or letter in " +-()/." for letter in whole)
    return (whole,) if grouped and digits >= FEWEST_PHONE_DIGITS else words


def _meet(found: Matching, few: list[int], many: list[_Lookup], *, negated: bool) -> None:
    """Take in that one of what was looked up must name the order, or none of it."""
    conditions = [lookup.condition for lookup in many]
    if negated:
        found.conditions += [not_(condition) for condition in conditions]
        if few:
            found.conditions.append(not_(among(few)))
    elif conditions:
        found.conditions.append(or_(*conditions, *([among(few)] if few else [])))
    else:
        found.only(few)


def _looked_up(session: Session, lookups: list[_Lookup]) -> tuple[list[int], list[_Lookup]]:
    """The ids that were found where they are few, and the lookups of which there were too many."""
    asked = [lookup for lookup in lookups if lookup.ids is not None]
    many = [lookup for lookup in lookups if lookup.ids is None]
    if not asked:
        return [], many
    parts = []
    for place, lookup in enumerate(asked):
        limited = lookup.ids.limit(MOST_CANDIDATES + 1).subquery()
        parts.append(select(literal(place), limited.c.id))
    ids: list[list[int]] = [[] for _ in asked]
    for place, order_id in session.execute(union_all(*parts)):
        ids[place].append(order_id)
    few = {order_id for found in ids if len(found) <= MOST_CANDIDATES for order_id in found}
    many += [lookup for lookup, found in zip(asked, ids, strict=True) if len(found) > MOST_CANDIDATES]
    return list(few), many


def among(ids: Iterable[int]) -> Condition:
    return col(Order.id) == any_(bindparam(None, list(ids), type_=ARRAY(BigInteger)))


# what a text may name


def _anything(session: Session, text: str) -> list[_Lookup]:
    """Every way in which a free word may name orders."""
    if "@" in text:
        return _email(session, text)
    found = [*_number(session, text), *_external(session, text), *_tracking(session, text), *_reference(session, text)]
    if sum(letter.isdigit() for letter in text) >= FEWEST_PHONE_DIGITS:
        found += _phone(session, text)
    return [*found, *_name(session, text)]


def _number(session: Session, text: str) -> list[_Lookup]:
    part = text.upper()
    condition = func.strpos(col(Order.number), part) > 0
    if not any(letter.isdigit() for letter in part) or any(letter not in "ORD-0123456789" for letter in part):
        return []
    numbers = order_numbers.containing(session, part, MOST_CANDIDATES)
    if numbers is None:
        return [_Lookup(None, condition)]
    if not numbers:
        return []
    named = col(Order.number) == any_(bindparam(None, numbers, type_=ARRAY(Text)))
    return [_Lookup(select(col(Order.id).label("id")).where(named), condition)]


def _external(session: Session, text: str) -> list[_Lookup]:
    """The beginning of the number in the shop, with or without the `#` that shops put before it; or the whole id."""
    starts = [col(Order.external_number).startswith(start, autoescape=True) for start in (text, "#" + text)]
    channels = distinct(session, "orders", "channel")
    whole = and_(col(Order.channel).in_(channels), col(Order.external_id) == text)
    return [_Lookup(select(col(Order.id).label("id")).where(met), met) for met in (or_(*starts), whole)]


def _tracking(session: Session, text: str) -> list[_Lookup]:
    plain = "".join(text.split())
    named = col(Parcel.tracking_number).in_(sorted({text, plain, plain.upper()}))
    return [_through(Parcel, named)]


def _reference(session: Session, text: str) -> list[_Lookup]:
    """What the payment provider calls the payment, or the number of an invoice or credit note."""
    own = and_(col(Order.payment_reference) == text, col(Order.payment_reference) != "")
    return [
        _Lookup(select(col(Order.id).label("id")).where(own), own),
        _through(PaymentEntry, col(PaymentEntry.reference) == text),
        _through(Invoice, col(Invoice.number) == text.upper()),
    ]


def _through(table: type[Parcel] | type[PaymentEntry] | type[Invoice], named: Condition) -> _Lookup:
    """Orders by something that belongs to them."""
    ids: Any = select(col(table.order_id).label("id")).where(named).distinct()
    return _Lookup(ids, exists().where(col(table.order_id) == col(Order.id), named))


def _email(session: Session, text: str) -> list[_Lookup]:
    return [_of_customers(session, col(Customer.email_token) == keyring().email_token(text))]


def _phone(session: Session, text: str) -> list[_Lookup]:
    """The number as it is; one that begins with 0 may be of any country, one without anything in front may lack its +."""
    keys = keyring()
    tokens = {keys.phone_token(text), keys.phone_token("+" + text.lstrip("+"))}
    if text.startswith("0") and not text.startswith("00"):
        tokens |= {keys.phone_token(text, region) for region in phonenumbers.SUPPORTED_REGIONS}
    named = col(Customer.phone_token).in_(sorted(token for token in tokens if token is not None))
    return [_of_customers(session, named)]


def _name(session: Session, text: str) -> list[_Lookup]:
    tokens = keyring().name_query_tokens(text)
    if not tokens:
        return []
    named = type_coerce(Customer.name_tokens, ARRAY(BigInteger)).contains(tokens)
    return [replace(_of_customers(session, named), is_name=True)]


def _of_customers(session: Session, named: Condition) -> _Lookup:
    """Orders by their customer: where there are many of that name, nobody's orders are looked up."""
    condition = exists().where(col(Customer.id) == col(Order.customer_id), named)
    people = session.exec(select(Customer.id).where(named).limit(MOST_CUSTOMERS + 1)).all()
    if len(people) > MOST_CUSTOMERS:
        return _Lookup(None, condition)
    theirs = col(Order.customer_id) == any_(bindparam(None, list(people), type_=ARRAY(Uuid)))
    return _Lookup(select(col(Order.id).label("id")).where(theirs), condition)


_NAMING: dict[str, Callable[[Session, str], list[_Lookup]]] = {
    "number": _number,
    "external": _external,
    "name": _name,
    "email": _email,
    "phone": _phone,
    "tracking": _tracking,
    "reference": _reference,
}


# what an order is like


def _condition(session: Session, term: Term, asking: Asking) -> Condition:
    value = term.value
    if isinstance(value, Amounts):
        return _amounts(session, value)
    if isinstance(value, Days):
        return _DAYS[term.operator](*_moments(value, asking))
    if isinstance(value, str):
        return type_coerce(Order.tags, ARRAY(Text)).contains([value])
    if term.operator == "status":
        return or_(*[held() if code == HELD else col(Order.status) == code for code in value])
    if term.operator == "cause":
        return held(value)
    if term.operator == "is":
        return or_(*[_FLAGS[code](asking) for code in value])
    met: Condition = _COLUMNS[term.operator].in_(value)
    return met


_COLUMNS: dict[str, Any] = {
    "payment": col(Order.payment_status),
    "shipping": col(Order.shipping_status),
    "channel": col(Order.channel),
    "currency": col(Order.currency),
}


def held(kinds: Iterable[str] = ()) -> Condition:
    """A hold is open, of one of these kinds where any are named."""
    which = [col(Hold.kind).in_(sorted(kinds))] if kinds else []
    return col(Order.id).in_(select(Hold.order_id).where(col(Hold.closed_at).is_(None), *which))


def _amounts(session: Session, amounts: Amounts) -> Condition:
    """Per currency, since one minor unit is not worth the same number everywhere; only currencies that there are."""
    found = []
    for currency in [amounts.currency] if amounts.currency else distinct(session, "orders", "currency"):
        low, high = amounts.minor_bounds(currency)
        ends = [col(Order.total_minor) >= low] if low is not None else []
        ends += [col(Order.total_minor) <= high] if high is not None else []
        found.append(and_(col(Order.currency) == currency, *ends))
    return or_(never(), *found)


def _moments(days: Days, asking: Asking) -> tuple[datetime | None, datetime | None]:
    """From the first moment on, until before the last."""
    first, last = days.between(asking.today)
    begins = datetime.combine(first, time.min, asking.zone) if first else None
    ends = datetime.combine(last + timedelta(days=1), time.min, asking.zone) if last else None
    return begins, ends


def _placed(begins: datetime | None, ends: datetime | None) -> Condition:
    return _within(col(Order.placed_at), begins, ends)


def _delivered(begins: datetime | None, ends: datetime | None) -> Condition:
    """Nothing is delivered before it was placed: that bounds the part of the list which has to be read."""
    earlier = [col(Order.placed_at) < ends + _DAY_OF_GRACE] if ends else []
    return and_(_within(col(Order.delivered_at), begins, ends), *earlier)


_DAYS = {"created": _placed, "delivered": _delivered}


def _within(column: Any, begins: datetime | None, ends: datetime | None) -> Condition:
    return and_(column.is_not(None), *([column >= begins] if begins else []), *([column < ends] if ends else []))


def _mine(asking: Asking) -> Condition:
    return never() if asking.user_id is None else _at_work(_owned(asking), col(DeskWork.assignee_id) == asking.user_id)


def _unassigned(asking: Asking) -> Condition:
    return _at_work(or_(col(DeskWork.assignee_id).is_(None), not_(_owned(asking))))


def _snoozed(asking: Asking) -> Condition:
    return _at_work(col(DeskWork.snoozed_at).is_not(None))


def _owned(asking: Asking) -> Condition:
    """It is somebody's for good, or their claim has not run out."""
    return or_(col(DeskWork.claim_until).is_(None), col(DeskWork.claim_until) > asking.now)


def _at_work(*met: Condition) -> Condition:
    return col(Order.id).in_(select(DeskWork.order_id).where(col(DeskWork.held).is_(True), *met))


def _unsent(asking: Asking) -> Condition:
    """A document or message ended without success and was not run again."""
    newer = aliased(Step)
    again = exists().where(
        and_(
            col(newer.order_id) == col(Step.order_id),
            col(newer.kind) == col(Step.kind),
            col(newer.subject) == col(Step.subject),
            col(newer.generation) > col(Step.generation),
        )
    )
    failed = select(Step.order_id).where(col(Step.state) == "parked", col(Step.kind).in_(asking.failing), ~again)
    return col(Order.id).in_(failed)


_FLAGS: dict[str, Callable[[Asking], Condition]] = {
    Flag.MINE: _mine,
    Flag.UNASSIGNED: _unassigned,
    Flag.SNOOZED: _snoozed,
    Flag.UNSENT: _unsent,
    Flag.TEST: lambda asking: and_(col(Order.test)),
}
