"""The append-only timeline of an order."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from backend.domain.permissions import Actor
from backend.domain.timeline import TimelineKind, Weight
from backend.store import orders
from backend.store.tables import TimelineEntry

BYSTANDERS = frozenset({TimelineKind.INVOICE_STORED, TimelineKind.CREDIT_NOTE_STORED, TimelineKind.NOTE_ADDED})
"""Milestones on which no click depends: they do not outdate what somebody is just looking at."""

_UNWRITTEN = "holdfast_timeline"


def add(
    session: Session,
    order_id: int,
    kind: TimelineKind,
    text: str,
    *,
    actor: Actor,
    at: datetime,
    weight: Weight = Weight.ROUTINE,
    step_id: int | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Write one entry. `text` is a sentence for staff and must not name personal data: the timeline is never erased."""
    outdates = weight is not Weight.ROUTINE and kind not in BYSTANDERS
    session.info.setdefault(_UNWRITTEN, []).append(
        TimelineEntry(
            order_id=order_id,
            at=at,
            kind=kind,
            weight=weight,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name,
            text=text,
            step_id=step_id,
            order_version=orders.touch(session, order_id) if outdates else None,
            data=data or {},
        )
    )


def since(session: Session, order_id: int, version: int) -> list[TimelineEntry]:
    """What outdated decisions that were made on this version of the order, oldest first."""
    write_out(session)
    statement = (
        select(TimelineEntry)
        .where(TimelineEntry.order_id == order_id, col(TimelineEntry.order_version) >= version)
        .order_by(col(TimelineEntry.id))
    )
    return list(session.exec(statement).all())


def write_out(session: Session) -> None:
    """Write what was added, all at once; called by the unit of work before its commit."""
    session.add_all(session.info.pop(_UNWRITTEN, ()))


def of_order(session: Session, order_id: int, *, limit: int = 500) -> list[TimelineEntry]:
    """The newest entries first."""
    write_out(session)
    statement = (
        select(TimelineEntry)
        .where(TimelineEntry.order_id == order_id)
        .order_by(col(TimelineEntry.id).desc())
        .limit(limit)
    )
    return list(session.exec(statement).all())
