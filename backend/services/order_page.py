"""One order for its page: the head is always read, of the tabs only the one that is open."""

from collections.abc import Callable, Iterable
from urllib.parse import quote

from sqlmodel import Session

from backend.domain.approvals import ApprovalView
from backend.domain.desk import HoldView
from backend.domain.holds import HoldKind
from backend.domain.order_page import Content, Look, Move, OrderHead, OrderShown, Tab
from backend.domain.orders import OrderStatus
from backend.domain.payments import balance
from backend.domain.permissions import Actor, Area, Level
from backend.domain.providers import shop_url
from backend.services import order_customer, order_history, order_money, order_parts, order_tabs
from backend.services.approvals import waiting_on
from backend.settings import current
from backend.store import order_heads
from backend.store.tables import Order

Reader = Callable[[Session, Order, Look], Content]

READERS: dict[Tab, Reader] = {
    Tab.TIMELINE: order_history.timeline_tab,
    Tab.ITEMS: order_tabs.items_tab,
    Tab.PAYMENTS: order_tabs.payments_tab,
    Tab.DOCUMENTS: order_tabs.documents_tab,
    Tab.PARCELS: order_tabs.parcels_tab,
    Tab.ATTEMPTS: order_tabs.attempts_tab,
    Tab.CUSTOMER: order_customer.customer_tab,
}


def order_shown(session: Session, number: str, tab: Tab, look: Look, *, actor: Actor) -> OrderShown:
    """The head of an order and the contents of one tab; raises `OrderNotFound`."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    read = order_heads.read(session, number)
    return OrderShown(_head(session, read), READERS[tab](session, read.order, look))


def order_with_requests(
    session: Session, number: str, tab: Tab, look: Look, *, actor: Actor
) -> tuple[OrderShown, tuple[ApprovalView, ...]]:
    """The same, with what waits for a second person on the order: all that a screen shows, in one reading."""
    return order_shown(session, number, tab, look, actor=actor), waiting_on(session, number, actor=actor)


def _head(session: Session, read: order_heads.Head) -> OrderHead:
    order, all_holds = read.order, read.holds
    was_cancelled = any(hold.kind == HoldKind.BEING_CANCELLED for hold in all_holds)
    return OrderHead(
        id=order.id,
        number=order.number,
        external_number=order.external_number,
        shop_url=shop_url(order.channel, current().shopify_api_base, quote(order.external_id, safe="")),
        channel=order.channel,
        status=order.status,
        payment_status=order.payment_status,
        shipping_status=order.shipping_status,
        version=order.version,
        currency=order.currency,
        total_minor=order.total_minor,
        open_to_refund_minor=balance(read.entries).refundable_minor - read.on_its_way_minor,
        customer=read.customer.show("name"),
        note=order.note,
        tags=tuple(order.tags),
        placed_at=order.placed_at,
        created_at=order.created_at,
        moves=_moves(read),
        holds=_views(hold for hold in all_holds if hold.closed_at is None),
        closed_holds=_views(hold for hold in all_holds if hold.closed_at is not None),
        cancellation=order_money.cancellation(session, order) if was_cancelled else (),
    )


def _views(found: Iterable[order_heads.HoldRow]) -> tuple[HoldView, ...]:
    return tuple(order_parts.hold_view(hold) for hold in found)


def _moves(read: order_heads.Head) -> tuple[Move, ...]:
    """From the moment it came in to where it is now."""
    arrived = Move(OrderStatus.PENDING, read.order.created_at)
    return (arrived, *(Move(status, at) for status, at in read.moves))
