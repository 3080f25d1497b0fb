"""The provider's own word on how a step ended, told by webhook: the step is settled whoever works on it.

A webhook that carries our key (or is about the very thing a step was to bring about) settles what nobody here knows yet:
a step in doubt, one that waits for its pause, one that is parked behind a hold, even one that runs this moment.
"""

from typing import Any

from sqlmodel import Session

from backend import clock
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.permissions import SYSTEM, provider_actor
from backend.domain.providers import provider_name
from backend.domain.steps import RULES, StepKind, StepState
from backend.domain.timeline import TimelineKind, Weight
from backend.services import holds
from backend.store import holds as hold_store
from backend.store import step_proofs, steps, timeline
from backend.store.tables import Order, Step


def done(
    session: Session, order: Order, step: Step, provider: str, *, result: dict[str, Any], waiting: bool = False
) -> bool:
    """The provider says that it was done: end the step, and lift the hold it had placed. False if that was known."""
    if not step_proofs.done(session, step, result=result, waiting=waiting):
        return False
    _tell(session, order, step, provider, TimelineKind.STEP_SUCCEEDED, "was done")
    for hold in hold_store.open_of(session, order.id):
        if hold.step_id == step.id and hold.kind != HoldKind.PAYMENT_MISMATCH:
            holds.lift(session, order, hold, f"{provider_name(provider)} says that it was done", actor=SYSTEM)
            holds.uncover(session, order, hold)
    return True


def failed(
    session: Session,
    order: Order,
    step: Step,
    provider: str,
    sentence: str,
    category: HoldKind,
    *,
    undone: bool = False,
) -> bool:
    """The provider says that it came to nothing: hold the order, so that a person retries it as a new request.

    `undone`: it had been done, and was undone since. False if a step that is settled would have to be opened again.
    """
    if not step_proofs.failed(session, step, error=sentence, category=category, undone=undone):
        return False
    _tell(session, order, step, provider, TimelineKind.STEP_FAILED, "did not take place")
    for hold in hold_store.open_of(session, order.id):
        if hold.step_id == step.id:
            holds.lift(session, order, hold, f"{provider_name(provider)} says how it ended", actor=SYSTEM)
    holds.place(
        session,
        order,
        category,
        sentence,
        source=HoldSource.STEP,
        provider=provider,
        step_id=step.id,
        facts={"step": step.kind, "outcome": step.outcome},
    )
    return True


def ask_now(session: Session, order: Order, step: Step, provider: str) -> None:
    """The provider has a trace of a doubtful step: ask it at once instead of after a pause or a person's click."""
    if not step.in_doubt:
        return
    if step.state == StepState.READY:
        step_proofs.hasten(session, step)
    elif step.state == StepState.PARKED:
        for hold in hold_store.open_of(session, order.id):
            if hold.step_id == step.id:
                holds.lift(session, order, hold, f"{provider_name(provider)} has told of it", actor=SYSTEM)
        steps.rearm(session, step.id)


def _tell(session: Session, order: Order, step: Step, provider: str, kind: TimelineKind, what: str) -> None:
    timeline.add(
        session,
        order.id,
        kind,
        f"{RULES[StepKind(step.kind)].label}: {provider_name(provider)} says by webhook that it {what}.",
        actor=provider_actor(provider),
        at=clock.now(),
        weight=Weight.ROUTINE,
        step_id=step.id,
    )
