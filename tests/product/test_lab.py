"""The failure lab against the running product: its clock ends waiting, and webhooks that go wrong do no harm."""

from typing import Any

import pytest

from tests.product.orders import shopify_order
from tests.product.stack import Stack, picture
from tests.waiting import until

WANTED = ("payment.captured", "invoice.created", "label.bought", "fulfilment.created")
STATUS = "select status from orders where external_id = %s"


def start(stack: Stack, serial: int, *faults: dict[str, Any], status: str = "authorized") -> dict[str, Any]:
    """An order of the shop that meets these faults, sent to the product."""
    order = shopify_order(serial, financial_status=status)
    stack.register(order)
    for fault in faults:
        stack.fault(order=str(order["id"]), **fault)
    assert stack.deliver(order).status_code == 200
    return order


def delivered(stack: Stack, order: dict[str, Any], within: float = 90) -> None:
    """It arrives, and each thing was done once."""
    until(
        lambda: stack.rows(STATUS, str(order["id"])) == [("delivered",)],
        within=within,
        what=f"{order['name']} is delivered",
        otherwise=lambda: picture(stack),
    )
    until(
        lambda: {entry["kind"] for entry in stack.journal(order=str(order["id"]))} >= set(WANTED),
        within=within,
        what=f"{order['name']} has all its effects",
        otherwise=lambda: picture(stack),
    )
    kinds = [entry["kind"] for entry in stack.journal(order=str(order["id"]))]
    assert {kind: kinds.count(kind) for kind in WANTED} == dict.fromkeys(WANTED, 1)


def move_clock(stack: Stack, step: str, order: str = "") -> str:
    """Press one of the lab's buttons; what the page says afterwards."""
    form = {"step": step, "order": order}
    page = stack.http.post(f"{stack.sandbox}/lab/clock", data=form, follow_redirects=True)
    assert page.status_code == 200, page.text
    return page.text.split("data-testid=said>")[1].split("</p>")[0]


def test_the_clock_ends_the_wait_of_one_order_on_both_sides(stack: Stack) -> None:
    late = {"provider": "shipengine", "operation": "label", "fault": "accept_late", "times": 1, "delay_seconds": 3_000}
    order, other = start(stack, 6001, late), start(stack, 6002, late)
    doubt = (
        "select count(*) from steps where kind = 'shipment.create' and state = 'ready' and in_doubt "
        "and due_at > clock_timestamp() + interval '2 s'"
    )
    until(lambda: stack.value(doubt) == 2, within=60, what="both labels are in doubt", otherwise=lambda: picture(stack))
    assert stack.journal(kind="label.bought") == []

    said = move_clock(stack, "1h", str(order["id"]))

    assert "1 × step" in said
    assert "event out here" in said
    delivered(stack, order)
    assert stack.journal(kind="label.bought", order=str(other["id"])) == []
    moved = "select actor_id, details ->> 'seconds', details ->> 'steps' from audit where action = 'move_clock'"
    assert stack.rows(moved) == [("token:lab", "3600", "1")]

    move_clock(stack, "now")

    delivered(stack, other)
    assert stack.value("select count(*) from attempts where asked_first and outcome = 'ok'") == 2


def test_the_clock_says_so_when_the_product_does_not_know_an_order(stack: Stack) -> None:
    order = shopify_order(6050)
    stack.register(order)

    assert "does not know this order yet" in move_clock(stack, "now", str(order["id"]))
    assert "does not know this order yet" in move_clock(stack, "now", "4711")


WEBHOOKS = [
    ("stripe", {"fault": "webhook_late", "delay_seconds": 3}),
    ("stripe", {"fault": "webhook_duplicate", "delay_seconds": 0.2}),
    ("stripe", {"fault": "webhook_forged"}),
    ("stripe", {"fault": "webhook_bad_signature"}),
    ("stripe", {"fault": "webhook_out_of_order", "delay_seconds": 2}),
    ("shipengine", {"fault": "webhook_early"}),
    ("shipengine", {"fault": "webhook_duplicate", "delay_seconds": 0.2}),
    ("shipengine", {"fault": "webhook_forged"}),
    ("shipengine", {"fault": "webhook_out_of_order", "delay_seconds": 2}),
    ("shipengine", {"fault": "webhook_lost", "times": 1}),
]


def test_webhooks_that_go_wrong_end_in_the_same_state(stack: Stack) -> None:
    before = stack.value("select coalesce(sum(count), 0) from inbox_counters")
    orders = []
    for serial, (provider, fault) in enumerate(WEBHOOKS, start=6101):
        aimed = {"provider": provider, "operation": "webhook", **fault}
        orders.append(start(stack, serial, aimed, status="pending" if provider == "stripe" else "authorized"))

    for order in orders:
        delivered(stack, order)

    told = stack.http.get(f"{stack.sandbox}/control/deliveries").json()["deliveries"]
    outcomes = [entry["outcome"] for entry in told]
    assert outcomes.count("a forgery, refused") >= 2
    assert "a forgery, TAKEN" not in outcomes
    assert "never sent" in outcomes
    assert stack.value("select coalesce(sum(count), 0) from inbox_counters") - before >= 3
    struck = stack.http.get(f"{stack.sandbox}/control/faults").json()["faults"]
    ids = {str(order["id"]) for order in orders}
    assert [fault["fault"] for fault in struck if fault["order"] in ids and not fault["hits"]] == []
    money = (
        "select o.external_id, count(*) from payment_entries p join orders o on o.id = p.order_id "
        "where p.kind = 'captured' and o.external_id = any(%s) group by 1 having count(*) <> 1"
    )
    assert stack.rows(money, list(ids)) == []


@pytest.mark.parametrize("fault", ["wrong_amount", "wrong_currency"])
def test_money_that_a_webhook_tells_wrongly_holds_the_order(stack: Stack, fault: str) -> None:
    serial = {"wrong_amount": 6201, "wrong_currency": 6202}[fault]
    wrong = {"provider": "stripe", "operation": "webhook", "fault": fault}
    order = start(stack, serial, wrong, status="pending")

    held = "select kind, reason from holds where closed_at is null and order_id = (select id from orders where external_id = %s)"
    until(
        lambda: bool(stack.rows(held, str(order["id"]))),
        within=60,
        what="the order is held",
        otherwise=lambda: picture(stack),
    )

    ((kind, reason),) = stack.rows(held, str(order["id"]))
    assert kind == "payment_mismatch"
    assert reason.startswith("Stripe reports ")
    assert stack.rows(STATUS, str(order["id"])) == [("pending",)]
    assert stack.journal(kind="label.bought", order=str(order["id"])) == []
