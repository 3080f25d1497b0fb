"""Placing and lifting holds, and the one gate that every path asks before it moves an order on."""

from typing import Any, Protocol

from sqlmodel import Session

from backend import clock
from backend.domain.clusters import cluster_of
from backend.domain.holds import CATALOGUE, HoldKind, HoldSource
from backend.domain.permissions import SYSTEM, Actor
from backend.domain.steps import RULES, StepKind
from backend.domain.timeline import TimelineKind, Weight
from backend.services import snoozes
from backend.store import holds, steps, timeline
from backend.store.tables import Hold, Order


class Known(Protocol):
    """What was read of an order under its lock, among it whether a hold is open."""

    @property
    def held(self) -> bool: ...


def gate(session: Session, order_id: int, known: Known | None = None) -> bool:
    """Whether the order may go on: no hold is open. The caller has locked the order, and may just have read it."""
    return not (holds.is_open(session, order_id) if known is None else known.held)


def place(
    session: Session,
    order: Order,
    kind: HoldKind,
    reason: str,
    *,
    source: HoldSource,
    actor: Actor = SYSTEM,
    provider: str = "",
    step_id: int | None = None,
    facts: dict[str, Any] | None = None,
    facts_token: int | None = None,
) -> None:
    """Stop an order with a reason, tell its timeline and the staff; nothing happens if such a hold is open already."""
    now = clock.now()
    hold_id = holds.place(
        session,
        order.id,
        kind,
        reason,
        source=source,
        cluster=cluster_of(kind, provider, reason, source),
        actor=actor,
        at=now,
        provider=provider,
        step_id=step_id,
        facts=facts,
        facts_token=facts_token,
    )
    if hold_id is None:
        return
    data = {"hold_id": hold_id, "kind": str(kind)}
    words = f"Held: {CATALOGUE[kind].title}. {reason}"
    _tell(session, order, TimelineKind.HOLD_OPENED, words, Weight.PROBLEM, actor, data, step_id)
    snoozes.holds_changed(session, order.id, f"it is held once more: {CATALOGUE[kind].title}", actor=actor)
    if source is not HoldSource.PERSON:
        steps.promise(session, order, StepKind.MAIL_STAFF_ALERT, at=now, subject=str(hold_id))


def lift(session: Session, order: Order, hold: Hold, how: str, *, actor: Actor, reason: str = "") -> None:
    """Close one hold and note who did it and why; when it was the last one, the waiting steps become due."""
    now = clock.now()
    holds.close(session, hold, how, actor=actor, at=now, reason=reason)
    title = CATALOGUE[HoldKind(hold.kind)].title
    words = f"No longer held: {title} ({how})." + (f" Reason: {reason}" if reason else "")
    data = {"hold_id": hold.id, "kind": hold.kind, "how": how}
    _tell(session, order, TimelineKind.HOLD_CLOSED, words, Weight.MILESTONE, actor, data, None)
    snoozes.holds_changed(session, order.id, f"a hold was closed: {title}", actor=actor)
    if gate(session, order.id):
        steps.wake_held(session, order.id)


def uncover(session: Session, order: Order, lifted: Hold) -> None:
    """Of one kind only one hold is open: another step that failed for the same reason meanwhile is stood for from now on.

    Called once the step of the hold that was lifted runs again, or is done without.
    """
    for step in holds.hidden_by(session, lifted):
        if RULES[StepKind(step.kind)].holds:
            facts = {"step": step.kind, "outcome": step.outcome}
            kind, source = HoldKind(lifted.kind), HoldSource.STEP
            place(session, order, kind, step.error, source=source, provider=step.provider, step_id=step.id, facts=facts)


def _tell(
    session: Session,
    order: Order,
    kind: TimelineKind,
    words: str,
    weight: Weight,
    actor: Actor,
    data: dict[str, Any],
    step_id: int | None,
) -> None:
    timeline.add(session, order.id, kind, words, actor=actor, at=clock.now(), weight=weight, step_id=step_id, data=data)


def lift_by_check(session: Session, order: Order, kind: HoldKind, how: str) -> None:
    """A check lifts the hold it placed itself, when the cause has gone; a person's hold is never touched."""
    for hold in holds.open_of(session, order.id):
        if hold.kind == kind and hold.source != HoldSource.PERSON:
            lift(session, order, hold, how, actor=SYSTEM)
