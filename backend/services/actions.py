"""The clicks: retry and release, each with a preview of exactly what it will do.

A click carries the version it was previewed at and a token minted with its button: moved facts refuse it, and a
repeated click (double click, reconnect) finds that it was carried out already. People act only through here.
"""

import secrets

from sqlmodel import Session, select

from backend import clock
from backend.domain.desk import ActionDone, Preview
from backend.domain.errors import AlreadyDone, NotFound, NotPossible, PreviewOutdated, ReasonMissing
from backend.domain.holds import CATALOGUE, NEEDS_REASON, HoldAction, HoldKind, HoldSource
from backend.domain.permissions import Actor, Area, Level
from backend.domain.retries import Outcome
from backend.domain.steps import RULES, StepKind, StepState
from backend.domain.timeline import TimelineKind, Weight
from backend.services import flow, holds, stock
from backend.store import holds as hold_store
from backend.store import orders, steps, timeline
from backend.store.tables import AuditEntry, Hold, Order, Step

MIN_REASON = 3


def preview_retry(session: Session, number: str, hold_id: int, *, actor: Actor) -> Preview:
    """What a retry of the step behind a hold would do."""
    actor.require(Area.HOLDS, Level.ACT, "retry held orders")
    order, hold = _order_and_hold(session, number, hold_id)
    return _preview(session, order, "retry", [hold], _retry_effects(session, hold), _retry_refusal(hold), False)


def retry(
    session: Session, number: str, hold_id: int, *, actor: Actor, version: int, token: str, reason: str = ""
) -> ActionDone:
    """Close a step's hold and run the step again from where it failed; a proven failure begins a new generation."""
    actor.require(Area.HOLDS, Level.ACT, "retry held orders")
    order = orders.lock_by_number(session, number)
    if _carried_out(session, token, actor):
        return ActionDone("This retry was already under way.", repeated=True)
    _, hold = _order_and_hold(session, number, hold_id)
    _check(order, [hold], version, _retry_refusal(hold))
    sentence = _retry_hold(session, order, hold, actor, reason)
    _audit(session, order, "retry", actor, token, reason, {"hold": hold.kind})
    flow.advance(session, order, actor=actor)
    return ActionDone(sentence)


def preview_release(session: Session, number: str, hold_ids: list[int], *, actor: Actor) -> Preview:
    """What closing these holds without further ado would do."""
    actor.require(Area.HOLDS, Level.ACT, "release held orders")
    order = orders.by_number(session, number)
    chosen = _chosen(session, order, hold_ids)
    effects = tuple(CATALOGUE[HoldKind(hold.kind)].release_means for hold in chosen)
    return _preview(session, order, "release", chosen, effects, _release_refusal(chosen), _needs_reason(chosen))


def release(
    session: Session, number: str, hold_ids: list[int], *, actor: Actor, version: int, token: str, reason: str = ""
) -> ActionDone:
    """Close the chosen holds and let the order go on where no other hold is open."""
    actor.require(Area.HOLDS, Level.ACT, "release held orders")
    order = orders.lock_by_number(session, number)
    if _carried_out(session, token, actor):
        return ActionDone("This release was already carried out.", repeated=True)
    chosen = _chosen(session, order, hold_ids)
    _check(order, chosen, version, _release_refusal(chosen))
    if _needs_reason(chosen) and len(reason.strip()) < MIN_REASON:
        raise ReasonMissing("release this hold")
    for hold in chosen:
        if hold.step_id is not None:
            steps.call_off(session, hold.step_id, f"accepted by {actor.name}")
        holds.lift(session, order, hold, "released", actor=actor, reason=reason.strip())
    _audit(session, order, "release", actor, token, reason, {"holds": [hold.kind for hold in chosen]})
    flow.advance(session, order, actor=actor)
    remaining = len(hold_store.open_of(session, order.id))
    tail = f" {remaining} other hold(s) remain." if remaining else " The order goes on."
    return ActionDone("Released." + tail)


def preview_retry_step(session: Session, number: str, step_id: int, *, actor: Actor) -> Preview:
    """What running a failed document or message again would do."""
    actor.require(Area.ORDERS, Level.ACT, "retry steps")
    order = orders.by_number(session, number)
    step = _step_of(session, order, step_id)
    return _preview(session, order, "retry", [], (_rerun_sentence(step),), _step_refusal(step), False)


def retry_step(
    session: Session, number: str, step_id: int, *, actor: Actor, version: int, token: str, reason: str = ""
) -> ActionDone:
    """Run a failed document or message again; the order was never stopped by it."""
    actor.require(Area.ORDERS, Level.ACT, "retry steps")
    order = orders.lock_by_number(session, number)
    if _carried_out(session, token, actor):
        return ActionDone("This retry was already under way.", repeated=True)
    step = _step_of(session, order, step_id)
    refusal = _step_refusal(step)
    if refusal:
        raise NotPossible(refusal)
    if order.version != version:
        raise PreviewOutdated(order.number)
    _rerun(session, order, step, actor)
    _audit(session, order, "retry_step", actor, token, reason, {"step": step.kind})
    return ActionDone(f"{RULES[StepKind(step.kind)].label} runs again.")


def hold(session: Session, number: str, *, actor: Actor, reason: str) -> ActionDone:
    """Stop an order by hand; only a person can lift it again."""
    actor.require(Area.HOLDS, Level.ACT, "hold orders")
    if len(reason.strip()) < MIN_REASON:
        raise ReasonMissing("hold this order")
    order = orders.lock_by_number(session, number)
    if any(open_hold.kind == HoldKind.BY_STAFF for open_hold in hold_store.open_of(session, order.id)):
        raise NotPossible(f"Order {number} is already held by staff.")
    holds.place(session, order, HoldKind.BY_STAFF, reason.strip(), source=HoldSource.PERSON, actor=actor)
    _audit(session, order, "hold", actor, None, reason, {})
    return ActionDone(f"Order {number} is held.")


def _order_and_hold(session: Session, number: str, hold_id: int) -> tuple[Order, Hold]:
    order = orders.by_number(session, number)
    found = session.exec(
        select(Hold).where(Hold.id == hold_id, Hold.order_id == order.id).execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFound(f"Order {number} has no such hold.")
    return order, found


def _chosen(session: Session, order: Order, hold_ids: list[int]) -> list[Hold]:
    if not hold_ids:
        raise NotPossible("Choose at least one hold to release.")
    return [_order_and_hold(session, order.number, hold_id)[1] for hold_id in dict.fromkeys(hold_ids)]


def _check(order: Order, chosen: list[Hold], version: int, refusal: str) -> None:
    for chosen_hold in chosen:
        if chosen_hold.closed_at is not None:
            title = CATALOGUE[HoldKind(chosen_hold.kind)].title
            raise AlreadyDone(f"“{title}”: this hold", chosen_hold.closed_by_name)
    if refusal:
        raise NotPossible(refusal)
    if order.version != version:
        raise PreviewOutdated(order.number)


def _retry_refusal(hold: Hold) -> str:
    rule = CATALOGUE[HoldKind(hold.kind)]
    if hold.closed_at is not None:
        return f"This hold was closed by {hold.closed_by_name}."
    if HoldAction.RETRY not in rule.actions:
        return f"“{rule.title}” has nothing to retry. {rule.advice}"
    return ""


def _release_refusal(chosen: list[Hold]) -> str:
    for candidate in chosen:
        rule = CATALOGUE[HoldKind(candidate.kind)]
        if candidate.closed_at is not None:
            return f"This hold was closed by {candidate.closed_by_name}."
        if HoldAction.RELEASE not in rule.actions:
            return f"“{rule.title}” cannot just be released: something outside did not happen. {rule.advice}"
    return ""


def _needs_reason(chosen: list[Hold]) -> bool:
    return any(HoldKind(candidate.kind) in NEEDS_REASON for candidate in chosen)


def _retry_effects(session: Session, hold: Hold) -> tuple[str, ...]:
    if hold.step_id is None:
        return ("What is missing is reserved from stock, if it is there now.", "The order goes on from there.")
    return (_rerun_sentence(steps.get(session, hold.step_id)),)


def _rerun_sentence(step: Step) -> str:
    what = RULES[StepKind(step.kind)].label
    if step.outcome == Outcome.REJECTED:
        return f"{what}: a new request is sent; the refused one had no effect."
    if step.in_doubt:
        return (
            f"{what}: the provider is asked first whether it happened; only if not, it is sent again with the same key."
        )
    return f"{what}: the same request is sent again; it never arrived."


def _retry_hold(session: Session, order: Order, hold: Hold, actor: Actor, reason: str) -> str:
    if hold.step_id is None:
        missing = stock.reserve(session, order, actor=actor)
        if missing:
            raise NotPossible("There is still too little stock: " + " ".join(missing))
        holds.lift(session, order, hold, "stock reserved on retry", actor=actor, reason=reason)
        return "The missing stock is reserved; the order goes on."
    step = steps.get(session, hold.step_id)
    holds.lift(session, order, hold, "retried", actor=actor, reason=reason)
    _rerun(session, order, step, actor)
    return f"{RULES[StepKind(step.kind)].label} runs again."


def _rerun(session: Session, order: Order, step: Step, actor: Actor) -> None:
    """Only a proven failure may begin a new generation; anything else is repeated under its old key."""
    if step.outcome == Outcome.REJECTED:
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


def _step_of(session: Session, order: Order, step_id: int) -> Step:
    step = session.exec(select(Step).where(Step.id == step_id, Step.order_id == order.id)).first()
    if step is None:
        raise NotFound(f"Order {order.number} has no such step.")
    return step


def _step_refusal(step: Step) -> str:
    if step.state != StepState.PARKED:
        return f"{RULES[StepKind(step.kind)].label} is {step.state}; there is nothing to retry."
    if RULES[StepKind(step.kind)].holds:
        return "This step holds its order: retry it from the hold."
    return ""


def _preview(
    session: Session,
    order: Order,
    action: str,
    chosen: list[Hold],
    effects: tuple[str, ...],
    refusal: str,
    needs_reason: bool,
) -> Preview:
    ids = {candidate.id for candidate in chosen}
    remaining = tuple(
        CATALOGUE[HoldKind(open_hold.kind)].title
        for open_hold in hold_store.open_of(session, order.id)
        if open_hold.id not in ids
    )
    title = " and ".join(CATALOGUE[HoldKind(candidate.kind)].title for candidate in chosen)
    return Preview(
        action=action,
        number=order.number,
        title=title,
        effects=effects,
        remaining_holds=remaining,
        needs_reason=needs_reason,
        version=order.version,
        token=secrets.token_urlsafe(18),
        refusal=refusal,
    )


def _carried_out(session: Session, token: str, actor: Actor) -> bool:
    """Whether this very click was carried out before; the caller has locked the order."""
    earlier = session.exec(select(AuditEntry).where(AuditEntry.action_token == token)).first()
    if earlier is None:
        return False
    if earlier.actor_id != actor.id:
        raise AlreadyDone("This", earlier.actor_name)
    return True


def _audit(
    session: Session,
    order: Order,
    action: str,
    actor: Actor,
    token: str | None,
    reason: str,
    details: dict[str, object],
) -> None:
    session.add(
        AuditEntry(
            at=clock.now(),
            actor_id=actor.id,
            actor_name=actor.name,
            actor_role=str(actor.role or ""),
            action=action,
            order_id=order.id,
            reason=reason.strip(),
            action_token=token,
            details=details,
        )
    )
