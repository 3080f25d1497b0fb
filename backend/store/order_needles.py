"""What somebody has at hand, and every way in which it may name orders, each answered by an index of its own.

A needle is one word or one naming term. It is looked for by ways that give order ids, and, where it may be a name, by the
tokens of the customer's name. The same is there as a condition on an order, for needles that name too many.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import phonenumbers
from sqlalchemy import Text, and_, bindparam, exists, func, literal_column, or_, type_coerce
from sqlalchemy import any_ as any_of
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlmodel import Session, col, select

from backend.store import order_numbers
from backend.store.distinct import CHANNELS
from backend.store.order_conditions import Condition
from backend.store.personal import keyring
from backend.store.tables import Customer, Invoice, Order, Parcel, PaymentEntry

FEWEST_PHONE_DIGITS = 6


@dataclass(frozen=True)
class Way:
    """One way to look a needle up, and the same as a condition.

    By `words` and their `kind`, together with those of all other needles; or by a statement of its own for `ids`. Neither
    is there where the orders are known to be too many.
    """

    condition: Condition
    ids: Any = None
    kind: int = -1
    words: tuple[str, ...] = ()

    @property
    def wide(self) -> bool:
        return self.ids is None and not self.words


@dataclass(frozen=True)
class Needle:
    """One of the ways must name the order, or its customer's name have all the `tokens`, where there are any."""

    ways: tuple[Way, ...]
    tokens: tuple[int, ...] = ()

    @property
    def condition(self) -> Condition:
        """The needle as a condition on an order, whatever it names."""
        ways = [way.condition for way in self.ways]
        return or_(*ways, *([named(self.tokens)] if self.tokens else []), literal_column("false"))


def named(tokens: tuple[int, ...]) -> Condition:
    """The order's customer has all of these tokens of a name."""
    return exists().where(col(Customer.id) == col(Order.customer_id), has_tokens(tokens))


def has_tokens(tokens: tuple[int, ...]) -> Condition:
    """A customer has all of these tokens of a name."""
    return type_coerce(Customer.name_tokens, ARRAY(BIGINT)).contains(list(tokens))


def needle_of(session: Session, text: str, most: int) -> Needle:
    """Every way in which a free word may name orders; `most`: so many numbers are looked up at most.

    What has no digit in it is a name, or the beginning of a number in the shop: ids and references have some, and one
    that has none is found by its operator.
    """
    if "@" in text:
        return _email(session, text, most)
    starts, whole = _external(session, text, most).ways
    ways = (*_number(session, text, most).ways, starts)
    if any(letter.isdigit() for letter in text):
        ways += (whole, *_tracking(session, text, most).ways, *_reference(session, text, most).ways)
    if sum(letter.isdigit() for letter in text) >= FEWEST_PHONE_DIGITS:
        ways += _phone(session, text, most).ways
    return Needle(ways, _name(session, text, most).tokens)


def _number(session: Session, text: str, most: int) -> Needle:
    part = text.upper()
    condition = func.strpos(col(Order.number), part) > 0
    if not any(letter.isdigit() for letter in part) or any(letter not in "ORD-0123456789" for letter in part):
        return Needle(())
    numbers = order_numbers.containing(session, part, most)
    if numbers is None:
        return Needle((Way(condition),))
    if not numbers:
        return Needle(())
    is_one = col(Order.number) == any_of(bindparam(None, numbers, type_=ARRAY(Text)))
    return Needle((Way(condition, ids=select(col(Order.id).label("id")).where(is_one)),))


_STARTS, _EXTERNAL_ID, _TRACKING, _PAYMENT, _ENTRY, _DOCUMENT = range(6)
_BRANCHES = {
    _STARTS: "select id from orders where typed.kind = {kind} and external_number ~>=~ typed.word "
    "and external_number ~<~ (typed.word || chr(1114111))",
    _EXTERNAL_ID: "select id from orders where typed.kind = {kind} "  # nosec B608 - constants
    f"and channel = any(array({CHANNELS})) and external_id = typed.word",
    _TRACKING: "select order_id from parcels where typed.kind = {kind} and tracking_number = typed.word",
    _PAYMENT: "select id from orders where typed.kind = {kind} and payment_reference = typed.word "
    "and payment_reference <> ''",
    _ENTRY: "select order_id from payment_entries where typed.kind = {kind} and reference = typed.word",
    _DOCUMENT: "select order_id from invoices where typed.kind = {kind} and number = typed.word",
}
"""Each kind of word by the index for it. Beginnings are compared as that index does: a pattern would only be found by it
where the statement is planned for its words."""
_WORDS = (
    "select typed.needle, typed.way, hit.id from unnest(cast(:needles as int[]), cast(:ways as int[]), "
    "cast(:kinds as int[]), cast(:words as text[])) as typed(needle, way, kind, word) cross join lateral ({hits}) as hit(id)"
)


def by_words(kinds: Iterable[int], most: int) -> str:
    """The statement for the orders that words of these kinds name, each up to `most`: (needle, way, id)."""
    branches = [f"({_BRANCHES[kind].format(kind=kind)} limit {most})" for kind in sorted(set(kinds))]
    return _WORDS.format(hits=" union all ".join(branches))


def _external(session: Session, text: str, most: int) -> Needle:
    """The beginning of the number in the shop, with or without the `#` that shops put before it; or the whole id."""
    starts = or_(*[col(Order.external_number).startswith(start, autoescape=True) for start in (text, "#" + text)])
    whole = Way(col(Order.external_id) == text, kind=_EXTERNAL_ID, words=(text,))
    return Needle((Way(starts, kind=_STARTS, words=(text, "#" + text)), whole))


def _tracking(session: Session, text: str, most: int) -> Needle:
    plain = "".join(text.split())
    written = tuple(sorted({text, plain, plain.upper()}))
    met = _has(Parcel, col(Parcel.tracking_number).in_(written))
    return Needle((Way(met, kind=_TRACKING, words=written),))


def _reference(session: Session, text: str, most: int) -> Needle:
    """What the payment provider calls the payment, or the number of an invoice or credit note."""
    own = and_(col(Order.payment_reference) == text, col(Order.payment_reference) != "")
    paid = _has(PaymentEntry, col(PaymentEntry.reference) == text)
    billed = _has(Invoice, col(Invoice.number) == text.upper())
    return Needle(
        (
            Way(own, kind=_PAYMENT, words=(text,)),
            Way(paid, kind=_ENTRY, words=(text,)),
            Way(billed, kind=_DOCUMENT, words=(text.upper(),)),
        )
    )


def _email(session: Session, text: str, most: int) -> Needle:
    return _of_customers(col(Customer.email_token) == keyring().email_token(text))


def _phone(session: Session, text: str, most: int) -> Needle:
    """The number as it is; one that begins with 0 may be of any country, one without anything in front may lack its +."""
    keys = keyring()
    tokens = {keys.phone_token(text), keys.phone_token("+" + text.lstrip("+"))}
    if text.startswith("0") and not text.startswith("00"):
        tokens |= {keys.phone_token(text, region) for region in phonenumbers.SUPPORTED_REGIONS}
    known = sorted(token for token in tokens if token is not None)
    return _of_customers(col(Customer.phone_token) == any_of(bindparam(None, known, type_=ARRAY(BIGINT))))


def _name(session: Session, text: str, most: int) -> Needle:
    return Needle((), tuple(keyring().name_query_tokens(text)))


def _of_customers(met: Condition) -> Needle:
    """Orders by their customer."""
    ids: Any = select(col(Order.id).label("id")).join(Customer, col(Customer.id) == col(Order.customer_id)).where(met)
    return Needle((Way(exists().where(col(Customer.id) == col(Order.customer_id), met), ids=ids),))


def _has(table: type[Parcel] | type[PaymentEntry] | type[Invoice], met: Condition) -> Condition:
    """Something of that kind belongs to the order."""
    return exists().where(col(table.order_id) == col(Order.id), met)


NAMING: dict[str, Callable[[Session, str, int], Needle]] = {
    "number": _number,
    "external": _external,
    "name": _name,
    "email": _email,
    "phone": _phone,
    "tracking": _tracking,
    "reference": _reference,
}
"""What the operators look for; as `needle_of`."""
