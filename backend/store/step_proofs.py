"""Ending a step by the provider's own word, whoever works on it: a late worker finds its fence gone and writes nothing."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select, update

from backend.domain.retries import Outcome
from backend.domain.steps import StepState
from backend.store.tables import Attempt, Step

UNSETTLED = (StepState.READY, StepState.RUNNING, StepState.HELD, StepState.WAITING, StepState.PARKED)
"""States in which it is still open what became of a step. What was called off stays so: nobody waits for it."""


def by_key(session: Session, keys: Iterable[str]) -> Step | None:
    """The step of the first of these keys that is one of ours."""
    for key in filter(None, keys):
        found = session.exec(select(Step).where(Step.key == key).execution_options(populate_existing=True)).first()
        if found is not None:
            return found
    return None


def fresh(session: Session, step: Step) -> Step:
    """The step as it stands now."""
    return session.exec(select(Step).where(Step.id == step.id).execution_options(populate_existing=True)).one()


def done(session: Session, step: Step, *, result: dict[str, Any], waiting: bool = False) -> bool:
    """It took effect; `waiting`: the rest comes by webhook. False when that was settled before."""
    return _end(
        session,
        step,
        UNSETTLED,
        state=str(StepState.WAITING if waiting else StepState.DONE),
        outcome=str(Outcome.OK),
        error="",
        category="",
        result={**step.result, **result},
        done_at=None if waiting else func.clock_timestamp(),
    )


def failed(session: Session, step: Step, *, error: str, category: str, undone: bool = False) -> bool:
    """It surely did not take effect; so a retry may begin a new generation. `undone`: it had, and was undone since."""
    return _end(
        session,
        step,
        (*UNSETTLED, StepState.DONE) if undone else UNSETTLED,
        state=str(StepState.PARKED),
        outcome=str(Outcome.REJECTED),
        error=error,
        category=category,
        done_at=func.clock_timestamp(),
    )


def _end(session: Session, step: Step, states: tuple[StepState, ...], **values: Any) -> bool:
    session.flush()
    statement = (
        update(Step)
        .where(col(Step.id) == step.id, col(Step.state).in_([str(state) for state in states]))
        .values(fence=col(Step.fence) + 1, in_doubt=False, lease_until=None, **values)
        .returning(Step)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    if session.execute(statement).scalars().one_or_none() is None:
        return False
    _close_attempts(session, step.id)
    return True


def _close_attempts(session: Session, step_id: int) -> None:
    """A try that still runs is not waited for; its worker completes the record all the same."""
    session.execute(
        update(Attempt)
        .where(col(Attempt.step_id) == step_id, col(Attempt.outcome) == "")
        .values(
            outcome=str(Outcome.UNFINISHED),
            error="The provider told by webhook how it ended, before this try had its answer.",
            finished_at=func.clock_timestamp(),
        )
        .execution_options(synchronize_session=False)
    )


def hasten(session: Session, step: Step) -> None:
    """Run a doubtful step now instead of after its pause: whoever is asked now surely knows of it."""
    session.execute(
        update(Step)
        .where(col(Step.id) == step.id, col(Step.state) == str(StepState.READY))
        .values(due_at=func.clock_timestamp(), woken_at=None)
        .execution_options(synchronize_session=False)
    )
