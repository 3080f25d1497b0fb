"""Refunds: decisions to pay back, and what they leave refundable."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, func, select

from backend.domain.timeline import TimelineKind
from backend.store import timeline
from backend.store.tables import Order, Refund, TimelineEntry


def get(session: Session, refund_id: int) -> Refund:
    return session.exec(select(Refund).where(Refund.id == refund_id).execution_options(populate_existing=True)).one()


def of_order(session: Session, order_id: int) -> list[Refund]:
    return list(session.exec(select(Refund).where(Refund.order_id == order_id).order_by(col(Refund.id))).all())


def deciders(session: Session, order_id: int) -> dict[int, str]:
    """Who decided each refund, by name, as the timeline has it."""
    timeline.write_out(session)
    statement = select(TimelineEntry.data, TimelineEntry.actor_name).where(
        TimelineEntry.order_id == order_id, TimelineEntry.kind == str(TimelineKind.REFUND_REQUESTED)
    )
    return {int(data["refund_id"]): name for data, name in session.exec(statement).all() if "refund_id" in data}


def on_its_way_minor(session: Session, order_id: int) -> int:
    """What was decided but is not settled yet: it counts as paid back when the next refund is decided."""
    statement = select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
        Refund.order_id == order_id, Refund.state == "requested"
    )
    return int(session.exec(statement).one())


def on_their_way_minor(session: Session, order_ids: Sequence[int]) -> dict[int, int]:
    """`on_its_way_minor` for many orders with one statement; an order of which nothing is on its way is not in it."""
    statement = (
        select(Refund.order_id, func.sum(Refund.amount_minor))
        .where(col(Refund.order_id).in_(order_ids), Refund.state == "requested")
        .group_by(col(Refund.order_id))
    )
    return {order_id: int(amount) for order_id, amount in session.exec(statement).all()}


def request(
    session: Session,
    order: Order,
    *,
    amount_minor: int,
    lines: list[dict[str, int]],
    shipping_minor: int,
    reason: str,
    restock: bool,
    requested_by: str,
    at: datetime,
    approval_id: int | None = None,
) -> Refund:
    """Write a decision down; the caller has locked the order and checked the amount."""
    serial = len(of_order(session, order.id)) + 1
    refund = Refund(
        order_id=order.id,
        key=f"{order.number}:refund:{serial}",
        amount_minor=amount_minor,
        currency=order.currency,
        shipping_minor=shipping_minor,
        lines=lines,
        reason=reason,
        restock=restock,
        requested_by=requested_by,
        requested_at=at,
        approval_id=approval_id,
    )
    session.add(refund)
    session.flush()
    return refund


def by_reference(session: Session, order_id: int, reference: str) -> Refund | None:
    """The decision that a provider's refund carried out."""
    return next((refund for refund in of_order(session, order_id) if reference and refund.reference == reference), None)


def note_reference(session: Session, refund: Refund, reference: str) -> None:
    """The provider has taken it on; whether it arrives is told later."""
    refund.reference = reference
    session.add(refund)
    session.flush()


def fail(session: Session, refund: Refund, reference: str) -> None:
    """It did not arrive: what it had reserved may be paid back again."""
    refund.state, refund.reference, refund.settled_at = "failed", reference, None
    session.add(refund)
    session.flush()


def take_up_again(session: Session, refund: Refund) -> None:
    """A person decided to send a failed refund again: its amount is reserved as before."""
    refund.state, refund.reference = "requested", ""
    session.add(refund)
    session.flush()


def settle(session: Session, refund: Refund, reference: str, at: datetime) -> None:
    """The provider has paid it back."""
    refund.state, refund.reference, refund.settled_at = "succeeded", reference, at
    session.add(refund)
    session.flush()
