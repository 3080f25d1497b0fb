"""The held queue: its pages, and the summary that answers how many are held, why, how old, and what is at stake."""

from collections import defaultdict
from collections.abc import Iterable

from sqlmodel import Session

from backend import clock
from backend.domain.desk import MoneySum
from backend.domain.holds import CATALOGUE, HoldKind
from backend.domain.permissions import Actor, Area, Level
from backend.domain.queue import Cause, HeldOrder, HeldPage, HeldSummary, Wish
from backend.domain.teamwork import Work
from backend.services import desk_work
from backend.store import held
from backend.store.personal import keyring


def held_page(session: Session, wish: Wish, *, actor: Actor) -> HeldPage:
    """A page of the queue. One that lies beyond the end, or wholly ahead of the front, is the page at that end."""
    actor.require(Area.HOLDS, Level.VIEW, "see held orders")
    wish = wish.sized()
    rows = held.page(session, wish)
    if not rows and (wish.after or wish.before):
        wish = Wish(wish.filter, wish.sort, wish.desc, size=wish.size)
        rows = held.page(session, wish)
    works = desk_work.works(session, [row.order_id for row in rows])
    found = tuple(_held_order(row, works[row.order_id]) for row in rows)
    first = 1 + held.ahead_of(session, wish, found[0].place) if found and (wish.after or wish.before) else 1
    return HeldPage(found, held.count(session, wish.filter), first)


def _held_order(row: held.HeldRow, work: Work) -> HeldOrder:
    rule = CATALOGUE[HoldKind(row.kind)]
    return HeldOrder(
        order_id=row.order_id,
        place=held.place_of(row),
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


def held_summary(session: Session, *, actor: Actor) -> HeldSummary:
    """Everything above the rows; causes by how many orders they hold, largest first."""
    actor.require(Area.HOLDS, Level.VIEW, "see held orders")
    totals = held.totals(session, clock.now())
    rows: dict[str, list[held.CauseRow]] = defaultdict(list)
    for row in held.causes(session):
        rows[row.cluster].append(row)
    causes = sorted(
        (_cause(parts) for parts in rows.values()), key=lambda cause: (-cause.orders, cause.title, cause.label)
    )
    return HeldSummary(
        orders=sum(row.orders for row in totals),
        money=_largest_first(MoneySum(row.currency, row.amount_minor) for row in totals),
        oldest_at=min((row.oldest_at for row in totals), default=None),
        causes=tuple(causes),
        snoozed=sum(row.snoozed for row in totals),
        at_risk=sum(row.at_risk for row in totals),
        overdue=sum(row.overdue for row in totals),
        people=tuple(held.people(session)),
    )


def _cause(rows: list[held.CauseRow]) -> Cause:
    first = rows[0]
    return Cause(
        cluster=first.cluster,
        kind=first.kind,
        title=CATALOGUE[HoldKind(first.kind)].title,
        label=first.label,
        provider=first.provider,
        orders=sum(row.orders for row in rows),
        money=_largest_first(MoneySum(row.currency, row.amount_minor) for row in rows),
        oldest_at=min(row.oldest_at for row in rows),
    )


def _largest_first(money: Iterable[MoneySum]) -> tuple[MoneySum, ...]:
    return tuple(sorted(money, key=lambda amount: (-amount.amount_minor, amount.currency)))
