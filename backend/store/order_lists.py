"""The orders list: which orders fit a search, in keyset pages both ways, counted up to a limit."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Select, any_, bindparam, func, text, tuple_
from sqlmodel import Session, col, select

from backend.domain.order_lists import Place, Sort, Wish
from backend.store.order_search import Condition, Matching, among
from backend.store.tables import Address, Customer, Hold, Order, Parcel

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True)
class Row:
    """One order with what a row may show of it."""

    order: Order
    customer: Customer
    causes: tuple[str, ...]
    tracking: tuple[str, ...]
    country: str


def bounded(session: Session, seconds: float) -> None:
    """Give every further statement of this transaction so long, and have each planned for the values it really has.

    A search is planned for its own words: a plan that suits a common name does not suit a rare one.
    """
    session.execute(
        text("select set_config('statement_timeout', :ms, true), set_config('plan_cache_mode', :mode, true)"),
        {"ms": str(round(seconds * 1000)), "mode": "force_custom_plan"},
    )


def page(session: Session, matching: Matching, wish: Wish, *, limit: int) -> list[tuple[int, Place]]:
    """Ids and places of up to `limit` orders, as the list shows them: behind `after`, or the last ones before `before`."""
    backwards = wish.before is not None
    rising = wish.ascending is not backwards
    key, order_id, statement = _fitting(matching, wish.sort)
    start = wish.before or wish.after
    if start is not None:
        here, place = tuple_(key, order_id), (_key(wish.sort, start.value), start.order_id)
        statement = statement.where(here > place if rising else here < place)
    ways = (key, order_id) if rising else (key.desc(), order_id.desc())
    found = [(row[0], Place(_value(row[1]), row[0])) for row in session.execute(statement.order_by(*ways).limit(limit))]
    return found[::-1] if backwards else found


def _fitting(matching: Matching, sort: Sort) -> tuple[Any, Any, Select[Any]]:
    """The key to order by, the id, and the statement for both.

    Candidates are gathered before they are put in order: reading the whole list for a few of them would take long where
    they stand at its far end.
    """
    key = _KEYS[sort]
    statement: Any = select(col(Order.id).label("id"), key.label("key")).where(*_conditions(matching))
    if matching.candidates is None:
        return key, col(Order.id), statement
    hits = statement.cte("hits").prefix_with("MATERIALIZED")
    return hits.c.key, hits.c.id, select(hits.c.id, hits.c.key)


def _conditions(matching: Matching) -> list[Condition]:
    named = [] if matching.candidates is None else [among(matching.candidates)]
    return [*named, *matching.conditions]


_KEYS: dict[Sort, Any] = {Sort.PLACED: col(Order.placed_at), Sort.AMOUNT: col(Order.total_minor)}


def _key(sort: Sort, value: int) -> Any:
    return _EPOCH + timedelta(microseconds=min(value, _LATEST)) if sort is Sort.PLACED else value


def _value(key: Any) -> int:
    return (key - _EPOCH) // timedelta(microseconds=1) if isinstance(key, datetime) else int(key)


def count(session: Session, matching: Matching, most: int) -> int:
    """How many orders fit; `most + 1` when there are more than `most`."""
    fitting = select(col(Order.id)).where(*_conditions(matching)).limit(most + 1).subquery()
    return int(session.execute(select(func.count()).select_from(fitting)).scalar_one())


def rows(session: Session, ids: list[int]) -> list[Row]:
    """These orders in this order, each with customer, open holds, parcels and country."""
    if not ids:
        return []
    named = bindparam(None, ids, type_=ARRAY(BigInteger))
    found = session.execute(
        select(Order, Customer).join(Customer, col(Customer.id) == col(Order.customer_id)).where(among(ids))
    )
    by_id = {order.id: (order, customer) for order, customer in found.all()}
    causes = _gathered(
        session,
        select(Hold.order_id, Hold.kind)
        .where(col(Hold.order_id) == any_(named), col(Hold.closed_at).is_(None))
        .order_by(col(Hold.id)),
    )
    tracking = _gathered(
        session,
        select(Parcel.order_id, Parcel.tracking_number)
        .where(col(Parcel.order_id) == any_(named))
        .order_by(col(Parcel.id)),
    )
    countries = _gathered(
        session,
        select(Address.order_id, Address.country)
        .where(col(Address.order_id) == any_(named))
        .order_by(col(Address.kind).desc()),
    )
    return [
        Row(*by_id[each], tuple(causes[each]), tuple(tracking[each]), next(iter(countries[each]), ""))
        for each in ids
        if each in by_id
    ]


def _gathered(session: Session, statement: Any) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for order_id, value in session.execute(statement):
        found[order_id].append(value)
    return found
