"""Answers that are late, wrong, or no answers at all: what the caller hears, and what was really done."""

import time
from typing import Any

import httpx
import pytest

from tests.sandbox.running import SHIP, STRIPE, Sandbox, eventually
from tests.sandbox.test_razorpay import LOGIN
from tests.sandbox.test_shipengine import REFERENCE, buy, label_body

ORDER = "ORD-20261121-00002"
AMOUNT = 2_500


def pay(sandbox: Sandbox, key: str, **options: Any) -> httpx.Response:
    """A payment that is captured at once."""
    form = {
        "amount": str(AMOUNT),
        "currency": "eur",
        "confirm": "true",
        "payment_method": "pm_card_visa",
        "automatic_payment_methods[enabled]": "true",
        "automatic_payment_methods[allow_redirects]": "never",
        "metadata[order_ref]": ORDER,
        "metadata[channel_order]": "5002",
        "metadata[step_key]": f"{ORDER}:payment.request:1",
    }
    headers = {**STRIPE, "Idempotency-Key": key}
    return sandbox.http.post("/stripe/v1/payment_intents", data=form, headers=headers, **options)


def captured(sandbox: Sandbox) -> list[Any]:
    return sandbox.journal(kind="payment.captured")


@pytest.mark.parametrize(
    ("fault", "status", "media"),
    [
        ({"fault": "html", "effect": True}, 200, "text/html; charset=utf-8"),
        ({"fault": "html", "effect": True, "status": 502}, 502, "text/html; charset=utf-8"),
        ({"fault": "empty"}, 204, None),
        ({"fault": "redirect", "effect": True}, 302, None),
    ],
    ids=lambda value: str(value),
)
def test_an_answer_that_is_none_hides_what_was_done_and_the_key_brings_it_back(
    sandbox: Sandbox, fault: dict[str, Any], status: int, media: str | None
) -> None:
    sandbox.fault("stripe", operation="intent", times=1, **fault)

    spoilt, again = pay(sandbox, "k-1", follow_redirects=False), pay(sandbox, "k-1")

    assert (spoilt.status_code, spoilt.headers.get("content-type")) == (status, media)
    assert (again.status_code, again.json()["amount_received"]) == (200, AMOUNT)
    assert again.headers["idempotent-replayed"] == "true"
    assert len(captured(sandbox)) == 1


@pytest.mark.parametrize("fault", ["html", "redirect"])
def test_a_proxy_in_between_did_nothing_unless_told_otherwise(sandbox: Sandbox, fault: str) -> None:
    sandbox.fault("stripe", fault, "intent", times=1)

    pay(sandbox, "k-2", follow_redirects=False)

    assert captured(sandbox) == []
    assert pay(sandbox, "k-2").json()["amount_received"] == AMOUNT
    assert len(captured(sandbox)) == 1


def test_a_redirect_leads_to_an_address_inside_the_network(sandbox: Sandbox) -> None:
    sandbox.fault("shipengine", "redirect", "label", times=1)

    answer = buy(sandbox)

    assert (answer.status_code, answer.headers["location"]) == (302, "http://169.254.169.254/latest/meta-data/")
    assert sandbox.journal() == []


def test_a_dripping_answer_takes_its_time_for_every_byte(sandbox: Sandbox) -> None:
    sandbox.fault("shipengine", "slow_drip", "label", times=1, delay_seconds=0.05)
    begun = time.monotonic()

    with sandbox.http.stream("POST", "/shipengine/v1/labels", json=label_body(), headers=SHIP) as answer:
        chunks = answer.iter_raw()
        first = [next(chunks) for _ in range(10)]

    assert b"".join(first) == b'{"label_id'
    assert time.monotonic() - begun >= 9 * 0.05
    assert [entry["kind"] for entry in sandbox.journal(provider="shipengine")] == ["label.bought"]


def test_an_endless_answer_is_far_larger_than_any_true_one(sandbox: Sandbox) -> None:
    sandbox.fault("shipengine", "huge_body", "label", times=1)
    size = 0

    with sandbox.http.stream("POST", "/shipengine/v1/labels", json=label_body(), headers=SHIP) as answer:
        for chunk in answer.iter_raw():
            size += len(chunk)
            if size > 9 * 1024 * 1024:
                break

    assert size > 9 * 1024 * 1024
    assert sandbox.http.get("/control/health").status_code == 200


def test_a_header_may_be_larger_than_anybody_reads(sandbox: Sandbox) -> None:
    sandbox.fault("shipengine", "huge_header", "label", times=1)

    with pytest.raises(httpx.RemoteProtocolError):
        sandbox.http.post("/shipengine/v1/labels", json=label_body(), headers=SHIP)

    assert [entry["kind"] for entry in sandbox.journal(provider="shipengine")] == ["label.bought"]
    assert sandbox.http.get("/control/health").status_code == 200


def test_what_is_accepted_late_leaves_no_trace_at_first_and_the_key_is_in_use_meanwhile(sandbox: Sandbox) -> None:
    sandbox.fault("stripe", "accept_late", "intent", times=1, delay_seconds=1.5)

    late = pay(sandbox, "k-3")
    at_once, meanwhile = captured(sandbox), pay(sandbox, "k-3")
    eventually(lambda: captured(sandbox))
    again = pay(sandbox, "k-3")

    assert (late.status_code, at_once) == (504, [])
    assert meanwhile.json()["error"]["code"] == "idempotency_key_in_use"
    assert (again.status_code, again.headers["idempotent-replayed"]) == (200, "true")
    assert len(captured(sandbox)) == 1


def test_what_is_accepted_late_may_also_be_met_with_silence(sandbox: Sandbox) -> None:
    sandbox.fault("shipengine", "accept_late", "label", times=1, delay_seconds=0.5, status=0)

    with pytest.raises(httpx.ReadTimeout):
        sandbox.http.post("/shipengine/v1/labels", json=label_body(), headers=SHIP, timeout=0.3)

    assert sandbox.journal() == []
    assert sandbox.http.get("/control/agenda").json()["waiting"] == {"late": 1}
    eventually(lambda: sandbox.journal(kind="label.bought"))


def test_a_refund_accepted_late_keeps_its_key_in_use(sandbox: Sandbox) -> None:
    body = {"amount": AMOUNT, "currency": "INR", "receipt": ORDER, "notes": {"order_ref": ORDER}}
    order = sandbox.http.post("/razorpay/v1/orders", json=body, auth=LOGIN).json()
    sandbox.http.post(f"/razorpay/pay/{order['id']}", data={"card": "good"}, follow_redirects=False)
    (payment,) = sandbox.http.get(f"/razorpay/v1/orders/{order['id']}/payments", auth=LOGIN).json()["items"]
    sandbox.fault("razorpay", "accept_late", "refund", times=1, delay_seconds=1.0)

    def refund() -> httpx.Response:
        headers = {"X-Refund-Idempotency": "refund-key-0001"}
        return sandbox.http.post(
            f"/razorpay/v1/payments/{payment['id']}/refund", json={"amount": 100}, auth=LOGIN, headers=headers
        )

    late, meanwhile = refund(), refund()
    eventually(lambda: sandbox.journal(kind="payment.refunded"))

    assert (late.status_code, meanwhile.status_code, refund().status_code) == (504, 409, 200)
    assert len(sandbox.journal(kind="payment.refunded")) == 1


@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        ("wrong_amount", {"amount": AMOUNT + 100, "currency": "eur"}),
        ("wrong_currency", {"amount": AMOUNT, "currency": "chf"}),
    ],
)
def test_a_wrong_answer_is_well_formed_and_what_was_done_is_right(
    sandbox: Sandbox, fault: str, shown: dict[str, Any]
) -> None:
    sandbox.fault("stripe", fault, "intent", times=1)

    wrong, again = pay(sandbox, "k-4"), pay(sandbox, "k-4")

    assert {name: wrong.json()[name] for name in shown} == shown
    assert (again.json()["amount"], again.json()["currency"]) == (AMOUNT, "eur")
    assert [(entry["amount_minor"], entry["currency"]) for entry in captured(sandbox)] == [(AMOUNT, "EUR")]


def test_a_wrong_reference_names_nobody(sandbox: Sandbox) -> None:
    sandbox.fault("stripe", "wrong_reference", "intent", times=1)

    wrong, right = pay(sandbox, "k-5").json(), pay(sandbox, "k-5").json()

    assert wrong["metadata"]["order_ref"] == "ORD-20261121-90002"
    assert wrong["metadata"]["step_key"] == "ORD-20261121-90002:payment.request:1"
    assert wrong["id"] != right["id"]
    assert len(wrong["id"]) == len(right["id"])
    assert right["metadata"]["order_ref"] == ORDER


def test_a_label_of_somebody_else_is_answered_and_ours_is_bought(sandbox: Sandbox) -> None:
    sandbox.fault("shipengine", "wrong_reference", "label", times=1)

    answer = buy(sandbox).json()

    assert answer["external_shipment_id"] != REFERENCE
    assert [entry["reference"] for entry in sandbox.journal(kind="label.bought")] == [REFERENCE]
