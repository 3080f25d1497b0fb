"""What somebody has at hand, and every way in which it may name orders, each answered by an index of its own.

A needle is one word or one naming term. It is looked for by ways that give order ids, and, where it may be a name, by the
tokens of the customer's name. The same is there as a condition on an order, for needles that name too many.
"""

from collections.abc import Callable
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
_LAST_LETTER = chr(0x10FFFF)


@dataclass(frozen=True)
class Way:
    """Order ids by an index, and the same as a condition. `ids` is None where they are known to be too many."""

    ids: Any
    condition: Condition


@dataclass(frozen=True)
class Needle:
    """One of the ways must name the order, or its customer's name have all the `tokens`, where there are any."""

    ways: tuple[Way, ...]
    tokens: tuple[int, ...] = ()

    @property
    def wide(self) -> bool:
        """Whether it is known already to name too many orders."""
        return any(way.ids is None for way in self.ways)

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
    """Every way in which a free word may name orders; `most`: so many numbers are looked up at most."""
    if "@" in text:
        return _email(session, text, most)
    ways = (*_number(session, text, most).ways, *_external(session, text, most).ways)
    ways += (*_tracking(session, text, most).ways, *_reference(session, text, most).ways)
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
        return Needle((Way(None, condition),))
    if not numbers:
        return Needle(())
    is_one = col(Order.number) == any_of(bindparam(None, numbers, type_=ARRAY(Text)))
    return Needle((Way(_orders_where(is_one), condition),))


def _external(session: Session, text: str, most: int) -> Needle:
    """The beginning of the number in the shop, with or without the `#` that shops put before it; or the whole id."""
    starts = or_(*[_begins(col(Order.external_number), start) for start in (text, "#" + text)])
    channels = CHANNELS.subquery("channels")
    whole = and_(col(Order.channel) == channels.c.value, col(Order.external_id) == text)
    ids: Any = select(col(Order.id).label("id")).select_from(channels).join(Order, whole)
    return Needle((Way(_orders_where(starts), starts), Way(ids, col(Order.external_id) == text)))


def _begins(column: Any, start: str) -> Condition:
    """By the index's own comparison: a pattern would only be found by it where the statement is planned for its words."""
    return and_(column.op("~>=~")(start), column.op("~<~")(start + _LAST_LETTER))


def _tracking(session: Session, text: str, most: int) -> Needle:
    plain = "".join(text.split())
    written = sorted({text, plain, plain.upper()})
    return Needle((_through(Parcel, col(Parcel.tracking_number).in_(written)),))


def _reference(session: Session, text: str, most: int) -> Needle:
    """What the payment provider calls the payment, or the number of an invoice or credit note."""
    own = and_(col(Order.payment_reference) == text, col(Order.payment_reference) != "")
    paid = _through(PaymentEntry, col(PaymentEntry.reference) == text)
    return Needle((Way(_orders_where(own), own), paid, _through(Invoice, col(Invoice.number) == text.upper())))


def _email(session: Session, text: str, most: int) -> Needle:
    return _of_customers(col(Customer.email_token) == keyring().email_token(text))


def _phone(session: Session, text: str, most: int) -> Needle:
    """The number as it is; one that begins with 0 may be of any country, one without anything in front may lack its +."""
    keys = keyring()
    tokens = {keys.phone_token(text), keys.phone_token("+" + text.lstrip("+"))}
    if text.startswith("0") and not text.startswith("00"):
        tokens |= {keys.phone_token(text, region) for region in phonenumbers.SUPPORTED_REGIONS}
    return _of_customers(col(Customer.phone_token).in_(sorted(token for token in tokens if token is not None)))


def _name(session: Session, text: str, most: int) -> Needle:
    return Needle((), tuple(keyring().name_query_tokens(text)))


def _of_customers(met: Condition) -> Needle:
    """Orders by their customer."""
    ids: Any = select(col(Order.id).label("id")).join(Customer, col(Customer.id) == col(Order.customer_id)).where(met)
    return Needle((Way(ids, exists().where(col(Customer.id) == col(Order.customer_id), met)),))


def _orders_where(met: Condition) -> Any:
    return select(col(Order.id).label("id")).where(met)


def _through(table: type[Parcel] | type[PaymentEntry] | type[Invoice], met: Condition) -> Way:
    """Orders by something that belongs to them."""
    ids: Any = select(col(table.order_id).label("id")).where(met)
    return Way(ids, exists().where(col(table.order_id) == col(Order.id), met))


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
