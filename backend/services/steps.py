"""Running a step: intent, call, settle, in two short transactions with the call to the outside between them.

The first transaction claims the step (lease, fence, attempt counted) and asks the gate; the call runs under a total
deadline shorter than the lease; the second writes the outcome, which needs the same fence.
"""

import logging
import secrets
from dataclasses import replace

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from backend import clock, failpoints, settings
from backend.domain.breakers import health, is_silence
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.permissions import SYSTEM
from backend.domain.retries import NextMove, Outcome, backoff
from backend.domain.steps import RULES, Port, StepKind
from backend.domain.timeline import TimelineKind, Weight
from backend.ports.calls import Call, Deferred, Mismatch, NotSent, ProviderError, Rejected
from backend.ports.guard import assert_outside_calls_allowed
from backend.ports.registry import Adapters
from backend.services import (
    breakers,
    bulkheads,
    cancelling,
    credit_note_steps,
    flow,
    holds,
    invoice_steps,
    mail_steps,
    payment_steps,
    shipment_steps,
    void_steps,
)
from backend.services.breakers import FREE
from backend.services.bulkheads import NoSeat, Seat
from backend.services.run import in_unit_of_work
from backend.services.step_handlers import Handler, NotNeeded
from backend.services.step_jobs import RESTORED, next_move
from backend.services.step_jobs import Ending as _Ending
from backend.services.step_jobs import Job as _Job
from backend.services.step_jobs import Unprepared as _Unprepared
from backend.store import db, orders, originals, steps, timeline
from backend.store.tables import Order, Step

log = logging.getLogger(__name__)

HANDLERS: dict[StepKind, Handler] = {
    **payment_steps.HANDLERS,
    **invoice_steps.HANDLERS,
    **credit_note_steps.HANDLERS,
    **void_steps.HANDLERS,
    **shipment_steps.HANDLERS,
    **mail_steps.HANDLERS,
}

LEASE_FACTOR = 2.0
"""A lease lasts this many deadlines: longer than any call, short enough that a dead worker's step is taken over soon."""


def run(step_id: int, adapters: Adapters, *, worker: str) -> None:
    """Run one step if it is due and free; safe to call any number of times, from anywhere."""
    with bulkheads.seat() as seat:
        try:
            job = in_unit_of_work(_begin, step_id, adapters, worker, seat)
        except NoSeat:
            return
        except _Unprepared as failure:
            job = in_unit_of_work(_begin, step_id, adapters, worker, seat, failure.ending)
        if job is not None:
            _carry_out(job)


def _carry_out(job: _Job) -> None:
    # Counted from the claim, as the lease is: who was put aside in between must not call under a lease that has run out.
    call = Call(key=job.key, deadline=job.claimed + settings.current().step_deadline)
    started = clock.monotonic()
    ending = _call(job, call)
    duration = round((clock.monotonic() - started) * 1000)
    try:
        in_unit_of_work(_write_down, job, call, ending, duration)
    except steps.LeaseLost as lost:
        log.warning("%s", lost.sentence)


def _begin(
    session: Session,
    step_id: int,
    adapters: Adapters,
    worker: str,
    seat: Seat | None = None,
    failed: _Ending | None = None,
) -> _Job | None:
    """Claim, gate and prepare; None when there is nothing to call. Raises `NoSeat`, and then nothing was claimed.

    `failed`: it was tried, and cannot be prepared.
    """
    order = steps.lock_order_if_due(session, step_id)
    claimed = clock.monotonic()
    claim = None if order is None else steps.claim(session, step_id, _lease())
    if order is None or claim is None:
        return None
    step = claim.step
    kind = StepKind(step.kind)
    stopped = RULES[kind].gated and not holds.gate(session, order.id, claim)
    if stopped and not (step.in_doubt and HANDLERS[kind].ask is not None):
        steps.set_aside(session, claim)
        flow.advance(session, order)
        return None
    if claim.attempt > step.allowed:
        _give_up(session, order, step, claim, "It ended its worker too often; the last tries have no recorded answer.")
        return None
    provider = HANDLERS[kind].provider(adapters, order)
    if provider is None:
        _not_connected(session, order, step, claim)
        return None
    if seat is not None:
        seat.take(provider.name, step_id)
    job = _Job(order.id, claim, kind, step.key, provider, None, NextMove.CALL, claimed, only_ask=stopped)
    if failed is not None:
        _failed(session, order, step, job, failed)
        return None
    job = replace(job, restored=step.in_doubt and step.restore_epoch < claim.epoch)
    return _prepared(session, order, step, job, worker)


def _lease() -> float:
    return settings.current().step_deadline * LEASE_FACTOR


def _prepared(session: Session, order: Order, step: Step, job: _Job, worker: str) -> _Job | None:
    """The job with its request and the record of the try that begins now; None when there is nothing to do."""
    handler = HANDLERS[job.kind]
    try:
        request = handler.prepare(session, order, step)
    except NotNeeded as reason:
        _note(session, order, step, TimelineKind.STEP_SUCCEEDED, f"{RULES[job.kind].label}: not needed. {reason}")
        steps.finish(session, job.claim, result={"not_needed": str(reason)})
        flow.advance(session, order)
        return None
    except DBAPIError:
        raise
    except Exception as error:
        raise _Unprepared(_bug(step.key)) from error
    job = replace(job, move=next_move(job, handler, step))
    if job.move is not NextMove.HOLD and not _may_go(session, job):
        return None
    admission = FREE
    if job.move is not NextMove.HOLD:
        admission = breakers.admit(session, job.provider.name, job.claim, lost_after=_lease())
    if admission.wait is not None:
        breakers.stand_by(session, job.provider.name, job.claim, admission.wait)
        return None
    asks_first = job.move is NextMove.ASK
    db.pass_by_after_commit(session, failpoints.CLAIM_AFTER_COMMIT)
    steps.begin_attempt(session, job.claim, worker=worker, asks_first=asks_first, provider=job.provider.name)
    only_ask = job.only_ask or (asks_first and (job.claim.paused or job.restored))
    return replace(job, request=request, only_ask=only_ask, admission=admission)


def _may_go(session: Session, job: _Job) -> bool:
    """Whether the move can be made now; if not, the step is given back, uncounted and without a word."""
    if job.move is NextMove.CALL and (job.only_ask or (job.claim.paused and not RULES[job.kind].reads)):
        steps.set_aside(session, job.claim, held=job.only_ask)
        return False
    lag = job.provider.guarantees(job.kind).answer_lag if job.restored else 0.0
    if job.claim.since_restored < lag:
        steps.wait_for(session, job.claim, job.provider.name, delay=lag, sentence="The provider is asked soon.")
        return False
    return True


def _call(job: _Job, call: Call) -> _Ending:
    """Talk to the provider, outside of any transaction, and say what came of it."""
    assert_outside_calls_allowed()
    try:
        failpoints.hit(failpoints.INTENT_AFTER_COMMIT)
        if job.move is NextMove.HOLD:
            return _Ending(
                Outcome.IN_DOUBT, error=RESTORED if job.restored else "Nobody can be asked whether it happened."
            )
        if job.only_ask:
            return _asked(job, call) or _Ending(
                Outcome.NOT_SENT, error="The provider was asked and has no trace of it.", disproved=True
            )
        return _asked(job, call) or _Ending(Outcome.OK, HANDLERS[job.kind].call(job.provider, job.request, call))
    except Rejected as error:
        return _Ending(Outcome.REJECTED, error=error.sentence, category=error.category)
    except Deferred as error:
        return _Ending(Outcome.DEFERRED, error=error.sentence, retry_after=error.retry_after)
    except NotSent as error:
        return _Ending(Outcome.NOT_SENT, error=error.sentence)
    except Mismatch as error:
        return _Ending(Outcome.IN_DOUBT, error=error.sentence, category=error.category, final=True)
    except ProviderError as error:
        return _Ending(Outcome.IN_DOUBT, error=error.sentence)
    except Exception:
        return replace(_bug(job.key), outcome=Outcome.IN_DOUBT, category=HoldKind.OUTCOME_UNKNOWN)


def _asked(job: _Job, call: Call) -> _Ending | None:
    """What the provider says about an earlier try, where it is to be asked; None when it has no trace of it."""
    ask = HANDLERS[job.kind].ask
    if job.move is not NextMove.ASK or ask is None:
        return None
    try:
        found = ask(job.provider, job.request, call)
    except Rejected as error:
        # A refused question (a revoked key, say) proves nothing about the call that it was about.
        return _Ending(Outcome.REJECTED, error=error.sentence, category=error.category, proven=False)
    return None if found is None else _Ending(Outcome.OK, found, found=True)


def _bug(key: str) -> _Ending:
    """Something of ours broke before anything was sent: loud in the log, and a reference to find it there."""
    reference = secrets.token_hex(4)
    log.exception("step %s failed with a bug, reference %s", key, reference)
    sentence = f"Something went wrong inside Holdfast. Reference {reference}."
    return _Ending(Outcome.NOT_SENT, error=sentence, category=HoldKind.INTERNAL_ERROR)


def _write_down(session: Session, job: _Job, call: Call, ending: _Ending, duration: int) -> None:
    _settle(session, job, call, ending, duration)
    failpoints.hit(failpoints.OUTCOME_BEFORE_COMMIT)
    db.pass_by_after_commit(session, failpoints.OUTCOME_COMMIT_LOST)


def _settle(session: Session, job: _Job, call: Call, ending: _Ending, duration: int) -> None:
    """Write the outcome down and draw its consequences, if the step is still ours."""
    order = orders.lock(session, job.order_id)
    step = steps.end_attempt(
        session,
        job.claim,
        ending.outcome,
        error=ending.error,
        exchanges=[exchange.masked() for exchange in call.exchanges],
        duration_ms=duration,
        originals=originals.to_keep(call.exchanges),
    )
    if step.fence != job.claim.fence:
        log.warning("step %s was taken over; its late answer is recorded with the attempt only", job.key)
        return
    silent = is_silence([exchange.status for exchange in call.exchanges])
    locked_out = ending.outcome is Outcome.REJECTED and ending.category is HoldKind.PROVIDER_CREDENTIALS
    news = health(ending.outcome, silent=silent, disproved=ending.disproved, locked_out=locked_out)
    in_vain = breakers.hear(session, order, step.id, job.provider.name, job.admission, news)
    if ending.outcome is Outcome.OK:
        _succeeded(session, order, step, job, ending)
        return
    if ending.disproved:
        held = RULES[job.kind].gated and not holds.gate(session, order.id)
        steps.set_aside(session, job.claim, held=held, disproved=True)
    elif in_vain is not None:
        delay = max(in_vain, _grace(job, ending))
        outcome = Outcome.NOT_SENT if locked_out else ending.outcome
        steps.try_later(session, job.claim, outcome, delay=delay, error=ending.error, counted=False)
    else:
        _failed(session, order, step, job, ending)
    flow.advance(session, order)


def _succeeded(session: Session, order: Order, step: Step, job: _Job, ending: _Ending) -> None:
    success = HANDLERS[job.kind].apply(session, order, step, ending.value)
    _note(session, order, step, TimelineKind.STEP_SUCCEEDED, success.sentence)
    old = ending.found or job.restored
    steps.finish(session, job.claim, result=success.result, waiting=success.waiting, found=old)
    flow.advance(session, order)


def _failed(session: Session, order: Order, step: Step, job: _Job, ending: _Ending) -> None:
    rule = RULES[job.kind]
    tried = f"{rule.label}, try {job.claim.attempt} of {step.allowed}"
    if ending.outcome is Outcome.DEFERRED:
        steps.try_later(session, job.claim, ending.outcome, delay=ending.retry_after, error=ending.error, counted=False)
        _note(session, order, step, TimelineKind.STEP_FAILED, f"{rule.label}: {ending.error} Will be tried again.")
        return
    final = ending.final or ending.outcome is Outcome.REJECTED or job.move is NextMove.HOLD
    if not final and job.claim.attempt < step.allowed:
        delay = _delay(job, ending)
        steps.try_later(session, job.claim, ending.outcome, delay=delay, error=ending.error)
        _note(
            session,
            order,
            step,
            TimelineKind.STEP_FAILED,
            f"{tried} failed: {ending.error} Next try in {max(1, round(delay))} s.",
        )
        return
    ending = replace(ending, category=_category(job.kind, ending, step.in_doubt))
    _park(session, order, step, job.claim, ending, job.provider.name, grace=_grace(job, ending))


def _category(kind: StepKind, ending: _Ending, in_doubt: bool) -> HoldKind:
    """Which hold tells staff most: what is not known is said to be not known, and a refusal by its area."""
    if ending.final:
        return ending.category
    if ending.outcome is Outcome.IN_DOUBT or (in_doubt and ending.outcome is not Outcome.REJECTED):
        return HoldKind.OUTCOME_UNKNOWN
    if ending.category is HoldKind.PROVIDER_REFUSED and RULES[kind].port is Port.PAYMENTS:
        return HoldKind.PAYMENT_REFUSED
    return ending.category


def _delay(job: _Job, ending: _Ending) -> float:
    """Backoff; after a doubtful outcome at least as long as the provider may take to see an accepted call."""
    chance = secrets.randbelow(1_000_000) / 1_000_000
    delay = backoff(RULES[job.kind], job.claim.attempt, chance) * settings.current().retry_scale
    return max(delay, _grace(job, ending))


def _grace(job: _Job, ending: _Ending) -> float:
    """Seconds until a question surely sees what may have been accepted."""
    if ending.outcome is not Outcome.IN_DOUBT:
        return 0.0
    return job.provider.guarantees(job.kind).answer_lag * settings.current().grace_scale


def _give_up(session: Session, order: Order, step: Step, claim: steps.Claim, error: str) -> None:
    ending = _Ending(Outcome.IN_DOUBT, error=error, category=HoldKind.OUTCOME_UNKNOWN)
    _park(session, order, step, claim, ending, step.provider)


def _not_connected(session: Session, order: Order, step: Step, claim: steps.Claim) -> None:
    rule = RULES[StepKind(step.kind)]
    if rule.holds or rule.port in (Port.PAYMENTS, Port.SHIPPING):
        sentence = f"No provider for {rule.port} is connected, so this could not be done: {rule.label}."
        ending = _Ending(Outcome.NOT_SENT, error=sentence, category=HoldKind.PROVIDER_NOT_CONNECTED)
        _park(session, order, step, claim, ending, "")
        return
    _note(session, order, step, TimelineKind.STEP_SUCCEEDED, f"{rule.label}: skipped, no {rule.port} connected.")
    steps.finish(session, claim, result={"not_needed": f"no provider for {rule.port} is connected"})
    flow.advance(session, order)


def _park(
    session: Session, order: Order, step: Step, claim: steps.Claim, ending: _Ending, provider: str, grace: float = 0.0
) -> None:
    """The step ends without success: hold the order, or where fulfilment need not wait, only tell."""
    kind = StepKind(step.kind)
    proven = ending.outcome is Outcome.REJECTED and ending.proven
    told = {"error": ending.error, "category": str(ending.category)}
    steps.park(session, claim, ending.outcome, **told, proven=proven, grace=grace)
    if RULES[kind].holds:
        holds.place(
            session,
            order,
            ending.category,
            ending.error,
            source=HoldSource.STEP,
            provider=provider,
            step_id=step.id,
            facts={"step": str(kind), "outcome": str(ending.outcome)},
        )
        return
    waited_for = cancelling.waits_for(session, order, kind)
    rest = "The cancellation waits for it." if waited_for else "The order goes on; retry it from the order's page."
    timeline.add(
        session,
        order.id,
        TimelineKind.STEP_FAILED,
        f"{RULES[kind].label} failed and was given up: {ending.error} {rest}",
        actor=SYSTEM,
        at=clock.now(),
        weight=Weight.PROBLEM,
        step_id=step.id,
    )
    if waited_for:
        flow.advance(session, order)


def _note(session: Session, order: Order, step: Step, kind: TimelineKind, text: str) -> None:
    timeline.add(session, order.id, kind, text, actor=SYSTEM, at=clock.now(), weight=Weight.ROUTINE, step_id=step.id)
