"""Razorpay's events: authentic only with a signature over the raw bytes, and read into our words."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from backend.integrations.razorpay.events import RazorpayEvents
from backend.ports.calls import InboundMessage, SignatureRefused, UnusablePayload
from backend.ports.payments import PaymentEventKind as Kind
from tests.integrations.shared import reference

SECRET = "rzp_secret"
NOW = 1_770_000_000
NUMBER = "ORD-20260131-00001"
KEY = f"{NUMBER}:payment.request:1"
NOTES = {"order_ref": NUMBER, "step_key": KEY}


def signed(body: bytes, secret: str = SECRET, event_id: str = "evt_1") -> InboundMessage:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return InboundMessage({"x-razorpay-signature": digest, "x-razorpay-event-id": event_id}, body, NOW)


def payment(**changes: Any) -> dict[str, Any]:
    return {"id": "pay_1", "amount": 4200, "currency": "INR", "order_id": "order_1", "notes": NOTES} | changes


def event(name: str, payload: dict[str, Any], **changes: Any) -> bytes:
    wrapped = {kind: {"entity": entity} for kind, entity in payload.items()}
    body = {"entity": "event", "event": name, "contains": list(payload), "payload": wrapped, "created_at": NOW}
    return json.dumps(body | changes).encode()


@pytest.fixture
def events() -> RazorpayEvents:
    return RazorpayEvents(webhook_secrets=[SECRET])


def test_the_vendors_own_signature_is_accepted(events: RazorpayEvents) -> None:
    vectors = json.loads(reference("golden_signatures.json"))
    golden = next(row for row in vectors if row["header"] == "X-Razorpay-Signature")
    body = reference(golden["body"])

    RazorpayEvents(webhook_secrets=[golden["secret"]]).authenticate(
        InboundMessage({"x-razorpay-signature": golden["value"]}, body, NOW)
    )
    with pytest.raises(SignatureRefused):
        events.authenticate(InboundMessage({"x-razorpay-signature": golden["value"]}, body + b" ", NOW))


@pytest.mark.parametrize(
    "change",
    [
        lambda good: "",
        lambda good: good[:-1],
        lambda good: good + "0",
        lambda good: good.upper(),
        lambda good: " " + good,
        lambda good: "0" * 64,
        lambda good: good[:-1] + "é",
        lambda good: "sha256=" + good,
    ],
)
def test_a_signature_that_is_not_exactly_it_is_refused(events: RazorpayEvents, change: Any) -> None:
    good = signed(b"{}").headers["x-razorpay-signature"]

    assert change(good) != good
    with pytest.raises(SignatureRefused):
        events.authenticate(InboundMessage({"x-razorpay-signature": change(good)}, b"{}", NOW))


def test_a_missing_signature_is_refused(events: RazorpayEvents) -> None:
    with pytest.raises(SignatureRefused):
        events.authenticate(InboundMessage({}, b"{}", NOW))


def test_old_events_come_again_under_the_old_secret() -> None:
    both = RazorpayEvents(webhook_secrets=["new", SECRET])

    both.authenticate(signed(b"{}"))
    both.authenticate(signed(b"{}", secret="new"))
    with pytest.raises(SignatureRefused):
        RazorpayEvents(webhook_secrets=["new"]).authenticate(signed(b"{}"))


@pytest.mark.parametrize("secrets", [[], [""]])
def test_without_a_secret_nothing_is_authentic(secrets: list[str]) -> None:
    with pytest.raises(SignatureRefused, match="no secret is set"):
        RazorpayEvents(webhook_secrets=secrets).authenticate(signed(b"{}", secret=""))


def test_a_capture_is_told_under_the_payment_with_our_number_and_key(events: RazorpayEvents) -> None:
    found = events.read(signed(event("payment.captured", {"payment": payment()})))

    assert (found.event_id, found.type, found.kind) == ("evt_1", "payment.captured", Kind.CAPTURED)
    assert (found.reference, found.order_number, found.key, found.mark) == ("pay_1", NUMBER, "", KEY)
    assert found.payments == ("pay_1", "order_1")
    assert (found.amount_minor, found.currency) == (4200, "INR")
    assert found.at == datetime(2026, 2, 2, 2, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("receipt", "number"), [(NUMBER, NUMBER), ("Receipt No. 1", ""), ("ORD-1", ""), (f"{NUMBER} ", ""), (None, "")]
)
def test_a_paid_order_names_ours_by_its_receipt_when_the_payment_has_no_notes(
    events: RazorpayEvents, receipt: Any, number: str
) -> None:
    rzp_order = {"id": "order_1", "amount": 4200, "currency": "INR", "receipt": receipt, "notes": []}

    found = events.read(signed(event("order.paid", {"payment": payment(notes=[]), "order": rzp_order})))

    assert (found.kind, found.reference, found.order_number) == (Kind.CAPTURED, "pay_1", number)


def test_both_news_of_a_capture_name_the_same_payment(events: RazorpayEvents) -> None:
    rzp_order = {"id": "order_1", "amount": 4200, "currency": "INR", "receipt": NUMBER, "notes": []}

    first = events.read(signed(event("payment.captured", {"payment": payment()})))
    second = events.read(signed(event("order.paid", {"payment": payment(), "order": rzp_order})))

    assert (first.reference, first.order_number, first.amount_minor) == (
        second.reference,
        second.order_number,
        second.amount_minor,
    )


def test_a_failed_payment_says_why(events: RazorpayEvents) -> None:
    failed = payment(error_reason="payment_failed", error_description="The bank is not available.")

    found = events.read(signed(event("payment.failed", {"payment": failed})))

    assert found.kind is Kind.FAILED
    assert found.detail == "The payment failed (payment_failed). Razorpay says: The bank is not available."


@pytest.mark.parametrize(
    ("name", "status", "expected"),
    [
        ("refund.created", "pending", Kind.REFUND_PENDING),
        ("refund.created", "processed", Kind.REFUNDED),
        ("refund.created", None, Kind.REFUND_PENDING),
        ("refund.speed_changed", "processed", Kind.OTHER),
        ("refund.processed", "processed", Kind.REFUNDED),
        ("refund.processed", None, Kind.REFUNDED),
        ("refund.failed", "failed", Kind.REFUND_FAILED),
        ("refund.failed", None, Kind.REFUND_FAILED),
    ],
)
def test_a_refund_is_told_under_its_own_id_and_key(
    events: RazorpayEvents, name: str, status: str | None, expected: Kind
) -> None:
    notes = {"order_ref": NUMBER, "step_key": f"{NUMBER}:payment.refund/1:1"}
    refund = {"id": "rfnd_1", "amount": 1500, "currency": "INR", "payment_id": "pay_1", "notes": notes}
    refund |= {"status": status}

    found = events.read(signed(event(name, {"refund": refund, "payment": payment()})))

    assert (found.kind, found.reference, found.amount_minor) == (expected, "rfnd_1", 1500)
    assert (found.order_number, found.mark) == (NUMBER, f"{NUMBER}:payment.refund/1:1")
    assert found.payments == ("pay_1", "order_1")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("created", Kind.DISPUTE_OPENED),
        ("action_required", Kind.DISPUTE_UPDATED),
        ("under_review", Kind.DISPUTE_UPDATED),
        ("won", Kind.DISPUTE_CLOSED),
        ("lost", Kind.DISPUTE_CLOSED),
        ("closed", Kind.DISPUTE_CLOSED),
    ],
)
def test_a_dispute_is_told_under_its_own_id_with_what_was_taken_so_far(
    events: RazorpayEvents, name: str, expected: Kind
) -> None:
    dispute = {"id": "disp_1", "payment_id": "pay_1", "amount": 900, "currency": "INR", "reason_code": "fraud"}
    dispute |= {"amount_deducted": 300}
    payload = {"payment": payment(), "dispute": dispute | {"status": "lost"}}

    found = events.read(signed(event(f"payment.dispute.{name}", payload)))

    assert (found.kind, found.reference, found.amount_minor) == (expected, "disp_1", 900)
    assert (found.payments, found.withdrawn_minor) == (("pay_1", "order_1"), 300)
    assert (found.order_number, found.detail) == (NUMBER, "Reason: fraud; state: lost.")


def test_a_delivery_without_an_id_is_known_by_its_body(events: RazorpayEvents) -> None:
    body = event("payment.captured", {"payment": payment()})
    bare = InboundMessage({}, body, NOW)

    assert events.read(bare).event_id == "body:" + hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"not json", "The body is not JSON"),
        (b"[]", "must be a JSON object"),
        (event("", {"payment": payment()}), r"\$\.event is missing"),
        (event("payment.captured", {"payment": payment()}, entity="payment"), "not a Razorpay event"),
        (event("payment.captured", {"payment": payment()}, created_at="soon"), r"\$\.created_at is not a time"),
        (event("payment.captured", {}), "names no id"),
        (event("payment.captured", {"payment": payment(id="")}), "names no id"),
        (event("payment.captured", {"payment": payment(amount="42.00")}), "not a whole number"),
        (event("payment.captured", {"payment": payment(amount=-1)}), "not a whole number"),
        (event("payment.captured", {"payment": payment(currency="rupees")}), "is unknown"),
        (event("refund.processed", {"refund": {"id": "rfnd_1"}}), "is unknown"),
    ],
)
def test_an_event_that_makes_no_sense_is_unusable(events: RazorpayEvents, body: bytes, problem: str) -> None:
    with pytest.raises(UnusablePayload, match=problem):
        events.read(signed(body))


def test_an_event_of_no_concern_is_passed_over(events: RazorpayEvents) -> None:
    found = events.read(signed(event("account.updated", {})))

    assert (found.kind, found.reference, found.amount_minor) == (Kind.OTHER, "", 0)


@pytest.mark.parametrize(
    ("name", "expected", "amount"),
    [
        ("payment-payment-captured-card", Kind.CAPTURED, 100),
        ("payment-payment-captured-upi", Kind.CAPTURED, 100),
        ("payment-payment-authorised-card", Kind.AUTHORIZED, 100),
        ("payment-payment-failed-card", Kind.FAILED, 100),
        ("order-order-paid-card", Kind.CAPTURED, 100),
        ("refund-refund-created-normal-refunds", Kind.REFUNDED, 50000),
        ("refund-refund-processed-normal-refunds", Kind.REFUNDED, 50000),
        ("refund-refund-failed-normal-refunds", Kind.REFUND_FAILED, 50000),
        ("dispute-payment-dispute-created-payment-dispute-created", Kind.DISPUTE_OPENED, 39000),
        ("dispute-payment-dispute-lost-payment-dispute-lost", Kind.DISPUTE_CLOSED, 39000),
        ("settlement-settlement-processed-settlement-processed", Kind.OTHER, 0),
    ],
)
def test_the_reference_events_are_read(events: RazorpayEvents, name: str, expected: Kind, amount: int) -> None:
    found = events.read(signed(reference(f"razorpay/webhooks/{name}.json")))

    assert (found.kind, found.amount_minor) == (expected, amount)
