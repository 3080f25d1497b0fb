"""Workers killed, the database stopped, the queue emptied, all in mid-run: every order still arrives, nothing twice."""

import signal
import threading
from typing import Any

import httpx
import pytest

from tests.product.orders import shopify_order
from tests.product.stack import Stack, settled
from tests.waiting import until

pytestmark = pytest.mark.timeout(600)

EFFECTS = ("payment.captured", "invoice.created", "label.bought", "fulfilment.created")


def send(stack: Stack, count: int, first: int) -> list[dict[str, Any]]:
    """Deliver orders as a shop does: until each has been answered with success, however often that takes."""
    orders = [shopify_order(first + serial) for serial in range(count)]
    for order in orders:
        stack.register(order)
    for order in orders:
        until(lambda order=order: _accepted(stack, order), within=60, what=f"{order['name']} was taken")
    return orders


def _accepted(stack: Stack, order: dict[str, Any]) -> bool:
    try:
        return stack.deliver(order, event_id=f"event-{order['id']}").status_code == 200
    except httpx.TransportError:
        return False


def in_background(work: Any) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def each_once(stack: Stack, orders: list[dict[str, Any]]) -> None:
    found: dict[tuple[str, str], int] = {}
    for entry in stack.journal():
        if entry["kind"] in EFFECTS:
            place = (str(entry["external_order"]), entry["kind"])
            found[place] = found.get(place, 0) + 1
    assert found == {(str(order["id"]), kind): 1 for order in orders for kind in EFFECTS}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["SIGKILL", "SIGTERM"])
def test_workers_killed_in_mid_run_lose_nothing_and_repeat_nothing(fresh: Stack, number: signal.Signals) -> None:
    orders: list[dict[str, Any]] = []
    sender = in_background(lambda: orders.extend(send(fresh, 50, 4000)))
    kills = 0
    while kills < 6 and not _all_done(fresh, 50):
        enough = _steps_done(fresh) + 10
        until(
            lambda enough=enough: _steps_done(fresh) >= enough or _all_done(fresh, 50),
            within=60,
            what="the workers went on for a while",
        )
        fresh.kill_worker(0, number)
        kills += 1
    sender.join(200)

    settled(fresh, 50, timeout=200)
    assert kills >= 4, "too few kills to prove anything"
    each_once(fresh, orders)


def _steps_done(stack: Stack) -> int:
    done: int = stack.value("select count(*) from steps where state = 'done'")
    return done


def _all_done(stack: Stack, count: int) -> bool:
    delivered: int = stack.value("select count(*) from orders where status = 'delivered'")
    return delivered == count


def test_a_database_that_stops_and_starts_delays_orders_but_loses_none(whole: Stack) -> None:
    orders: list[dict[str, Any]] = []
    sender = in_background(lambda: orders.extend(send(whole, 40, 5000)))
    for stops in range(1, 4):
        until(lambda stops=stops: _taken(whole) >= stops * 8, within=60, what="orders came in")
        whole.postgres.stop("immediate" if stops % 2 else "fast")
        answer = whole.deliver(shopify_order(5900))
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) >= 1
        whole.postgres.start()
    sender.join(200)

    settled(whole, 40, timeout=200)
    each_once(whole, orders)


def test_an_emptied_queue_delays_orders_but_loses_none(fresh: Stack) -> None:
    orders: list[dict[str, Any]] = []
    sender = in_background(lambda: orders.extend(send(fresh, 40, 6000)))
    for times in range(1, 5):
        until(lambda times=times: _taken(fresh) >= times * 8, within=60, what="orders came in")
        fresh.rows("truncate huey_task, huey_schedule")
    sender.join(200)

    settled(fresh, 40, timeout=200)
    each_once(fresh, orders)


def _taken(stack: Stack) -> int:
    count: int = stack.value("select count(*) from orders")
    return count
