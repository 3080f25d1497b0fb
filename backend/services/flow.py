"""The way of an order: look at the facts, and where no hold is open, move it on and promise what comes next.

`advance` is called after every change of facts (order created, money captured, label bought, scan received, hold
lifted). It can be called any number of times: moves are compare-and-swap and promises are unique by their key.
"""

from sqlmodel import Session, select

from backend import clock
from backend.domain.holds import HoldKind
from backend.domain.orders import OrderEvent, OrderStatus, PaymentMode, ShippingStatus, can
from backend.domain.permissions import SYSTEM, Actor
from backend.domain.steps import SUPERSEDED, StepKind, StepState
from backend.domain.timeline import TimelineKind, Weight
from backend.domain.tracking import ORDER_EVENTS, shipping_status
from backend.services import cancelling, stock
from backend.services.holds import gate, lift
from backend.store import facts, holds, orders, parcels, payments, steps, timeline
from backend.store.facts import Facts
from backend.store.tables import Invoice, Order

_SENTENCES: dict[OrderEvent, str] = {
    OrderEvent.PAYMENT_SETTLED: "Payment is settled: the order is confirmed.",
    OrderEvent.LABEL_BOUGHT: "The label is bought: the order is being packed.",
    OrderEvent.HANDED_OVER: "The carrier has the parcel: the order is shipped.",
    OrderEvent.DELIVERED: "The parcel is delivered.",
    OrderEvent.CANCELLED: "The order is cancelled.",
    OrderEvent.FULLY_REFUNDED: "Everything that was captured is paid back: the order is refunded.",
    OrderEvent.FULFILLED_WITHOUT_SHIPPING: "Paid and invoiced, nothing to ship: the order is complete.",
}

_PAYMENT_STEPS: dict[PaymentMode, StepKind] = {
    PaymentMode.PAID: StepKind.PAYMENT_VERIFY,
    PaymentMode.AUTHORIZED: StepKind.PAYMENT_CAPTURE,
    PaymentMode.UNPAID: StepKind.PAYMENT_REQUEST,
}


def advance(session: Session, order: Order, *, actor: Actor = SYSTEM) -> None:
    """Bring the order as far as the facts allow; the caller has locked it."""
    known = facts.of(session, order.id)
    if not gate(session, order.id, known):
        cancellation = cancelling.under_way(session, order)
        if cancellation is not None and cancelling.progress(session, order, cancellation):
            _call_cancelled(session, order)
        return
    # The order is locked and no move changes these facts, so the gate stays open from here on.
    while (event := _next_event(session, order, known)) and can(OrderStatus(order.status), event):
        move(session, order, event, actor=actor)
    _promise_next(session, order, known)


def _call_cancelled(session: Session, order: Order) -> None:
    """Everything is settled, and the customer knows: close what held the order."""
    for hold in holds.open_of(session, order.id):
        lift(session, order, hold, "order cancelled", actor=SYSTEM)
    update_facts(session, order)
    move(session, order, OrderEvent.CANCELLED, actor=SYSTEM)
    settle_refunded(session, order)


def settle_refunded(session: Session, order: Order) -> None:
    """Once everything captured has been paid back, the order is refunded."""
    balance = payments.balance_of(session, order.id)
    paid_back = balance.captured_minor > 0 and balance.kept_minor == 0
    if paid_back and can(OrderStatus(order.status), OrderEvent.FULLY_REFUNDED):
        move(session, order, OrderEvent.FULLY_REFUNDED, actor=SYSTEM)


def move(session: Session, order: Order, event: OrderEvent, *, actor: Actor) -> None:
    """One move, with its timeline entry and what it brings with it."""
    before = order.status
    now = clock.now()
    orders.move(session, order, event, now)
    timeline.add(
        session,
        order.id,
        TimelineKind.STATUS_CHANGED,
        _SENTENCES.get(event, f"The order is {order.status}."),
        actor=actor,
        at=now,
        weight=Weight.MILESTONE,
        data={"from": before, "to": order.status, "event": str(event)},
    )
    _on_move(session, order, event)


def _next_event(session: Session, order: Order, known: Facts) -> OrderEvent | None:
    """What the facts say should happen to the order now, if anything."""
    match OrderStatus(order.status):
        case OrderStatus.PENDING:
            return OrderEvent.PAYMENT_SETTLED if _payment_settled(session, order) else None
        case OrderStatus.CONFIRMED if not order.requires_shipping:
            return OrderEvent.FULFILLED_WITHOUT_SHIPPING if _invoiced(session, order) else None
        case OrderStatus.CONFIRMED:
            return OrderEvent.LABEL_BOUGHT if known.parcel is not None else None
        case OrderStatus.PROCESSING | OrderStatus.SHIPPED:
            return ORDER_EVENTS.get(known.parcel) if known.parcel is not None else None
        case _:
            return None


def _on_move(session: Session, order: Order, event: OrderEvent) -> None:
    now = clock.now()
    match event:
        case OrderEvent.PAYMENT_SETTLED:
            for kind in (StepKind.INVOICE_ISSUE, StepKind.MAIL_CONFIRMATION, StepKind.MAIL_STAFF_CONFIRMATION):
                steps.promise(session, order, kind, at=now)
        case OrderEvent.HANDED_OVER:
            _left_the_house(session, order)
        case OrderEvent.DELIVERED:
            _left_the_house(session, order)  # the first scan we hear of may be the last one
            steps.promise(session, order, StepKind.MAIL_DELIVERED, at=now)
        case _:
            pass


def _left_the_house(session: Session, order: Order) -> None:
    now = clock.now()
    stock.consume(session, order)
    steps.promise(session, order, StepKind.CHANNEL_UPDATE, at=now)
    steps.promise(session, order, StepKind.MAIL_SHIPPED, at=now)


def _promise_next(session: Session, order: Order, known: Facts) -> None:
    now = clock.now()
    match OrderStatus(order.status):
        case OrderStatus.PENDING:
            kind = _PAYMENT_STEPS.get(PaymentMode(order.payment_mode))
            if kind is not None and order.total_minor > 0:
                steps.promise(session, order, kind, at=now)
        case OrderStatus.CONFIRMED if order.requires_shipping:
            verified = known.address_check
            if verified is None:
                steps.promise(session, order, StepKind.SHIPMENT_VERIFY_ADDRESS, at=now)
            elif verified in (StepState.DONE, StepState.CANCELLED) and not known.label_promised:
                _promise_label(session, order)
        case _:
            pass


def _promise_label(session: Session, order: Order) -> None:
    """The first label, or the next one where a correction has put an earlier one aside unsent."""
    now = clock.now()
    if steps.promise(session, order, StepKind.SHIPMENT_CREATE, at=now):
        return
    aside = steps.latest(session, order.id, StepKind.SHIPMENT_CREATE)
    if aside is not None and aside.outcome == SUPERSEDED:
        steps.promise_again(session, order, aside, at=now, requested_by=SYSTEM.id)


def _payment_settled(session: Session, order: Order) -> bool:
    """Captured in full, free of charge, or allowed by a person to go on without money (terms)."""
    if order.payment_mode == PaymentMode.TERMS:
        kinds = {hold.kind: hold for hold in holds.all_of(session, order.id)}
        terms = kinds.get(HoldKind.PAYMENT_TERMS)
        return terms is None or terms.closed_at is not None
    return payments.balance_of(session, order.id).captured_minor >= order.total_minor


def _invoiced(session: Session, order: Order) -> bool:
    """The invoice is stored, or there will be none because no invoicing system is connected."""
    invoice = session.exec(select(Invoice).where(Invoice.order_id == order.id, Invoice.kind == "invoice")).first()
    if invoice is not None:
        return invoice.stored_at is not None
    return steps.latest_state(session, order.id, StepKind.INVOICE_ISSUE) == StepState.DONE


def update_facts(session: Session, order: Order) -> None:
    """Set the derived payment and shipping status beside the order's own status."""
    session.flush()
    order.payment_status = str(payments.balance_of(session, order.id).status)
    status = parcels.status_of(session, order.id)
    if not order.requires_shipping:
        order.shipping_status = ShippingStatus.NOT_NEEDED
    elif status is None:
        order.shipping_status = ShippingStatus.UNSHIPPED
    else:
        order.shipping_status = str(shipping_status(status) or ShippingStatus.LABEL_CREATED)
    session.add(order)
    session.flush()
