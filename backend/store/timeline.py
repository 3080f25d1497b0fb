"""The append-only timeline of an order."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import inspect
from sqlalchemy import text as sql
from sqlalchemy.dialects import postgresql
from sqlmodel import Session, col, select

from backend.domain.permissions import Actor
from backend.domain.timeline import DESK_KINDS, TimelineKind, Weight
from backend.store import orders
from backend.store.tables import TimelineEntry

BYSTANDERS = frozenset(
    {
        TimelineKind.INVOICE_STORED,
        TimelineKind.CREDIT_NOTE_STORED,
        TimelineKind.NOTE_ADDED,
        TimelineKind.PERSONAL_DATA_SHOWN,
        TimelineKind.NOTE_EDITED,
        TimelineKind.TAGGED,
        *DESK_KINDS,
        TimelineKind.APPROVAL_ASKED,
        TimelineKind.APPROVAL_GIVEN,
        TimelineKind.APPROVAL_DECLINED,
        TimelineKind.APPROVAL_WITHDRAWN,
        TimelineKind.APPROVAL_EXPIRED,
    }
)
"""Milestones on which no click depends: they do not outdate what somebody is just looking at."""

_UNWRITTEN = "holdfast_timeline"
_GIVEN = [column for column in inspect(TimelineEntry).columns if column.name != "id"]
_NAMES = ", ".join(column.name for column in _GIVEN)
_TYPES = ", ".join(f"{column.name} {column.type.compile(postgresql.dialect())}" for column in _GIVEN)  # type: ignore[no-untyped-call]
_INSERT = sql(
    f"insert into timeline ({_NAMES}) select {_NAMES} "  # nosec B608 - constants
    f"from rows from (jsonb_to_recordset(cast(:entries as jsonb)) as ({_TYPES})) with ordinality order by ordinality"
)


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
        {
            "order_id": order_id,
            "at": at.isoformat(),
            "kind": kind,
            "weight": weight,
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "actor_name": actor.name,
            "text": text,
            "step_id": step_id,
            "order_version": orders.touch(session, order_id) if outdates else None,
            "data": data or {},
        }
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
    entries = session.info.pop(_UNWRITTEN, None)
    if entries:
        session.flush()
        session.execute(_INSERT, {"entries": json.dumps(entries, ensure_ascii=False, default=str)})


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
