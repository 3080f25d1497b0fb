"""The clicks: retry and release, each with a preview of exactly what it will do.

A click carries the version it was previewed at and a token minted with its button: moved facts refuse it, and a
repeated click (double click, reconnect) finds that it was carried out already. People act only through here.
"""

from collections.abc import Callable

from sqlmodel import Session, select

from backend.domain.desk import ActionDone, Preview
from backend.domain.errors import AlreadyDone, NotFound, NotPossible
from backend.domain.holds import CATALOGUE, NEEDS_REASON, HoldAction, HoldKind, HoldSource
from backend.domain.money import display
from backend.domain.permissions import SYSTEM, Actor, Area, Level
from backend.domain.providers import provider_name
from backend.domain.retries import Outcome
from backend.domain.steps import RULES, Port, StepKind, StepState
from backend.services import clicks, flow, holds, reruns, second_person, stock
from backend.store import holds as hold_store
from backend.store import orders, payments, steps
from backend.store.tables import Hold, Order, Step


def preview_retry(session: Session, number: str, hold_id: int, *, actor: Actor) -> Preview:
    """What a retry of the step behind a hold would do."""
    actor.require(Area.HOLDS, Level.ACT, "retry held orders")
    return _preview_step(session, number, hold_id, HoldAction.RETRY, _retry_effects, actor)


def retry(
    session: Session, number: str, hold_id: int, *, actor: Actor, version: int, token: str, reason: str = ""
) -> ActionDone:
    """Close a step's hold and run the step again from where it failed; a proven failure begins a new generation."""
    actor.require(Area.HOLDS, Level.ACT, "retry held orders")
    order = orders.lock_by_number(session, number)
    if clicks.carried_out(session, order, "retry", token, actor):
        return ActionDone("This retry was already under way.", repeated=True)
    _, hold = _order_and_hold(session, number, hold_id)
    _check(session, order, [hold], version, _retry_refusal(hold, HoldAction.RETRY), actor)
    sentence = _retry_hold(session, order, hold, actor, reason)
    clicks.audit(session, order, "retry", actor=actor, token=token, reason=reason, details={"hold": hold.kind})
    flow.advance(session, order, actor=actor)
    return ActionDone(sentence)


def preview_ask(session: Session, number: str, hold_id: int, *, actor: Actor) -> Preview:
    """What the provider will be asked about a step of which nobody knows whether it happened."""
    actor.require(Area.HOLDS, Level.ACT, "have providers asked")
    return _preview_step(session, number, hold_id, HoldAction.ASK, _ask_effects, actor)


def _preview_step(
    session: Session,
    number: str,
    hold_id: int,
    action: HoldAction,
    effects: Callable[[Session, Hold], tuple[str, ...]],
    actor: Actor,
) -> Preview:
    """What an action would do that has the step behind a hold run."""
    order, hold = _order_and_hold(session, number, hold_id)
    return clicks.preview(
        session,
        order,
        action,
        CATALOGUE[HoldKind(hold.kind)].title,
        effects(session, hold),
        actor=actor,
        refusal=_retry_refusal(hold, action),
        closing=frozenset({hold.id}),
    )


def ask(
    session: Session, number: str, hold_id: int, *, actor: Actor, version: int, token: str, reason: str = ""
) -> ActionDone:
    """Have the provider asked; what it has no trace of is sent once more under the same key, never blindly."""
    actor.require(Area.HOLDS, Level.ACT, "have providers asked")
    order = orders.lock_by_number(session, number)
    if clicks.carried_out(session, order, "ask", token, actor):
        return ActionDone("The provider is being asked already.", repeated=True)
    _, hold = _order_and_hold(session, number, hold_id)
    _check(session, order, [hold], version, _retry_refusal(hold, HoldAction.ASK), actor)
    step = steps.get(session, int(hold.step_id or 0))
    holds.lift(session, order, hold, "asked", actor=actor, reason=reason)
    reruns.again(session, order, step, actor)
    holds.uncover(session, order, hold)
    clicks.audit(session, order, "ask", actor=actor, token=token, reason=reason, details={"step": step.kind})
    flow.advance(session, order, actor=actor)
    return ActionDone(f"{_asked(step)} is being asked about: {RULES[StepKind(step.kind)].label}.")


def preview_release(session: Session, number: str, hold_ids: list[int], *, actor: Actor) -> Preview:
    """What closing these holds without further ado would do."""
    actor.require(Area.HOLDS, Level.ACT, "release held orders")
    order = orders.by_number(session, number)
    chosen = _chosen(session, order, hold_ids)
    wanted = second_person.release(chosen, actor)
    effects = (*wanted.effects, *(CATALOGUE[HoldKind(hold.kind)].release_means for hold in chosen))
    return clicks.preview(
        session,
        order,
        "release",
        " and ".join(CATALOGUE[HoldKind(hold.kind)].title for hold in chosen),
        effects,
        actor=actor,
        refusal=_release_refusal(chosen) or second_person.refusal(session, order, wanted),
        needs_reason=_needs_reason(chosen),
        closing=frozenset(hold.id for hold in chosen),
        asks=bool(wanted.why),
    )


def release(
    session: Session,
    number: str,
    hold_ids: list[int],
    *,
    actor: Actor,
    version: int,
    token: str,
    reason: str = "",
    approval_id: int | None = None,
) -> ActionDone:
    """Close the chosen holds and let the order go on where no other hold is open.

    Where a colleague suspects fraud a second person is asked first; `approval_id` is the request they have approved.
    """
    actor.require(Area.HOLDS, Level.ACT, "release held orders")
    order = orders.lock_by_number(session, number)
    if clicks.carried_out(session, order, "release", token, actor):
        return second_person.repeated(session, token, "This release was already carried out.")
    chosen = _chosen(session, order, hold_ids)
    _check(session, order, chosen, version, _release_refusal(chosen), actor)
    if _needs_reason(chosen):
        clicks.reasoned(reason, "release this hold")
    wanted = second_person.release(chosen, actor)
    if wanted.why and approval_id is None:
        shown = preview_release(session, number, hold_ids, actor=actor)
        return second_person.ask(session, order, wanted, shown, actor=actor, token=token, reason=reason.strip())
    _let_go(session, order, chosen, actor, reason)
    kinds = [hold.kind for hold in chosen]
    clicks.audit(session, order, "release", actor=actor, token=token, reason=reason, details={"holds": kinds})
    flow.advance(session, order, actor=actor)
    remaining = len(hold_store.open_of(session, order.id))
    tail = f" {remaining} other hold(s) remain." if remaining else " The order goes on."
    return ActionDone("Released." + tail)


def _let_go(session: Session, order: Order, chosen: list[Hold], actor: Actor, reason: str) -> None:
    for hold in chosen:
        holds.lift(session, order, hold, "released", actor=actor, reason=reason.strip())
        if hold.step_id is not None:
            _go_on_without(session, order, hold, steps.get(session, hold.step_id), actor)
            holds.uncover(session, order, hold)


def preview_retry_step(session: Session, number: str, step_id: int, *, actor: Actor) -> Preview:
    """What running a failed document or message again would do."""
    actor.require(Area.ORDERS, Level.ACT, "retry steps")
    order = orders.by_number(session, number)
    step = _step_of(session, order, step_id)
    title = RULES[StepKind(step.kind)].label
    effects = (_rerun_sentence(step),)
    return clicks.preview(session, order, "retry", title, effects, actor=actor, refusal=_step_refusal(step))


def retry_step(
    session: Session, number: str, step_id: int, *, actor: Actor, version: int, token: str, reason: str = ""
) -> ActionDone:
    """Run a failed document or message again; the order was never stopped by it."""
    actor.require(Area.ORDERS, Level.ACT, "retry steps")
    order = orders.lock_by_number(session, number)
    if clicks.carried_out(session, order, "retry_step", token, actor):
        return ActionDone("This retry was already under way.", repeated=True)
    step = _step_of(session, order, step_id)
    clicks.check(session, order, version, _step_refusal(step), actor=actor)
    reruns.again(session, order, step, actor)
    clicks.audit(session, order, "retry_step", actor=actor, token=token, reason=reason, details={"step": step.kind})
    return ActionDone(f"{RULES[StepKind(step.kind)].label} runs again.")


def hold(
    session: Session, number: str, *, actor: Actor, reason: str, token: str | None = None, fraud: bool = False
) -> ActionDone:
    """Stop an order by hand; only a person can lift it again, and with `fraud` only two people.

    The same token a second time does nothing.
    """
    actor.require(Area.HOLDS, Level.ACT, "hold orders")
    why = clicks.reasoned(reason, "hold this order")
    order = orders.lock_by_number(session, number)
    if token and clicks.carried_out(session, order, "hold", token, actor):
        return ActionDone(f"Order {number} is held.", repeated=True)
    kind = HoldKind.FRAUD_SUSPECTED if fraud else HoldKind.BY_STAFF
    if (earlier := hold_store.open_one(session, order.id, kind)) is not None:
        raise NotPossible(f"Order {number} is already held, by {earlier.placed_by_name}: {earlier.reason}")
    holds.place(session, order, kind, why, source=HoldSource.PERSON, actor=actor)
    clicks.audit(session, order, "hold", actor=actor, token=token, reason=reason)
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


def _check(session: Session, order: Order, chosen: list[Hold], version: int, refusal: str, actor: Actor) -> None:
    for hold in chosen:
        if hold.closed_at is not None and (hold.closed_by != SYSTEM.id or order.version == version):
            how = hold.closed_how if hold.closed_how in ("released", "retried") else "closed"
            title = CATALOGUE[HoldKind(hold.kind)].title
            raise AlreadyDone(f"“{title}”", hold.closed_by_name, how=how, ago=clicks.ago(hold.closed_at))
    clicks.check(session, order, version, refusal, actor=actor)


def _retry_refusal(hold: Hold, action: HoldAction) -> str:
    """Why a retry, or a question to the provider, is not what helps here; empty where it is."""
    rule = CATALOGUE[HoldKind(hold.kind)]
    if hold.closed_at is not None:
        return f"This hold was closed by {hold.closed_by_name}."
    if action is HoldAction.ASK and action not in rule.actions:
        return f"“{rule.title}” leaves nothing to ask a provider about. {rule.advice}"
    if action not in rule.actions and HoldAction.ASK in rule.actions:
        return f"“{rule.title}” cannot just be retried: it may have happened. {rule.advice}"
    if action not in rule.actions:
        return f"“{rule.title}” has nothing to retry. {rule.advice}"
    return ""


def _release_refusal(chosen: list[Hold]) -> str:
    for candidate in chosen:
        rule = CATALOGUE[HoldKind(candidate.kind)]
        if candidate.closed_at is not None:
            return f"This hold was closed by {candidate.closed_by_name}."
        if HoldAction.RELEASE not in rule.actions:
            why = "it may have happened" if HoldAction.ASK in rule.actions else "something outside did not happen"
            return f"“{rule.title}” cannot just be released: {why}. {rule.advice}"
    return ""


def _needs_reason(chosen: list[Hold]) -> bool:
    return any(HoldKind(candidate.kind) in NEEDS_REASON for candidate in chosen)


def _retry_effects(session: Session, hold: Hold) -> tuple[str, ...]:
    if hold.step_id is None and hold.kind == HoldKind.PAYMENT_MISMATCH:
        return ("What was received is compared with the order again.", "If it matches, the order goes on from there.")
    if hold.step_id is None:
        return ("What is missing is reserved from stock, if it is there now.", "The order goes on from there.")
    return (_rerun_sentence(steps.get(session, hold.step_id)),)


def _ask_effects(session: Session, hold: Hold) -> tuple[str, ...]:
    if hold.step_id is None:
        return ()
    step = steps.get(session, hold.step_id)
    rule = RULES[StepKind(step.kind)]
    if rule.port is Port.MAIL:
        return ("Nobody can be asked whether a mail was sent. It is sent again as the same message.",)
    return (
        f"{_asked(step)} is asked whether this happened: {rule.label}, reference {step.key}.",
        "If it did, the step is done and the order goes on.",
        "If there is surely no trace of it, the same request is sent once more, under the same reference.",
        "If nobody can say, the order stays held.",
    )


def _asked(step: Step) -> str:
    return provider_name(step.provider) if step.provider else "The provider"


def _rerun_sentence(step: Step) -> str:
    what = RULES[StepKind(step.kind)].label
    if step.state == StepState.DONE:
        return f"{what}: it was done, as its provider has said meanwhile. Nothing is sent; the order goes on."
    if step.outcome == Outcome.REJECTED and not step.in_doubt:
        return f"{what}: a new request is sent; the refused one had no effect."
    if step.in_doubt and RULES[StepKind(step.kind)].port is Port.MAIL:
        return f"{what}: it is sent. It may have been sent before; nobody can be asked, and then it arrives twice."
    if step.in_doubt:
        return (
            f"{what}: the provider is asked first whether it happened; only if not, it is sent again with the same key."
        )
    return f"{what}: the same request is sent again; it never arrived."


def _retry_hold(session: Session, order: Order, hold: Hold, actor: Actor, reason: str) -> str:
    if hold.step_id is None:
        return _look_again(session, order, hold, actor, reason)
    step = steps.get(session, hold.step_id)
    holds.lift(session, order, hold, "retried", actor=actor, reason=reason)
    reruns.again(session, order, step, actor)
    holds.uncover(session, order, hold)
    return f"{RULES[StepKind(step.kind)].label} runs again."


def _look_again(session: Session, order: Order, hold: Hold, actor: Actor, reason: str) -> str:
    """A check's hold is lifted when its cause has gone; raises `NotPossible` while it has not."""
    if hold.kind == HoldKind.PAYMENT_MISMATCH:
        here = payments.balance_of(session, order.id).kept_minor
        if here != order.total_minor:
            seen, owed = display(here, order.currency), display(order.total_minor, order.currency)
            raise NotPossible(f"The money still does not match: {seen} received for an order of {owed}.")
        holds.lift(session, order, hold, "the money matches on retry", actor=actor, reason=reason)
        return "The money matches now; the order goes on."
    missing = stock.reserve(session, order, actor=actor)
    if missing:
        raise NotPossible("There is still too little stock: " + " ".join(missing))
    holds.lift(session, order, hold, "stock reserved on retry", actor=actor, reason=reason)
    return "The missing stock is reserved; the order goes on."


def _go_on_without(session: Session, order: Order, hold: Hold, step: Step, actor: Actor) -> None:
    """A failed check, or a part of a cancellation that was seen to another way, is accepted; anything else runs again."""
    if step.kind == StepKind.SHIPMENT_VERIFY_ADDRESS or hold.kind == HoldKind.CANCELLATION_INCOMPLETE:
        steps.call_off(session, step.id, f"accepted by {actor.name}")
    else:
        reruns.again(session, order, step, actor)


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
