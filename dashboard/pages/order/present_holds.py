"""From an order's holds to what its page shows: why it stands still, and how far a cancellation is."""

from datetime import datetime

from backend.domain.cancelling import PartState
from backend.domain.desk import HoldView
from backend.domain.fixes import LABELS, Fix, leads
from backend.domain.holds import HoldAction, HoldKind, HoldSource
from backend.domain.order_page import OrderHead
from dashboard.components.money import told
from dashboard.components.times import age, full, moment
from dashboard.components.words import word
from dashboard.pages.order.cards import ClosedHoldCard, FixOffer, HoldCard, Stage

_ORIGINS = {HoldSource.CHECK: "Found by a check on arrival", HoldSource.STEP: "A step failed"}
_TO_COME = ("pending", "To come")
_PART_STATES: dict[PartState, tuple[str, str]] = {
    PartState.DONE: ("good", "Done"),
    PartState.RUNNING: ("moving", "Running"),
    PartState.FAILED: ("bad", "Failed"),
    PartState.NOT_NEEDED: ("idle", "Not needed"),
    PartState.TO_COME: _TO_COME,
}


def open_holds(order: OrderHead, now: datetime) -> list[HoldCard]:
    return [
        HoldCard(
            id=hold.id,
            title=hold.title,
            reason=told(hold.reason),
            advice=hold.advice,
            origin=_origin(hold),
            age=age(hold.placed_at, now),
            since=full(hold.placed_at),
            can_retry=HoldAction.RETRY in hold.actions,
            can_release=HoldAction.RELEASE in hold.actions,
            can_ask=HoldAction.ASK in hold.actions,
            fixes=[FixOffer(name, LABELS[Fix(name)]) for name in hold.fixes],
            mends=bool(hold.fixes) and leads(HoldKind(hold.kind), Fix(hold.fixes[0])),
            stages=_stages(order, hold),
        )
        for hold in order.holds
    ]


def _origin(hold: HoldView) -> str:
    said = _ORIGINS.get(HoldSource(hold.source), f"Placed by {hold.placed_by}")
    return f"{said} · {word(hold.provider)}" if hold.provider else said


def closed_holds(order: OrderHead) -> list[ClosedHoldCard]:
    return [
        ClosedHoldCard(
            id=hold.id,
            title=hold.title,
            reason=told(hold.reason),
            how=", ".join(
                part
                for part in (
                    word(hold.closed_how),
                    f"by {hold.closed_by}" if hold.closed_by else "",
                    moment(hold.closed_at) if hold.closed_at else "",
                    f"“{hold.closed_reason}”" if hold.closed_reason else "",
                )
                if part
            ),
        )
        for hold in order.closed_holds
    ]


def _stages(order: OrderHead, hold: HoldView) -> list[Stage]:
    """How far a cancellation is, part by part. Empty for every other hold."""
    if hold.kind != HoldKind.BEING_CANCELLED:
        return []
    parts = [Stage(part.label, *_PART_STATES[PartState(part.state)], told(part.detail)) for part in order.cancellation]
    return [*parts, Stage("Mark the order as cancelled", *_TO_COME)]
