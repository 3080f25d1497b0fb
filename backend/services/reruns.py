"""A failed step runs again: under its old key where it may have happened or never left, as a new intention where it was refused."""

from sqlmodel import Session

from backend import clock
from backend.domain.permissions import Actor
from backend.domain.retries import Outcome
from backend.domain.steps import RULES, SUPERSEDED, StepKind, StepState
from backend.domain.timeline import TimelineKind, Weight
from backend.store import steps, timeline
from backend.store.tables import Order, Step


def again(session: Session, order: Order, step: Step, actor: Actor) -> None:
    """Only a proven failure may begin a new generation; anything else is repeated under its old key."""
    if step.state == StepState.DONE or step.outcome == SUPERSEDED:
        return
    if step.outcome == Outcome.REJECTED and not step.in_doubt:
        steps.promise_again(session, order, step, at=clock.now(), requested_by=actor.id)
    else:
        steps.rearm(session, step.id)
    timeline.add(
        session,
        order.id,
        TimelineKind.STEP_RETRIED,
        f"{RULES[StepKind(step.kind)].label} is tried again.",
        actor=actor,
        at=clock.now(),
        weight=Weight.MILESTONE,
        step_id=step.id,
    )


def with_another_address(session: Session, order: Order, actor: Actor, mended: frozenset[int]) -> None:
    """The carrier checks the new address before a label is asked for. `mended`: steps whose refusal was about the old one.

    The caller has made sure that no label was or may have been bought.
    """
    label = steps.latest(session, order.id, StepKind.SHIPMENT_CREATE)
    if label is not None and label.state in (StepState.READY, StepState.HELD, StepState.PARKED):
        steps.call_off(session, label.id, SUPERSEDED)
    check = steps.latest(session, order.id, StepKind.SHIPMENT_VERIFY_ADDRESS)
    if check is None or not (check.id in mended or check.state in (StepState.DONE, StepState.CANCELLED)):
        return  # it has still to run, and reads the address then
    steps.promise_again(session, order, check, at=clock.now(), requested_by=actor.id)
    timeline.add(
        session,
        order.id,
        TimelineKind.STEP_RETRIED,
        "The carrier is asked about the new address.",
        actor=actor,
        at=clock.now(),
        weight=Weight.ROUTINE,
        step_id=check.id,
    )
