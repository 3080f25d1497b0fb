"""The held queue: its pages, and the summary that answers how many are held, why, how old, and what is at stake."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from backend import clock
from backend.domain import search
from backend.domain.clusters import telling
from backend.domain.desk import MoneySum
from backend.domain.holds import CATALOGUE, HoldKind
from backend.domain.permissions import Actor, Area, Level
from backend.domain.queue import EVERYTHING, Cause, Filter, HeldOrder, HeldPage, HeldSummary, Parts, Wish
from backend.domain.search import Query
from backend.domain.teamwork import Work
from backend.services import desk_work, order_lists
from backend.store import held, order_search
from backend.store.personal import keyring


def held_page(session: Session, wish: Wish, *, actor: Actor) -> HeldPage:
    """A page of the queue. One that lies beyond the end, or wholly ahead of the front, is the page at that end.

    Raises `InvalidInput` for a search that means nothing here, and `SearchTooWide` where the answer would take too long.
    """
    actor.require(Area.HOLDS, Level.VIEW, "see held orders")
    wish, among = wish.sized(), _among(session, wish.filter.query, actor)
    found = held.page(session, wish, among)
    if not found.rows and (wish.after or wish.before):
        found = held.page(session, Wish(wish.filter, wish.sort, wish.desc, size=wish.size), among)
    return HeldPage(_shown(found), found.orders, 1 + found.ahead)


def held_rows(session: Session, wish: Wish, *, actor: Actor) -> tuple[HeldOrder, ...]:
    """The rows of a page alone, of any size. Raises as `held_page` does."""
    actor.require(Area.HOLDS, Level.VIEW, "see held orders")
    return _shown(held.page(session, wish, _among(session, wish.filter.query, actor)))


def held_ids(session: Session, wanted: Filter, *, actor: Actor, most: int) -> list[int]:
    """Ids of up to `most` orders that the filter shows, the longest held first. Raises as `held_page` does."""
    actor.require(Area.HOLDS, Level.VIEW, "see held orders")
    among = _among(session, wanted.query, actor)
    return [row.order_id for row in held.page(session, Wish(wanted, size=most), among).rows]


def held_count(session: Session, q: str, *, actor: Actor) -> int:
    """How many orders the queue shows for a search. Raises as `held_page` does."""
    actor.require(Area.HOLDS, Level.VIEW, "see held orders")
    wanted = Parts(rest=search.parse(q)).filter(order_lists.asking(actor).user_id or 0)
    return held.count(session, wanted, _among(session, wanted.query, actor))


def _among(session: Session, query: Query, actor: Actor) -> list[int] | None:
    """The held orders that the search finds; None where nothing is searched for."""
    if not query:
        return None
    with order_lists.bounded(order_lists.PAGE_SECONDS):
        met = order_search.matching(session, query, order_lists.asking(actor))
        return held.found(session, met, seconds=order_lists.PAGE_SECONDS)


def _shown(found: held.Page) -> tuple[HeldOrder, ...]:
    now = clock.now()
    return tuple(_held_order(row, now) for row in found.rows)


def _held_order(row: held.HeldRow, now: datetime) -> HeldOrder:
    known = row.work
    work = Work(row.order_id, viewers=row.viewers)
    if known is not None:
        work = desk_work.view(known, row.assignee, row.viewers, now)
    rule = CATALOGUE[HoldKind(row.kind)]
    return HeldOrder(
        order_id=row.order_id,
        place=row.place,
        number=row.number,
        external_number=row.external_number,
        customer=keyring().show("customers", "name", row.customer_id, row.customer_name),
        channel=row.channel,
        status=row.status,
        total_minor=row.total_minor,
        currency=row.currency,
        kind=row.kind,
        title=rule.title,
        reason=row.reason,
        advice=rule.advice,
        provider=row.provider,
        cluster=row.cluster,
        other_holds=row.open_holds - 1,
        held_at=row.held_at,
        placed_at=row.placed_at,
        work=work,
    )


def held_summary(session: Session, query: Query = EVERYTHING, *, actor: Actor) -> HeldSummary:
    """Everything above the rows, of all held orders or of those that a search finds; causes by how many orders they hold,
    largest first. Raises as `held_page` does."""
    actor.require(Area.HOLDS, Level.VIEW, "see held orders")
    standing = held.standing(session, clock.now(), _among(session, query, actor))
    rows: dict[str, list[held.CauseRow]] = defaultdict(list)
    for row in standing.causes:
        if not row.snoozed:
            rows[row.cluster].append(row)
    causes = sorted(
        (_cause(parts) for parts in rows.values()), key=lambda cause: (-cause.orders, cause.title, cause.label)
    )
    orders = [row for row in standing.causes if row.oldest]
    return HeldSummary(
        orders=sum(row.orders for row in orders),
        money=_sums(orders),
        oldest_at=min((row.oldest_at for row in orders), default=None),
        causes=tuple(causes),
        snoozed=sum(row.orders for row in orders if row.snoozed),
        at_risk=standing.at_risk,
        overdue=standing.overdue,
        people=standing.people,
    )


def _cause(rows: list[held.CauseRow]) -> Cause:
    first = rows[0]
    return Cause(
        cluster=first.cluster,
        kind=first.kind,
        title=CATALOGUE[HoldKind(first.kind)].title,
        label=telling(first.label),
        provider=first.provider,
        orders=sum(row.orders for row in rows),
        money=_sums(rows),
        oldest_at=min(row.oldest_at for row in rows),
    )


def _sums(rows: Iterable[held.CauseRow]) -> tuple[MoneySum, ...]:
    """What these add up to per currency, the largest first."""
    found: dict[str, int] = defaultdict(int)
    for row in rows:
        found[row.currency] += row.amount_minor
    money = (MoneySum(currency, amount) for currency, amount in found.items())
    return tuple(sorted(money, key=lambda amount: (-amount.amount_minor, amount.currency)))
