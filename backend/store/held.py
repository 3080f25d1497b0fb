"""The held queue's queries: pages from one place to the next over the small table of held orders, and its causes.

`held_orders` has one row for every order with an open hold, kept by the database itself, so nothing here looks at the
orders that are not held, and no page is found by counting past the ones before it. A page is one statement, and so is
what stands above it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, select

from backend.domain.queue import Filter, Place, Sort, Wish
from backend.domain.teamwork import Viewer
from backend.store import viewers
from backend.store.db import limited
from backend.store.order_search import Matching
from backend.store.order_search import among as is_among
from backend.store.personal import Sealed
from backend.store.tables import HeldOrder, Order
from backend.store.teamwork import COLUMNS, DeskRow

_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_NEVER = datetime(2250, 1, 1, tzinfo=UTC)
"""A clock that stands still is due last."""
_KEYS = {Sort.AGE: "queue.held_at", Sort.AMOUNT: "queue.total_minor"}
"""What each sort orders by; closed, so nothing from outside becomes a statement."""
_IN_HANDS = "(claim_until is null or claim_until > clock_timestamp())"


@dataclass(frozen=True)
class HeldRow:
    """One held order. `work` is the desk's side of it, None while the desk has not reckoned it."""

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
    work: DeskRow | None
    assignee: str
    viewers: tuple[Viewer, ...]

    @property
    def place(self) -> Place:
        """Where the row stands in the queue that it was read from."""
        value = self.sorted_by
        return Place((value - _EPOCH) // _MICROSECOND if isinstance(value, datetime) else value, self.order_id)


@dataclass(frozen=True)
class Page:
    """`orders`: how many fit the filter; `ahead`: how many of them stand in front of the first row."""

    rows: tuple[HeldRow, ...] = ()
    orders: int = 0
    ahead: int = 0


_SHOWN = (
    "orders.id, orders.number, orders.external_number, orders.customer_id, customers.name, orders.channel, orders.status, "
    "orders.total_minor, orders.currency, shown.kind, shown.reason, shown.provider, shown.cluster, queue.open_holds, "
    "queue.held_at, orders.placed_at, queue.sorted_by"
)
_ROWS = """
with queue as materialized ({source} order by sorted_by {direction}, order_id {direction} limit {size}),
looking as materialized ({looking})
select {shown}, {work}, owner.name, looking.people,
       (select count(*) from held_orders as queue where {conditions}), ({ahead})
from queue
join orders on orders.id = queue.order_id
join customers on customers.id = orders.customer_id
join {hold} on true
left join desk_work as work on work.order_id = queue.order_id
left join users as owner on owner.id = work.assignee_id
left join looking on looking.order_id = queue.order_id
order by queue.sorted_by {direction}, queue.order_id {direction}
"""
_QUEUE = "select queue.order_id, queue.hold_id, queue.open_holds, queue.held_at, {key} as sorted_by from "
_BY_KEY = _QUEUE + "held_orders as queue where {conditions} and {from_place}"
_DUE_SOME = (
    _QUEUE + "desk_work as work join held_orders as queue on queue.order_id = work.order_id "
    "where work.held and work.due_at is not null and work.snoozed_at is {put_away} and {conditions} and {from_place}"
)
_DUE_NEVER = (
    _QUEUE + "held_orders as queue where {conditions} and {from_place} and not exists (select 1 from desk_work "  # nosec B608
    "where desk_work.order_id = queue.order_id and desk_work.held and desk_work.due_at is not null)"
)
_DUE = (
    "with first_part as materialized ({first} order by sorted_by {direction}, order_id {direction} limit {size}), "
    "second_part as materialized ({second} and (select count(*) from first_part) < {size} "
    "order by sorted_by {direction}, order_id {direction} limit {size}) "
    "select * from first_part union all select * from second_part"
)
"""Those with a due time stand in an index of their own; the others are only looked for where the first do not suffice."""
_OLDEST = "lateral (select kind, reason, provider, cluster from holds where holds.id = queue.hold_id) as shown"
_ASKED_FOR = (
    "lateral (select kind, reason, provider, cluster from holds where holds.order_id = queue.order_id and closed_at is null "
    "order by (cluster = :cluster or kind = :kind) desc, id limit 1) as shown"
)


Found = Sequence[int] | None
"""Ids of the held orders that a search finds; None where nothing is searched for."""


def found(session: Session, matching: Matching, *, seconds: float) -> list[int]:
    """The held orders that a search means, within so many seconds. Ids, for several statements need them and only one has to
    look for them."""
    named = [] if matching.candidates is None else [is_among(matching.candidates)]
    held = col(Order.id).in_(select(HeldOrder.order_id))
    statement = select(col(Order.id)).where(held, *named, *matching.conditions)
    return list(session.execute(limited(statement, seconds, anew=True)).scalars())


def page(session: Session, wish: Wish, among: Found = None) -> Page:
    """Up to `wish.size` rows in the order asked for, behind `after` or ahead of `before`, and how many there are."""
    backwards = wish.before is not None
    descending = wish.desc != backwards
    place = wish.before or wish.after
    conditions = " and ".join(_conditions(wish.filter, among))
    source, ahead = (_by_due if wish.sort is Sort.DUE else _by_key)(wish, place, conditions, descending)
    statement = _ROWS.format(
        source=source,
        looking=viewers.OF_QUEUE,
        shown=_SHOWN,
        work=", ".join(f"work.{column}" for column in COLUMNS),
        conditions=conditions,
        ahead=ahead,
        hold=_ASKED_FOR if wish.filter.cluster or wish.filter.kind else _OLDEST,
        direction="desc" if descending else "asc",
        size=wish.size,
    )
    values = {**_filter_values(wish.filter, among), **_place_values(wish.sort, place), "seconds": viewers.SECONDS}
    answer = session.execute(text(statement), values).all()
    if not answer:
        return Page()
    rows = tuple(_row(row) for row in answer)
    orders, passed = answer[0][-2:]
    return Page(rows[::-1], orders, passed - len(rows)) if backwards else Page(rows, orders, passed)


def _by_key(wish: Wish, place: Place | None, conditions: str, descending: bool) -> tuple[str, str]:
    """The rows in an index's order, and how many of them were passed."""
    key = _KEYS[wish.sort]
    if place is None:
        return _BY_KEY.format(key=key, conditions=conditions, from_place="true"), "0"
    here = f"({key}, queue.order_id)"
    rows = _BY_KEY.format(key=key, conditions=conditions, from_place=f"{here} {_side(descending)} (:value, :order_id)")
    passed = f"{here} {_passed(wish)} (:value, :order_id)"
    return rows, f"select count(*) from held_orders as queue where {conditions} and {passed}"  # nosec B608 - as above


def _by_due(wish: Wish, place: Place | None, conditions: str, descending: bool) -> tuple[str, str]:
    """The same by due time: first what has one, then what has none, or the other way round."""
    parts, passed = [], []
    for key, part in (("work.due_at", _DUE_SOME), (f"timestamptz '{_NEVER}'", _DUE_NEVER)):
        here = f"({key}, queue.order_id)"
        put_away = "not null" if wish.filter.snoozed else "null"
        told = {"conditions": conditions, "put_away": put_away}
        behind = "true" if place is None else f"{here} {_side(descending)} (:value, :order_id)"
        parts.append(part.format(key=key, from_place=behind, **told))
        ahead = f"{here} {_passed(wish)} (:value, :order_id)"
        passed.append(f"(select count(*) from ({part.format(key=key, from_place=ahead, **told)}) as passed)")  # nosec B608
    first, second = reversed(parts) if descending else parts
    rows = _DUE.format(first=first, second=second, size=wish.size, direction="desc" if descending else "asc")
    ahead = "0" if place is None else f"select {' + '.join(passed)}"
    return f"select * from ({rows}) as parts", ahead  # nosec B608


def _side(descending: bool) -> str:
    return "<" if descending else ">"


def _passed(wish: Wish) -> str:
    """What stands in front of the page: up to and with `after`, or all that is ahead of `before`."""
    return (">" if wish.desc else "<") + ("" if wish.before is not None else "=")


def count(session: Session, wanted: Filter, among: Found = None) -> int:
    """How many held orders fit the filter."""
    conditions = " and ".join(_conditions(wanted, among))
    statement = f"select count(*) from held_orders as queue where {conditions}"  # nosec B608 - a closed list
    return int(session.execute(text(statement), _filter_values(wanted, among)).scalar_one())


@dataclass(frozen=True)
class CauseRow:
    """Open holds of one cause in one currency; of orders with several holds, `oldest` says whether it is the first one.

    Each held order is counted once among the oldest, and once more for each further hold."""

    cluster: str
    currency: str
    snoozed: bool
    oldest: bool
    orders: int
    amount_minor: int
    oldest_at: datetime
    kind: str
    label: str
    provider: str


@dataclass(frozen=True)
class Standing:
    """What is above the queue. `people`: (user id, orders) of everybody who has some."""

    causes: tuple[CauseRow, ...]
    at_risk: int
    overdue: int
    people: tuple[tuple[int, int], ...]


_STANDING = """
with away as materialized (select order_id from desk_work where snoozed_at is not null),
due as materialized (
    select count(*) filter (where due_at > :now and risk_at <= :now) as at_risk, count(*) filter (where due_at <= :now) as over
    from desk_work as queue where held and snoozed_at is null and due_at is not null and {among}
),
owners as materialized (
    select jsonb_agg(jsonb_build_array(assignee_id, orders)) as people from (
        select assignee_id, count(*) as orders from desk_work as queue
        where held and assignee_id is not null and snoozed_at is null and {in_hands} and {among} group by assignee_id
    ) as each_one
),
counted as (
    select cluster, currency, order_id in (select order_id from away) as snoozed, true as oldest, count(*) as orders,
           sum(total_minor)::bigint as amount_minor, min(held_at) as oldest_at
    from held_orders as queue where {among} group by 1, 2, 3
    union all
    select holds.cluster, queue.currency, queue.order_id in (select order_id from away), false, count(*),
           sum(queue.total_minor)::bigint, min(queue.held_at)
    from held_orders as queue join holds on holds.order_id = queue.order_id and holds.closed_at is null
        and holds.id <> queue.hold_id
    where queue.open_holds > 1 and {among} group by 1, 2, 3
)
select cluster, currency, snoozed, oldest, orders, amount_minor, oldest_at, named.kind, named.cluster_label, named.provider,
       due.at_risk, due.over, owners.people
from counted
join lateral (
    select kind, cluster_label, provider from holds where cluster = counted.cluster and closed_at is null limit 1
) as named on true
cross join due
cross join owners
"""
"""What each order counts for follows from its row in `held_orders`; only of those with several holds the others are read."""


def standing(session: Session, now: datetime, among: Found = None) -> Standing:
    """Every cause with its money at stake, how many are due or will be soon, and whose they are."""
    statement = text(_STANDING.format(among=_among(among), in_hands=_IN_HANDS))
    answer = session.execute(statement, {"now": now, **_ids(among)}).all()
    if not answer:
        return Standing((), 0, 0, ())
    at_risk, overdue, people = answer[0][-3:]
    causes = tuple(CauseRow(*row[:-3]) for row in answer)
    return Standing(causes, at_risk, overdue, tuple((int(person), int(orders)) for person, orders in people or ()))


def _among(among: Found) -> str:
    """As a subquery, which is hashed whatever the plan: a long array is compared one by one in a plan that is kept."""
    return "true" if among is None else "queue.order_id in (select unnest(cast(:among as bigint[])))"


def _ids(among: Found) -> dict[str, Any]:
    return {} if among is None else {"among": list(among)}


def _conditions(wanted: Filter, among: Found) -> list[str]:
    """What a held order must meet, said of `queue` alone."""
    met = [_among(among), f"queue.order_id {'in' if wanted.snoozed else 'not in'} ({_PUT_AWAY})"]
    if wanted.cluster:
        met.append(_WITH_HOLD.format("cluster = :cluster"))
    if wanted.kind:
        met.append(_WITH_HOLD.format("kind = :kind"))
    if wanted.person:
        met.append(_IN_CHARGE)
    return met


_PUT_AWAY = "select order_id from desk_work where snoozed_at is not null"
_WITH_HOLD = "queue.order_id in (select order_id from holds where closed_at is null and {})"
_IN_CHARGE = (
    "queue.order_id in (select order_id from desk_work where held and assignee_id = :person "  # nosec B608 - constants
    f"and {_IN_HANDS})"
)


def _filter_values(wanted: Filter, among: Found) -> dict[str, Any]:
    return {**_ids(among), "cluster": wanted.cluster, "kind": wanted.kind, "person": wanted.person}


def _place_values(sort: Sort, place: Place | None) -> dict[str, Any]:
    if place is None:
        return {}
    value = place.value if sort is Sort.AMOUNT else _EPOCH + place.value * _MICROSECOND
    return {"value": value, "order_id": place.order_id}


def _row(values: Sequence[Any]) -> HeldRow:
    end = 17 + len(COLUMNS)
    shown, work, (owner, people) = list(values[:17]), values[17:end], values[end : end + 2]
    shown[4] = None if shown[4] is None else Sealed(bytes(shown[4]))
    desk = None if work[0] is None else DeskRow(*work)
    told: tuple[Any, ...] = (*shown, desk, owner or "", tuple(Viewer(*person) for person in people or ()))
    return HeldRow(*told)
