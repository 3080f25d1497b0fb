"""The step ledger: promise, claim with lease and fencing token, settle with the same token.

Due times and leases use the database's own clock (`clock_timestamp()`), so workers' clocks may differ.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, literal, or_, text
from sqlalchemy.orm.util import identity_key
from sqlmodel import Session, col, select, update

from backend.domain.errors import StaleWrite
from backend.domain.retries import Outcome
from backend.domain.steps import FOLLOWS, RULES, TO_STAFF, Port, StepKind, StepState, step_key
from backend.store import db, ledger
from backend.store.originals import Kept
from backend.store.tables import Order, Step

FORGOTTEN_AFTER = 5.0
"""Seconds after which a step that somebody was woken for, but nobody claimed, is woken again."""


class LeaseLost(StaleWrite):
    """The step was claimed by somebody else in the meantime: what we found out must not be written."""


def promise(
    session: Session,
    order: Order,
    kind: StepKind,
    *,
    at: datetime,
    subject: str = "",
    data: dict[str, Any] | None = None,
    requested_by: str = "system",
    delay: float = 0.0,
) -> bool:
    """Write a step of generation 1 down and wake a worker after the commit; False if it was promised before.

    It is due now, or after a `delay` in seconds.
    """
    return _insert(session, order, kind, subject, 1, data or {}, requested_by, at, delay) is not None


def promise_again(session: Session, order: Order, old: Step, *, at: datetime, requested_by: str) -> int:
    """The next generation of a step whose failure is proven; returns the new step's id."""
    new = _insert(session, order, StepKind(old.kind), old.subject, old.generation + 1, dict(old.data), requested_by, at)
    if new is None:
        raise StaleWrite("This step was already retried by somebody else.")
    return new


def _insert(
    session: Session,
    order: Order,
    kind: StepKind,
    subject: str,
    generation: int,
    data: dict[str, Any],
    requested_by: str,
    at: datetime,
    delay: float = 0.0,
) -> int | None:
    session.flush()
    step_id = session.execute(
        ledger.INSERT,
        {
            "order_id": order.id,
            "kind": str(kind),
            "subject": subject,
            "generation": generation,
            "key": step_key(order.number, kind, generation, subject),
            "data": db.to_json(data),
            "allowed": RULES[kind].limit,
            "requested_by": requested_by,
            "at": at,
            "follows": str(FOLLOWS.get(kind, "")),
            "to_staff": kind in TO_STAFF,
            "delay": delay,
        },
    ).scalar_one_or_none()
    if step_id is not None and not delay:
        db.wake_after_commit(session, step_id)
    return step_id


def lock_order_if_due(session: Session, step_id: int) -> Order | None:
    """Lock the order of a step that could be claimed now; None where there is nothing to do, found out without a lock."""
    return session.execute(ledger.LOCK_ORDER_IF_DUE, {"step_id": step_id}).scalar_one_or_none()


def get(session: Session, step_id: int) -> Step:
    return session.exec(select(Step).where(Step.id == step_id).execution_options(populate_existing=True)).one()


@dataclass(frozen=True)
class Claim:
    """A claimed step: `fence` must come back when settling. `orphaned`: an earlier claim never ended.

    `ailing`: the providers whose last call failed or that are down. `step`: its row as it was claimed.
    `paused`: nothing may be sent, only asked. `epoch`, `since_restored`: the last time the database was restored from a
    backup, and how many seconds ago that was. `held`: a hold of the order is open.
    """

    step_id: int
    fence: int
    attempt: int
    orphaned: bool
    since_first_sent: float
    database_now: datetime
    ailing: tuple[str, ...]
    paused: bool
    epoch: int
    since_restored: float
    held: bool
    step: Step = field(compare=False, repr=False)


def claim(session: Session, step_id: int, lease: float) -> Claim | None:
    """Take a due step for `lease` seconds; None when it is not due, done, or somebody else's. Counts the attempt."""
    row = session.execute(ledger.CLAIM, {"id": step_id, "lease": lease}).one_or_none()
    if row is None:
        return None
    step, orphaned, since_first_sent, now, ailing, paused, epoch, since_restored, held = row
    if orphaned:
        session.execute(
            text(
                "update attempts set outcome = :outcome, finished_at = clock_timestamp(), "
                "error = 'The worker ended before the answer was recorded.' where step_id = :id and outcome = ''"
            ),
            {"outcome": str(Outcome.UNFINISHED), "id": step_id},
        )
    told = (orphaned, since_first_sent, now, tuple(ailing), paused, epoch, since_restored, held)
    return Claim(step.id, step.fence, step.attempts, *told, step)


def set_aside(session: Session, claim: Claim, *, held: bool = True, disproved: bool = False) -> None:
    """Give a claimed step back, uncounted: a hold stops it, or it waits for sending to go on (not `held`).

    `disproved`: it surely did not happen.
    """
    known: dict[str, Any] = {"in_doubt": literal(False), "restore_epoch": claim.epoch, "category": ""}
    _settle(
        session,
        claim,
        state=str(StepState.HELD if held else StepState.READY),
        lease_until=None,
        woken_at=func.clock_timestamp(),
        attempts=col(Step.attempts) - 1,
        **(known if disproved else {"category": "" if held else ledger.ASIDE}),
    )
    if not held:
        db.wake_after_commit(session, claim.step_id)


def wait_for(session: Session, claim: Claim, provider: str, *, delay: float, sentence: str) -> None:
    """Give a claimed step back because its provider is down: nothing was sent, and that try does not count."""
    _settle(
        session,
        claim,
        state=str(StepState.READY),
        provider=provider,
        outcome=str(Outcome.NOT_SENT),
        error=sentence,
        lease_until=None,
        woken_at=None,
        attempts=col(Step.attempts) - 1,
        due_at=func.clock_timestamp() + timedelta(seconds=delay),
    )


def begin_attempt(session: Session, claim: Claim, *, worker: str, asks_first: bool, provider: str) -> None:
    """Record that a try begins, before anything is sent."""
    session.execute(
        ledger.BEGIN_ATTEMPT,
        {
            "id": claim.step_id,
            "provider": provider,
            "fence": claim.fence,
            "number": claim.attempt,
            "worker": worker,
            "asked_first": asks_first,
            "started_at": claim.database_now,
        },
    )


def end_attempt(
    session: Session,
    claim: Claim,
    outcome: Outcome,
    *,
    error: str,
    exchanges: list[Any],
    duration_ms: int,
    originals: Kept | None = None,
) -> Step:
    """Complete the try's record; it is written even when the lease was lost, because it did happen. The step as it is now.

    `originals` are its exchanges with personal data, sealed, to be kept for a while.
    """
    values = {
        "outcome": str(outcome),
        "error": error,
        "exchanges": db.to_json(exchanges),
        "duration": duration_ms,
        "id": claim.step_id,
        "fence": claim.fence,
    }
    if originals is not None:
        values |= {"kept_id": originals.id, "sealed": originals.sealed.blob, "days": originals.days}
        step: Step = session.execute(ledger.END_ATTEMPT_AND_KEEP, values).scalar_one()
        return step
    step = session.execute(ledger.END_ATTEMPT, values).scalar_one()
    return step


def finish(
    session: Session, claim: Claim, *, result: dict[str, Any], waiting: bool = False, found: bool = False
) -> None:
    """The call succeeded; `waiting`: the rest comes by webhook. `found`: nothing was sent, it had been done before.

    The session's own copy of the step is read again if asked.
    """
    session.flush()
    values = {
        "state": str(StepState.WAITING if waiting else StepState.DONE),
        "outcome": str(Outcome.OK),
        "result": db.to_json(result),
        "waiting": waiting,
        "found": found,
        "epoch": claim.epoch,
        "id": claim.step_id,
        "fence": claim.fence,
    }
    if session.execute(ledger.FINISH, values).scalar_one_or_none() is None:
        raise _lost(claim)
    known = session.identity_map.get(identity_key(Step, claim.step_id))
    if known is not None:
        session.expire(known)


def try_later(
    session: Session, claim: Claim, outcome: Outcome, *, delay: float, error: str, counted: bool = True
) -> None:
    """Run it again after `delay` seconds; an uncounted try (the provider said "later") leaves the limit untouched."""
    _settle(
        session,
        claim,
        state=str(StepState.READY),
        outcome=str(outcome),
        error=error,
        lease_until=None,
        woken_at=None,
        in_doubt=or_(col(Step.in_doubt), literal(outcome is Outcome.IN_DOUBT)),
        attempts=col(Step.attempts) - (0 if counted else 1),
        due_at=func.clock_timestamp() + timedelta(seconds=delay),
    )


def park(
    session: Session,
    claim: Claim,
    outcome: Outcome,
    *,
    error: str,
    category: str,
    proven: bool,
    grace: float = 0.0,
) -> None:
    """It ended without success. `proven`: the provider said that nothing happened; anything else keeps its doubt.

    `grace`: seconds before which no question can tell whether it happened, however soon a person has it asked.
    """
    doubt = or_(col(Step.in_doubt), literal(outcome is Outcome.IN_DOUBT))
    _settle(
        session,
        claim,
        state=str(StepState.PARKED),
        outcome=str(outcome),
        error=error,
        category=category,
        lease_until=None,
        in_doubt=literal(False) if proven else doubt,
        due_at=func.clock_timestamp() + timedelta(seconds=grace),
        done_at=func.clock_timestamp(),
    )


def _settle(session: Session, claim: Claim, **values: Any) -> None:
    """Write what became of a claimed step; the session's own copy of it is the fresh row afterwards."""
    statement = (
        update(Step)
        .where(col(Step.id) == claim.step_id, col(Step.fence) == claim.fence, col(Step.state) == str(StepState.RUNNING))
        .values(**values)
        .returning(Step)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    if session.execute(statement).scalars().one_or_none() is None:
        raise _lost(claim)


def _lost(claim: Claim) -> LeaseLost:
    return LeaseLost(f"Step {claim.step_id} was taken over by another worker; this outcome is not written.")


def rearm(session: Session, step_id: int) -> None:
    """Make a parked step ready again with fresh tries; its key stays, and its doubt where anybody can be asked.

    Whether a mail was sent nobody can say but the person who has it sent again.
    """
    kind = StepKind(get(session, step_id).kind)
    session.execute(
        text(
            "update steps set state = 'ready', due_at = greatest(due_at, clock_timestamp()), done_at = null, "
            "woken_at = case when due_at > clock_timestamp() then null else clock_timestamp() end, "
            "allowed = attempts + :more, in_doubt = in_doubt and not :mail where id = :id and state = 'parked'"
        ),
        {"id": step_id, "more": RULES[kind].limit, "mail": RULES[kind].port is Port.MAIL},
    )
    session.expire_all()
    db.wake_after_commit(session, step_id)


def call_off(session: Session, step_id: int, outcome: str) -> None:
    """Nobody wants this step any more (a person accepted things as they are, or the order was called off)."""
    session.execute(
        text(
            "update steps set state = 'cancelled', outcome = :outcome, done_at = clock_timestamp(), lease_until = null "
            "where id = :id and state in ('ready', 'held', 'waiting', 'parked')"
        ),
        {"id": step_id, "outcome": outcome},
    )
    session.expire_all()


def wake_held(session: Session, order_id: int) -> None:
    """The last hold is closed: every step that waited behind it is ready and due."""
    ids = (
        session.execute(
            text(
                "update steps set state = 'ready', due_at = clock_timestamp(), woken_at = clock_timestamp() "
                "where order_id = :order_id and state = 'held' returning id"
            ),
            {"order_id": order_id},
        )
        .scalars()
        .all()
    )
    session.expire_all()
    for step_id in ids:
        db.wake_after_commit(session, step_id)


def take_due(session: Session, *, limit: int = 200, forgotten: float = FORGOTTEN_AFTER) -> list[int]:
    """Steps that are due and that nobody was told of lately; marks them as told, so sweeps don't pile up wake-ups."""
    return list(session.execute(ledger.DUE, {"limit": limit, "forgotten": forgotten}).scalars().all())


def of_order(session: Session, order_id: int) -> list[Step]:
    return list(session.exec(select(Step).where(Step.order_id == order_id).order_by(col(Step.id))).all())


_LATEST_STATE = text(
    "select state from steps where order_id = :order_id and kind = :kind and subject = '' order by generation desc limit 1"
)


def latest_state(session: Session, order_id: int, kind: StepKind) -> StepState | None:
    """How the newest generation of a kind of step stands; None where it was never promised."""
    state = session.execute(_LATEST_STATE, {"order_id": order_id, "kind": str(kind)}).scalar_one_or_none()
    return None if state is None else StepState(state)


def latest(session: Session, order_id: int, kind: StepKind, subject: str = "") -> Step | None:
    """The newest generation of a kind of step."""
    return session.exec(
        select(Step)
        .where(Step.order_id == order_id, Step.kind == str(kind), Step.subject == subject)
        .order_by(col(Step.generation).desc())
        .execution_options(populate_existing=True)
    ).first()
