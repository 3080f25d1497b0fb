"""Requests for a second person: writing them down, finding them, and deciding each of them once."""

from datetime import datetime

from sqlalchemy import Text, cast, exists, func, or_
from sqlmodel import Session, col, select

from backend.domain.approvals import ApprovalAction, ApprovalState
from backend.domain.permissions import SYSTEM, Actor
from backend.domain.steps import StepKind, StepState
from backend.store.tables import Approval, Order, Refund, Step

_PENDING = Approval.state == str(ApprovalState.PENDING)


def get(session: Session, approval_id: int, *, lock: bool = False) -> tuple[Approval, Order] | None:
    """A request with its order, as they are now; with `lock`, the request stays as it is until the transaction ends."""
    statement = (
        select(Approval, Order)
        .join(Order, col(Order.id) == col(Approval.order_id))
        .where(Approval.id == approval_id)
        .execution_options(populate_existing=True)
    )
    found = session.exec(statement.with_for_update(of=Approval) if lock else statement).first()
    return None if found is None else (found[0], found[1])


def by_token(session: Session, token: str) -> Approval | None:
    """The request that this very click became."""
    return session.exec(select(Approval).where(Approval.token == token)).first()


def pending_of(session: Session, order_id: int, action: ApprovalAction | None = None) -> list[Approval]:
    """What waits for a second person on an order, oldest first."""
    statement = select(Approval).where(Approval.order_id == order_id, _PENDING).order_by(col(Approval.id))
    if action is not None:
        statement = statement.where(Approval.action == str(action))
    return list(session.exec(statement.execution_options(populate_existing=True)).all())


def pending(session: Session, *, limit: int) -> list[tuple[Approval, str]]:
    """Everything that waits, with the orders' numbers, the oldest first."""
    statement = (
        select(Approval, Order.number)
        .join(Order, col(Order.id) == col(Approval.order_id))
        .where(_PENDING)
        .order_by(col(Approval.id))
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.exec(statement).all()]


def decided(session: Session, *, limit: int) -> list[tuple[Approval, str]]:
    """What was decided, withdrawn or expired, with the orders' numbers, the newest first."""
    statement = (
        select(Approval, Order.number)
        .join(Order, col(Order.id) == col(Approval.order_id))
        .where(Approval.state != str(ApprovalState.PENDING))
        .order_by(col(Approval.decided_at).desc(), col(Approval.id).desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.exec(statement).all()]


def decide(
    session: Session, approval: Approval, state: ApprovalState, *, actor: Actor, at: datetime, reason: str = ""
) -> None:
    """End a pending request; the caller has locked it."""
    approval.state = str(state)
    approval.decided_by = actor.id
    approval.decided_by_name = actor.name
    approval.decided_party = actor.party
    approval.decided_reason = reason
    approval.decided_at = at
    session.add(approval)
    session.flush()


def expire(session: Session, at: datetime, *, order_id: int | None = None) -> list[Approval]:
    """End what nobody decided in time (of one order); requests that somebody is just deciding are left alone."""
    statement = select(Approval).where(_PENDING, Approval.expires_at <= at).with_for_update(skip_locked=True).limit(100)
    if order_id is not None:
        statement = statement.where(Approval.order_id == order_id)
    late = list(session.exec(statement).all())
    for approval in late:
        decide(session, approval, ApprovalState.EXPIRED, actor=SYSTEM, at=at)
    return late


def paid_back_alone_minor(session: Session, order_id: int) -> int:
    """What people decided to pay back of an order without a second person.

    A refund that failed counts for as long as one click sends it again: otherwise that click and a new refund together
    would pay back more than the limit.
    """
    statement = select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
        Refund.order_id == order_id,
        or_(col(Refund.state) != "failed", _MAY_GO_AGAIN),
        col(Refund.approval_id).is_(None),
        col(Refund.requested_by) != SYSTEM.id,
    )
    return int(session.exec(statement).one())


_MAY_GO_AGAIN = exists().where(
    col(Step.order_id) == col(Refund.order_id),
    col(Step.kind) == str(StepKind.PAYMENT_REFUND),
    col(Step.subject) == cast(col(Refund.id), Text),
    col(Step.state).not_in([str(StepState.DONE), str(StepState.CANCELLED)]),
)
