"""The transition table, every pair of status and event; nothing but the table moves an order."""

import itertools

import pytest

from backend.domain.errors import IllegalMove
from backend.domain.orders import FINAL, PATH, OrderEvent, OrderStatus, can, next_status

ALLOWED = {
    ("pending", "payment_settled"): "confirmed",
    ("pending", "cancelled"): "cancelled",
    ("confirmed", "label_bought"): "processing",
    ("confirmed", "fulfilled_without_shipping"): "delivered",
    ("confirmed", "cancelled"): "cancelled",
    ("confirmed", "fully_refunded"): "refunded",
    ("processing", "handed_over"): "shipped",
    ("processing", "delivered"): "delivered",
    ("processing", "cancelled"): "cancelled",
    ("processing", "fully_refunded"): "refunded",
    ("shipped", "delivered"): "delivered",
    ("shipped", "cancelled"): "cancelled",
    ("shipped", "fully_refunded"): "refunded",
    ("delivered", "fully_refunded"): "refunded",
    ("cancelled", "fully_refunded"): "refunded",
}


@pytest.mark.parametrize(("status", "event"), list(itertools.product(OrderStatus, OrderEvent)))
def test_every_pair_of_status_and_event_leads_where_the_table_says_or_nowhere(
    status: OrderStatus, event: OrderEvent
) -> None:
    target = ALLOWED.get((status.value, event.value))
    assert can(status, event) is (target is not None)
    if target is not None:
        assert next_status(status, event).value == target
        return
    with pytest.raises(IllegalMove) as refusal:
        next_status(status, event)
    assert refusal.value.code == "illegal_move"
    assert refusal.value.sentence == f"An order that is {status} cannot take the event {event}."


def test_the_statuses_are_those_of_the_design() -> None:
    assert [status.value for status in OrderStatus] == [
        "pending", "confirmed", "processing", "shipped", "delivered", "cancelled", "refunded",
    ]  # fmt: skip


def test_no_move_leads_back_along_the_way_of_an_order() -> None:
    place = {status: index for index, status in enumerate(PATH)}
    for (before, _), after in ALLOWED.items():
        if OrderStatus(before) in place and OrderStatus(after) in place:
            assert place[OrderStatus(after)] > place[OrderStatus(before)]


def test_from_a_final_status_only_money_moves_an_order() -> None:
    for status, event in itertools.product(FINAL, OrderEvent):
        assert can(status, event) is (event is OrderEvent.FULLY_REFUNDED and status is not OrderStatus.REFUNDED)
