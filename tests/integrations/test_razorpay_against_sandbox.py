"""Razorpay's adapter against the sandbox's own reading of the documents, over real HTTP, with answers that get lost."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backend import clock
from backend.domain.holds import HoldKind
from backend.integrations.razorpay.client import RazorpayGateway
from backend.integrations.razorpay.events import RazorpayEvents
from backend.ports.calls import Call, Deferred, InboundMessage, OutcomeUnknown, Rejected
from backend.ports.payments import PaymentEvent, PaymentEventKind, PaymentOrder, PaymentRequested, RefundOrder
from tests.sandbox.running import SECOND_KEYS, Sandbox, eventually, running

NUMBER = "ORD-20260131-00001"
KEY = f"{NUMBER}:payment.request:1"
ORDER = PaymentOrder(NUMBER, "generic", "61200", 4200, "INR")


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    home: Path = tmp_path_factory.mktemp("sandbox")
    with running(home) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(process: Sandbox) -> Sandbox:
    process.http.delete("/control/faults").raise_for_status()
    process.http.post("/control/reset").raise_for_status()
    process.receiver.hooks.clear()
    return process


@pytest.fixture
def gateway(sandbox: Sandbox) -> RazorpayGateway:
    return RazorpayGateway(
        api_key=SECOND_KEYS["RAZORPAY_API_KEY"],
        pay_url_template=f"{sandbox.url}/razorpay/pay/{{id}}",
        api_base=f"{sandbox.url}/razorpay",
    )


def call(key: str = KEY, seconds: float = 10) -> Call:
    return Call(key, clock.monotonic() + seconds)


def told(sandbox: Sandbox) -> list[PaymentEvent]:
    """Every event so far, each authentic."""
    events = RazorpayEvents(webhook_secrets=[SECOND_KEYS["RAZORPAY_WEBHOOK_SECRET"]])
    hooks = sandbox.receiver.to("/webhooks/payments/razorpay")
    messages = [InboundMessage(hook.headers, hook.raw, time.time()) for hook in hooks]
    for message in messages:
        events.authenticate(message)
    return [events.read(message) for message in messages]


def paid(sandbox: Sandbox, gateway: RazorpayGateway) -> PaymentRequested:
    """A request that its customer has paid."""
    requested = gateway.request_payment(ORDER, call())
    assert sandbox.http.post(requested.pay_url, data={"card": "good"}).status_code == 303
    return requested


def test_a_payment_is_asked_for_paid_told_and_paid_back(sandbox: Sandbox, gateway: RazorpayGateway) -> None:
    requested = paid(sandbox, gateway)
    (captured,) = gateway.verify(replace(ORDER, reference=requested.reference), call("v"))
    refund = RefundOrder(NUMBER, "61200", captured.reference, 1000, "INR", "broken")
    done = gateway.refund(refund, call(f"{NUMBER}:payment.refund/1:1"))

    def news() -> dict[str, PaymentEvent]:
        return {event.type: event for event in told(sandbox)}

    eventually(lambda: {"order.paid", "payment.captured", "refund.processed"} <= set(news()))
    assert (captured.amount_minor, captured.currency) == (4200, "INR")
    for name in ("payment.captured", "order.paid"):
        event = news()[name]
        assert (event.kind, event.reference, event.order_number, event.mark, event.amount_minor) == (
            PaymentEventKind.CAPTURED,
            captured.reference,
            NUMBER,
            KEY,
            4200,
        )
    event = news()["refund.processed"]
    assert (event.kind, event.reference, event.amount_minor) == (PaymentEventKind.REFUNDED, done.reference, 1000)
    assert gateway.find_refund(refund, call(f"{NUMBER}:payment.refund/1:1")) == done
    assert gateway.find_refund(refund, call("another")) is None
    assert gateway.find_payment_request(ORDER, call()) == replace(requested, captured=captured)


@pytest.mark.parametrize("fault", ["accept_then_500", "accept_then_cut", "accept_then_hang"])
def test_an_order_whose_answer_was_lost_is_found_by_its_receipt(
    sandbox: Sandbox, gateway: RazorpayGateway, fault: str
) -> None:
    assert gateway.find_payment_request(ORDER, call()) is None
    sandbox.fault("razorpay", fault, "order", times=1)

    with pytest.raises(OutcomeUnknown):
        gateway.request_payment(ORDER, call(seconds=1))
    found = gateway.find_payment_request(ORDER, call())

    assert found is not None
    assert len(sandbox.journal(kind="order.created")) == 1
    assert found.reference == sandbox.journal(kind="order.created")[0]["object_id"]


@pytest.mark.parametrize("fault", ["accept_then_500", "accept_then_cut"])
def test_a_capture_whose_answer_was_lost_is_found_and_not_made_twice(
    sandbox: Sandbox, gateway: RazorpayGateway, fault: str
) -> None:
    made = sandbox.http.post(
        "/razorpay/v1/orders",
        json={"amount": 4200, "currency": "INR", "payment_capture": False},
        auth=("rzp_test_sandbox", "rzp-secret"),
    ).json()
    sandbox.http.post(f"/razorpay/pay/{made['id']}", data={"card": "good"})
    order = replace(ORDER, reference=made["id"])
    sandbox.fault("razorpay", fault, "capture", times=1)

    assert gateway.find_capture(order, call()) is None
    with pytest.raises(OutcomeUnknown):
        gateway.capture(order, call())
    found = gateway.find_capture(order, call())

    assert found is not None
    assert gateway.capture(order, call()) == found
    assert len(sandbox.journal(kind="payment.captured")) == 1


@pytest.mark.parametrize("fault", ["accept_then_500", "accept_then_cut"])
def test_a_refund_whose_answer_was_lost_is_found_and_repeated_under_its_key(
    sandbox: Sandbox, gateway: RazorpayGateway, fault: str
) -> None:
    (captured,) = gateway.verify(replace(ORDER, reference=paid(sandbox, gateway).reference), call("v"))
    refund = RefundOrder(NUMBER, "61200", captured.reference, 1000, "INR", "broken")
    sandbox.fault("razorpay", fault, "refund", times=1)

    with pytest.raises(OutcomeUnknown):
        gateway.refund(refund, call("r"))
    found = gateway.find_refund(refund, call("r"))

    assert found is not None
    assert gateway.refund(refund, call("r")) == found
    assert len(sandbox.journal(kind="payment.refunded")) == 1


def test_a_key_with_other_contents_is_not_called_a_refusal(sandbox: Sandbox, gateway: RazorpayGateway) -> None:
    (captured,) = gateway.verify(replace(ORDER, reference=paid(sandbox, gateway).reference), call("v"))
    refund = RefundOrder(NUMBER, "61200", captured.reference, 1000, "INR", "broken")
    gateway.refund(refund, call("r"))

    with pytest.raises(OutcomeUnknown, match="with other contents"):
        gateway.refund(replace(refund, amount_minor=900), call("r"))


def test_refusals_and_waits_are_told_apart(sandbox: Sandbox, gateway: RazorpayGateway) -> None:
    sandbox.fault("razorpay", "refuse", "order", times=1)
    with pytest.raises(Rejected) as refused:
        gateway.request_payment(ORDER, call())
    sandbox.fault("razorpay", "rate_limit", "order", times=1)
    with pytest.raises(Deferred) as busy:
        gateway.request_payment(ORDER, call())

    assert refused.value.category is HoldKind.PAYMENT_REFUSED
    assert busy.value.retry_after == 2.0
    assert sandbox.journal(kind="order.created") == []
