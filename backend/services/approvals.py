"""What becomes of a request for a second person: seen in a queue, approved or declined by somebody else, or withdrawn.

Approving carries the action out through the very service that refused to do it for one person, in the name of both. The
second person sees what it would do now; when that has moved since, nothing is done and they look anew.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlmodel import Session

from backend import clock
from backend.domain.approvals import (
    AREAS,
    DECIDERS,
    ApprovalAction,
    ApprovalPreview,
    ApprovalState,
    ApprovalView,
    Review,
    decidable,
    deciders,
)
from backend.domain.desk import ActionDone, Preview
from backend.domain.errors import AlreadyDone, NotAllowed, NotFound, NotPossible, OwnRequest
from backend.domain.money import display
from backend.domain.permissions import ROLE_NAMES, SYSTEM, Actor, Area, Level
from backend.domain.refunds import RefundWish
from backend.domain.timeline import TimelineKind, Weight
from backend.services import accounts, actions, cancellations, clicks, refunds, second_person
from backend.store import approvals as store
from backend.store import orders, timeline
from backend.store.tables import Approval, Order

MOST_PENDING = 200
MOST_DECIDED = 50


def review(session: Session, *, actor: Actor) -> Review:
    """The queue as the actor sees it: oldest first what waits, newest first what was decided."""
    actor.require(Area.MONEY, Level.VIEW, "see what waits for a second person")
    now = clock.now()
    waiting = [_view(row, number, actor) for row, number in store.pending(session, limit=MOST_PENDING)]
    waiting = [view for view in waiting if view.expires_at > now]
    return Review(
        to_decide=tuple(view for view in waiting if view.may_decide),
        mine=tuple(view for view in waiting if view.mine),
        others=tuple(view for view in waiting if not view.mine and not view.may_decide),
        decided=tuple(_view(row, number, actor) for row, number in store.decided(session, limit=MOST_DECIDED)),
    )


def waiting_on(session: Session, number: str, *, actor: Actor) -> tuple[ApprovalView, ...]:
    """What waits for a second person on one order; raises `OrderNotFound`."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    order = orders.by_number(session, number)
    now = clock.now()
    found = store.pending_of(session, order.id)
    return tuple(_view(row, order.number, actor) for row in found if row.expires_at > now)


def preview(session: Session, approval_id: int, *, actor: Actor) -> ApprovalPreview:
    """What approving would do now, for whoever may look; `refusal` says why this reader, or anybody, cannot approve."""
    actor.require(Area.MONEY, Level.VIEW, "see what waits for a second person")
    approval, order = _found(session, approval_id)
    view = _view(approval, order.number, actor)
    now = _preview_now(session, approval, order)
    moved = "" if order.version == approval.version else clicks.changes_since(session, order, approval.version, actor)
    said = _ended(approval) or view.why_not or _refusal(session, approval, order, now)
    return ApprovalPreview(view, replace(now, token=clicks.mint(actor), refusal=said), moved)


def approve(session: Session, approval_id: int, *, actor: Actor, version: int, token: str) -> ActionDone:
    """Be the second person: the action is carried out as it was asked, or nothing is done.

    `version` is the order's, as of the preview that was approved. Raises `AlreadyDone` naming who decided first,
    `PreviewOutdated`, `OwnRequest`, `NotAllowed` or `NotPossible`.
    """
    actor.require(Area.MONEY, Level.ACT, "decide what others asked for")
    approval, order = _locked(session, approval_id)
    _may_decide(approval, actor)
    if clicks.carried_out(session, order, "approve", token, actor):
        return ActionDone("You have approved this already.", repeated=True)
    _still_pending(approval)
    shown = _preview_now(session, approval, order)
    clicks.check(session, order, version, _refusal(session, approval, order, shown), actor=actor)
    now = clock.now()
    store.decide(session, approval, ApprovalState.APPROVED, actor=actor, at=now)
    _tell(
        session, approval, order, TimelineKind.APPROVAL_GIVEN, f"approved; asked by {approval.requested_by_name}", actor
    )
    done = _carry_out(session, approval, order, actor)
    clicks.audit(session, order, "approve", actor=actor, token=token, details=_details(approval))
    return ActionDone(f"Approved. {done.sentence}")


def decline(session: Session, approval_id: int, *, actor: Actor, token: str, reason: str) -> ActionDone:
    """Say no, and why; nothing is carried out."""
    actor.require(Area.MONEY, Level.ACT, "decide what others asked for")
    approval, order = _locked(session, approval_id)
    _may_decide(approval, actor)
    if clicks.carried_out(session, order, "decline", token, actor):
        return ActionDone("You have declined this already.", repeated=True)
    _still_pending(approval)
    why = clicks.reasoned(reason, "decline this")
    store.decide(session, approval, ApprovalState.DECLINED, actor=actor, at=clock.now(), reason=why)
    _tell(session, approval, order, TimelineKind.APPROVAL_DECLINED, f"declined. Reason: {why}", actor)
    clicks.audit(session, order, "decline", actor=actor, token=token, reason=why, details=_details(approval))
    return ActionDone(f"Declined; {approval.requested_by_name} sees why.")


def withdraw(session: Session, approval_id: int, *, actor: Actor, token: str) -> ActionDone:
    """Take one's own request back, before somebody decides it."""
    actor.require(Area.MONEY, Level.ACT, "withdraw requests")
    approval, order = _locked(session, approval_id)
    if actor.party != approval.requested_party:
        raise NotPossible(f"Only {approval.requested_by_name} can withdraw this. Decline it, and say why.")
    if clicks.carried_out(session, order, "withdraw", token, actor):
        return ActionDone("You have withdrawn this already.", repeated=True)
    _still_pending(approval)
    store.decide(session, approval, ApprovalState.WITHDRAWN, actor=actor, at=clock.now())
    _tell(session, approval, order, TimelineKind.APPROVAL_WITHDRAWN, "withdrawn", actor)
    clicks.audit(session, order, "withdraw", actor=actor, token=token, details=_details(approval))
    return ActionDone("Withdrawn. Nothing was done.")


def _found(session: Session, approval_id: int, *, lock: bool = False) -> tuple[Approval, Order]:
    found = store.get(session, approval_id, lock=lock)
    if found is None:
        raise NotFound(f"There is no request {approval_id}.")
    return found


def _locked(session: Session, approval_id: int) -> tuple[Approval, Order]:
    """The request and its order, both as they stay until the end; the order first, as everybody locks it."""
    _, order = _found(session, approval_id)
    orders.lock_by_number(session, order.number)
    return _found(session, approval_id, lock=True)


def _may_decide(approval: Approval, actor: Actor) -> None:
    """Raise unless the actor may be the second person: of a right role, and somebody else than who asked."""
    action = ApprovalAction(approval.action)
    actor.require(AREAS[action], Level.ACT, _DECIDING[action])
    if actor.role is not None and actor.role not in DECIDERS[action]:
        raise NotAllowed(ROLE_NAMES[actor.role], _DECIDING[action])
    if actor.party == approval.requested_party:
        raise OwnRequest


_DECIDING = {
    ApprovalAction.REFUND: "decide refunds that others asked for",
    ApprovalAction.CANCEL: "decide cancellations that others asked for",
    ApprovalAction.RELEASE: "decide releases that others asked for",
}


def _ended(approval: Approval) -> str:
    match ApprovalState(approval.state):
        case ApprovalState.PENDING if approval.expires_at > clock.now():
            return ""
        case ApprovalState.PENDING | ApprovalState.EXPIRED:
            return f"Nobody decided this in time. {approval.requested_by_name} may ask again."
        case state:
            when = clicks.ago(approval.decided_at) if approval.decided_at else ""
            return f"This was already {state} by {approval.decided_by_name}, {when}."


def _still_pending(approval: Approval) -> None:
    if approval.state in (ApprovalState.APPROVED, ApprovalState.DECLINED, ApprovalState.WITHDRAWN):
        when = clicks.ago(approval.decided_at) if approval.decided_at else ""
        raise AlreadyDone("This", approval.decided_by_name, how=approval.state, ago=when)
    if said := _ended(approval):
        raise NotPossible(said)


def _preview_now(session: Session, approval: Approval, order: Order) -> Preview:
    """What the action would do as the order is now, whoever looks."""
    facts, number = approval.facts, order.number
    if _ended(approval):
        kept = approval.preview
        said = (kept["title"], tuple(kept["effects"]), tuple(kept["remaining_holds"]))
        return Preview(str(approval.action), number, *said, False, order.version, clicks.mint(SYSTEM))
    match ApprovalAction(approval.action):
        case ApprovalAction.REFUND:
            return refunds.preview_refund(session, number, RefundWish(**second_person.as_wish(facts)), actor=SYSTEM)
        case ApprovalAction.CANCEL:
            return cancellations.preview_cancel(session, number, restock=facts["restock"], actor=SYSTEM)
        case ApprovalAction.RELEASE:
            return actions.preview_release(session, number, facts["hold_ids"], actor=SYSTEM)


def _refusal(session: Session, approval: Approval, order: Order, shown: Preview) -> str:
    """Why the action cannot be carried out as it was asked; empty where it can."""
    if shown.refusal:
        return shown.refusal
    if accounts.actor_now(session, approval.requested_by) is None:
        return f"{approval.requested_by_name} no longer has access. Decline this; whoever still wants it asks again."
    now = _amount_now(session, approval, order)
    if now != (approval.amount_minor or 0):
        asked, comes = display(approval.amount_minor or 0, order.currency), display(now, order.currency)
        return f"It comes to {comes} now, not to the {asked} that was asked. Decline it, and have it asked again."
    return ""


def _amount_now(session: Session, approval: Approval, order: Order) -> int:
    match ApprovalAction(approval.action):
        case ApprovalAction.REFUND:
            return refunds.amount_of(session, order, RefundWish(**second_person.as_wish(approval.facts)))
        case ApprovalAction.CANCEL:
            return cancellations.money_back_minor(session, order)
        case ApprovalAction.RELEASE:
            return 0


def _carry_out(session: Session, approval: Approval, order: Order, second: Actor) -> ActionDone:
    """The action by its own service, in the name of both: with the first person's rights as they are now."""
    first = accounts.actor_now(session, approval.requested_by)
    assert first is not None, "refused before"
    both = replace(first, name=f"{first.name} and {second.name}")
    act: Callable[..., ActionDone]
    chosen: dict[str, Any]
    match ApprovalAction(approval.action):
        case ApprovalAction.REFUND:
            act, chosen = refunds.refund, {"wish": RefundWish(**second_person.as_wish(approval.facts))}
        case ApprovalAction.CANCEL:
            act, chosen = cancellations.cancel, {"restock": approval.facts["restock"]}
        case ApprovalAction.RELEASE:
            act, chosen = actions.release, {"hold_ids": approval.facts["hold_ids"]}
    return act(
        session,
        order.number,
        **chosen,
        actor=both,
        version=order.version,
        token=f"approval:{approval.id}",
        reason=approval.reason,
        approval_id=approval.id,
    )


def _tell(session: Session, approval: Approval, order: Order, kind: TimelineKind, how: str, actor: Actor) -> None:
    what = second_person.words(ApprovalAction(approval.action), approval.amount_minor, approval.currency)
    data = {"action": approval.action, "approval_id": approval.id}
    text = f"{what}: {how}" if how.endswith(".") else f"{what}: {how}."
    timeline.add(session, order.id, kind, text, actor=actor, at=clock.now(), weight=Weight.MILESTONE, data=data)


def _details(approval: Approval) -> dict[str, object]:
    return {"approval": approval.id, "action": approval.action, "asked_by": approval.requested_by}


def _view(approval: Approval, number: str, actor: Actor) -> ApprovalView:
    action = ApprovalAction(approval.action)
    mine = actor.party == approval.requested_party
    why_not = ""
    if not decidable(action, approval.requested_party, actor):
        why_not = OwnRequest().sentence if mine else f"Only {deciders(action)} can decide this."
    kept = approval.preview
    return ApprovalView(
        id=approval.id,
        number=number,
        action=approval.action,
        title=kept["title"],
        amount_minor=approval.amount_minor,
        currency=approval.currency,
        effects=tuple(kept["effects"]),
        remaining_holds=tuple(kept["remaining_holds"]),
        reason=approval.reason,
        facts=approval.facts,
        state=approval.state,
        requested_by=approval.requested_by_name,
        requested_role=approval.requested_role,
        requested_at=approval.requested_at,
        expires_at=approval.expires_at,
        decided_by=approval.decided_by_name,
        decided_at=approval.decided_at,
        decided_reason=approval.decided_reason,
        mine=mine,
        may_decide=not why_not,
        why_not=why_not,
    )
