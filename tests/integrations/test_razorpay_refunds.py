"""Razorpay: refunds under our key, and what each refusal and each doubt comes to."""

from dataclasses import replace
from typing import Any

import pytest

from backend.domain.errors import ConfigurationError
from backend.domain.holds import HoldKind
from backend.domain.retries import NextMove, before_repeat
from backend.domain.steps import StepKind
from backend.integrations.razorpay.client import RazorpayGateway
from backend.integrations.razorpay.payloads import idempotency_key
from backend.ports.calls import Call, Deferred, NotSent, OutcomeUnknown, ProviderError, Rejected
from backend.ports.payments import RefundDone
from tests.integrations.conftest import Serve
from tests.integrations.razorpay_shop import (
    AUTHORIZED,
    NUMBER,
    PAYMENT,
    REFUND,
    RZP_ORDER,
    error,
    gateway,
    items,
    payment,
    refund,
)
from tests.integrations.server import Reply


@pytest.mark.parametrize(("status", "pending"), [("processed", False), ("pending", True)])
def test_a_refund_carries_our_key_in_header_and_notes(serve: Serve, call: Call, status: str, pending: bool) -> None:
    server = serve(Reply(200, refund(status=status)))

    done = gateway(server).refund(REFUND, call)

    assert done == RefundDone("rfnd_1", 1500, "INR", pending)
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", f"/v1/payments/{PAYMENT}/refund")
    assert asked.headers["x-refund-idempotency"] == idempotency_key(call.key)
    assert asked.json == {
        "amount": 1500,
        "speed": "normal",
        "notes": {
            "order_ref": NUMBER,
            "channel_order": "61200",
            "step_key": call.key,
            "reason": "broken on arrival",
        },
    }


def test_a_refund_against_an_order_goes_to_its_captured_payment(serve: Serve, call: Call) -> None:
    server = serve(script=lambda asked: Reply(200, refund()) if asked.method == "POST" else items(payment()))

    gateway(server).refund(replace(REFUND, payment_reference=RZP_ORDER), call)

    assert server.asked[-1].path == f"/v1/payments/{PAYMENT}/refund"


def test_what_is_asked_before_a_refund_leaves_no_doubt_about_it(serve: Serve, call: Call) -> None:
    server = serve(Reply(500, {}))

    with pytest.raises(NotSent):
        gateway(server).refund(replace(REFUND, payment_reference=RZP_ORDER), call)

    assert [asked.method for asked in server.asked] == ["GET"]


def test_a_refund_that_failed_is_refused(serve: Serve, call: Call) -> None:
    with pytest.raises(Rejected, match="did not go through"):
        gateway(serve(Reply(200, refund(status="failed")))).refund(REFUND, call)


def test_a_refund_that_razorpay_does_not_list_is_none(serve: Serve, call: Call) -> None:
    rows = [refund(notes=[]), refund(notes={"step_key": "another"})]

    assert gateway(serve(items(*rows))).find_refund(REFUND, call) is None


@pytest.mark.parametrize("key", ["ORD-20260131-00001:payment.refund/12:1", "short", "ORD:ünïcode", "x" * 200])
def test_keys_are_sent_in_allowed_characters_and_stay_different(key: str) -> None:
    sent = idempotency_key(key)

    assert 10 <= len(sent) <= 65
    assert set(sent) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
    assert sent == idempotency_key(key) != idempotency_key(key + "1")


def test_keys_that_differ_in_a_forbidden_character_only_stay_different() -> None:
    assert len({idempotency_key(key) for key in ("a:b", "a/b", "a.b", "a_b")}) == 4


@pytest.mark.parametrize(
    ("status", "body", "expected", "category"),
    [
        (400, error("The amount must be at least INR 1.00", field="amount"), Rejected, HoldKind.PAYMENT_REFUSED),
        (400, error("Declined", source="bank", reason="payment_declined"), Rejected, HoldKind.PAYMENT_DECLINED),
        (400, error("Wrong otp", source="customer", reason="invalid_otp"), Rejected, HoldKind.PAYMENT_DECLINED),
        (400, error("Different request with the same idempotency key has already"), OutcomeUnknown, None),
        (409, error("The request is in progress"), OutcomeUnknown, None),
        (400, error("The gateway failed", code="GATEWAY_ERROR"), OutcomeUnknown, None),
        (400, error("We failed", code="SERVER_ERROR"), OutcomeUnknown, None),
        (429, error("Too many requests"), Deferred, None),
        (401, error("Authentication failed"), Rejected, HoldKind.PROVIDER_CREDENTIALS),
        (400, error("The id provided does not exist"), Rejected, HoldKind.PAYMENT_REFUSED),
        (502, error("Bad gateway", code="GATEWAY_ERROR"), OutcomeUnknown, None),
        (500, error("We failed", code="SERVER_ERROR"), OutcomeUnknown, None),
        (400, {"odd": True}, Rejected, HoldKind.PROVIDER_REFUSED),
    ],
)
def test_a_refusal_is_classified_by_razorpays_own_words(
    serve: Serve, call: Call, status: int, body: Any, expected: type[ProviderError], category: HoldKind | None
) -> None:
    with pytest.raises(ProviderError) as caught:
        gateway(serve(Reply(status, body))).refund(REFUND, call)

    assert type(caught.value) is expected
    assert getattr(caught.value, "category", None) is category
    assert caught.value.provider == "razorpay"


def test_doubt_is_settled_by_asking_and_never_by_the_key_alone(serve: Serve) -> None:
    razorpay = gateway(serve(Reply(200, {})))

    for kind in (StepKind.PAYMENT_CAPTURE, StepKind.PAYMENT_REQUEST, StepKind.PAYMENT_REFUND):
        guarantees = razorpay.guarantees(kind)
        assert guarantees.key_seconds is None
        assert before_repeat(guarantees, in_doubt=True, since_first_sent=1) is NextMove.ASK
    assert razorpay.guarantees(StepKind.PAYMENT_VERIFY).can_ask is False


@pytest.mark.parametrize("key", ["rzp_test_1", "rzp_test_1:", ":secret", ""])
def test_a_key_of_another_form_stops_the_start(key: str) -> None:
    with pytest.raises(ConfigurationError, match="key_id:key_secret"):
        RazorpayGateway(api_key=key, pay_url_template="")


def test_an_exchange_shows_neither_secret_nor_customer(serve: Serve, call: Call) -> None:
    gateway(serve(Reply(200, payment()))).capture(AUTHORIZED, call)

    (exchange,) = call.exchanges
    assert "canary" not in repr(exchange)
    assert "9000090000" not in repr(exchange)
    assert exchange.response["id"] == PAYMENT
