"""The head of an order's page in one statement: the order and its customer, its holds, its moves, and its money."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, literal_column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session, col, select

from backend.domain.errors import OrderNotFound
from backend.domain.payments import EntryKind
from backend.domain.timeline import TimelineKind
from backend.store import timeline
from backend.store.tables import Customer, Order


@dataclass(frozen=True)
class HoldRow:
    """A hold as people read it: the columns of `Hold` with these names."""

    id: int
    kind: str
    source: str
    reason: str
    provider: str
    step_id: int | None
    placed_by_name: str
    placed_at: datetime
    closed_at: datetime | None
    closed_by_name: str
    closed_how: str
    closed_reason: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class Head:
    """`moves`: the statuses that the order reached, and when. `entries`: payment entries in the order's own currency."""

    order: Order
    customer: Customer
    holds: list[HoldRow]
    moves: list[tuple[str, datetime]]
    entries: list[tuple[EntryKind, int]]
    on_its_way_minor: int


def _told(sql: str) -> Any:
    return literal_column(f"({sql})", JSONB)


_COLUMNS: list[Any] = [
    Order,
    Customer,
    _told(
        "select jsonb_agg(jsonb_build_array(id, kind, source, reason, provider, step_id, placed_by_name, placed_at, "
        "closed_at, closed_by_name, closed_how, closed_reason, facts) order by id) from holds where order_id = orders.id"
    ).label("holds"),
    _told(
        "select jsonb_agg(jsonb_build_array(data ->> 'to', at) order by id) from timeline "  # nosec B608 - a constant
        f"where order_id = orders.id and kind = '{TimelineKind.STATUS_CHANGED}'"
    ).label("moves"),
    _told(
        "select jsonb_agg(jsonb_build_array(kind, amount_minor) order by id) from payment_entries "
        "where order_id = orders.id and payment_entries.currency = orders.currency"
    ).label("entries"),
    literal_column(
        "(select coalesce(sum(amount_minor), 0)::bigint from refunds where order_id = orders.id and state = 'requested')"
    ).label("on_its_way"),
]
_HEAD = (
    select(*_COLUMNS)
    .join(Customer, col(Customer.id) == col(Order.customer_id))
    .where(col(Order.number) == bindparam("number"))
)


def read(session: Session, number: str) -> Head:
    """Raises `OrderNotFound`."""
    timeline.write_out(session)
    session.flush()
    found = session.execute(_HEAD, {"number": number}).first()
    if found is None:
        raise OrderNotFound(number)
    order, customer, holds, moves, entries, on_its_way = found
    return Head(
        order,
        customer,
        [_hold(each) for each in holds or ()],
        [(status or "", datetime.fromisoformat(at)) for status, at in moves or ()],
        [(EntryKind(kind), amount) for kind, amount in entries or ()],
        int(on_its_way),
    )


def _hold(told: list[Any]) -> HoldRow:
    placed, closed = datetime.fromisoformat(told[7]), told[8]
    ended = None if closed is None else datetime.fromisoformat(closed)
    values: list[Any] = [*told[:7], placed, ended, *told[9:]]
    return HoldRow(*values)
