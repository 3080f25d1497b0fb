"""What one customer bought, over all channels: customers are one person where their e-mail address is the same."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, tuple_
from sqlmodel import Session, and_, case, col, exists, func, or_, select

from backend.store.tables import Customer, Hold, Order, PaymentTotals

_HELD = exists().where(and_(col(Hold.order_id) == col(Order.id), col(Hold.closed_at).is_(None)))
_CAME_BACK = or_(
    col(Order.shipping_status) == "returned", col(Order.payment_status).in_(("refunded", "partially_refunded"))
)


@dataclass(frozen=True)
class Tally:
    orders: int
    held: int
    returned: int
    first_at: datetime


def ids_of(session: Session, customer: Customer) -> list[object]:
    """The rows that stand for this person: shops give guests a new one with every order."""
    if customer.email_token is None:
        return [customer.id]
    return list(session.exec(select(Customer.id).where(Customer.email_token == customer.email_token)).all())


def tally(session: Session, ids: list[object]) -> Tally:
    """How many orders, how many of them held, how many came back in whole or in part."""
    statement = select(
        func.count(),
        func.coalesce(func.sum(case((_HELD, 1), else_=0)), 0),
        func.coalesce(func.sum(case((_CAME_BACK, 1), else_=0)), 0),
        func.min(Order.placed_at),
    ).where(_theirs(ids))
    orders, held, returned, first = session.exec(statement).one()
    return Tally(int(orders), int(held), int(returned), first)


def spent(session: Session, ids: list[object]) -> list[tuple[str, int]]:
    """(currency, captured less paid back), the largest first."""
    kept = func.sum(PaymentTotals.captured_minor - PaymentTotals.refunded_minor)
    statement = (
        select(PaymentTotals.currency, kept)
        .join(Order, col(Order.id) == col(PaymentTotals.order_id))
        .where(_theirs(ids))
        .group_by(col(PaymentTotals.currency))
        .order_by(kept.desc())
    )
    return [(currency, int(amount)) for currency, amount in session.exec(statement).all()]


def others(
    session: Session, ids: list[object], but: int, *, after: tuple[datetime, int] | None, limit: int
) -> list[tuple[Order, bool]]:
    """Their orders without this one, newest first, each with whether it is held; `after` is the last one seen."""
    statement = select(Order, _HELD).where(_theirs(ids), col(Order.id) != but)
    if after is not None:
        statement = statement.where(tuple_(col(Order.placed_at), col(Order.id)) < after)
    found = session.exec(statement.order_by(col(Order.placed_at).desc(), col(Order.id).desc()).limit(limit)).all()
    return [(order, bool(held)) for order, held in found]


def _theirs(ids: list[object]) -> ColumnElement[bool]:
    return col(Order.customer_id).in_(ids)
