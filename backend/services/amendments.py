"""What a channel says anew about an order that we have: paid by now, changed, or called off."""

from enum import StrEnum

from sqlmodel import Session

from backend import clock
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.intake import NewOrder
from backend.domain.money import display
from backend.domain.orders import FINAL, OrderStatus, PaymentMode
from backend.domain.permissions import provider_actor
from backend.domain.providers import provider_name
from backend.domain.steps import StepKind, StepState
from backend.domain.timeline import TimelineKind, Weight
from backend.services import flow, holds
from backend.store import holds as hold_store
from backend.store import steps, timeline
from backend.store.tables import Order


class Created(StrEnum):
    NEW = "new"
    SAME = "same"  # this very order is known already: nothing to do
    AMENDED = "amended"  # known, but its contents differ now: held for a person
    CANCELLED = "cancelled"  # the shop called it off: held for a person, or never begun


def take_in(session: Session, order: Order, new: NewOrder, fingerprint: str) -> Created:
    """Compare a repeated delivery with the order; the caller has locked it."""
    if new.cancelled:
        _cancelled(session, order, new)
        return Created.CANCELLED
    if order.content_hash != fingerprint and not _put_before_a_person(session, order, fingerprint):
        _amended(session, order, new, fingerprint)
        return Created.AMENDED
    if new.payment_mode is PaymentMode.PAID and order.payment_mode == PaymentMode.UNPAID:
        _paid_in_shop(session, order, new)
    return Created.SAME


def _paid_in_shop(session: Session, order: Order, new: NewOrder) -> None:
    """The customer paid in the shop after all: verify it there rather than wait for our own payment request."""
    if order.status != OrderStatus.PENDING:
        return
    order.payment_mode = PaymentMode.PAID
    order.payment_reference = new.payment_reference or order.payment_reference
    order.gateway = new.gateway or order.gateway
    session.add(order)
    requested = steps.latest(session, order.id, StepKind.PAYMENT_REQUEST)
    if requested is not None and requested.state in (StepState.READY, StepState.HELD, StepState.WAITING):
        steps.call_off(session, requested.id, "paid in the shop")
    _tell(session, order, new, f"{provider_name(new.channel)} says that the order is paid now.", Weight.MILESTONE)
    flow.advance(session, order)


def _cancelled(session: Session, order: Order, new: NewOrder) -> None:
    if OrderStatus(order.status) in FINAL:
        return
    holds.place(
        session,
        order,
        HoldKind.CANCELLED_IN_SHOP,
        f"{provider_name(new.channel)} says that this order is cancelled.",
        source=HoldSource.CHECK,
        provider=new.channel,
    )


def _put_before_a_person(session: Session, order: Order, fingerprint: str) -> bool:
    """Whether these very contents held the order before: shops send an order again with every change of their own."""
    return any(
        hold.kind == HoldKind.ORDER_AMENDED and hold.facts.get("contents") == fingerprint
        for hold in hold_store.all_of(session, order.id)
    )


def _amended(session: Session, order: Order, new: NewOrder, fingerprint: str) -> None:
    there = display(new.total_minor, new.currency)
    _tell(session, order, new, f"The order came again with other contents; total there {there}.", Weight.PROBLEM)
    if OrderStatus(order.status) in FINAL:
        return
    holds.place(
        session,
        order,
        HoldKind.ORDER_AMENDED,
        f"{provider_name(new.channel)} sent this order again with other contents.",
        source=HoldSource.CHECK,
        provider=new.channel,
        facts={"contents": fingerprint},
    )


def _tell(session: Session, order: Order, new: NewOrder, text: str, weight: Weight) -> None:
    timeline.add(
        session,
        order.id,
        TimelineKind.ORDER_AMENDED,
        text,
        actor=provider_actor(new.channel),
        at=clock.now(),
        weight=weight,
    )
