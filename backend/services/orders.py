"""Reading one order: everything about it for its page."""

from typing import Any

from sqlmodel import Session

from backend.domain.desk import HoldView, OrderView, TimelineView
from backend.domain.permissions import Actor, Area, Level
from backend.services import order_money, order_parts
from backend.store import holds, orders, payments
from backend.store.tables import Order


def order_view(session: Session, number: str, *, actor: Actor) -> OrderView:
    """Everything about one order; raises `OrderNotFound`."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    order = orders.by_number(session, number)
    all_holds = [order_parts.hold_view(hold) for hold in holds.all_of(session, order.id)]
    open_holds = tuple(hold for hold in all_holds if hold.closed_at is None)
    balance = payments.balance_of(session, order.id)
    customer = orders.customer(session, order.customer_id)
    return OrderView(
        **_columns(order),
        held=bool(open_holds),
        captured_minor=balance.captured_minor,
        refunded_minor=balance.refunded_minor,
        refundable_minor=balance.refundable_minor,
        tags=tuple(order.tags),
        customer=customer.show("name"),
        email=customer.show("email"),
        phone=customer.show("phone"),
        holds=open_holds,
        closed_holds=tuple(hold for hold in all_holds if hold.closed_at is not None),
        steps=order_parts.steps_of(session, order),
        timeline=order_parts.entries(session, order),
        items=order_parts.items(session, order),
        payments=order_money.entries(session, order),
        parcels=order_parts.parcels(session, order),
        documents=order_parts.documents(session, order),
        notes=order_parts.notes(session, order),
        shipping_address=order_parts.address(session, order, "shipping"),
        billing_address=order_parts.address(session, order, "billing"),
        discounts=order_parts.discounts(session, order),
        refunds=order_money.refunds(session, order),
        cancellation=order_money.cancellation(session, order),
    )


_SAME_NAME = (
    "id",
    "number",
    "external_number",
    "external_id",
    "channel",
    "status",
    "payment_status",
    "shipping_status",
    "payment_mode",
    "version",
    "currency",
    "subtotal_minor",
    "discount_minor",
    "shipping_minor",
    "tax_minor",
    "total_minor",
    "taxes_included",
    "note",
    "placed_at",
    "created_at",
    "updated_at",
)


def _columns(order: Order) -> dict[str, Any]:
    return {name: getattr(order, name) for name in _SAME_NAME}


def timeline_of(session: Session, number: str, *, actor: Actor) -> tuple[TimelineView, ...]:
    """The order's timeline, newest first; raises `OrderNotFound`."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    return order_parts.entries(session, orders.by_number(session, number))


def holds_of(session: Session, number: str, *, actor: Actor) -> tuple[HoldView, ...]:
    """Every hold the order ever had, oldest first; raises `OrderNotFound`."""
    actor.require(Area.HOLDS, Level.VIEW, "see holds")
    return tuple(order_parts.hold_view(hold) for hold in holds.all_of(session, orders.by_number(session, number).id))
