"""What a bulk run does to one order: the single click's own services, and how to tell that what follows ended well.

A retry has ended when its step has; a release when everything that holds orders has come to rest and nothing holds this
one anew; a cancellation when the order is cancelled; a refund when the provider has taken it on.
"""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from backend.domain.bulk import RULES as ACTIONS
from backend.domain.bulk import BulkAction, Options
from backend.domain.desk import ActionDone, Preview
from backend.domain.holds import HoldSource
from backend.domain.orders import OrderStatus
from backend.domain.permissions import Actor
from backend.domain.refunds import RefundWish
from backend.domain.steps import RULES, StepKind, StepState
from backend.services import actions, cancellations, clicks, refunds, teamwork
from backend.store import holds, orders, steps
from backend.store import refunds as refund_store
from backend.store.tables import BulkMember, BulkRun, Hold, Order, Step

_HOLDING = [str(kind) for kind, rule in RULES.items() if rule.holds]
_ACTIVE = [str(StepState.READY), str(StepState.RUNNING)]
NOT_HELD = "No hold like this is open any more."
UNSEEN = "unseen"
"""In a member's `watch`: the preview of its run did not come to it."""


@dataclass(frozen=True)
class Ending:
    """How a member ended, in a sentence."""

    well: bool
    result: str


def preview(
    session: Session, action: BulkAction, number: str, hold_id: int | None, options: Options, *, actor: Actor
) -> Preview:
    """What a single click would show for this order."""
    if action is BulkAction.CANCEL:
        return cancellations.preview_cancel(session, number, restock=options.restock, actor=actor)
    if action is BulkAction.REFUND:
        return refunds.preview_refund(session, number, RefundWish(full=True, restock=options.restock), actor=actor)
    if hold_id is None or ACTIONS[action].shares:
        order, refusal = orders.by_number(session, number), NOT_HELD if hold_id is None else ""
        return clicks.preview(session, order, str(action), "", (), actor=actor, refusal=refusal)
    if action is BulkAction.RELEASE:
        return actions.preview_release(session, number, [hold_id], actor=actor)
    shown = actions.preview_ask if action is BulkAction.ASK else actions.preview_retry
    return shown(session, number, hold_id, actor=actor)


def refusal_of_unseen(session: Session, run: BulkRun, member: BulkMember, *, actor: Actor) -> str:
    """Why it cannot be done with an order that its run's preview did not come to; empty where it can, or where it did."""
    if UNSEEN not in member.watch:
        return ""
    number, options = orders.number_of(session, member.order_id), Options.read(run.options)
    return preview(session, BulkAction(run.action), number, member.hold_id, options, actor=actor).refusal


def carry_out(session: Session, run: BulkRun, member: BulkMember, *, actor: Actor) -> tuple[str, dict[str, Any]]:
    """Do it to one order: what was done, in a sentence, and what its end is told by. Raises what the single click raises.

    The token is the member's own, so nothing is done to it twice in a round, whoever tries.
    """
    order = orders.lock(session, member.order_id)
    before = _newest_hold(session, order.id)
    action, options = BulkAction(run.action), Options.read(run.options)
    token = f"bulk:{run.id}:{member.id}:{run.round}"
    if ACTIONS[action].shares:
        return _share(session, run, order.number, options, actor, token), {"nothing": True}
    given: dict[str, Any] = {"actor": actor, "version": member.version, "token": token, "reason": run.reason}
    done = _click(session, action, order.number, member.hold_id, options.restock, given)
    if done.asked:
        return done.sentence, {"asked": True}
    return done.sentence, _watched(session, action, order, member.hold_id) | {"after_hold": before}


def _share(session: Session, run: BulkRun, number: str, options: Options, actor: Actor, token: str) -> str:
    if run.action == BulkAction.ASSIGN:
        to = int(options.to) if options.to.isdigit() else options.to
        return teamwork.assign(session, number, to, actor=actor, token=token, run_id=run.id).sentence
    until, event = options.until, options.event
    return teamwork.snooze(session, number, actor=actor, token=token, until=until, event=event).sentence


def _click(
    session: Session,
    action: BulkAction,
    number: str,
    hold_id: int | None,
    restock: bool,
    given: dict[str, Any],
) -> ActionDone:
    match action:
        case BulkAction.CANCEL:
            return cancellations.cancel(session, number, restock=restock, **given)
        case BulkAction.REFUND:
            return refunds.refund(session, number, RefundWish(full=True, restock=restock), **given)
        case BulkAction.RELEASE:
            return actions.release(session, number, [hold_id or 0], **given)
        case BulkAction.ASK:
            return actions.ask(session, number, hold_id or 0, **given)
        case _:
            return actions.retry(session, number, hold_id or 0, **given)


def _newest_hold(session: Session, order_id: int) -> int:
    newest = session.exec(select(Hold.id).where(Hold.order_id == order_id).order_by(col(Hold.id).desc())).first()
    return newest or 0


def _watched(session: Session, action: BulkAction, order: Order, hold_id: int | None) -> dict[str, Any]:
    """The step on which the end depends, by kind and subject; nothing where it is the order as a whole."""
    if action is BulkAction.REFUND:
        newest = max((refund.id for refund in refund_store.of_order(session, order.id)), default=0)
        return {"kind": str(StepKind.PAYMENT_REFUND), "subject": str(newest)}
    if action in (BulkAction.RETRY, BulkAction.ASK) and hold_id is not None:
        step_id = session.exec(select(Hold.step_id).where(Hold.id == hold_id)).one()
        if step_id is not None:
            step = steps.get(session, step_id)
            return {"kind": step.kind, "subject": step.subject}
    return {}


def judge(session: Session, run: BulkRun, member: BulkMember) -> Ending | None:
    """How what was done to a member's order has ended; None while it has not. Asking a second person is an end here."""
    if "asked" in member.watch:
        return Ending(True, "A second person was asked; it waits in Review.")
    if "nothing" in member.watch:
        return Ending(True, member.result)
    if "kind" in member.watch:
        kind, subject = StepKind(member.watch["kind"]), str(member.watch["subject"])
        return _of_step(steps.latest(session, member.order_id, kind, subject))
    return _of_order(session, run, member)


def _of_step(step: Step | None) -> Ending | None:
    if step is None or step.state in (StepState.READY, StepState.RUNNING):
        return None
    label = RULES[StepKind(step.kind)].label
    match StepState(step.state):
        case StepState.PARKED:
            return Ending(False, f"{label} failed again: {step.error}")
        case StepState.WAITING:
            return Ending(True, f"{label}: accepted; the provider tells the rest.")
        case StepState.HELD:
            return Ending(True, f"{label} waits behind another hold of this order.")
        case StepState.CANCELLED:
            return Ending(True, f"{label} was called off meanwhile.")
    return Ending(True, f"{label}: done.")


def _of_order(session: Session, run: BulkRun, member: BulkMember) -> Ending | None:
    after = int(member.watch.get("after_hold", 0))
    still = holds.open_of(session, member.order_id)
    anew = [hold for hold in still if hold.id > after and hold.source != HoldSource.PERSON]
    if anew:
        return Ending(False, f"Held again: {anew[0].reason}")
    if run.action == BulkAction.CANCEL:
        order = session.get_one(Order, member.order_id, populate_existing=True)
        over = order.status in (OrderStatus.CANCELLED, OrderStatus.REFUNDED)
        return Ending(True, "The order is cancelled.") if over else None
    if _holding_steps_run(session, member.order_id):
        return None
    if still:
        return Ending(True, f"Done; {len(still)} other hold(s) remain.")
    return Ending(True, "The order went on.")


def _holding_steps_run(session: Session, order_id: int) -> bool:
    """Whether anything is under way that could still hold the order."""
    statement = select(Step.id).where(
        Step.order_id == order_id, col(Step.state).in_(_ACTIVE), col(Step.kind).in_(_HOLDING)
    )
    return session.exec(statement.limit(1)).first() is not None
