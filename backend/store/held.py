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

COLUMNS = {
    Sort.AGE: "queue.held_at",
    Sort.DUE: "coalesce(work.due_at, timestamptz '2250-01-01 00:00+00')",  # a clock that stands still is due last
    Sort.AMOUNT: "queue.total_minor",
}
"""What each sort orders by; closed, so nothing from outside becomes a statement."""
_FROM = "held_orders as queue left join desk_work as work on work.order_id = queue.order_id and work.held"
_IN_HANDS = "(work.claim_until is null or work.claim_until > clock_timestamp())"
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
    sorted_by: datetime | int


_ROWS = """
with queue as materialized (
    select queue.order_id, queue.held_at, {column} as sorted_by from {source}
    where {conditions} order by {column} {direction}, queue.order_id {direction} limit :limit
)
select orders.id as order_id, orders.number, orders.external_number, orders.customer_id, customers.name as customer_name,
       orders.channel, orders.status, orders.total_minor, orders.currency, shown.kind, shown.reason, shown.provider,
       shown.cluster, shown.open_holds, queue.held_at, orders.placed_at, queue.sorted_by
from queue
join orders on orders.id = queue.order_id
join customers on customers.id = orders.customer_id
join lateral (
    select kind, reason, provider, cluster, count(*) over () as open_holds from holds
    where holds.order_id = queue.order_id and closed_at is null
    order by (cluster = :cluster or kind = :kind) desc, id limit 1
) as shown on true
order by queue.sorted_by {direction}, orders.id {direction}
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
        source=_FROM,
        conditions=" and ".join(conditions),
        column=column,
        direction="desc" if descending else "asc",
    )
    values = {**_filter_values(wish.filter), **_place_values(wish.sort, place), "limit": wish.size}
    found = [_row(dict(row)) for row in session.execute(text(statement), values).mappings()]
    return found[::-1] if backwards else found


_COUNT = "select count(*) from {source} where {conditions}"


def count(session: Session, wanted: Filter) -> int:
    """How many held orders fit the filter."""
    statement = _COUNT.format(source=_FROM, conditions=" and ".join(_conditions(wanted)))
    return int(session.execute(text(statement), _filter_values(wanted)).scalar_one())


def ahead_of(session: Session, wish: Wish, place: Place) -> int:
    """How many orders that fit stand in front of a place."""
    side = f"({COLUMNS[wish.sort]}, queue.order_id) {'>' if wish.desc else '<'} (:value, :order_id)"
    statement = _COUNT.format(source=_FROM, conditions=" and ".join([*_conditions(wish.filter), side]))
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
    "select holds.cluster, min(holds.kind) as kind, min(holds.cluster_label) as label, min(holds.provider) as provider, "  # nosec B608 - constants
    "queue.currency, count(*) as orders, sum(queue.total_minor)::bigint as amount_minor, min(queue.held_at) as oldest_at "
    f"from {_FROM} join holds on holds.order_id = queue.order_id and holds.closed_at is null "
    "where work.snoozed_at is null group by holds.cluster, queue.currency"
)


def causes(session: Session) -> list[CauseRow]:
    """Every cause with its money at stake, one row per currency; an order with several causes counts for each."""
    return [CauseRow(**row) for row in session.execute(_CAUSES).mappings()]


@dataclass(frozen=True)
class TotalRow:
    currency: str
    orders: int
    amount_minor: int
    oldest_at: datetime
    snoozed: int
    at_risk: int
    overdue: int


_TOTALS = text(
    "select queue.currency, count(*) as orders, sum(queue.total_minor)::bigint as amount_minor, "  # nosec B608 - constants
    "min(queue.held_at) as oldest_at, count(*) filter (where work.snoozed_at is not null) as snoozed, "
    "count(*) filter (where work.risk_at <= :now and work.due_at > :now) as at_risk, "
    f"count(*) filter (where work.due_at <= :now) as overdue from {_FROM} group by queue.currency"
)


def totals(session: Session, now: datetime) -> list[TotalRow]:
    """All held orders, one row per currency; every order counts once."""
    return [TotalRow(**row) for row in session.execute(_TOTALS, {"now": now}).mappings()]


_PEOPLE = text(
    f"select work.assignee_id, count(*) from {_FROM} "  # nosec B608 - constants
    f"where work.assignee_id is not null and work.snoozed_at is null and {_IN_HANDS} group by work.assignee_id"
)


def people(session: Session) -> list[tuple[int, int]]:
    """(user id, orders) of everybody who has some."""
    return [(int(row[0]), int(row[1])) for row in session.execute(_PEOPLE).all()]


def place_of(row: HeldRow) -> Place:
    """Where a row stands in the queue that it was read from."""
    value = row.sorted_by
    return Place((value - _EPOCH) // _MICROSECOND if isinstance(value, datetime) else value, row.order_id)


def _conditions(wanted: Filter) -> list[str]:
    found = ["work.snoozed_at is not null" if wanted.snoozed else "work.snoozed_at is null"]
    if wanted.cluster:
        found.append(_WITH_HOLD.format("cluster = :cluster"))
    if wanted.kind:
        found.append(_WITH_HOLD.format("kind = :kind"))
    if wanted.person:
        found.append(f"work.assignee_id = :person and {_IN_HANDS}")
    return found


_WITH_HOLD = "queue.order_id in (select order_id from holds where closed_at is null and {})"


def _filter_values(wanted: Filter) -> dict[str, Any]:
    return {"cluster": wanted.cluster, "kind": wanted.kind, "person": wanted.person}


def _place_values(sort: Sort, place: Place | None) -> dict[str, Any]:
    if place is None:
        return {}
    value = place.value if sort is Sort.AMOUNT else _EPOCH + place.value * _MICROSECOND
    return {"value": value, "order_id": place.order_id}


def _row(values: dict[str, Any]) -> HeldRow:
    blob = values.pop("customer_name")
    return HeldRow(customer_name=None if blob is None else Sealed(bytes(blob)), **values)
