"""The orders list: which orders fit a search, in keyset pages both ways, counted up to a limit.

A page is one statement: what the search names is looked up, put in order and cut to a page, and each row fetched with what
it shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, func, literal_column, null, tuple_
from sqlmodel import Session, col, select

from backend.domain.order_lists import Place, Sort, Wish
from backend.store.db import limited
from backend.store.order_search import Search, narrowed
from backend.store.personal import Sealed
from backend.store.tables import Customer, Order

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True)
class Row:
    """One order with what a row may show of it. `causes` are the kinds of its open holds, oldest first."""

    place: Place
    id: int
    number: str
    external_number: str
    external_id: str
    channel: str
    status: str
    payment_status: str
    shipping_status: str
    total_minor: int
    currency: str
    payment_reference: str
    tags: tuple[str, ...]
    placed_at: datetime
    created_at: datetime
    updated_at: datetime
    delivered_at: datetime | None
    customer_id: UUID
    name: Sealed | None
    email: Sealed | None
    phone: Sealed | None
    causes: tuple[str, ...]
    tracking: tuple[str, ...]
    country: str


_OF_ORDER = [
    col(getattr(Order, name))
    for name in (
        "id",
        "number",
        "external_number",
        "external_id",
        "channel",
        "status",
        "payment_status",
        "shipping_status",
        "total_minor",
        "currency",
        "payment_reference",
        "tags",
        "placed_at",
        "created_at",
        "updated_at",
        "delivered_at",
        "customer_id",
    )
]
_OF_CUSTOMER = [col(Customer.name).label("name"), col(Customer.email), col(Customer.phone)]
_CAUSES = "array(select kind from holds where holds.order_id = orders.id and closed_at is null order by holds.id)"
_TRACKING = "array(select tracking_number from parcels where parcels.order_id = orders.id order by parcels.id)"
_COUNTRY = "(select country from addresses where addresses.order_id = orders.id order by kind desc limit 1)"
_FACTS = [
    literal_column(_CAUSES, ARRAY(Text)).label("causes"),
    literal_column(_TRACKING, ARRAY(Text)).label("tracking"),
    func.coalesce(literal_column(_COUNTRY, Text), "").label("country"),
]


def page(session: Session, search: Search, wish: Wish, *, limit: int, seconds: float) -> list[Row]:
    """Up to `limit` orders, as the list shows them: behind `after`, or the last ones before `before`.

    Each statement may take so many seconds, where it could take long at all.
    """

    def ask(search: Search) -> tuple[Any, list[Row]]:
        place, ways = _placed(search, wish, limit)
        statement = _told(search, place).order_by(*ways)
        if not search.is_short:
            statement = limited(statement, seconds, anew=search.varies)
        found = session.execute(statement).all()
        return found[0][0], [_row(row) for row in found if row[1] is not None]

    rows = narrowed(search, ask)
    return rows[::-1] if wish.before is not None else rows


def _placed(search: Search, wish: Wish, limit: int) -> tuple[Any, tuple[Any, Any]]:
    """Ids and keys of the page's orders, and how to put them in order.

    Candidates are gathered before they are put in order: reading the whole list for a few of them would take long where
    they stand at its far end.
    """
    rising = wish.ascending is not (wish.before is not None)
    key, order_id = _KEYS[wish.sort], col(Order.id)
    statement: Any = select(order_id.label("id"), key.label("key")).where(*search.met())
    if search.narrow:
        hits = statement.cte("hits").prefix_with("MATERIALIZED")
        key, order_id, statement = hits.c.key, hits.c.id, select(hits.c.id, hits.c.key)
    start = wish.before or wish.after
    if start is not None:
        here, place = tuple_(key, order_id), (_key(wish.sort, start.value), start.order_id)
        statement = statement.where(here > place if rising else here < place)
    ends = _ways(key, order_id, rising)
    # The limit is written out: a plan that is kept would otherwise reckon with any number of rows.
    cut = statement.order_by(*ends).limit(literal_column(str(int(limit)))).cte("page").prefix_with("MATERIALIZED")
    return cut, _ways(cut.c.key, cut.c.id, rising)


def _ways(key: Any, order_id: Any, rising: bool) -> tuple[Any, Any]:
    return (key, order_id) if rising else (key.desc(), order_id.desc())


def _told(search: Search, place: Any) -> Any:
    """The page's rows; one row in any case, since it has to be told when too much was found."""
    one = select(literal_column("1").label("one")).subquery("one")
    return (
        select(search.told_wide if search.looks_up else null(), place.c.key, *_OF_ORDER, *_OF_CUSTOMER, *_FACTS)
        .select_from(one)
        .join(place, literal_column("true"), isouter=True)
        .join(Order, col(Order.id) == place.c.id, isouter=True)
        .join(Customer, col(Customer.id) == col(Order.customer_id), isouter=True)
    )


def _row(values: Sequence[Any]) -> Row:
    return Row(Place(_value(values[1]), values[2]), *values[2:])


_KEYS: dict[Sort, Any] = {Sort.PLACED: col(Order.placed_at), Sort.AMOUNT: col(Order.total_minor)}


def _key(sort: Sort, value: int) -> Any:
    return _EPOCH + timedelta(microseconds=min(value, _LATEST)) if sort is Sort.PLACED else value


def _value(key: Any) -> int:
    return (key - _EPOCH) // timedelta(microseconds=1) if isinstance(key, datetime) else int(key)


def count(session: Session, search: Search, most: int, *, seconds: float) -> int:
    """How many orders fit; `most + 1` when there are more than `most`. Each statement may take so many seconds."""

    def ask(search: Search) -> tuple[Any, list[int]]:
        fitting = select(col(Order.id)).where(*search.met()).limit(most + 1).subquery()
        found = select(func.count()).select_from(fitting).scalar_subquery()
        told = search.told_wide if search.looks_up else null()
        wide, orders = session.execute(limited(select(told, found), seconds, anew=search.varies)).one()
        return wide, [int(orders)]

    orders: int = narrowed(search, ask)[0]
    return orders


def ids(session: Session, search: Search, most: int, *, seconds: float) -> list[int]:
    """Ids of up to `most` orders that fit, newest first. Each statement may take so many seconds."""

    def ask(search: Search) -> tuple[Any, list[int]]:
        place, ways = _placed(search, Wish(), most)
        told = search.told_wide if search.looks_up else null()
        found = func.array(select(place.c.id).order_by(*ways).scalar_subquery())
        # Planned anew: whoever asks goes on in the same transaction, with plans for the values that it has.
        wide, orders = session.execute(limited(select(told, found), seconds, anew=True)).one()
        return wide, list(orders)

    return narrowed(search, ask)
