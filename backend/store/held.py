"""The held queue's queries: one row per held order, by its oldest open hold, and the causes with money at stake."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from backend.store.personal import Sealed

SORTS = {
    "age": "shown.placed_at",
    "amount": "orders.total_minor",
}
"""What the queue may be ordered by; a closed list, so nothing from outside reaches the statement."""


@dataclass(frozen=True)
class HeldRow:
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
    open_holds: int
    held_at: datetime
    placed_at: datetime


_ROWS = """
with shown as (
    select distinct on (order_id) order_id, kind, reason, provider, placed_at
    from holds where closed_at is null and (:kind = '' or kind = :kind)
    order by order_id, id
)
select orders.number, orders.external_number, orders.customer_id, customers.name as customer_name, orders.channel,
       orders.status, orders.total_minor, orders.currency, shown.kind, shown.reason, shown.provider,
       (select count(*) from holds where order_id = orders.id and closed_at is null) as open_holds,
       shown.placed_at as held_at, orders.placed_at
from shown
join orders on orders.id = shown.order_id
join customers on customers.id = orders.customer_id
"""

_STATEMENTS = {
    (sort, descending): text(
        f"{_ROWS} order by {column} {direction}, orders.id {direction} limit :limit offset :offset"
    )
    for sort, column in SORTS.items()
    for descending, direction in ((False, "asc"), (True, "desc"))
}


def page(session: Session, *, kind: str, sort: str, descending: bool, limit: int, offset: int) -> list[HeldRow]:
    """A page of held orders; `kind` empty means every cause."""
    rows = session.execute(_STATEMENTS[sort, descending], {"kind": kind, "limit": limit, "offset": offset}).mappings()
    return [_row(dict(row)) for row in rows]


def _row(values: dict[str, Any]) -> HeldRow:
    blob = values.pop("customer_name")
    return HeldRow(customer_name=None if blob is None else Sealed(bytes(blob)), **values)


def count(session: Session, *, kind: str) -> int:
    """How many orders are held (by this cause)."""
    statement = text(
        "select count(distinct order_id) from holds where closed_at is null and (:kind = '' or kind = :kind)"
    )
    return int(session.execute(statement, {"kind": kind}).scalar_one())


def oldest(session: Session) -> datetime | None:
    statement = text("select min(placed_at) from holds where closed_at is null")
    found: datetime | None = session.execute(statement).scalar_one()
    return found


def causes(session: Session) -> list[tuple[str, str, int, int]]:
    """(kind, currency, orders, money at stake in minor units) over all open holds."""
    statement = text(
        "select kind, currency, count(distinct orders.id), sum(total_minor) from holds "
        "join orders on orders.id = holds.order_id where holds.closed_at is null group by kind, currency"
    )
    return [(row[0], row[1], int(row[2]), int(row[3])) for row in session.execute(statement).all()]
