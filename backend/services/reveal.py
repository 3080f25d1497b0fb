"""Personal data in what was said to a provider: shown to who may see it, asks for it and says why; and written down."""

from typing import Any

from sqlmodel import Session

from backend import clock
from backend.domain.errors import NotFound, NotPossible
from backend.domain.permissions import Actor, Area, Level
from backend.domain.providers import provider_name
from backend.domain.steps import rule_of
from backend.domain.timeline import TimelineKind, Weight
from backend.services import clicks
from backend.store import orders, originals, steps, timeline

GONE = "What was said with personal data is not kept any more; only the masked record is left."


def reveal_attempt(
    session: Session, number: str, attempt_id: int, *, actor: Actor, reason: str
) -> tuple[dict[str, Any], ...]:
    """An attempt's exchanges with their personal data; secrets stay masked.

    Needs a reason, which goes into the audit and the timeline with the name of who asked. Raises `NotFound` for an attempt
    that is not of this order, and `NotPossible` where nothing is kept.
    """
    actor.require(Area.ORDERS, Level.ACT, "see personal data in calls to providers")
    order = orders.lock_by_number(session, number)
    attempt = originals.attempt_of(session, order.id, attempt_id)
    if attempt is None:
        raise NotFound("This order has no such attempt.")
    said = originals.of_attempt(session, attempt)
    if said is None:
        raise NotPossible(GONE)
    why = clicks.reasoned(reason, "see personal data")
    step = steps.get(session, attempt.step_id)
    label = rule_of(step.kind).label
    details = {"step": step.key, "attempt": attempt.number, "provider": step.provider}
    clicks.audit(session, order, "reveal", actor=actor, token=None, reason=why, details=details)
    timeline.add(
        session,
        order.id,
        TimelineKind.PERSONAL_DATA_SHOWN,
        f"Looked at the personal data in “{label}”, attempt {attempt.number}"
        f"{f' ({provider_name(step.provider)})' if step.provider else ''}. Reason: {why}",
        actor=actor,
        at=clock.now(),
        weight=Weight.MILESTONE,
    )
    return tuple(
        {**masked, **original} if original is not None else dict(masked)
        for masked, original in zip(attempt.exchanges, said, strict=True)
    )
