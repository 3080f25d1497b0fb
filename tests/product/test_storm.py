"""Many orders, each delivered many times, in parallel and out of order: every order once, every effect once."""

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.product.orders import shopify_order
from tests.product.stack import Stack, settled

ORDERS = 200
DELIVERIES = 20
SENDERS = 16


@pytest.mark.timeout(600)
def test_two_hundred_orders_delivered_twenty_times_each_happen_once(stack: Stack) -> None:
    orders = [shopify_order(1000 + serial) for serial in range(ORDERS)]
    for order in orders:
        stack.register(order)
    deliveries = [(order, f"event-{order['id']}-{repeat % 5}") for order in orders for repeat in range(DELIVERIES)]
    random.Random(7).shuffle(deliveries)

    with ThreadPoolExecutor(SENDERS) as pool:
        codes = list(pool.map(lambda delivery: _deliver(stack, *delivery), deliveries))

    # 202: kept, and another delivery of the same event is handling it at this moment
    assert set(codes) <= {200, 202, 503}, sorted(set(codes))
    refused = [delivery for delivery, code in zip(deliveries, codes, strict=True) if code == 503]
    assert all(_deliver(stack, *delivery) in (200, 202) for delivery in refused)
    settled(stack, ORDERS, timeout=400)
    assert stack.value("select count(*) from orders") == ORDERS
    assert stack.value("select count(*) from inbox where provider = 'shopify'") == ORDERS * 5
    received = stack.value("select sum(duplicates + 1) from inbox where provider = 'shopify'")
    assert received >= ORDERS * DELIVERIES
    _each_effect_once(stack, orders)
    numbers = [row[0] for row in stack.rows("select sequence from invoices where kind = 'invoice' order by sequence")]
    assert numbers == list(range(1, ORDERS + 1))


def _deliver(stack: Stack, order: dict[str, Any], event_id: str) -> int:
    return stack.deliver(order, event_id=event_id).status_code


def _each_effect_once(stack: Stack, orders: list[dict[str, Any]]) -> None:
    """One charge, one invoice, one label and one fulfilment per order, by the providers' own journal."""
    wanted = ("payment.captured", "invoice.created", "label.bought", "fulfilment.created")
    found: dict[tuple[str, str], int] = {}
    for entry in stack.journal():
        if entry["kind"] in wanted:
            place = (str(entry["external_order"]), entry["kind"])
            found[place] = found.get(place, 0) + 1
    assert found == {(str(order["id"]), kind): 1 for order in orders for kind in wanted}
    ids: set[str] = set()
    for mail in httpx.get(f"{stack.sandbox}/control/mails", timeout=60).json()["mails"]:
        assert mail["message_id"] not in ids, mail
        ids.add(mail["message_id"])
