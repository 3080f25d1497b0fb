"""Stripe as Holdfast meets it: intents, captures, declines, refunds, lists, errors and events."""

import base64
from typing import Any

import httpx
import pytest

from tests.sandbox.running import KEYS, STRIPE, Sandbox, eventually, reference
from tests.sandbox.schemas import assert_matches

ORDER = {"metadata[order_ref]": "ORD-20261121-00001", "metadata[channel_order]": "5001"}
CHARGE_NOW = {"amount": "2599", "currency": "eur", "confirm": "true", "payment_method": "pm_card_visa", **ORDER}
AUTHORIZE = {**CHARGE_NOW, "capture_method": "manual"}


def post(sandbox: Sandbox, path: str, data: dict[str, str], **headers: str) -> httpx.Response:
    return sandbox.http.post(f"/stripe/v1{path}", data=data, headers={**STRIPE, **headers})


def get(sandbox: Sandbox, path: str, **query: str) -> Any:
    return sandbox.http.get(f"/stripe/v1{path}", params=query, headers=STRIPE).json()


def made(sandbox: Sandbox, data: dict[str, str]) -> Any:
    answer = post(sandbox, "/payment_intents", data)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_authorized_payment_is_captured_and_the_money_booked(sandbox: Sandbox) -> None:
    intent = made(sandbox, AUTHORIZE)
    assert (intent["status"], intent["amount_capturable"], intent["amount_received"]) == ("requires_capture", 2599, 0)

    captured = post(sandbox, f"/payment_intents/{intent['id']}/capture", {}, **{"Idempotency-Key": "cap-1"}).json()

    assert (captured["status"], captured["amount_capturable"], captured["amount_received"]) == ("succeeded", 0, 2599)
    charge = get(sandbox, f"/charges/{captured['latest_charge']}")
    assert (charge["captured"], charge["amount_captured"], charge["metadata"]["channel_order"]) == (True, 2599, "5001")
    (booked,) = get(sandbox, "/balance_transactions", source=charge["id"])["data"]
    assert (booked["amount"], booked["net"]) == (2599, 2599 - booked["fee"])
    assert sandbox.kinds("5001") == ["payment_intent.created", "payment.authorized", "payment.captured"]
    (entry,) = sandbox.journal(kind="payment.captured")
    assert entry["reference"] == "ORD-20261121-00001"
    assert (entry["key"], entry["amount_minor"], entry["currency"]) == ("cap-1", 2599, "EUR")


def test_capturing_too_much_or_twice_is_refused_and_changes_nothing(sandbox: Sandbox) -> None:
    intent = made(sandbox, AUTHORIZE)
    capture = f"/payment_intents/{intent['id']}/capture"

    too_much = post(sandbox, capture, {"amount_to_capture": "2600"})
    assert (too_much.status_code, too_much.json()["error"]["code"]) == (400, "amount_too_large")
    post(sandbox, capture, {"amount_to_capture": "2000"}).raise_for_status()
    again = post(sandbox, capture, {})

    assert again.status_code == 400
    assert again.json()["error"]["code"] == "payment_intent_unexpected_state"
    assert [entry["amount_minor"] for entry in sandbox.journal(kind="payment.captured")] == [2000]


@pytest.mark.parametrize(
    ("card", "decline_code"),
    [("pm_card_chargeDeclined", "generic_decline"), ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds")],
)
def test_a_declined_card_is_a_402_card_error_and_an_event(sandbox: Sandbox, card: str, decline_code: str) -> None:
    answer = post(sandbox, "/payment_intents", {**CHARGE_NOW, "payment_method": card})

    error = answer.json()["error"]
    assert answer.status_code == 402
    assert (error["type"], error["code"], error["decline_code"]) == ("card_error", "card_declined", decline_code)
    assert error["payment_intent"]["status"] == "requires_payment_method"
    assert sandbox.journal(kind="payment.captured") == []
    (event,) = eventually(lambda: sandbox.receiver.events("payment_intent.payment_failed"))
    assert event["data"]["object"]["last_payment_error"]["decline_code"] == decline_code


def test_a_card_that_needs_authentication_waits_for_the_customer_on_the_pay_page(sandbox: Sandbox) -> None:
    intent = made(sandbox, {**CHARGE_NOW, "payment_method": "pm_card_authenticationRequired"})
    assert intent["status"] == "requires_action"
    eventually(lambda: sandbox.receiver.events("payment_intent.requires_action"))

    page = intent["next_action"]["redirect_to_url"]["url"]
    assert "Confirm 25.99 EUR" in sandbox.http.get(page).text
    assert sandbox.http.post(page, data={"card": "pm_card_visa"}).status_code == 303

    assert get(sandbox, f"/payment_intents/{intent['id']}")["status"] == "succeeded"
    assert "nothing left to pay" in sandbox.http.get(page).text


def test_an_unpaid_intent_is_paid_by_the_customer_after_a_while(sandbox: Sandbox) -> None:
    intent = made(sandbox, {"amount": "1000", "currency": "usd", **ORDER})
    assert intent["status"] == "requires_payment_method"

    (event,) = eventually(lambda: sandbox.receiver.events("payment_intent.succeeded"))

    assert event["data"]["object"]["id"] == intent["id"]
    assert event["request"] == {"id": None, "idempotency_key": None}


def test_cancelling_releases_an_authorization_once(sandbox: Sandbox) -> None:
    intent = made(sandbox, AUTHORIZE)
    cancel = f"/payment_intents/{intent['id']}/cancel"

    answer = post(sandbox, cancel, {"cancellation_reason": "requested_by_customer"}).json()

    assert (answer["status"], answer["amount_capturable"]) == ("canceled", 0)
    assert post(sandbox, cancel, {}).status_code == 400
    assert sandbox.kinds("5001").count("payment_intent.canceled") == 1


def test_refunds_never_exceed_what_was_captured(sandbox: Sandbox) -> None:
    intent = made(sandbox, CHARGE_NOW)
    refund = {"payment_intent": intent["id"], "amount": "600", "reason": "requested_by_customer"}

    first = post(sandbox, "/refunds", {**refund, "metadata[refund_ref]": "r-1"}).json()
    over = post(sandbox, "/refunds", {**refund, "amount": "2000"})
    rest = post(sandbox, "/refunds", {"charge": intent["latest_charge"]}).json()
    none_left = post(sandbox, "/refunds", {"charge": intent["latest_charge"]})

    assert (first["status"], first["amount"], first["metadata"]) == ("succeeded", 600, {"refund_ref": "r-1"})
    assert (over.status_code, over.json()["error"]["param"]) == (400, "amount")
    assert rest["amount"] == 1999
    assert none_left.json()["error"]["code"] == "charge_already_refunded"
    assert get(sandbox, f"/charges/{intent['latest_charge']}")["amount_refunded"] == 2599
    listed = get(sandbox, "/refunds", payment_intent=intent["id"])["data"]
    assert [item["id"] for item in listed] == [rest["id"], first["id"]]
    assert sandbox.kinds("5001").count("payment.refunded") == 2


@pytest.mark.parametrize(
    ("data", "param", "code"),
    [
        ({"currency": "eur"}, "amount", "parameter_missing"),
        ({"amount": "100"}, "currency", "parameter_missing"),
        ({"amount": "1.5", "currency": "eur"}, "amount", "parameter_invalid_integer"),
        ({"amount": "-5", "currency": "eur"}, "amount", "parameter_invalid_integer"),
        ({"amount": "0", "currency": "eur"}, "amount", "amount_too_small"),
        ({"amount": "100", "currency": "eur", "colour": "red"}, "colour", "parameter_unknown"),
    ],
)
def test_wrong_parameters_are_named_and_nothing_is_created(
    sandbox: Sandbox, data: dict[str, str], param: str, code: str
) -> None:
    answer = post(sandbox, "/payment_intents", data)

    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
    assert (error["param"], error["code"]) == (param, code)
    assert get(sandbox, "/payment_intents")["data"] == []


def test_the_key_may_come_as_bearer_or_basic_and_a_wrong_one_is_401(sandbox: Sandbox) -> None:
    basic = base64.b64encode(f"{KEYS['STRIPE_API_KEY']}:".encode()).decode()
    url = "/stripe/v1/payment_intents"

    assert sandbox.http.get(url, headers={"Authorization": f"Basic {basic}"}).status_code == 200
    for wrong in ({}, {"Authorization": "Bearer sk_test_other"}, {"Authorization": "Basic ???"}):
        answer = sandbox.http.get(url, headers=wrong)
        assert answer.status_code == 401
        assert answer.json()["error"]["type"] == "invalid_request_error"
    refused = sandbox.http.post(url, data=CHARGE_NOW, headers={"Authorization": "Bearer nope"})
    assert refused.status_code == 401
    assert sandbox.journal() == []


def test_an_unknown_object_is_404_resource_missing(sandbox: Sandbox) -> None:
    documented = reference("stripe/errors.json")["404"]["error"]

    answer = sandbox.http.get("/stripe/v1/payment_intents/pi_nope", headers=STRIPE)

    assert answer.status_code == 404
    assert {name: answer.json()["error"][name] for name in documented} == documented


def test_lists_are_newest_first_and_page_by_cursor_and_creation_time(sandbox: Sandbox) -> None:
    ids = [made(sandbox, {"amount": str(100 + n), "currency": "eur"})["id"] for n in range(5)][::-1]

    first = get(sandbox, "/payment_intents", limit="2")
    second = get(sandbox, "/payment_intents", limit="2", starting_after=first["data"][-1]["id"])
    last = get(sandbox, "/payment_intents", limit="2", starting_after=second["data"][-1]["id"])
    before = get(sandbox, "/payment_intents", limit="2", ending_before=ids[3])

    assert [first["object"], first["url"], first["has_more"]] == ["list", "/v1/payment_intents", True]
    pages = [item["id"] for page in (first, second, last) for item in page["data"]]
    assert pages == ids
    assert last["has_more"] is False
    assert [item["id"] for item in before["data"]] == ids[1:3]
    created = first["data"][0]["created"]
    assert get(sandbox, "/payment_intents", **{"created[gt]": str(created + 60)})["data"] == []
    assert len(get(sandbox, "/payment_intents", **{"created[gte]": str(created - 60)})["data"]) == 5
    assert get(sandbox, "/payment_intents", limit="101")["error"]["param"] == "limit"


def test_events_can_be_listed_and_carry_the_key_of_the_request(sandbox: Sandbox) -> None:
    answer = post(sandbox, "/payment_intents", CHARGE_NOW, **{"Idempotency-Key": "order-1:pay"})

    (event,) = get(sandbox, "/events", type="payment_intent.succeeded")["data"]

    assert event["request"] == {"id": answer.headers["request-id"], "idempotency_key": "order-1:pay"}
    (sent,) = eventually(lambda: sandbox.receiver.events("payment_intent.succeeded"))
    assert sent == event


def test_objects_have_the_documented_shape(sandbox: Sandbox) -> None:
    spec = reference("stripe/openapi.trim.json")
    current = reference("stripe/fixtures3.subset.json")
    intent = made(sandbox, CHARGE_NOW)
    refund = post(sandbox, "/refunds", {"payment_intent": intent["id"]}).json()
    shown = {
        "payment_intent": intent,
        "charge": get(sandbox, f"/charges/{intent['latest_charge']}"),
        "refund": refund,
        "balance_transaction": get(sandbox, "/balance_transactions")["data"][0],
        "event": get(sandbox, "/events")["data"][0],
    }

    for kind, item in shown.items():
        assert_matches(item, {"$ref": f"#/components/schemas/{kind}"}, spec)
    # What the current fixtures carry for features that the sandbox does not play.
    unplayed = {
        "charge": {"refunds", "source"},
        "payment_intent": {"excluded_payment_method_types", "customer_account", "managed_payments"},
        "refund": {"customer", "customer_account", "payment_method"},
    }
    for kind, item in shown.items():
        assert set(current[kind]) - set(item) <= unplayed.get(kind, set()), kind
