"""How a bulk run goes on: a turn looks at what is under way, stops or ends the run, and begins the next members.

Every worker's sweep takes turns. What is done to an order and that its member was done are one transaction, under the
run's lock: whoever is killed in the middle leaves nothing, and nobody does a member twice. There is no lease to lose.
"""

import logging
import secrets
from dataclasses import replace
from typing import Any

from sqlmodel import Session

from backend import clock, failpoints
from backend.domain import bulk
from backend.domain.bulk import RULES, BulkAction, MemberState, RunState, Tally
from backend.domain.errors import AlreadyDone, HoldfastError, NotAllowed, NotFound, PreviewOutdated, StaleWrite
from backend.domain.permissions import Actor, Level
from backend.services import accounts, bulk_acts
from backend.services.health import database_trouble
from backend.services.run import in_unit_of_work
from backend.store import bulk as store
from backend.store import db, sending
from backend.store.tables import BulkRun

log = logging.getLogger(__name__)

A_TURN = 5
"""Members that one look of one worker begins: the orders of single clicks come in between."""
_MOVED = (PreviewOutdated, AlreadyDone, StaleWrite, NotFound)
"""The order is not as it was previewed."""
RESTORED = (
    "The database was restored from a backup after this run was started. Look at its orders before you resume it."
)


class _Refused(Exception):
    """The click was refused: what it had begun is rolled back, and only the refusal is written down."""

    def __init__(self, member_id: int, error: Exception) -> None:
        super().__init__(str(error))
        self.member_id = member_id
        self.error = error


def active(session: Session) -> list[int]:
    """Runs that a turn may have something to do for."""
    return store.active(session)


def take_turn(run_id: int) -> int:
    """One turn of one run, in short transactions; how many members it began."""
    in_unit_of_work(_look, run_id)
    begun = 0
    while begun < A_TURN and _begin_next(run_id):
        begun += 1
    if begun:
        in_unit_of_work(_look, run_id)
    return begun


def _look(session: Session, run_id: int) -> None:
    """Write down what has ended, then stop the run where that says so, or end it."""
    run = store.lock_if_free(session, run_id)
    if run is None:
        return
    for member in store.under_way(session, run_id):
        ending = bulk_acts.judge(session, run, member)
        if ending is not None:
            state = MemberState.DONE if ending.well else MemberState.FAILED
            store.settle(session, member.id, MemberState.ACTED, state, ending.result, at=clock.now())
    if run.state != RunState.RUNNING:
        return
    tally = store.tally(session, run)
    if bulk.must_stop(tally):
        number, why = store.first_failure(session, run)
        stop(session, run, bulk.halted(tally.failed, tally.waiting, number, why))
    elif bulk.is_over(tally):
        end(session, run)


def _begin_next(run_id: int) -> bool:
    """Begin one member; False when there is none to begin now."""
    try:
        return in_unit_of_work(_begin, run_id)
    except _Refused as refused:
        return in_unit_of_work(_note_refusal, run_id, refused)


def _begin(session: Session, run_id: int) -> bool:
    run = store.lock_if_free(session, run_id)
    if run is None or run.state != RunState.RUNNING:
        return False
    actor = _who_acts(session, run)
    if actor is None or _waits_for_sending(session, run):
        return False
    tally = store.tally(session, run)
    member = None if _must_wait(tally) else store.next_waiting(session, run_id)
    if member is None:
        return False
    try:
        if refusal := bulk_acts.refusal_of_unseen(session, run, member, actor=actor):
            left_out: dict[str, Any] = {"at": clock.now(), "round": run.round}
            return store.settle(session, member.id, MemberState.WAITING, MemberState.SKIPPED, refusal, **left_out)
        sentence, watch = bulk_acts.carry_out(session, run, member, actor=actor)
    except Exception as error:
        if database_trouble(error):
            raise
        raise _Refused(member.id, error) from error
    given: dict[str, Any] = {"at": clock.now(), "watch": watch, "round": run.round}
    store.settle(session, member.id, MemberState.WAITING, MemberState.ACTED, sentence, **given)
    db.pass_by_after_commit(session, failpoints.OUTCOME_COMMIT_LOST)
    return True


def _must_wait(tally: Tally) -> bool:
    return bulk.must_stop(tally) or bulk.room(tally) < 1


def _who_acts(session: Session, run: BulkRun) -> Actor | None:
    """Whoever started the run, with the rights they have now; without the right the run stops."""
    rule = RULES[BulkAction(run.action)]
    actor = accounts.actor_now(session, run.actor_id)
    if actor is None:
        stop(session, run, f"{run.actor_name} may not act here any more. Somebody else can resume the run.")
        return None
    if not actor.may(rule.area, Level.ACT):
        stop(session, run, f"{run.actor_name} may no longer {rule.phrase}. Somebody else can resume the run.")
        return None
    return replace(actor, name=f"{actor.name} (bulk run {run.id})")


def _waits_for_sending(session: Session, run: BulkRun) -> bool:
    """Nothing is begun while nothing is sent, and a run that a restored backup brought back waits for a person."""
    row = sending.read(session)
    if row.epoch > run.epoch:
        stop(session, run, RESTORED)
        return True
    return row.paused_at is not None


def _note_refusal(session: Session, run_id: int, refused: _Refused) -> bool:
    """Write down why nothing was done to a member. Facts that moved are no failure; what does not help again is one."""
    run = store.lock(session, run_id)
    if run is None or run.state != RunState.RUNNING:
        return False
    error = refused.error
    if isinstance(error, NotAllowed):
        stop(session, run, error.sentence)
        return False
    if isinstance(error, HoldfastError):
        moved = isinstance(error, _MOVED) or RULES[BulkAction(run.action)].shares
        state, sentence = MemberState.SKIPPED if moved else MemberState.FAILED, error.sentence
    else:
        reference = secrets.token_hex(4)
        log.error("member %s failed with a bug, reference %s", refused.member_id, reference, exc_info=error)
        state, sentence = MemberState.FAILED, f"Something went wrong inside Holdfast. Reference {reference}."
    store.settle(session, refused.member_id, MemberState.WAITING, state, sentence, at=clock.now(), round=run.round)
    return True


def stop(session: Session, run: BulkRun, why: str) -> None:
    """Stand still until a person resumes it; the caller has locked the run."""
    run.state, run.why = RunState.STOPPED, why
    session.add(run)
    store.tell_listeners(session, run.id)


def end(session: Session, run: BulkRun) -> None:
    """Every member is over; the caller has locked the run."""
    run.state, run.why, run.ended_at = RunState.DONE, "", clock.now()
    session.add(run)
    store.tell_listeners(session, run.id)
