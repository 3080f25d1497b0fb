"""Stripe's events: authentic only with a fresh signature over the raw bytes, and read into our words."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from backend.integrations.stripe.events import StripeEvents
from backend.ports.calls import InboundMessage, SignatureRefused, UnusablePayload
from backend.ports.payments import PaymentEventKind
from tests.integrations.shared import reference

SECRET = "whsec_test_secret"
NOW = 1_770_000_000


def signed(body: bytes, moment: str = str(NOW), secret: str = SECRET, received: float = NOW) -> InboundMessage:
    digest = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    return InboundMessage({"stripe-signature": f"t={moment},v1={digest}"}, body, received)


def event(kind: str, thing: dict[str, Any], **changes: Any) -> bytes:
    body = {
        "id": "evt_1",
        "object": "event",
        "created": NOW,
        "type": kind,
        "data": {"object": thing},
        "request": {"id": "req_1", "idempotency_key": "ORD-20260131-00001:payment.capture:1"},
    }
    return json.dumps(body | changes).encode()


def intent(**changes: Any) -> dict[str, Any]:
    body = {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 4200,
        "amount_received": 4200,
        "currency": "eur",
        "metadata": {"order_ref": "ORD-20260131-00001", "step_key": "ORD-20260131-00001:payment.request:1"},
    }
    return body | changes


@pytest.fixture
def events() -> StripeEvents:
    return StripeEvents(webhook_secrets=[SECRET])


def test_the_vendors_own_signature_is_accepted(events: StripeEvents) -> None:
    golden = next(row for row in json.loads(reference("golden_signatures.json")) if row["provider"] == "stripe")
    body = reference(golden["body"])

    events.authenticate(InboundMessage({"stripe-signature": golden["value"]}, body, 1_700_000_100.0))
    with pytest.raises(SignatureRefused):
        events.authenticate(InboundMessage({"stripe-signature": golden["value"]}, body + b" ", 1_700_000_100.0))


@pytest.mark.parametrize("offset", [-300, -299, 0, 299, 300])
def test_a_signature_within_five_minutes_either_way_is_fresh(events: StripeEvents, offset: int) -> None:
    events.authenticate(signed(b"{}", received=NOW + offset))


@pytest.mark.parametrize("offset", [-301, 301, 10**9])
def test_a_signature_beyond_five_minutes_is_refused(events: StripeEvents, offset: int) -> None:
    with pytest.raises(SignatureRefused, match="seconds off"):
        events.authenticate(signed(b"{}", received=NOW + offset))


@pytest.mark.parametrize(
    "moment",
    [
        "",
        "NaN",
        "-1770000000",
        "+1770000000",
        " 1770000000",
        "1770000000 ",
        "1_770_000_000",
        "1770000000.0",
        "1" * 20,
        "١٧٧",
    ],
)
def test_a_time_that_is_not_plain_digits_is_refused(events: StripeEvents, moment: str) -> None:
    with pytest.raises(SignatureRefused):
        events.authenticate(signed(b"{}", moment=moment))


def test_a_header_with_two_signatures_is_accepted_when_one_fits(events: StripeEvents) -> None:
    good = signed(b"{}").headers["stripe-signature"]

    events.authenticate(InboundMessage({"stripe-signature": f"{good},v1={'0' * 64},v0=abc"}, b"{}", NOW))


@pytest.mark.parametrize(
    "change",
    [
        lambda good: "",
        lambda good: good.replace("v1=", "v0="),
        lambda good: good.replace("t=", "x="),
        lambda good: good[:-1],
        lambda good: good.upper(),
        lambda good: good + "0",
        lambda good: good + "," + good,
        lambda good: good + ", t=1770000001",
        lambda good: good[:-1] + "é",
        lambda good: "v1=" + good.split("v1=")[1],
        lambda good: good.split(",")[0],
        lambda good: "," * 5000,
    ],
)
def test_a_header_that_is_not_of_the_form_is_refused(events: StripeEvents, change: Any) -> None:
    good = signed(b"{}").headers["stripe-signature"]

    assert change(good) != good
    with pytest.raises(SignatureRefused):
        events.authenticate(InboundMessage({"stripe-signature": change(good)}, b"{}", NOW))


def test_a_missing_header_is_refused(events: StripeEvents) -> None:
    with pytest.raises(SignatureRefused):
        events.authenticate(InboundMessage({}, b"{}", NOW))


def test_both_secrets_are_good_while_one_replaces_the_other() -> None:
    both = StripeEvents(webhook_secrets=["whsec_new", SECRET])

    both.authenticate(signed(b"{}"))
    both.authenticate(signed(b"{}", secret="whsec_new"))
    with pytest.raises(SignatureRefused):
        StripeEvents(webhook_secrets=["whsec_new"]).authenticate(signed(b"{}"))


@pytest.mark.parametrize("secrets", [[], [""]])
def test_without_a_secret_nothing_is_authentic(secrets: list[str]) -> None:
    with pytest.raises(SignatureRefused, match="no secret is set"):
        StripeEvents(webhook_secrets=secrets).authenticate(signed(b"{}", secret=""))


@pytest.mark.parametrize(
    ("kind", "thing", "expected", "amount", "detail"),
    [
        ("payment_intent.succeeded", intent(), PaymentEventKind.CAPTURED, 4200, ""),
        ("payment_intent.requires_action", intent(), PaymentEventKind.ACTION_NEEDED, 4200, ""),
        (
            "payment_intent.canceled",
            intent(cancellation_reason="abandoned"),
            PaymentEventKind.CALLED_OFF,
            4200,
            "abandoned",
        ),
        (
            "payment_intent.payment_failed",
            intent(last_payment_error={"code": "card_declined", "decline_code": "stolen_card", "message": "Declined."}),
            PaymentEventKind.FAILED,
            4200,
            "The payment was declined: the card was reported stolen (stolen_card). Stripe says: Declined.",
        ),
        ("payment_intent.created", intent(amount_received=0), PaymentEventKind.REQUESTED, 4200, ""),
        (
            "payment_intent.amount_capturable_updated",
            intent(amount_received=0, amount_capturable=4100),
            PaymentEventKind.AUTHORIZED,
            4100,
            "",
        ),
        ("payment_intent.amount_capturable_updated", intent(amount_capturable=0), PaymentEventKind.OTHER, 0, ""),
    ],
)
def test_an_event_about_an_intent_names_order_key_and_amount(
    events: StripeEvents, kind: str, thing: dict[str, Any], expected: PaymentEventKind, amount: int, detail: str
) -> None:
    found = events.read(signed(event(kind, thing)))

    assert (found.event_id, found.type, found.kind, found.reference) == ("evt_1", kind, expected, "pi_1")
    assert (found.order_number, found.key) == ("ORD-20260131-00001", "ORD-20260131-00001:payment.capture:1")
    assert (found.mark, found.payments) == ("ORD-20260131-00001:payment.request:1", ("pi_1",))
    assert (found.amount_minor, found.currency, found.detail) == (amount, "EUR", detail)
    assert found.at == datetime(2026, 2, 2, 2, 40, tzinfo=UTC)


@pytest.mark.parametrize("request_field", [None, "req_1", {"id": None, "idempotency_key": None}])
def test_without_a_key_of_the_request_there_is_the_objects_own_mark(events: StripeEvents, request_field: Any) -> None:
    found = events.read(signed(event("payment_intent.succeeded", intent(), request=request_field)))

    assert (found.key, found.mark) == ("", "ORD-20260131-00001:payment.request:1")


def test_where_the_customer_can_go_on_is_told(events: StripeEvents) -> None:
    action = {"type": "redirect_to_url", "redirect_to_url": {"url": "https://bank.example/3ds", "return_url": None}}

    found = events.read(signed(event("payment_intent.requires_action", intent(next_action=action))))

    assert (found.kind, found.link) == (PaymentEventKind.ACTION_NEEDED, "https://bank.example/3ds")


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        ("refund.created", "succeeded", PaymentEventKind.REFUNDED),
        ("refund.created", "pending", PaymentEventKind.REFUND_PENDING),
        ("refund.updated", "succeeded", PaymentEventKind.REFUNDED),
        ("refund.failed", "failed", PaymentEventKind.REFUND_FAILED),
        ("refund.updated", "requires_action", PaymentEventKind.REFUND_PENDING),
        ("refund.updated", "unheard_of", PaymentEventKind.OTHER),
        ("charge.refund.updated", "canceled", PaymentEventKind.REFUND_FAILED),
    ],
)
def test_an_event_about_a_refund_is_told_under_the_refunds_id(
    events: StripeEvents, kind: str, status: str, expected: PaymentEventKind
) -> None:
    mark = {"step_key": "ORD-20260131-00001:payment.refund/1:1"}
    refund = {"id": "re_1", "object": "refund", "status": status, "amount": 1500, "currency": "eur", "metadata": mark}
    refund |= {"payment_intent": "pi_1", "charge": "ch_1"}

    found = events.read(signed(event(kind, refund)))

    assert (found.kind, found.reference, found.amount_minor) == (expected, "re_1", 1500)
    assert (found.mark, found.payments) == ("ORD-20260131-00001:payment.refund/1:1", ("pi_1", "ch_1"))


def test_a_refunded_charge_without_its_refunds_leaves_the_telling_to_them(events: StripeEvents) -> None:
    charge = {"id": "ch_1", "object": "charge", "payment_intent": "pi_1", "amount_refunded": 500, "currency": "eur"}

    found = events.read(signed(event("charge.refunded", charge)))

    assert (found.kind, found.reference, found.amount_minor) == (PaymentEventKind.OTHER, "pi_1", 500)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("charge.dispute.created", PaymentEventKind.DISPUTE_OPENED),
        ("charge.dispute.updated", PaymentEventKind.DISPUTE_UPDATED),
        ("charge.dispute.closed", PaymentEventKind.DISPUTE_CLOSED),
        ("charge.dispute.funds_withdrawn", PaymentEventKind.FUNDS_WITHDRAWN),
        ("charge.dispute.funds_reinstated", PaymentEventKind.FUNDS_REINSTATED),
    ],
)
def test_a_dispute_is_told_under_its_own_id_and_names_its_payment(
    events: StripeEvents, kind: str, expected: PaymentEventKind
) -> None:
    dispute = {
        "id": "dp_1",
        "object": "dispute",
        "charge": "ch_1",
        "payment_intent": "pi_1",
        "amount": 4200,
        "currency": "eur",
        "reason": "fraudulent",
        "status": "lost",
    }

    found = events.read(signed(event(kind, dispute)))

    assert (found.kind, found.reference, found.detail) == (expected, "dp_1", "Reason: fraudulent; state: lost.")
    assert (found.payments, found.amount_minor, found.withdrawn_minor) == (("pi_1", "ch_1"), 4200, None)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"not json", "The body is not JSON"),
        (b"[]", "must be a JSON object"),
        (event("", intent()), r"\$\.type is missing"),
        (event("x", intent(), id=""), r"\$\.id is missing"),
        (event("x", intent(), created="soon"), r"\$\.created is not a time"),
        (event("x", intent(), data={}), r"\$\.data\.object is missing"),
        (event("payment_intent.succeeded", intent(currency="xxq")), "is unknown"),
        (event("payment_intent.succeeded", intent(currency=None)), "is unknown"),
    ],
)
def test_an_event_that_makes_no_sense_is_unusable(events: StripeEvents, body: bytes, problem: str) -> None:
    with pytest.raises(UnusablePayload, match=problem):
        events.read(signed(body))


@pytest.mark.parametrize(
    ("name", "expected", "amount"),
    [
        ("payment_intent.succeeded", PaymentEventKind.CAPTURED, 2000),
        ("payment_intent.payment_failed", PaymentEventKind.FAILED, 2000),
        ("payment_intent.requires_action", PaymentEventKind.ACTION_NEEDED, 2000),
        ("payment_intent.canceled", PaymentEventKind.CALLED_OFF, 2000),
        ("charge.refunded", PaymentEventKind.REFUNDED, 100),
        ("charge.refund.updated", PaymentEventKind.REFUNDED, 100),
        ("charge.dispute.created", PaymentEventKind.DISPUTE_OPENED, 100),
        ("charge.dispute.funds_reinstated", PaymentEventKind.FUNDS_REINSTATED, 25000),
        ("payment_intent.amount_capturable_updated", PaymentEventKind.AUTHORIZED, 2000),
        ("charge.succeeded", PaymentEventKind.OTHER, 2000),
        ("payout.paid", PaymentEventKind.OTHER, 1100),
        ("balance.available", PaymentEventKind.OTHER, 0),
    ],
)
def test_the_reference_events_are_read(
    events: StripeEvents, name: str, expected: PaymentEventKind, amount: int
) -> None:
    found = events.read(signed(reference(f"stripe/events/{name}.json")))

    assert (found.type, found.kind, found.amount_minor) == (name, expected, amount)
