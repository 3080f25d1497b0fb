"""Carrier scans in our own words, and what each means for the order."""

from enum import StrEnum

from backend.domain.orders import OrderEvent, ShippingStatus


class TrackingStatus(StrEnum):
    LABEL_CREATED = "label_created"
    ACCEPTED = "accepted"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    PICKUP = "pickup"
    ATTEMPTED = "attempted"
    DELIVERED = "delivered"
    RETURNED = "returned"
    EXCEPTION = "exception"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


_T = TrackingStatus

ORDER_EVENTS: dict[TrackingStatus, OrderEvent] = {
    _T.ACCEPTED: OrderEvent.HANDED_OVER,
    _T.IN_TRANSIT: OrderEvent.HANDED_OVER,
    _T.OUT_FOR_DELIVERY: OrderEvent.HANDED_OVER,
    _T.PICKUP: OrderEvent.HANDED_OVER,
    _T.ATTEMPTED: OrderEvent.HANDED_OVER,
    _T.DELIVERED: OrderEvent.DELIVERED,
}
"""Scans that move the order; the others are facts about the parcel only."""

_RANK: dict[TrackingStatus, int] = {
    _T.UNKNOWN: 0, _T.LABEL_CREATED: 1, _T.ACCEPTED: 2, _T.IN_TRANSIT: 3, _T.ATTEMPTED: 3,
    _T.OUT_FOR_DELIVERY: 4, _T.PICKUP: 4, _T.EXCEPTION: 4, _T.CANCELLED: 5, _T.RETURNED: 6, _T.DELIVERED: 6,
}  # fmt: skip

_SHIPPING: dict[TrackingStatus, ShippingStatus] = {
    _T.LABEL_CREATED: ShippingStatus.LABEL_CREATED,
    _T.ACCEPTED: ShippingStatus.IN_TRANSIT,
    _T.IN_TRANSIT: ShippingStatus.IN_TRANSIT,
    _T.OUT_FOR_DELIVERY: ShippingStatus.IN_TRANSIT,
    _T.PICKUP: ShippingStatus.IN_TRANSIT,
    _T.ATTEMPTED: ShippingStatus.IN_TRANSIT,
    _T.DELIVERED: ShippingStatus.DELIVERED,
    _T.RETURNED: ShippingStatus.RETURNED,
    _T.EXCEPTION: ShippingStatus.EXCEPTION,
}


def advances(current: TrackingStatus, new: TrackingStatus) -> bool:
    """Whether a scan is news: late and repeated scans never move a parcel backwards."""
    return _RANK[new] > _RANK[current] or (current is _T.EXCEPTION and new in (_T.IN_TRANSIT, _T.OUT_FOR_DELIVERY))


def shipping_status(status: TrackingStatus) -> ShippingStatus | None:
    """The order's shipping status that a parcel in this state stands for; None where it says nothing."""
    return _SHIPPING.get(status)
