"""Reading an order's timeline a part at a time, with the webhooks that came for it."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, func, select

from backend.domain.history import Picked
from backend.domain.steps import StepState
from backend.domain.timeline import TimelineKind, Weight
from backend.store import timeline
from backend.store.tables import InboxMessage, Step, TimelineEntry


def page(session: Session, order_id: int, picked: Picked, *, routine: bool, limit: int) -> list[TimelineEntry]:
    """The newest entries first. Without `routine`, successes are left out, but not what is being tried again."""
    timeline.write_out(session)
    statement = select(TimelineEntry).where(TimelineEntry.order_id == order_id, _matches(order_id, picked))
    if not routine:
        statement = statement.where(or_(_LOUD, _is_trying(order_id)))
    return list(session.exec(statement.order_by(col(TimelineEntry.id).desc()).limit(limit)).all())


def folded_away(session: Session, order_id: int, picked: Picked) -> int:
    """How many entries `page` leaves out without `routine`."""
    statement = select(func.count()).where(
        TimelineEntry.order_id == order_id, _matches(order_id, picked), ~or_(_LOUD, _is_trying(order_id))
    )
    return int(session.exec(statement).one())


def moves(session: Session, order_id: int) -> list[tuple[str, datetime]]:
    """The statuses that the order reached, and when, in their order."""
    timeline.write_out(session)
    statement = (
        select(TimelineEntry.data, TimelineEntry.at)
        .where(TimelineEntry.order_id == order_id, TimelineEntry.kind == str(TimelineKind.STATUS_CHANGED))
        .order_by(col(TimelineEntry.id))
    )
    return [(str(data.get("to", "")), at) for data, at in session.exec(statement).all()]


def messages(
    session: Session, order_id: int, *, since: datetime | None, routine: bool, limit: int
) -> list[InboxMessage]:
    """Webhooks for the order, newest first; without `routine`, only those that came twice or were not simply taken."""
    statement = select(InboxMessage).where(InboxMessage.order_id == order_id)
    if since is not None:
        statement = statement.where(InboxMessage.received_at >= since)
    if not routine:
        statement = statement.where(or_(col(InboxMessage.duplicates) > 0, col(InboxMessage.verdict) != "accepted"))
    return list(session.exec(statement.order_by(col(InboxMessage.received_at).desc()).limit(limit)).all())


_LOUD: ColumnElement[bool] = col(TimelineEntry.weight) != str(Weight.ROUTINE)


def _is_trying(order_id: int) -> ColumnElement[bool]:
    """Belongs to a step that was tried in vain so far, or of which nobody knows whether it took effect."""
    trying = select(Step.id).where(
        Step.order_id == order_id,
        or_(
            and_(col(Step.state) == str(StepState.READY), col(Step.attempts) > 0),
            and_(col(Step.in_doubt), col(Step.state) != str(StepState.DONE)),
        ),
    )
    # Without the null check, an entry without a step would be neither in nor not in the list.
    return and_(col(TimelineEntry.step_id).is_not(None), col(TimelineEntry.step_id).in_(trying))


def _matches(order_id: int, picked: Picked) -> ColumnElement[bool]:
    ways: list[ColumnElement[bool]] = []
    if picked.kinds:
        ways.append(col(TimelineEntry.kind).in_([str(kind) for kind in picked.kinds]))
    if picked.actors:
        ways.append(col(TimelineEntry.actor_kind).in_(picked.actors))
    if picked.steps:
        begins = or_(*(col(Step.kind).startswith(beginning, autoescape=True) for beginning in picked.steps))
        ways.append(col(TimelineEntry.step_id).in_(select(Step.id).where(Step.order_id == order_id, begins)))
    return or_(*ways) if ways else col(TimelineEntry.order_id) == order_id
