"""Where one person is not enough: when that is so, and how a click becomes a request for a second person.

Every path to a refund, a cancellation or a release passes here, because the services themselves ask: dashboard, API and
bulk runs alike. What becomes of a request is in `services.approvals`.
"""

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from sqlmodel import Session

from backend import clock, settings
from backend.domain.approvals import TITLES, ApprovalAction, Limits, deciders
from backend.domain.desk import ActionDone, Preview
from backend.domain.errors import NotPossible
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.money import display
from backend.domain.permissions import SYSTEM, Actor, ActorKind
from backend.domain.timeline import TimelineKind, Weight
from backend.services import clicks
from backend.store import approvals as store
from backend.store import timeline
from backend.store.tables import Approval, Hold, Order


@dataclass(frozen=True)
class Wanted:
    """What a click would do, and why that takes two; `why` is empty where one person is enough."""

    action: ApprovalAction
    why: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    amount_minor: int | None = None

    @property
    def effects(self) -> tuple[str, ...]:
        """What is said before the effects of the click itself."""
        if not self.why:
            return ()
        return (f"{self.why} {deciders(self.action).capitalize()} decides in Review. Until then nothing happens.",)


def refund(
    session: Session, order: Order, amount_minor: int, actor: Actor, action: ApprovalAction, facts: dict[str, Any]
) -> Wanted:
    """Whether paying this back takes two: with what people paid back of the order alone before, it is above the limit."""
    limit = None if actor.kind is not ActorKind.STAFF else _limit(actor, order.currency)
    if limit is None or amount_minor <= 0:
        return Wanted(action)
    before = store.paid_back_alone_minor(session, order.id)
    if before + amount_minor <= limit:
        return Wanted(action)
    amount, most = display(amount_minor, order.currency), display(limit, order.currency)
    earlier = f", after {display(before, order.currency)} before," if before else ""
    why = f"{amount} back{earlier} is more than the {most} of one order that you may pay back alone."
    return Wanted(action, why, facts, amount_minor)


def _limit(actor: Actor, currency: str) -> int | None:
    return Limits.parse(settings.current().refund_limit).of(actor.role, currency)


def release(chosen: list[Hold], actor: Actor) -> Wanted:
    """Whether letting these holds go takes two: a colleague suspects fraud, or the setting wants it for every suspicion."""
    action = ApprovalAction.RELEASE
    if actor.kind is not ActorKind.STAFF:
        return Wanted(action)
    for hold in chosen:
        if hold.kind == HoldKind.FRAUD_SUSPECTED or (hold.kind == HoldKind.FRAUD_RISK and _every_suspicion(hold)):
            why = f"{hold.placed_by_name} suspects fraud: two people release that."
            return Wanted(action, why, {"hold_ids": sorted(one.id for one in chosen)})
    return Wanted(action)


def _every_suspicion(hold: Hold) -> bool:
    return hold.source == HoldSource.PERSON or settings.current().fraud_release == "always"


def refusal(session: Session, order: Order, wanted: Wanted) -> str:
    """That the same is asked already, by whom; empty where it is not, or where one person is enough."""
    if not wanted.why:
        return ""
    now = clock.now()
    for waiting in store.pending_of(session, order.id, wanted.action):
        if waiting.expires_at > now:
            return (
                f"{waiting.requested_by_name} asked for a second person {clicks.ago(waiting.requested_at)}"
                f" ({TITLES[wanted.action].lower()}). It has to be decided or withdrawn in Review first."
            )
    return ""


def ask(
    session: Session, order: Order, wanted: Wanted, shown: Preview, *, actor: Actor, token: str, reason: str
) -> ActionDone:
    """Make the click a request. The caller has locked the order, and checked that the click itself could be carried out."""
    if said := refusal(session, order, wanted):
        raise NotPossible(said)
    expire(session, order_id=order.id)
    session.add(_request(order, wanted, shown, actor, token, reason))
    session.flush()
    what = words(wanted.action, wanted.amount_minor, order.currency)
    text = f"{what} asked for; {deciders(wanted.action)} decides." + (f" Reason: {reason}" if reason else "")
    data = {"action": str(wanted.action), "amount_minor": wanted.amount_minor, "currency": order.currency}
    kind, weight = TimelineKind.APPROVAL_ASKED, Weight.MILESTONE
    timeline.add(session, order.id, kind, text, actor=actor, at=clock.now(), weight=weight, data=data)
    done = f"{clicks.REQUEST}{wanted.action}"
    clicks.audit(session, order, done, actor=actor, token=token, reason=reason, details=wanted.facts | data)
    return ActionDone(f"A second person was asked: {deciders(wanted.action)} decides in Review.", asked=True)


def _request(order: Order, wanted: Wanted, shown: Preview, actor: Actor, token: str, reason: str) -> Approval:
    now = clock.now()
    preview = {
        "title": shown.title,
        "effects": shown.effects[len(wanted.effects) :],
        "remaining_holds": shown.remaining_holds,
    }
    return Approval(
        order_id=order.id,
        action=str(wanted.action),
        facts=wanted.facts,
        amount_minor=wanted.amount_minor,
        currency=order.currency,
        version=order.version,
        preview=preview,
        reason=reason,
        token=token,
        requested_by=actor.id,
        requested_by_name=actor.name,
        requested_party=actor.party,
        requested_role=str(actor.role or ""),
        requested_at=now,
        expires_at=now + timedelta(hours=settings.current().approval_hours),
    )


def repeated(session: Session, token: str, otherwise: str) -> ActionDone:
    """What to say to a click that was made before: that it waits for a second person, or that it is done."""
    waiting = store.by_token(session, token)
    if waiting is None:
        return ActionDone(otherwise, repeated=True)
    return ActionDone("A second person was asked already.", repeated=True, asked=True)


def words(action: ApprovalAction, amount_minor: int | None, currency: str) -> str:
    """`Refund of 700.00 EUR`, for the beginning of a sentence."""
    match action:
        case ApprovalAction.REFUND:
            return f"Refund of {display(amount_minor or 0, currency)}"
        case ApprovalAction.CANCEL:
            return f"Cancellation with {display(amount_minor or 0, currency)} to pay back"
        case ApprovalAction.RELEASE:
            return "Release of a hold for suspected fraud"


def expire(session: Session, *, order_id: int | None = None) -> None:
    """End what nobody decided in time (of one order); the order's timeline says so."""
    for approval in store.expire(session, clock.now(), order_id=order_id):
        what = words(ApprovalAction(approval.action), approval.amount_minor, approval.currency)
        timeline.add(
            session,
            approval.order_id,
            TimelineKind.APPROVAL_EXPIRED,
            f"{what} was decided by nobody in time; {approval.requested_by_name} may ask again.",
            actor=SYSTEM,
            at=clock.now(),
        )


def as_wish(facts: dict[str, Any]) -> dict[str, Any]:
    """The fields of a refund's wish from JSON, where every key is text."""
    return {
        name: {int(position): pieces for position, pieces in value.items()} if isinstance(value, dict) else value
        for name, value in facts.items()
    }


def of_wish(wish: Any) -> dict[str, Any]:
    """A refund's wish as JSON keeps it."""
    return {
        name: {str(position): pieces for position, pieces in value.items()} if isinstance(value, dict) else value
        for name, value in asdict(wish).items()
    }
