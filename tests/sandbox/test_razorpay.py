"""Razorpay as Holdfast meets it: orders without a key, captures once, refunds under a key, lists, errors and events."""

import hashlib
import hmac
from typing import Any

import httpx
import pytest

from backend.sandbox.razorpay.ledger import checkout_signature
from backend.sandbox.razorpay.ledger import sign as razorpay_sign
from tests.sandbox.running import PROVIDERS, SECOND_KEYS, Sandbox, eventually, reference

LOGIN = ("rzp_test_sandbox", "rzp-secret")
HOOKS = "/webhooks/payments/razorpay"
NOTES = {"order_ref": "ORD-20261121-00001", "channel_order": "5001"}
ORDER = {"amount": 2599, "currency": "INR", "receipt": "ORD-20261121-00001", "notes": NOTES}
KEY = {"X-Refund-Idempotency": "refund-key-1"}


def post(sandbox: Sandbox, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    return sandbox.http.post(f"/razorpay/v1{path}", json=body, auth=LOGIN, headers=headers)


def get(sandbox: Sandbox, path: str, **query: Any) -> Any:
    return sandbox.http.get(f"/razorpay/v1{path}", params=query, auth=LOGIN).json()


def paid_by_hand(sandbox: Sandbox, order_id: str, card: str = "good") -> Any:
    """What became of the customer's payment for an order."""
    answer = sandbox.http.post(f"/razorpay/pay/{order_id}", data={"card": card})
    assert answer.status_code == 303, answer.text
    return get(sandbox, f"/orders/{order_id}/payments")["items"][0]


def captured(sandbox: Sandbox) -> Any:
    return paid_by_hand(sandbox, post(sandbox, "/orders", ORDER).json()["id"])


def test_the_webhook_signature_equals_the_golden_vector() -> None:
    vectors = [row for row in reference("golden_signatures.json") if row["provider"] == "razorpay"]
    hook = next(row for row in vectors if "body" in row)
    callback = next(row for row in vectors if "body_text" in row)

    assert razorpay_sign(hook["secret"], (PROVIDERS / hook["body"]).read_bytes()) == {hook["header"]: hook["value"]}
    assert checkout_signature(callback["secret"], *callback["body_text"].split("|")) == callback["value"]


def test_objects_have_the_documented_fields(sandbox: Sandbox) -> None:
    order = post(sandbox, "/orders", ORDER).json()
    payment = paid_by_hand(sandbox, order["id"])
    refund = post(sandbox, f"/payments/{payment['id']}/refund", {"amount": 100}, **KEY).json()

    assert set(order) == set(reference("razorpay/api/orders-create-response-success.json")) | {"offer_id"}
    documented = set(reference("razorpay/api/payments-fetch-with-id-response-wallet.json"))
    assert documented - set(payment) <= {"customer_id", "token_id", "reward", "card", "upi"}
    assert set(refund) == set(reference("razorpay/api/refunds-create-normal-response-success.json"))
    assert (refund["notes"], payment["notes"]) == ([], NOTES)


def test_the_same_receipt_twice_makes_two_orders_and_both_are_listed(sandbox: Sandbox) -> None:
    made = [post(sandbox, "/orders", ORDER).json()["id"] for _ in range(2)]
    post(sandbox, "/orders", {**ORDER, "receipt": "ORD-20261121-000010"})

    listed = get(sandbox, "/orders", receipt="ORD-20261121-00001")

    assert listed["count"] == 2
    assert [item["id"] for item in listed["items"]] == made[::-1]
    assert sandbox.kinds("5001").count("order.created") == 3


def test_an_order_is_paid_by_the_customer_after_a_while_and_told_three_times(sandbox: Sandbox) -> None:
    order = post(sandbox, "/orders", ORDER).json()

    eventually(lambda: len(sandbox.receiver.to(HOOKS)) == 3)
    told = {hook.body["event"]: hook for hook in sandbox.receiver.to(HOOKS)}

    assert set(told) == {"payment.authorized", "payment.captured", "order.paid"}
    assert set(told["order.paid"].body["payload"]) == {"payment", "order"}
    assert get(sandbox, f"/orders/{order['id']}")["status"] == "paid"
    assert len({hook.headers["x-razorpay-event-id"] for hook in told.values()}) == 3
    for hook in told.values():
        secret = SECOND_KEYS["RAZORPAY_WEBHOOK_SECRET"].encode()
        assert hook.headers["x-razorpay-signature"] == hmac.new(secret, hook.raw, hashlib.sha256).hexdigest()
    assert sandbox.kinds("5001") == ["order.created", "payment.authorized", "payment.captured"]


def test_an_authorized_payment_is_captured_once_and_whole(sandbox: Sandbox) -> None:
    order = post(sandbox, "/orders", {**ORDER, "payment_capture": False}).json()
    payment = paid_by_hand(sandbox, order["id"])
    capture = f"/payments/{payment['id']}/capture"

    assert (payment["status"], payment["captured"]) == ("authorized", False)
    too_little = post(sandbox, capture, {"amount": 2500, "currency": "INR"})
    taken = post(sandbox, capture, {"amount": 2599, "currency": "INR"}).json()
    again = post(sandbox, capture, {"amount": 2599, "currency": "INR"})

    assert (too_little.status_code, too_little.json()["error"]["field"]) == (400, "amount")
    assert (taken["status"], taken["captured"]) == ("captured", True)
    assert again.json()["error"]["description"] == "This payment has already been captured"
    assert len(sandbox.journal(kind="payment.captured")) == 1


def test_a_declined_payment_leaves_the_order_open(sandbox: Sandbox) -> None:
    sandbox.fault("razorpay", "decline", "pay", times=1)  # the customer's own try
    order = post(sandbox, "/orders", ORDER).json()
    (failed,) = eventually(lambda: get(sandbox, f"/orders/{order['id']}/payments")["items"])

    again = paid_by_hand(sandbox, order["id"], card="bad")
    paid = paid_by_hand(sandbox, order["id"])

    assert (failed["status"], failed["error_source"]) == (again["status"], again["error_source"]) == ("failed", "bank")
    assert paid["status"] == "captured"
    assert "razorpay_signature" in sandbox.http.get(f"/razorpay/pay/{order['id']}").text


def test_a_refund_under_the_same_key_is_made_once(sandbox: Sandbox) -> None:
    refund = f"/payments/{captured(sandbox)['id']}/refund"

    first = post(sandbox, refund, {"amount": 600, "notes": NOTES}, **KEY).json()
    again = post(sandbox, refund, {"amount": 600, "notes": NOTES}, **KEY).json()
    other = post(sandbox, refund, {"amount": 700}, **KEY)
    short = post(sandbox, refund, {"amount": 600}, **{"X-Refund-Idempotency": "short"})

    assert again == first
    documented = reference("razorpay/api/refunds-normal-refunds-idempotent-response-failure.json")
    assert (other.status_code, other.json()) == (400, documented)
    assert short.status_code == 400
    assert [entry["amount_minor"] for entry in sandbox.journal(kind="payment.refunded")] == [600]


def test_a_refund_whose_answer_was_lost_is_had_again_by_its_key(sandbox: Sandbox) -> None:
    refund = f"/payments/{captured(sandbox)['id']}/refund"
    sandbox.fault("razorpay", "accept_then_cut", "refund", times=1)

    with pytest.raises(httpx.RemoteProtocolError):
        post(sandbox, refund, {"amount": 600}, **KEY)
    again = post(sandbox, refund, {"amount": 600}, **KEY).json()

    assert again["amount"] == 600
    assert len(sandbox.journal(kind="payment.refunded")) == 1


def test_refunds_never_exceed_what_was_captured(sandbox: Sandbox) -> None:
    payment = captured(sandbox)
    refund = f"/payments/{payment['id']}/refund"

    post(sandbox, refund, {"amount": 600}).raise_for_status()
    over = post(sandbox, refund, {"amount": 2000})
    rest = post(sandbox, refund, {}).json()

    assert over.status_code == 400
    assert rest["amount"] == 1999
    assert get(sandbox, f"/payments/{payment['id']}")["status"] == "refunded"
    listed = get(sandbox, f"/payments/{payment['id']}/refunds", count=1, skip=1)
    assert [item["amount"] for item in listed["items"]] == [600]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": "2599"}, "amount"),
        ({"amount": 99}, "amount"),
        ({"currency": "inr"}, "currency"),
        ({"receipt": "x" * 41}, "receipt"),
        ({"notes": {"a": "x" * 257}}, "notes"),
    ],
)
def test_a_wrong_order_is_refused_by_its_field(sandbox: Sandbox, change: dict[str, Any], field: str) -> None:
    answer = post(sandbox, "/orders", ORDER | change)

    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)
    assert sandbox.journal(provider="razorpay") == []


def test_an_id_that_does_not_exist_is_a_400(sandbox: Sandbox) -> None:
    documented = reference("razorpay/api/payments-fetch-with-id-response-failure.json")

    assert get(sandbox, "/payments/pay_none") == documented


def test_without_the_key_nothing_is_answered(sandbox: Sandbox) -> None:
    for login in (None, ("rzp_test_sandbox", "wrong"), ("x", "rzp-secret")):
        assert sandbox.http.post("/razorpay/v1/orders", json=ORDER, auth=login).status_code == 401
    assert sandbox.journal(provider="razorpay") == []
