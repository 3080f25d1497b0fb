"""Each fault the sandbox can play: what staff see, that one click mends it, and that the outside got one of each."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.product.orders import shopify_order
from tests.product.stack import Stack, picture
from tests.waiting import until


@dataclass(frozen=True)
class Fault:
    """A fault at a provider's operation, and the hold that staff must see."""

    provider: str
    operation: str
    fault: str
    kind: str
    words: str
    action: str = "retry"
    serial: int = 0
    more: dict[str, Any] = field(default_factory=dict)


HOLDING = [
    Fault("shopify", "capture", "decline", "payment_declined", "declined", serial=2001),
    Fault("shopify", "capture", "refuse", "payment_refused", "", serial=2002),
    Fault("shipengine", "validate", "bad_address", "address_invalid", "cannot deliver", serial=2003),
    Fault("shipengine", "validate", "bad_address", "address_invalid", "cannot deliver", action="release", serial=2004),
    Fault("shipengine", "label", "refuse", "shipment_not_accepted", "", serial=2005),
    Fault("shipengine", "label", "out_of_stock", "shipment_out_of_stock", "", serial=2006),
    Fault("shipengine", "label", "insufficient_funds", "carrier_funds", "", serial=2007),
]


@pytest.mark.parametrize("fault", HOLDING, ids=lambda fault: f"{fault.operation}-{fault.fault}-{fault.action}")
def test_a_refusal_holds_the_order_with_its_own_advice_and_one_click_mends_it(stack: Stack, fault: Fault) -> None:
    order = shopify_order(fault.serial)
    stack.register(order)
    stack.fault(
        provider=fault.provider,
        operation=fault.operation,
        fault=fault.fault,
        order=str(order["id"]),
        times=1,
        **fault.more,
    )

    stack.deliver(order)

    until(lambda: bool(_open_holds(stack, order)), what="the order is held", otherwise=lambda: picture(stack))
    number = stack.value("select number from orders where external_id = %s", str(order["id"]))
    hold = stack.api("GET", f"/admin/orders/{number}/holds").json()[0]
    assert hold["kind"] == fault.kind
    assert fault.words in hold["reason"]
    assert hold["advice"] != ""
    assert fault.action in hold["actions"]
    chosen = {"hold_id": hold["id"]} if fault.action == "retry" else {"hold_ids": [hold["id"]]}
    answer = stack.click(number, fault.action, chosen)
    assert answer.status_code == 200, answer.text
    _delivered_once(stack, order)


DOUBTFUL = [
    (provider, operation, fault, serial)
    for serial, (provider, operation, fault) in enumerate(
        [
            (provider, operation, fault)
            for provider, operation in (
                ("shopify", "capture"),
                ("invoiceninja", "invoice"),
                ("shipengine", "label"),
                ("shopify", "fulfilment"),
            )
            for fault in (
                "error_5xx",
                "connection_cut",
                "accept_then_500",
                "accept_then_cut",
                "accept_then_hang",
                "slow",
            )
        ],
        start=3001,
    )
]


@pytest.mark.timeout(300)
def test_errors_and_lost_answers_mend_themselves_and_nothing_happens_twice(stack: Stack) -> None:
    orders = []
    for provider, operation, fault, serial in DOUBTFUL:
        order = shopify_order(serial)
        stack.register(order)
        delay = {"delay_seconds": 3} if fault in ("slow", "accept_then_hang") else {}
        stack.fault(provider=provider, operation=operation, fault=fault, order=str(order["id"]), times=1, **delay)
        orders.append(order)

    for order in orders:
        stack.deliver(order)

    for order in orders:
        _delivered_once(stack, order, timeout=200)
    doubts = stack.value("select count(*) from attempts where outcome = 'in_doubt'")
    assert doubts >= 12, "the faults were not played"
    asked = stack.value("select count(*) from attempts where asked_first")
    assert asked >= 8, "nobody asked before repeating"


def test_a_document_that_fails_is_told_and_never_stops_the_parcel(stack: Stack) -> None:
    order = shopify_order(2020)
    stack.register(order)
    stack.fault(provider="invoiceninja", operation="invoice", fault="refuse", order=str(order["id"]), times=1)

    stack.deliver(order)

    until(
        lambda: stack.value("select status from orders where external_id = %s", str(order["id"])) == "delivered",
        what="the parcel is delivered without its invoice",
        otherwise=lambda: picture(stack),
    )
    number = stack.value("select number from orders where external_id = %s", str(order["id"]))
    failed: list[dict[str, Any]] = []

    def told() -> bool:
        page = stack.api("GET", f"/admin/orders/{number}").json()
        failed[:] = [step for step in page["steps"] if step["can_retry"]]
        return bool(failed) and page["held"] is False

    until(told, what="the invoice is told to have failed", otherwise=lambda: picture(stack))
    assert [step["kind"] for step in failed] == ["invoice.issue"]
    answer = stack.click(number, f"steps/{failed[0]['id']}/retry", {})
    assert answer.status_code == 200, answer.text
    until(
        lambda: (
            stack.value(
                "select count(*) from invoices where sent_at is not null and order_id = (select id from orders where number = %s)",
                number,
            )
            == 1
        ),
        what="the invoice was issued, stored and sent after the retry",
        otherwise=lambda: picture(stack),
    )


def _open_holds(stack: Stack, order: dict[str, Any]) -> list[tuple[Any, ...]]:
    return stack.rows(
        "select kind from holds where closed_at is null and order_id = (select id from orders where external_id = %s)",
        str(order["id"]),
    )


def _delivered_once(stack: Stack, order: dict[str, Any], timeout: float = 90) -> None:
    until(
        lambda: (
            stack.value("select count(*) from orders where external_id = %s and status = 'delivered'", str(order["id"]))
            == 1
        ),
        within=timeout,
        what=f"{order['name']} is delivered",
        otherwise=lambda: picture(stack),
    )
    wanted = ("payment.captured", "invoice.created", "label.bought", "fulfilment.created")
    until(
        lambda: {entry["kind"] for entry in stack.journal(order=str(order["id"]))} >= set(wanted),
        within=timeout,
        what=f"{order['name']} has all its effects",
        otherwise=lambda: picture(stack),
    )
    kinds = [entry["kind"] for entry in stack.journal(order=str(order["id"]))]
    assert {kind: kinds.count(kind) for kind in wanted} == dict.fromkeys(wanted, 1)
