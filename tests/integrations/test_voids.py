"""Letting go of money that was not taken yet, at each gateway: asked first, told once, and taken money is never missed."""

from dataclasses import replace
from typing import Any

import pytest

from backend.domain.holds import HoldKind
from backend.domain.steps import StepKind
from backend.integrations.razorpay.client import RazorpayGateway
from backend.integrations.shopify.gateway import ShopifyGateway
from backend.integrations.stripe.client import StripeGateway
from backend.ports.calls import Call, NotSent, OutcomeUnknown, Rejected
from backend.ports.payments import PaymentOrder, Voided
from tests.integrations.conftest import Serve
from tests.integrations.server import Asked, Reply, ScriptedServer

INTENT = "pi_3Pabc"
STRIPE = PaymentOrder("ORD-20260131-00001", "generic", "61200", 4200, "EUR", INTENT)
SHOPIFY = PaymentOrder("ORD-20260131-00001", "shopify", "61200", 4200, "EUR", "61200")
RAZORPAY = PaymentOrder("ORD-20260131-00001", "generic", "61200", 4200, "INR", "pay_1")
CANCEL = f"/v1/payment_intents/{INTENT}/cancel"
TRANSACTIONS = "/admin/api/2025-01/orders/61200/transactions.json"


def stripe(server: ScriptedServer) -> StripeGateway:
    return StripeGateway(api_key="sk_test_canary", pay_url_template="https://p.example/{id}", api_base=server.base)


def shopify(server: ScriptedServer) -> ShopifyGateway:
    return ShopifyGateway(access_token="shpat_canary", api_base=server.base)


def razorpay(server: ScriptedServer) -> RazorpayGateway:
    return RazorpayGateway(api_key="rzp_test_1:secret", pay_url_template="https://p.example/{id}", api_base=server.base)


def intent(status: str, **changes: Any) -> dict[str, Any]:
    paid = 4200 if status == "succeeded" else 0
    return {"id": INTENT, "amount_received": paid, "currency": "eur", "status": status, "created": 1769853600} | changes


def transaction(kind: str, status: str = "success", amount: str = "42.00", **changes: Any) -> dict[str, Any]:
    return {"id": 7, "kind": kind, "status": status, "amount": amount, "currency": "EUR"} | changes


def posts(server: ScriptedServer) -> list[Asked]:
    return [asked for asked in server.asked if asked.method == "POST"]


@pytest.mark.parametrize("status", ["requires_capture", "requires_payment_method", "requires_action"])
def test_stripe_cancels_an_intent_that_is_authorized_or_unpaid(serve: Serve, call: Call, status: str) -> None:
    server = serve(Reply(200, intent(status)), Reply(200, intent("canceled")))

    assert stripe(server).void(STRIPE, call) == Voided(INTENT)

    (asked,) = posts(server)
    assert (asked.path, asked.headers["idempotency-key"]) == (CANCEL, call.key)
    assert asked.form == {"cancellation_reason": "requested_by_customer"}


def test_stripe_is_not_told_twice_and_money_taken_meanwhile_is_told(serve: Serve, call: Call) -> None:
    over, paid = serve(Reply(200, intent("canceled"))), serve(Reply(200, intent("succeeded")))

    assert stripe(over).void(STRIPE, call) == Voided(INTENT)
    found = stripe(paid).void(STRIPE, call)

    assert [(one.reference, one.amount_minor, one.currency) for one in found.captures] == [(INTENT, 4200, "EUR")]
    assert posts(over) == posts(paid) == []


def test_stripe_paid_between_question_and_cancellation_is_found_captured(serve: Serve, call: Call) -> None:
    error = {"type": "invalid_request_error", "code": "payment_intent_unexpected_state", "message": "too late"}
    replies = (Reply(200, intent("requires_capture")), Reply(400, {"error": error}), Reply(200, intent("succeeded")))

    assert [one.amount_minor for one in stripe(serve(*replies)).void(STRIPE, call).captures] == [4200]


def test_stripe_refusing_while_nothing_has_ended_stays_a_refusal(serve: Serve, call: Call) -> None:
    error = {"type": "invalid_request_error", "code": "payment_intent_unexpected_state", "message": "processing"}
    replies = (Reply(200, intent("processing")), Reply(400, {"error": error}), Reply(200, intent("processing")))

    with pytest.raises(Rejected) as caught:
        stripe(serve(*replies)).void(STRIPE, call)

    assert caught.value.category is HoldKind.PAYMENT_REFUSED


def test_stripe_answering_something_else_is_unknown_and_trouble_before_is_not_sent(serve: Serve, call: Call) -> None:
    with pytest.raises(OutcomeUnknown, match="the payment is processing"):
        stripe(serve(Reply(200, intent("requires_capture")), Reply(200, intent("processing")))).void(STRIPE, call)
    with pytest.raises(NotSent):
        stripe(serve(Reply(500, {}))).void(STRIPE, call)


def test_stripe_without_a_payment_has_nothing_to_let_go_of(serve: Serve, call: Call) -> None:
    unknown = Reply(404, {"error": {"type": "invalid_request_error", "code": "resource_missing"}})
    server = serve(unknown)

    assert stripe(server).void(STRIPE, call) == Voided()
    assert posts(server) == []


@pytest.mark.parametrize(("captured", "amounts", "lapses"), [(True, [4200], False), (False, [], True)])
def test_a_charge_without_an_intent_lapses_unless_it_was_captured(
    serve: Serve, call: Call, captured: bool, amounts: list[int], lapses: bool
) -> None:
    charge = {"id": "ch_1", "amount": 4200, "currency": "eur", "captured": captured, "status": "succeeded"}

    def script(asked: Asked) -> Reply:
        return Reply(200, charge) if asked.path == "/v1/charges/ch_1" else Reply(404, {"error": {"type": "x"}})

    found = stripe(serve(script=script)).void(replace(STRIPE, reference="ch_1"), call)

    assert ([one.amount_minor for one in found.captures], found.lapses) == (amounts, lapses)


def test_stripe_is_asked_how_it_ended(serve: Serve, call: Call) -> None:
    assert stripe(serve(Reply(200, intent("requires_capture")))).find_void(STRIPE, call) is None
    assert stripe(serve(Reply(200, intent("canceled")))).find_void(STRIPE, call) == Voided(INTENT)


def test_shopify_voids_the_authorization(serve: Serve, call: Call) -> None:
    listed = Reply(200, {"transactions": [transaction("authorization", id=3)]})
    server = serve(listed, Reply(201, {"transaction": transaction("void", id=9)}))

    assert shopify(server).void(SHOPIFY, call) == Voided("9")

    (asked,) = posts(server)
    assert (asked.path, asked.json) == (TRANSACTIONS, {"transaction": {"kind": "void", "parent_id": 3}})


@pytest.mark.parametrize(
    ("rows", "reference", "amounts"),
    [
        ([transaction("authorization"), transaction("void", id=9)], "9", []),
        ([transaction("authorization"), transaction("capture", id=8)], "8", [4200]),
        ([transaction("sale", id=8), transaction("refund")], "8", []),
        ([transaction("authorization", "failure")], "", []),
        ([], "", []),
    ],
    ids=["voided", "captured", "paid back in the shop", "never authorized", "nothing"],
)
def test_shopify_says_how_a_payment_ended_and_is_told_nothing_more(
    serve: Serve, call: Call, rows: list[dict[str, Any]], reference: str, amounts: list[int]
) -> None:
    server = serve(Reply(200, {"transactions": rows}))

    for found in (shopify(server).void(SHOPIFY, call), shopify(server).find_void(SHOPIFY, call)):
        assert found is not None
        assert (found.reference, [one.amount_minor for one in found.captures]) == (reference, amounts)
    assert posts(server) == []


def test_shopify_refusing_or_still_working_is_not_taken_for_done(serve: Serve, call: Call) -> None:
    listed = Reply(200, {"transactions": [transaction("authorization")]})
    failed = Reply(201, {"transaction": transaction("void", "failure", message="Expired")})
    pending = Reply(201, {"transaction": transaction("void", "pending")})

    with pytest.raises(Rejected, match="did not void the authorization: Expired"):
        shopify(serve(listed, failed)).void(SHOPIFY, call)
    with pytest.raises(OutcomeUnknown, match="its state is pending"):
        shopify(serve(listed, pending)).void(SHOPIFY, call)
    with pytest.raises(OutcomeUnknown, match="still working"):
        shopify(serve(Reply(200, {"transactions": [transaction("capture", "pending")]}))).find_void(SHOPIFY, call)


@pytest.mark.parametrize(
    ("status", "amounts", "lapses"), [("authorized", [], True), ("captured", [4200], False)], ids=["waits", "captured"]
)
def test_razorpay_is_told_nothing_what_was_authorized_lapses(
    serve: Serve, call: Call, status: str, amounts: list[int], lapses: bool
) -> None:
    body = {"id": "pay_1", "amount": 4200, "currency": "INR", "status": status, "captured": status == "captured"}
    server = serve(Reply(200, body))

    found = razorpay(server).void(RAZORPAY, call)

    assert (found.reference, [one.amount_minor for one in found.captures], found.lapses) == ("pay_1", amounts, lapses)
    assert posts(server) == []
    assert razorpay(server).guarantees(StepKind.PAYMENT_VOID).key_seconds == float("inf")
