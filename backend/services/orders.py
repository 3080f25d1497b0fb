"""Reading orders: the list, and everything about one order for its page."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from backend.domain.desk import HoldView, OrderPage, OrderRow, OrderView, TimelineView
from backend.domain.errors import InvalidInput
from backend.domain.orders import OrderStatus
from backend.domain.permissions import Actor, Area, Level
from backend.domain.steps import RULES
from backend.services import order_money, order_parts
from backend.store import holds, order_lists, orders, payments
from backend.store.tables import Customer, Order

MAX_PAGE = 200
BIGGEST_ID = 2**63


def order_page(
    session: Session,
    *,
    actor: Actor,
    status: str = "",
    channel: str = "",
    held: bool | None = None,
    failed: bool = False,
    query: str = "",
    cursor: str = "",
    size: int = 50,
) -> OrderPage:
    """A page of orders, newest first; `failed`: only those with a document or message that failed.

    Raises `InvalidInput` for an unknown status or a cursor we did not give out."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    if status and status not in set(OrderStatus):
        raise InvalidInput([f"There is no status {status!r}; known are {', '.join(OrderStatus)}."])
    size = min(max(1, size), MAX_PAGE)
    documents = tuple(str(kind) for kind, rule in RULES.items() if not rule.holds)
    filters = order_lists.Filters(status, channel, held, query, documents if failed else ())
    found = order_lists.page(session, filters, after=_read_cursor(cursor), limit=size + 1)
    rows = tuple(_order_row(order, customer, is_held) for order, customer, is_held in found[:size])
    more = len(found) > size
    return OrderPage(rows, f"{rows[-1].placed_at.isoformat()}~{rows[-1].id}" if more else "")


def _order_row(order: Order, customer: Customer, is_held: bool) -> OrderRow:
    return OrderRow(
        id=order.id,
        number=order.number,
        external_number=order.external_number,
        customer=customer.show("name"),
        channel=order.channel,
        status=order.status,
        payment_status=order.payment_status,
        shipping_status=order.shipping_status,
        total_minor=order.total_minor,
        currency=order.currency,
        held=is_held,
        placed_at=order.placed_at,
        updated_at=order.updated_at,
    )


def _read_cursor(cursor: str) -> tuple[datetime, int] | None:
    if not cursor:
        return None
    try:
        moment, order_id = cursor.split("~")
        at, last = datetime.fromisoformat(moment), int(order_id)
        if at.tzinfo is None or not 0 < last < BIGGEST_ID:
            raise ValueError("not a place in the list")
        return at, last
    except ValueError as error:
        raise InvalidInput(["The cursor is not one we gave out; begin again without it."]) from error


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
