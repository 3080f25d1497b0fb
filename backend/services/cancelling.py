"""How far a cancellation is: one resumable sequence that looks at the facts and promises the next thing to settle.

It runs while the hold "being cancelled" is open: stop what has not begun, void the label, pay back what was captured,
give the goods back. Whatever fails holds the order with its own hold; the sequence goes on when that is mended.
"""

from sqlmodel import Session, col, select

from backend import clock
from backend.domain.holds import HoldKind
from backend.domain.permissions import SYSTEM, Actor, ActorKind
from backend.domain.refunds import RefundWish
from backend.domain.steps import StepKind, StepState
from backend.domain.tracking import TrackingStatus
from backend.services import refunds, stock
from backend.store import holds, payments, steps
from backend.store import refunds as refund_store
from backend.store.tables import Hold, Order, Parcel, Shipment, Step

FORWARD = frozenset(
    {
        StepKind.PAYMENT_VERIFY,
        StepKind.PAYMENT_CAPTURE,
        StepKind.PAYMENT_REQUEST,
        StepKind.SHIPMENT_VERIFY_ADDRESS,
        StepKind.SHIPMENT_CREATE,
        StepKind.INVOICE_ISSUE,
        StepKind.CHANNEL_UPDATE,
        StepKind.MAIL_PAYMENT_LINK,
        StepKind.MAIL_CONFIRMATION,
    }
)
"""Steps that bring an order on: no longer wanted once it is being cancelled."""


def under_way(session: Session, order: Order) -> Hold | None:
    """The open hold that stands for a cancellation, if one is under way."""
    return next((hold for hold in holds.open_of(session, order.id) if hold.kind == HoldKind.BEING_CANCELLED), None)


def progress(session: Session, order: Order, hold: Hold) -> bool:
    """Promise what is to be settled next; True when nothing is left and the order may be called cancelled."""
    return (
        _stopped(session, order)
        and _label_voided(session, order)
        and _paid_back(session, order, hold)
        and _restocked(session, order, hold)
    )


def _stopped(session: Session, order: Order) -> bool:
    """Call off what has not begun. What runs, or may have taken effect, must be known before the sequence goes on."""
    clear = True
    for step in steps.of_order(session, order.id):
        if StepKind(step.kind) not in FORWARD:
            continue
        if step.state == StepState.RUNNING or (step.in_doubt and step.state in _OPEN):
            clear = False
        elif step.state in _OPEN:
            steps.call_off(session, step.id, "order cancelled")
    return clear


_OPEN = (StepState.READY, StepState.HELD, StepState.WAITING, StepState.PARKED)


def _label_voided(session: Session, order: Order) -> bool:
    """A bought label is voided as long as the carrier has not got the parcel."""
    found = session.exec(
        select(Shipment, Parcel)
        .join(Parcel, col(Parcel.shipment_id) == col(Shipment.id))
        .where(Shipment.order_id == order.id, Shipment.state == "labelled")
        .execution_options(populate_existing=True)
    ).first()
    if found is None or found[1].status != TrackingStatus.LABEL_CREATED:
        return True
    steps.promise(session, order, StepKind.SHIPMENT_VOID, at=clock.now(), subject=str(found[0].id))
    return False


def _paid_back(session: Session, order: Order, hold: Hold) -> bool:
    refundable = refunds.refundable_minor(session, order)
    if refundable > 0:
        wish = RefundWish(full=True)
        refunds.request(session, order, wish, refundable, actor=_canceller(hold), reason=hold.reason)
    settled = refund_store.on_its_way_minor(session, order.id) == 0
    return settled and payments.balance_of(session, order.id).refundable_minor == 0


def _restocked(session: Session, order: Order, hold: Hold) -> bool:
    if hold.facts.get("restock"):
        stock.give_back(session, order, actor=_canceller(hold))
    return True


def _canceller(hold: Hold) -> Actor:
    """The colleague who decided it, for what is done on their behalf later."""
    if hold.placed_by == SYSTEM.id:
        return SYSTEM
    return Actor(ActorKind.STAFF, hold.placed_by, hold.placed_by_name)


def doubtful(session: Session, order: Order) -> list[Step]:
    """Steps of which nobody knows yet whether they took effect."""
    return [step for step in steps.of_order(session, order.id) if step.in_doubt and step.state in _OPEN]
