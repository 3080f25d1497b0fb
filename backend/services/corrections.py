"""Corrections as the timeline tells them: which fields, by whom; old and new values sealed beside it, for those who may see."""

import json
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from backend import clock
from backend.domain.fixes import SUBJECTS, Corrected, Fix
from backend.domain.permissions import Actor
from backend.domain.timeline import TimelineKind, Weight
from backend.store import timeline
from backend.store.history import Entry
from backend.store.personal import PersonalDataUnreadable
from backend.store.tables import Order, OrderAmendment, TimelineEntry


def write_down(
    session: Session,
    order: Order,
    fix: Fix,
    corrected: tuple[Corrected, ...],
    hold_id: int,
    *,
    actor: Actor,
    reason: str,
) -> None:
    """One entry with the names of the fields, and why; their values lie sealed in a row of their own."""
    now = clock.now()
    row = OrderAmendment(order_id=order.id, fix=str(fix), actor_id=actor.id, actor_name=actor.name, at=now)
    row.write(changes=json.dumps([vars(one) for one in corrected], ensure_ascii=False))
    session.add(row)
    timeline.add(
        session,
        order.id,
        TimelineKind.ORDER_CORRECTED,
        f"{SUBJECTS[fix]} corrected: {', '.join(one.label for one in corrected)}."
        + (f" Reason: {reason}" if reason else ""),
        actor=actor,
        at=now,
        weight=Weight.MILESTONE,
        data={"fix": str(fix), "hold_id": hold_id, "amendment": str(row.id)},
    )


def data_of(session: Session, order_id: int, entries: Sequence[TimelineEntry | Entry]) -> dict[int, dict[str, Any]]:
    """What goes with each entry, by its id; a correction's with old and new, as `changes: [{what, field, old, new}]`."""
    corrected = any(entry.kind == TimelineKind.ORDER_CORRECTED for entry in entries)
    changes = _changes_of(session, order_id) if corrected else {}
    return {
        entry.id: {**entry.data, "changes": changes[key]}
        if (key := str(entry.data.get("amendment", ""))) in changes
        else dict(entry.data)
        for entry in entries
    }


def _changes_of(session: Session, order_id: int) -> dict[str, list[dict[str, str]]]:
    statement = select(OrderAmendment).where(OrderAmendment.order_id == order_id).order_by(col(OrderAmendment.at))
    return {str(row.id): _opened(row) for row in session.exec(statement).all()}


def _opened(row: OrderAmendment) -> list[dict[str, str]]:
    try:
        found = json.loads(row.read("changes") or "[]")
    except PersonalDataUnreadable:
        return []
    return [{"what": one["label"], "field": one["field"], "old": one["old"], "new": one["new"]} for one in found]
