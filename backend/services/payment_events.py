"""What payment providers tell us by webhook: captured, failed, refunded. Late and repeated news changes nothing."""

from dataclasses import dataclass

from sqlmodel import Session, select

from backend import clock
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.money import display
from backend.domain.orders import OrderStatus
from backend.domain.payments import EntryKind
from backend.domain.permissions import provider_actor
from backend.domain.providers import provider_name
from backend.domain.steps import StepKind
from backend.domain.timeline import TimelineKind, Weight
from backend.ports.payments import Capture, PaymentEvent, PaymentEventKind
from backend.services import flow, holds, payment_steps
from backend.store import orders, payments, steps, timeline
from backend.store.tables import Order


@dataclass(frozen=True)
class Applied:
    """Which order the news was about; `parked_for` when that order is not known (yet)."""

    order_id: int | None = None
    order_number: str = ""
    parked_for: str = ""


def apply(session: Session, provider: str, event: PaymentEvent) -> Applied:
    """Write a payment event to its order; news about unknown payments waits until the order is known."""
    if event.kind is PaymentEventKind.OTHER:
        return Applied()
    order = _order_of(session, event)
    if order is None:
        return Applied(parked_for=event.reference)
    match event.kind:
        case PaymentEventKind.CAPTURED:
            _captured(session, order, provider, event)
        case PaymentEventKind.FAILED:
            _failed(session, order, provider, event)
        case PaymentEventKind.REFUNDED:
            _refunded(session, order, provider, event)
        case _:
            _tell(session, order, provider, f"{event.type}: {event.detail}" if event.detail else event.type)
    return Applied(order.id, order.number)


def _order_of(session: Session, event: PaymentEvent) -> Order | None:
    if event.order_number:
        found = session.exec(select(Order.id).where(Order.number == event.order_number)).first()
    else:
        found = session.exec(select(Order.id).where(Order.payment_reference == event.reference)).first()
    return None if found is None else orders.lock(session, found)


def _captured(session: Session, order: Order, provider: str, event: PaymentEvent) -> None:
    if not payments.known(session, EntryKind.CAPTURED, provider=provider, reference=event.reference):
        _compare(session, order, provider, event)
    capture = Capture(event.reference, event.amount_minor, event.currency, event.at)
    late = order.status in (OrderStatus.CANCELLED, OrderStatus.REFUNDED)
    if payment_steps.captured(session, order, provider, capture, step_key=event.key):
        flow.advance(session, order)
        steps.complete_waiting(session, order.id, StepKind.PAYMENT_REQUEST)
        if late:
            _tell(session, order, provider, "Money arrived although the order is closed: pay it back.", problem=True)


def _compare(session: Session, order: Order, provider: str, event: PaymentEvent) -> None:
    """Hold the order before new money that does not match moves it on; lift that hold when the money matches."""
    here = payments.balance_of(session, order.id).refundable_minor + event.amount_minor
    if event.currency == order.currency and here == order.total_minor:
        holds.lift_by_check(session, order, HoldKind.PAYMENT_MISMATCH, "the money matches now")
        return
    holds.place(
        session,
        order,
        HoldKind.PAYMENT_MISMATCH,
        f"{provider_name(provider)} reports {display(event.amount_minor, event.currency)}"
        f" for an order of {display(order.total_minor, order.currency)}.",
        source=HoldSource.CHECK,
        provider=provider,
    )


def _failed(session: Session, order: Order, provider: str, event: PaymentEvent) -> None:
    fresh = payments.record(
        session,
        order,
        EntryKind.FAILED,
        amount_minor=0,
        currency=order.currency,
        provider=provider,
        reference=event.event_id,
        at=event.at,
        now=clock.now(),
        step_key=event.key,
        detail=event.detail,
    )
    if fresh:
        flow.update_facts(session, order)
        _tell(session, order, provider, f"A payment attempt failed. {event.detail}".strip())


def _refunded(session: Session, order: Order, provider: str, event: PaymentEvent) -> None:
    balance = payments.balance_of(session, order.id)
    if event.amount_minor > balance.refundable_minor:
        known = any(entry.reference == event.reference for entry in payments.entries(session, order.id))
        if not known:
            _tell(
                session,
                order,
                provider,
                f"A refund of {display(event.amount_minor, event.currency)} was reported, more than was captured.",
                problem=True,
            )
        return
    fresh = payments.record(
        session,
        order,
        EntryKind.REFUNDED,
        amount_minor=event.amount_minor,
        currency=event.currency,
        provider=provider,
        reference=event.reference,
        at=event.at,
        now=clock.now(),
        step_key=event.key,
    )
    if fresh:
        flow.update_facts(session, order)
        _tell(session, order, provider, f"{display(event.amount_minor, event.currency)} paid back.")


def _tell(session: Session, order: Order, provider: str, text: str, *, problem: bool = False) -> None:
    timeline.add(
        session,
        order.id,
        TimelineKind.PAYMENT_RECORDED,
        text,
        actor=provider_actor(provider),
        at=clock.now(),
        weight=Weight.PROBLEM if problem else Weight.ROUTINE,
    )
