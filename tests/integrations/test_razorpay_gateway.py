"""Razorpay: payment requests and captures, each found again under our number, never made twice."""

import base64
import socket
import threading
from dataclasses import replace
from typing import Any

import pytest

from backend.domain.holds import HoldKind
from backend.ports.calls import Call, Mismatch, OutcomeUnknown, Rejected
from backend.ports.payments import RefundDone
from tests.integrations.conftest import Serve
from tests.integrations.raw_server import raw_server, read_request
from tests.integrations.razorpay_shop import (
    AUTHORIZED,
    NO_SUCH_ID,
    NUMBER,
    PAYMENT,
    REFUND,
    RZP_ORDER,
    UNPAID,
    at_base,
    error,
    gateway,
    items,
    payment,
    refund,
    rzp_order,
)
from tests.integrations.server import Asked, Reply


def test_a_payment_request_is_an_order_under_our_number(serve: Serve, call: Call) -> None:
    server = serve(Reply(200, rzp_order()))

    asked_for = gateway(server).request_payment(UNPAID, call)

    assert (asked_for.reference, asked_for.captured) == (RZP_ORDER, None)
    assert asked_for.pay_url == f"https://shop.example/pay?order={RZP_ORDER}&key=rzp_test_1&number={NUMBER}"
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/v1/orders")
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"rzp_test_1:secret_canary").decode()
    assert asked.json == {
        "amount": 4200,
        "currency": "INR",
        "receipt": NUMBER,
        "payment_capture": True,
        "notes": {"order_ref": NUMBER, "channel_order": "61200", "step_key": call.key},
    }


def test_a_payment_request_over_another_amount_is_a_mismatch(serve: Serve, call: Call) -> None:
    with pytest.raises(Mismatch) as caught:
        gateway(serve(Reply(200, rzp_order(amount=42)))).request_payment(UNPAID, call)

    assert caught.value.category is HoldKind.PAYMENT_MISMATCH


def test_a_number_too_long_for_a_receipt_is_refused_without_a_call(serve: Serve, call: Call) -> None:
    server = serve(Reply(200, rzp_order()))

    with pytest.raises(Rejected, match="nothing was sent"):
        gateway(server).request_payment(replace(UNPAID, number="O" * 41), call)

    assert server.asked == []


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([], None),
        ([rzp_order()], RZP_ORDER),
        ([rzp_order(receipt="ORD-20260131-000010")], None),
        ([rzp_order(amount=4100)], None),
        ([rzp_order(currency="USD")], None),
        ([rzp_order(id="order_b", created_at=20), rzp_order(id="order_a", created_at=10)], "order_a"),
        (
            [rzp_order(id="order_a", created_at=10), rzp_order(id="order_b", created_at=20, notes={"step_key": "KEY"})],
            "order_b",
        ),
    ],
    ids=["none", "ours", "a longer number", "another amount", "another currency", "the oldest", "of this step"],
)
def test_all_orders_under_our_receipt_are_looked_at_and_one_is_decided_on(
    serve: Serve, call: Call, rows: list[dict[str, Any]], found: str | None
) -> None:
    for row in rows:
        if row["notes"]:
            row["notes"] = {"step_key": call.key}
    server = serve(items(*rows))

    asked_for = gateway(server).find_payment_request(UNPAID, call)

    assert (asked_for.reference if asked_for else None) == found
    assert server.asked[0].query == {"receipt": NUMBER, "count": "100", "skip": "0"}


def test_of_several_orders_the_paid_one_counts_with_its_capture(serve: Serve, call: Call) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.path == "/v1/orders":
            return items(rzp_order(id="order_old"), rzp_order(id="order_paid", status="paid", created_at=1769999999))
        return items(payment(id="pay_failed", status="failed", captured=False), payment())

    server = serve(script=answer)
    asked_for = gateway(server).find_payment_request(UNPAID, call)

    assert asked_for is not None
    assert asked_for.captured is not None
    assert (asked_for.reference, asked_for.captured.reference) == ("order_paid", PAYMENT)
    assert server.asked[-1].path == "/v1/orders/order_paid/payments"


def test_an_order_that_was_paid_twice_is_for_a_person(serve: Serve, call: Call) -> None:
    rows = [rzp_order(id="order_a", status="paid"), rzp_order(id="order_b", status="paid")]

    with pytest.raises(Rejected, match=r"paid 2 times 42\.00 INR for this order: order_a, order_b") as caught:
        gateway(serve(items(*rows))).find_payment_request(UNPAID, call)

    assert caught.value.category is HoldKind.PAYMENT_MISMATCH


def test_lists_are_read_page_by_page_until_one_is_not_full(serve: Serve, call: Call) -> None:
    others = [refund(id=f"rfnd_{n}", notes={"step_key": "other"}) for n in range(100)]
    server = serve(items(*others), items(refund(id="rfnd_ours", notes={"step_key": call.key})))

    found = gateway(server).find_refund(REFUND, call)

    assert found == RefundDone("rfnd_ours", 1500, "INR")
    assert [asked.query["skip"] for asked in server.asked] == ["0", "100"]


def test_a_capture_is_of_the_orders_amount_and_goes_under_the_payment(serve: Serve, call: Call) -> None:
    server = serve(Reply(200, payment()))

    captured = gateway(server).capture(AUTHORIZED, call)

    assert (captured.reference, captured.amount_minor, captured.currency) == (PAYMENT, 4200, "INR")
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", f"/v1/payments/{PAYMENT}/capture")
    assert asked.json == {"amount": 4200, "currency": "INR"}


def test_a_capture_done_before_is_seen_on_the_payment_and_not_made_again(serve: Serve, call: Call) -> None:
    refusal = Reply(400, error("This payment has already been captured"))
    server = serve(refusal, Reply(200, payment()))

    assert gateway(server).capture(AUTHORIZED, call).amount_minor == 4200
    assert [(asked.method, asked.path) for asked in server.asked] == [
        ("POST", f"/v1/payments/{PAYMENT}/capture"),
        ("GET", f"/v1/payments/{PAYMENT}"),
    ]


def test_a_capture_that_is_refused_and_not_there_stays_refused(serve: Serve, call: Call) -> None:
    refusal = Reply(400, error("Capture amount must be equal to the amount authorized", field="amount"))
    server = serve(refusal, Reply(200, payment(status="authorized", captured=False)))

    with pytest.raises(Rejected, match=r"equal to the amount authorized \(field amount\)") as caught:
        gateway(server).capture(AUTHORIZED, call)

    assert caught.value.category is HoldKind.PAYMENT_REFUSED


def test_the_authorized_payment_of_a_named_order_is_captured(serve: Serve, call: Call) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.method == "POST":
            return Reply(200, payment())
        return items(payment(id="pay_failed", status="failed", captured=False), payment(status="authorized"))

    server = serve(script=answer)
    captured = gateway(server).capture(replace(AUTHORIZED, reference=RZP_ORDER), call)

    assert captured.reference == PAYMENT
    assert [asked.path for asked in server.asked] == [
        f"/v1/orders/{RZP_ORDER}/payments",
        f"/v1/payments/{PAYMENT}/capture",
    ]


def test_a_capture_without_an_authorization_is_refused_without_a_call(serve: Serve, call: Call) -> None:
    server = serve(Reply(200, payment()))

    with pytest.raises(Rejected, match="names no payment"):
        gateway(server).capture(UNPAID, call)

    assert server.asked == []


@pytest.mark.parametrize("changes", [{"amount": 4199}, {"currency": "USD"}], ids=["amount", "currency"])
def test_a_capture_of_something_else_is_a_mismatch(serve: Serve, call: Call, changes: dict[str, Any]) -> None:
    with pytest.raises(Mismatch, match="Razorpay captured") as caught:
        gateway(serve(Reply(200, payment(**changes)))).capture(AUTHORIZED, call)

    assert caught.value.category is HoldKind.PAYMENT_MISMATCH


@pytest.mark.parametrize(
    "answer",
    [payment(status="authorized", captured=False), payment(amount="42.00"), payment(currency=None), payment(id=None)],
    ids=["not captured", "odd amount", "no currency", "no id"],
)
def test_an_accepted_capture_that_cannot_be_read_is_unknown(serve: Serve, call: Call, answer: Any) -> None:
    with pytest.raises(OutcomeUnknown):
        gateway(serve(Reply(200, answer))).capture(AUTHORIZED, call)


def test_a_capture_whose_answer_was_lost_is_found_and_made_once(call: Call) -> None:
    captures: list[bytes] = []

    def behaviour(connection: socket.socket, _: threading.Event) -> None:
        request = read_request(connection)
        if request.startswith(b"POST"):
            captures.append(request)
            return
        body = b'{"id":"pay_1","status":"captured","captured":true,"amount":4200,"currency":"INR"}'
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)

    with raw_server(behaviour) as base:
        order = replace(AUTHORIZED, reference="pay_1")
        with pytest.raises(OutcomeUnknown):
            at_base(base).capture(order, call)
        found = at_base(base).find_capture(order, call)

    assert found is not None
    assert (found.reference, found.amount_minor) == ("pay_1", 4200)
    assert len(captures) == 1


@pytest.mark.parametrize(
    ("row", "captures"),
    [
        (payment(), [(PAYMENT, 4200, "INR")]),
        (payment(status="refunded"), [(PAYMENT, 4200, "INR")]),
        (payment(status="authorized", captured=False), []),
        (payment(status="failed", captured=True), []),
    ],
    ids=["captured", "paid back", "authorized", "failed"],
)
def test_what_was_captured_is_read_back(
    serve: Serve, call: Call, row: dict[str, Any], captures: list[tuple[str, int, str]]
) -> None:
    found = gateway(serve(Reply(200, row))).verify(AUTHORIZED, call)

    assert [(one.reference, one.amount_minor, one.currency) for one in found] == captures


def test_without_a_reference_payments_are_found_under_our_receipt(serve: Serve, call: Call) -> None:
    server = serve(script=lambda asked: items(rzp_order()) if asked.path == "/v1/orders" else items(payment()))

    (found,) = gateway(server).verify(UNPAID, call)

    assert found.reference == PAYMENT
    assert [asked.path for asked in server.asked] == ["/v1/orders", f"/v1/orders/{RZP_ORDER}/payments"]


def test_a_payment_that_razorpay_does_not_know_is_a_mismatch(serve: Serve, call: Call) -> None:
    server = serve(NO_SUCH_ID)

    with pytest.raises(Rejected) as caught:
        gateway(server).verify(AUTHORIZED, call)

    assert caught.value.category is HoldKind.PAYMENT_MISMATCH
    assert gateway(server).find_capture(AUTHORIZED, call) is None


def test_a_wrong_address_is_no_proof_that_nothing_happened(serve: Serve, call: Call) -> None:
    nowhere = Reply(404, error("The requested URL was not found on the server."))

    with pytest.raises(Rejected):
        gateway(serve(nowhere)).find_capture(AUTHORIZED, call)
