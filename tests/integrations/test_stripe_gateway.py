"""The gateway Stripe: what goes over the wire, what comes back, and what each refusal means."""

from typing import Any

import pytest

from backend import clock
from backend.domain.holds import HoldKind
from backend.domain.steps import StepKind
from backend.integrations.stripe.client import StripeGateway
from backend.ports.calls import Call, Deferred, Mismatch, NotSent, OutcomeUnknown, ProviderError, Rejected
from backend.ports.payments import PaymentOrder, RefundDone, RefundOrder
from tests.integrations.conftest import Serve
from tests.integrations.server import Asked, Reply, ScriptedServer

INTENT = "pi_3Pabc"
ORDER = PaymentOrder("ORD-20260131-00001", "shopify", "61200", 4200, "EUR", INTENT)
UNPAID = PaymentOrder("ORD-20260131-00001", "generic", "61200", 4200, "EUR")
REFUND = RefundOrder("ORD-20260131-00001", "61200", INTENT, 1500, "EUR", "broken on arrival")


def gateway(server: ScriptedServer) -> StripeGateway:
    return StripeGateway(
        api_key="sk_test_canary",
        pay_url_template="https://shop.example/pay?intent={id}&secret={client_secret}",
        api_base=server.base,
    )


def intent(**changes: Any) -> dict[str, Any]:
    body = {
        "id": INTENT,
        "object": "payment_intent",
        "amount": 4200,
        "amount_received": 4200,
        "currency": "eur",
        "status": "succeeded",
        "created": 1769853600,
        "client_secret": "pi_3Pabc_secret_xyz&1",
        "latest_charge": "ch_1",
        "metadata": {},
    }
    return body | changes


def error(kind: str, **fields: Any) -> dict[str, Any]:
    return {"error": {"type": kind, **fields}}


def test_a_payment_request_is_form_encoded_and_carries_our_marks(serve: Serve, call: Call) -> None:
    server = serve(Reply(200, intent(status="requires_payment_method", amount_received=0, latest_charge=None)))

    asked_for = gateway(server).request_payment(UNPAID, call)

    assert asked_for.reference == INTENT
    assert asked_for.pay_url == "https://shop.example/pay?intent=pi_3Pabc&secret=pi_3Pabc_secret_xyz%261"
    assert asked_for.captured is None
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/v1/payment_intents")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.headers["authorization"] == "Bearer sk_test_canary"
    assert asked.headers["stripe-version"] == "2026-10-28.endive"
    assert asked.headers["idempotency-key"] == call.key
    assert asked.form == {
        "amount": "4200",
        "currency": "eur",
        "capture_method": "automatic",
        "automatic_payment_methods[enabled]": "true",
        "description": "Order ORD-20260131-00001",
        "metadata[order_ref]": "ORD-20260131-00001",
        "metadata[channel_order]": "61200",
        "metadata[step_key]": call.key,
    }


def test_a_payment_request_that_is_paid_already_says_so(serve: Serve, call: Call) -> None:
    asked_for = gateway(serve(Reply(200, intent()))).request_payment(UNPAID, call)

    assert asked_for.captured is not None
    assert (asked_for.captured.reference, asked_for.captured.amount_minor) == (INTENT, 4200)


def test_a_capture_asks_for_the_orders_amount_and_returns_it(serve: Serve, call: Call) -> None:
    server = serve(Reply(200, intent()))

    captured = gateway(server).capture(ORDER, call)

    assert (captured.reference, captured.amount_minor, captured.currency) == (INTENT, 4200, "EUR")
    (asked,) = server.asked
    assert (asked.path, asked.headers["idempotency-key"]) == (f"/v1/payment_intents/{INTENT}/capture", call.key)
    assert asked.form["amount_to_capture"] == "4200"
    assert asked.form["metadata[order_ref]"] == "ORD-20260131-00001"


@pytest.mark.parametrize("changes", [{"amount_received": 4199}, {"currency": "usd"}], ids=["amount", "currency"])
def test_a_capture_of_something_else_is_a_mismatch(serve: Serve, call: Call, changes: dict[str, Any]) -> None:
    with pytest.raises(Mismatch, match="Nothing was booked") as caught:
        gateway(serve(Reply(200, intent(**changes)))).capture(ORDER, call)

    assert caught.value.category is HoldKind.PAYMENT_MISMATCH


def test_a_capture_that_stripe_is_still_working_on_is_unknown(serve: Serve, call: Call) -> None:
    with pytest.raises(OutcomeUnknown):
        gateway(serve(Reply(200, intent(status="processing", amount_received=0)))).capture(ORDER, call)


def test_a_capture_done_before_is_found_and_not_made_again(serve: Serve, call: Call) -> None:
    refusal = error("invalid_request_error", code="payment_intent_unexpected_state", message="already captured")
    server = serve(Reply(400, refusal), Reply(200, intent()))

    captured = gateway(server).capture(ORDER, call)

    assert captured.amount_minor == 4200
    assert [(asked.method, asked.path) for asked in server.asked] == [
        ("POST", f"/v1/payment_intents/{INTENT}/capture"),
        ("GET", f"/v1/payment_intents/{INTENT}"),
    ]


def test_a_capture_without_an_authorization_is_refused_without_a_call(serve: Serve, call: Call) -> None:
    server = serve(Reply(200, intent()))

    with pytest.raises(Rejected, match="names no payment intent"):
        gateway(server).capture(UNPAID, call)

    assert server.asked == []


@pytest.mark.parametrize(
    ("payload", "captures"),
    [
        (intent(), [(INTENT, 4200, "EUR")]),
        (intent(latest_charge={"id": "ch_1", "captured": True, "status": "succeeded"}), [(INTENT, 4200, "EUR")]),
        (
            {
                "id": INTENT,
                "status": "succeeded",
                "currency": "eur",
                "charges": {
                    "data": [
                        {"id": "ch_0", "captured": False, "status": "failed", "amount": 4200, "created": 1},
                        {"id": "ch_1", "captured": True, "status": "succeeded", "amount_captured": 4200, "created": 2},
                    ]
                },
            },
            [(INTENT, 4200, "EUR")],
        ),
        (intent(status="requires_capture", amount_received=0), []),
        (intent(status="canceled", amount_received=0), []),
    ],
    ids=["id of the charge", "whole charge", "list of charges", "authorized", "cancelled"],
)
def test_what_was_captured_is_read_in_every_shape(
    serve: Serve, call: Call, payload: dict[str, Any], captures: list[tuple[str, int, str]]
) -> None:
    found = gateway(serve(Reply(200, payload))).verify(ORDER, call)

    assert [(one.reference, one.amount_minor, one.currency) for one in found] == captures


def test_a_bare_charge_is_verified_too(serve: Serve, call: Call) -> None:
    charge = {"id": "ch_9", "captured": True, "status": "succeeded", "amount": 4200, "currency": "eur", "created": 5}
    server = serve(Reply(200, charge))
    order = PaymentOrder("ORD-20260131-00001", "generic", "61200", 4200, "EUR", "ch_9")

    (found,) = gateway(server).verify(order, call)

    assert (found.reference, found.amount_minor) == ("ch_9", 4200)
    assert server.asked[0].path == "/v1/charges/ch_9"


def test_a_payment_that_stripe_does_not_know_is_a_mismatch(serve: Serve, call: Call) -> None:
    missing = error("invalid_request_error", code="resource_missing", message="No such payment_intent: 'pi_3Pabc'")
    server = serve(Reply(404, missing))

    with pytest.raises(Rejected) as caught:
        gateway(server).verify(ORDER, call)

    assert caught.value.category is HoldKind.PAYMENT_MISMATCH
    assert gateway(server).find_capture(ORDER, call) is None


@pytest.mark.parametrize(
    ("currency", "minor", "amount"),
    [("JPY", 4200, "4200"), ("KWD", 19990, "19990"), ("ISK", 4200, "420000"), ("UGX", 5, "500"), ("MGA", 4200, "42")],
)
def test_amounts_go_in_the_units_that_stripe_counts_in(
    serve: Serve, call: Call, currency: str, minor: int, amount: str
) -> None:
    answer = intent(currency=currency.lower(), amount_received=int(amount))
    server = serve(Reply(200, answer))

    captured = gateway(server).capture(PaymentOrder("ORD-20260131-00001", "g", "1", minor, currency, INTENT), call)

    assert server.asked[0].form["amount_to_capture"] == amount
    assert (captured.amount_minor, captured.currency) == (minor, currency)


def test_an_amount_that_stripe_cannot_express_is_refused_without_a_call(serve: Serve, call: Call) -> None:
    server = serve(Reply(200, intent()))

    with pytest.raises(Rejected, match="only in whole units"):
        gateway(server).capture(PaymentOrder("ORD-20260131-00001", "g", "1", 4201, "MGA", INTENT), call)

    assert server.asked == []


@pytest.mark.parametrize(
    ("status", "body", "expected", "category"),
    [
        (402, error("card_error", code="card_declined", message="No."), Rejected, HoldKind.PAYMENT_DECLINED),
        (400, error("idempotency_error", message="Keys for idempotent requests"), OutcomeUnknown, None),
        (409, error("invalid_request_error", code="idempotency_key_in_use"), OutcomeUnknown, None),
        (429, error("rate_limit_error", code="rate_limit"), Deferred, None),
        (400, error("invalid_request_error", param="amount", message="too much"), Rejected, HoldKind.PAYMENT_REFUSED),
        (404, error("invalid_request_error", code="resource_missing"), Rejected, HoldKind.PAYMENT_REFUSED),
        (401, error("invalid_request_error", message="Invalid API Key"), Rejected, HoldKind.PROVIDER_CREDENTIALS),
        (403, error("invalid_request_error", message="no permission"), Rejected, HoldKind.PROVIDER_CREDENTIALS),
        (400, error("api_error", message="oops"), OutcomeUnknown, None),
        (500, error("api_error", message="oops"), OutcomeUnknown, None),
        (400, {"odd": True}, Rejected, HoldKind.PROVIDER_REFUSED),
    ],
)
def test_a_refusal_is_classified_by_stripes_own_words(
    serve: Serve,
    call: Call,
    status: int,
    body: dict[str, Any],
    expected: type[ProviderError],
    category: HoldKind | None,
) -> None:
    with pytest.raises(ProviderError) as caught:
        gateway(serve(Reply(status, body))).refund(REFUND, call)

    assert type(caught.value) is expected
    assert getattr(caught.value, "category", None) is category
    assert caught.value.provider == "stripe"


def test_a_declined_card_is_told_in_a_sentence_with_the_banks_code(serve: Serve, call: Call) -> None:
    body = error(
        "card_error",
        code="card_declined",
        decline_code="insufficient_funds",
        message="Your card has insufficient funds.",
    )

    with pytest.raises(Rejected) as caught:
        gateway(serve(Reply(402, body))).capture(ORDER, call)

    assert caught.value.code == "insufficient_funds"
    assert caught.value.sentence == (
        "The payment was declined: the card has too little money (insufficient_funds)."
        " Stripe says: Your card has insufficient funds."
    )


@pytest.mark.parametrize(("status", "pending"), [("succeeded", False), ("pending", True), ("requires_action", True)])
def test_a_refund_goes_against_the_intent(serve: Serve, call: Call, status: str, pending: bool) -> None:
    server = serve(Reply(200, {"id": "re_1", "status": status, "amount": 1500, "currency": "eur"}))

    done = gateway(server).refund(REFUND, call)

    assert done == RefundDone("re_1", 1500, "EUR", pending)
    form = server.asked[0].form
    assert (form["payment_intent"], form["amount"], form["reason"]) == (INTENT, "1500", "requested_by_customer")
    assert form["metadata[step_key]"] == call.key
    assert server.asked[0].headers["idempotency-key"] == call.key
    assert "broken on arrival" not in server.asked[0].body.decode()


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_a_refund_that_failed_is_refused(serve: Serve, call: Call, status: str) -> None:
    answer = {
        "id": "re_1",
        "status": status,
        "amount": 1500,
        "currency": "eur",
        "failure_reason": "lost_or_stolen_card",
    }

    with pytest.raises(Rejected, match="lost_or_stolen_card"):
        gateway(serve(Reply(200, answer))).refund(REFUND, call)


def test_a_refund_is_found_by_our_key_on_a_later_page(serve: Serve, call: Call) -> None:
    other = {"id": "re_0", "status": "succeeded", "amount": 1500, "currency": "eur", "metadata": {"step_key": "other"}}
    ours = {"id": "re_1", "status": "succeeded", "amount": 1500, "currency": "eur", "metadata": {"step_key": call.key}}
    server = serve(Reply(200, {"data": [other], "has_more": True}), Reply(200, {"data": [ours], "has_more": False}))

    found = gateway(server).find_refund(REFUND, call)

    assert found == RefundDone("re_1", 1500, "EUR")
    assert server.asked[0].query == {"payment_intent": INTENT, "limit": "100"}
    assert server.asked[1].query == {"payment_intent": INTENT, "limit": "100", "starting_after": "re_0"}


def test_a_refund_that_stripe_does_not_list_is_none(serve: Serve, call: Call) -> None:
    assert gateway(serve(Reply(200, {"data": [], "has_more": False}))).find_refund(REFUND, call) is None


def test_a_payment_request_is_found_by_our_key_among_those_since_the_order(serve: Serve, call: Call) -> None:
    rows = [
        intent(id="pi_other", metadata={"order_ref": "ORD-20260131-00009", "step_key": "x"}),
        intent(id="pi_ours", status="requires_payment_method", amount_received=0, metadata={"step_key": call.key}),
    ]
    server = serve(Reply(200, {"data": rows, "has_more": False}))

    found = gateway(server).find_payment_request(UNPAID, call)

    assert found is not None
    assert (found.reference, found.captured) == ("pi_ours", None)
    assert server.asked[0].query == {"created[gte]": "1769731200", "limit": "100"}  # 2026-01-30, the day before


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (intent(metadata={"order_ref": UNPAID.number, "step_key": "older"}, status="processing"), True),
        (intent(metadata={"order_ref": UNPAID.number, "step_key": "older"}, status="canceled"), False),
        (intent(metadata={"order_ref": "ORD-20260131-00002"}), False),
    ],
    ids=["same order", "cancelled", "another order"],
)
def test_a_living_payment_of_the_same_order_counts_as_found(
    serve: Serve, call: Call, row: dict[str, Any], found: bool
) -> None:
    server = serve(Reply(200, {"data": [row], "has_more": False}))

    assert (gateway(server).find_payment_request(UNPAID, call) is not None) is found


def test_a_search_that_runs_out_of_time_is_no_proof_of_absence(serve: Serve) -> None:
    def endless(asked: Asked) -> Reply:
        return Reply(200, {"data": [intent(id="pi_other")], "has_more": True})

    call = Call("key", clock.monotonic() + 0.3)

    with pytest.raises((NotSent, OutcomeUnknown)):
        gateway(serve(script=endless)).find_payment_request(UNPAID, call)


def test_the_guarantees_are_those_of_stripes_keys(serve: Serve) -> None:
    stripe = gateway(serve(Reply(200, {})))

    capture, verify = stripe.guarantees(StepKind.PAYMENT_CAPTURE), stripe.guarantees(StepKind.PAYMENT_VERIFY)

    assert (capture.key_seconds, capture.can_ask, capture.caches_errors) == (86400.0, True, True)
    assert verify.can_ask is False
    assert verify.key_seconds == float("inf")


def test_an_exchange_shows_neither_key_nor_client_secret(serve: Serve, call: Call) -> None:
    gateway(serve(Reply(200, intent()))).request_payment(UNPAID, call)

    (exchange,) = call.exchanges
    assert "sk_test_canary" not in repr(exchange)
    assert "secret_xyz" not in repr(exchange)
    assert exchange.request["metadata[order_ref]"] == "ORD-20260131-00001"
    assert (exchange.method, exchange.status, exchange.response["id"]) == ("POST", 200, INTENT)
