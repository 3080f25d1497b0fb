"""Scans move a parcel forward only, whatever order they arrive in."""

import itertools

import pytest

from backend.domain.orders import OrderEvent, ShippingStatus
from backend.domain.tracking import ORDER_EVENTS, TrackingStatus, advances, shipping_status

_T = TrackingStatus
RANKS = [
    {_T.UNKNOWN},
    {_T.LABEL_CREATED},
    {_T.ACCEPTED},
    {_T.IN_TRANSIT, _T.ATTEMPTED},
    {_T.OUT_FOR_DELIVERY, _T.PICKUP, _T.EXCEPTION},
    {_T.CANCELLED},
    {_T.RETURNED, _T.DELIVERED},
]
OUT_OF_TROUBLE = {(_T.EXCEPTION, _T.IN_TRANSIT), (_T.EXCEPTION, _T.OUT_FOR_DELIVERY)}


def rank(status: TrackingStatus) -> int:
    return next(index for index, group in enumerate(RANKS) if status in group)


@pytest.mark.parametrize(("current", "new"), list(itertools.product(TrackingStatus, TrackingStatus)))
def test_a_scan_is_news_only_when_it_is_further_on_or_ends_trouble(
    current: TrackingStatus, new: TrackingStatus
) -> None:
    assert advances(current, new) is (rank(new) > rank(current) or (current, new) in OUT_OF_TROUBLE)


def test_every_status_has_its_place() -> None:
    assert set().union(*RANKS) == set(TrackingStatus)


def test_the_last_word_stands_whatever_comes_after_it() -> None:
    for end, late in itertools.product((_T.DELIVERED, _T.RETURNED), TrackingStatus):
        assert not advances(end, late)


def test_which_scans_move_an_order() -> None:
    handed_over = {_T.ACCEPTED, _T.IN_TRANSIT, _T.OUT_FOR_DELIVERY, _T.PICKUP, _T.ATTEMPTED}
    assert {**dict.fromkeys(handed_over, OrderEvent.HANDED_OVER), _T.DELIVERED: OrderEvent.DELIVERED} == ORDER_EVENTS


def test_what_each_scan_says_about_the_shipment() -> None:
    said = {status: shipping_status(status) for status in TrackingStatus}
    assert said == {
        _T.LABEL_CREATED: ShippingStatus.LABEL_CREATED,
        _T.ACCEPTED: ShippingStatus.IN_TRANSIT,
        _T.IN_TRANSIT: ShippingStatus.IN_TRANSIT,
        _T.OUT_FOR_DELIVERY: ShippingStatus.IN_TRANSIT,
        _T.PICKUP: ShippingStatus.IN_TRANSIT,
        _T.ATTEMPTED: ShippingStatus.IN_TRANSIT,
        _T.DELIVERED: ShippingStatus.DELIVERED,
        _T.RETURNED: ShippingStatus.RETURNED,
        _T.EXCEPTION: ShippingStatus.EXCEPTION,
        _T.CANCELLED: None,
        _T.UNKNOWN: None,
    }
