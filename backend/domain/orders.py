"""What an order's status may become: the transition table is the only truth.

Statuses move by *event*, not by target, so the timeline, the jobs and the buttons share one vocabulary.
Payment status and shipping status are facts derived beside it (`domain/payments.py`, `domain/shipping.py`).
"""

from enum import StrEnum

from backend.domain.errors import IllegalMove


class OrderStatus(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class OrderEvent(StrEnum):
    PAYMENT_SETTLED = "payment_settled"  # captured, verified, or allowed to go on without payment (terms)
    LABEL_BOUGHT = "label_bought"
    HANDED_OVER = "handed_over"  # the carrier has the parcel
    DELIVERED = "delivered"
    FULFILLED_WITHOUT_SHIPPING = "fulfilled_without_shipping"  # digital goods, point of sale
    CANCELLED = "cancelled"
    FULLY_REFUNDED = "fully_refunded"


_S, _E = OrderStatus, OrderEvent

TRANSITIONS: dict[tuple[OrderStatus, OrderEvent], OrderStatus] = {
    (_S.PENDING, _E.PAYMENT_SETTLED): _S.CONFIRMED,
    (_S.CONFIRMED, _E.LABEL_BOUGHT): _S.PROCESSING,
    (_S.PROCESSING, _E.HANDED_OVER): _S.SHIPPED,
    (_S.SHIPPED, _E.DELIVERED): _S.DELIVERED,
    # The carrier's scans may arrive out of order: "delivered" can be the first word we hear.
    (_S.PROCESSING, _E.DELIVERED): _S.DELIVERED,
    (_S.CONFIRMED, _E.FULFILLED_WITHOUT_SHIPPING): _S.DELIVERED,
    (_S.PENDING, _E.CANCELLED): _S.CANCELLED,
    (_S.CONFIRMED, _E.CANCELLED): _S.CANCELLED,
    (_S.PROCESSING, _E.CANCELLED): _S.CANCELLED,
    (_S.SHIPPED, _E.CANCELLED): _S.CANCELLED,
    (_S.CONFIRMED, _E.FULLY_REFUNDED): _S.REFUNDED,
    (_S.PROCESSING, _E.FULLY_REFUNDED): _S.REFUNDED,
    (_S.SHIPPED, _E.FULLY_REFUNDED): _S.REFUNDED,
    (_S.DELIVERED, _E.FULLY_REFUNDED): _S.REFUNDED,
    (_S.CANCELLED, _E.FULLY_REFUNDED): _S.REFUNDED,
}

FINAL = frozenset({_S.DELIVERED, _S.CANCELLED, _S.REFUNDED})
"""Statuses in which nothing more happens by itself."""

PATH = (_S.PENDING, _S.CONFIRMED, _S.PROCESSING, _S.SHIPPED, _S.DELIVERED)
"""The way of an order that meets no trouble, in order; the dashboard draws it."""


def next_status(status: OrderStatus, event: OrderEvent) -> OrderStatus:
    """The status that `event` leads to; raises `IllegalMove` where the table has no such row."""
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        raise IllegalMove(status, event) from None


def can(status: OrderStatus, event: OrderEvent) -> bool:
    """Whether the table has a move for this event, for callers that treat a late event as no news."""
    return (status, event) in TRANSITIONS


class PaymentMode(StrEnum):
    """What the shop says about the money when the order arrives."""

    PAID = "paid"
    AUTHORIZED = "authorized"
    UNPAID = "unpaid"
    TERMS = "terms"  # invoice terms, cash on delivery, cheque


class ShippingStatus(StrEnum):
    NOT_NEEDED = "not_needed"
    UNSHIPPED = "unshipped"
    LABEL_CREATED = "label_created"
    PARTIALLY_SHIPPED = "partially_shipped"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    EXCEPTION = "exception"
    RETURNED = "returned"
