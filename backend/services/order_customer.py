"""The customer tab: who bought, and what else they bought."""

from datetime import datetime

from sqlmodel import Session

from backend.domain.desk import MoneySum
from backend.domain.errors import InvalidInput
from backend.domain.order_page import CustomerTab, Look, OtherOrder
from backend.services import order_parts
from backend.store import customer_orders, orders
from backend.store.tables import Order

PAGE = 20
BIGGEST_ID = 2**63


def customer_tab(session: Session, order: Order, look: Look) -> CustomerTab:
    """Contact, addresses as they stood on this order, and a page of the customer's other orders.

    Raises `InvalidInput` for a cursor that we did not give out.
    """
    customer = orders.customer(session, order.customer_id)
    ids = customer_orders.ids_of(session, customer)
    tally = customer_orders.tally(session, ids)
    found = customer_orders.others(session, ids, order.id, after=_place(look.cursor), limit=PAGE + 1)
    others = tuple(_other(other, held) for other, held in found[:PAGE])
    last = found[PAGE - 1][0] if len(found) > PAGE else None
    return CustomerTab(
        name=customer.show("name"),
        email=customer.show("email"),
        phone=customer.show("phone"),
        since=tally.first_at,
        shipping_address=order_parts.address(session, order, "shipping"),
        billing_address=order_parts.address(session, order, "billing"),
        note=order.note,
        tags=tuple(order.tags),
        orders=tally.orders,
        held=tally.held,
        returned=tally.returned,
        spent=tuple(MoneySum(currency, amount) for currency, amount in customer_orders.spent(session, ids)),
        others=others,
        next_cursor=f"{last.placed_at.isoformat()}~{last.id}" if last is not None else "",
    )


def _other(order: Order, held: bool) -> OtherOrder:
    return OtherOrder(
        number=order.number,
        channel=order.channel,
        status=order.status,
        held=held,
        total_minor=order.total_minor,
        currency=order.currency,
        placed_at=order.placed_at,
    )


def _place(cursor: str) -> tuple[datetime, int] | None:
    if not cursor:
        return None
    try:
        moment, order_id = cursor.split("~")
        at, last = datetime.fromisoformat(moment), int(order_id)
    except ValueError as error:
        raise InvalidInput(["This is no place in the customer's orders; begin again without it."]) from error
    if at.tzinfo is None or not 0 < last < BIGGEST_ID:
        raise InvalidInput(["This is no place in the customer's orders; begin again without it."])
    return at, last
