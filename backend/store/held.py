"""The held queue's queries: pages from one place to the next over the small table of held orders, and its causes.

`held_orders` has one row for every order with an open hold, kept by the database itself, so nothing here looks at the
orders that are not held, and no page is found by counting past the ones before it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from backend.domain.queue import Filter, Place, Sort, Wish
from backend.store.personal import Sealed

COLUMNS = {Sort.AGE: "queue.held_at", Sort.AMOUNT: "queue.total_minor"}
"""What each sort orders by; closed, so nothing from outside becomes a statement."""
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


@dataclass(frozen=True)
class HeldRow:
    order_id: int
    number: str
    external_number: str
    customer_id: UUID
    customer_name: Sealed | None
    channel: str
    status: str
    total_minor: int
    currency: str
    kind: str
    reason: str
    provider: str
    cluster: str
    open_holds: int
    held_at: datetime
    placed_at: datetime


_ROWS = """
with queue as materialized (
    select queue.order_id, queue.held_at from held_orders as queue
    where {conditions} order by {column} {direction}, queue.order_id {direction} limit :limit
)
select orders.id as order_id, orders.number, orders.external_number, orders.customer_id, customers.name as customer_name,
       orders.channel, orders.status, orders.total_minor, orders.currency, shown.kind, shown.reason, shown.provider,
       shown.cluster, shown.open_holds, queue.held_at, orders.placed_at
from queue
join orders on orders.id = queue.order_id
join customers on customers.id = orders.customer_id
join lateral (
    select kind, reason, provider, cluster, count(*) over () as open_holds from holds
    where holds.order_id = queue.order_id and closed_at is null
    order by (cluster = :cluster or kind = :kind) desc, id limit 1
) as shown on true
order by {shown_column} {direction}, orders.id {direction}
"""


def page(session: Session, wish: Wish) -> list[HeldRow]:
    """Up to `wish.size` rows in the order asked for, behind `after` or ahead of `before`."""
    backwards = wish.before is not None
    column = COLUMNS[wish.sort]
    descending = wish.desc != backwards
    conditions = _conditions(wish.filter)
    place = wish.before or wish.after
    if place is not None:
        conditions.append(f"({column}, queue.order_id) {'<' if descending else '>'} (:value, :order_id)")
    statement = _ROWS.format(
        conditions=" and ".join(conditions) or "true",
        column=column,
        shown_column="queue.held_at" if wish.sort is Sort.AGE else "orders.total_minor",
        direction="desc" if descending else "asc",
    )
    values = {**_filter_values(wish.filter), **_place_values(wish.sort, place), "limit": wish.size}
    found = [_row(dict(row)) for row in session.execute(text(statement), values).mappings()]
    return found[::-1] if backwards else found


_COUNT = "select count(*) from held_orders as queue where {conditions}"


def count(session: Session, wanted: Filter) -> int:
    """How many held orders fit the filter."""
    statement = _COUNT.format(conditions=" and ".join(_conditions(wanted)) or "true")
    return int(session.execute(text(statement), _filter_values(wanted)).scalar_one())


def ahead_of(session: Session, wish: Wish, place: Place) -> int:
    """How many orders that fit stand in front of a place."""
    side = f"({COLUMNS[wish.sort]}, queue.order_id) {'>' if wish.desc else '<'} (:value, :order_id)"
    statement = _COUNT.format(conditions=" and ".join([*_conditions(wish.filter), side]))
    values = {**_filter_values(wish.filter), **_place_values(wish.sort, place)}
    return int(session.execute(text(statement), values).scalar_one())


@dataclass(frozen=True)
class CauseRow:
    cluster: str
    kind: str
    label: str
    provider: str
    currency: str
    orders: int
    amount_minor: int
    oldest_at: datetime


_CAUSES = text(
    "select holds.cluster, min(holds.kind) as kind, min(holds.cluster_label) as label, min(holds.provider) as provider, "
    "queue.currency, count(*) as orders, sum(queue.total_minor)::bigint as amount_minor, min(queue.held_at) as oldest_at "
    "from holds join held_orders as queue on queue.order_id = holds.order_id where holds.closed_at is null "
    "group by holds.cluster, queue.currency"
)


def causes(session: Session) -> list[CauseRow]:
    """Every cause with its money at stake, one row per currency; an order with several causes counts for each."""
    return [CauseRow(**row) for row in session.execute(_CAUSES).mappings()]


_TOTALS = text("select currency, count(*), sum(total_minor)::bigint, min(held_at) from held_orders group by currency")


def totals(session: Session) -> list[tuple[str, int, int, datetime]]:
    """(currency, orders, money at stake in minor units, since when the oldest is held); every order counts once."""
    return [(row[0], int(row[1]), int(row[2]), row[3]) for row in session.execute(_TOTALS).all()]


def place_of(row: HeldRow, sort: Sort) -> Place:
    """Where a row stands in the queue so ordered."""
    return Place((row.held_at - _EPOCH) // _MICROSECOND if sort is Sort.AGE else row.total_minor, row.order_id)


def _conditions(wanted: Filter) -> list[str]:
    found = []
    if wanted.cluster:
        found.append(_WITH_HOLD.format("cluster = :cluster"))
    if wanted.kind:
        found.append(_WITH_HOLD.format("kind = :kind"))
    return found


_WITH_HOLD = "queue.order_id in (select order_id from holds where closed_at is null and {})"


def _filter_values(wanted: Filter) -> dict[str, Any]:
    return {"cluster": wanted.cluster, "kind": wanted.kind}


def _place_values(sort: Sort, place: Place | None) -> dict[str, Any]:
    if place is None:
        return {}
    value = _EPOCH + place.value * _MICROSECOND if sort is Sort.AGE else place.value
    return {"value": value, "order_id": place.order_id}


def _row(values: dict[str, Any]) -> HeldRow:
    blob = values.pop("customer_name")
    return HeldRow(customer_name=None if blob is None else Sealed(bytes(blob)), **values)
