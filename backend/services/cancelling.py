"""How far a cancellation is: one resumable sequence that looks at the facts and promises the next thing to settle.

It runs while the hold "being cancelled" is open. A part that fails holds the order with a hold of its own, behind which
the order is never called cancelled; the sequence goes on when that is mended, or when a person goes on without it.
"""

from sqlmodel import Session

from backend.domain.cancelling import Part, PartState, Standing
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.permissions import SYSTEM
from backend.domain.steps import RULES, StepKind, StepState
from backend.services import holds as hold_service
from backend.services.cancel_parts import FORWARD, OPEN, PROCEDURES, WAITED_FOR, Case
from backend.store import holds, steps
from backend.store.tables import Hold, Order, Step

__all__ = ["FORWARD", "doubtful", "progress", "standings", "under_way", "waits_for"]

_STUCK = (HoldKind.CANCELLATION_INCOMPLETE, HoldKind.OUTCOME_UNKNOWN)


def under_way(session: Session, order: Order) -> Hold | None:
    """The open hold that stands for a cancellation, if one is under way."""
    return next((hold for hold in holds.open_of(session, order.id) if hold.kind == HoldKind.BEING_CANCELLED), None)


def waits_for(session: Session, order: Order, kind: StepKind) -> bool:
    """Whether a cancellation is under way that does not end without this kind of step."""
    return kind in WAITED_FOR and under_way(session, order) is not None


def progress(session: Session, order: Order, hold: Hold) -> bool:
    """Promise what is to be settled next; True when nothing is left and the order may be called cancelled."""
    case = Case(session, order, hold)
    _lift_what_is_mended(case)
    for procedure in PROCEDURES.values():
        standing = procedure.look(case)
        if standing.state is PartState.TO_COME:
            procedure.begin(case)
            session.flush()
            _lift_what_was_called_off(case)
            standing = procedure.look(case)
        if standing.state is PartState.FAILED:
            _tell_staff(case, standing)
        if not standing.settled:
            return False
    return True


def standings(session: Session, order: Order) -> list[tuple[Part, Standing]]:
    """How each part of the order's newest cancellation stands; empty where it was never cancelled."""
    found = [hold for hold in holds.all_of(session, order.id) if hold.kind == HoldKind.BEING_CANCELLED]
    if not found:
        return []
    case = Case(session, order, found[-1])
    return [(part, procedure.look(case)) for part, procedure in PROCEDURES.items()]


def doubtful(session: Session, order: Order) -> list[Step]:
    """Steps of which nobody knows yet whether they took effect."""
    return [step for step in steps.of_order(session, order.id) if step.in_doubt and step.state in OPEN]


def _tell_staff(case: Case, standing: Standing) -> None:
    """A part that failed without holding the order (a document, a message, a void) holds it now: it is not cancelled yet."""
    if standing.step_id is None:
        return
    step = steps.get(case.session, standing.step_id)
    kind = StepKind(step.kind)
    if RULES[kind].holds:
        return
    hold_service.place(
        case.session,
        case.order,
        HoldKind.OUTCOME_UNKNOWN if step.in_doubt else HoldKind.CANCELLATION_INCOMPLETE,
        f"{RULES[kind].label}: {step.error}",
        source=HoldSource.STEP,
        provider=step.provider,
        step_id=step.id,
        facts={"step": str(kind), "outcome": step.outcome},
    )


def _lift_what_is_mended(case: Case) -> None:
    """The sequence lifts the holds that it placed itself, once their step is not failed any more."""
    for hold in holds.open_of(case.session, case.order.id):
        if hold.kind not in _STUCK or hold.step_id is None:
            continue
        step = steps.get(case.session, hold.step_id)
        ours = not RULES[StepKind(step.kind)].holds
        if ours and (step.state != StepState.PARKED or _superseded(case, step)):
            hold_service.lift(case.session, case.order, hold, "settled meanwhile", actor=SYSTEM)


def _lift_what_was_called_off(case: Case) -> None:
    """The hold of a step that is called off would offer to retry what nobody wants any more."""
    for hold in holds.open_of(case.session, case.order.id):
        if hold.step_id is not None and steps.get(case.session, hold.step_id).state == StepState.CANCELLED:
            hold_service.lift(case.session, case.order, hold, "order cancelled", actor=SYSTEM)


def _superseded(case: Case, step: Step) -> bool:
    """Whether the step was retried under a new generation, or what it was for has been settled another way."""
    newest = case.step(StepKind(step.kind), step.subject)
    if newest is not None and newest.id != step.id:
        return True
    return not any(
        standing.state is PartState.FAILED and standing.step_id == step.id
        for standing in (procedure.look(case) for procedure in PROCEDURES.values())
    )
