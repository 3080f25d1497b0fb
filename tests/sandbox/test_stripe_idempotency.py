"""Idempotency keys: what is replayed, what is refused, and what a lost answer leaves behind."""

import threading
from typing import Any

import httpx
import pytest

from tests.sandbox.running import STRIPE, Sandbox, reference

PAY = {
    "amount": "2599",
    "currency": "eur",
    "confirm": "true",
    "payment_method": "pm_card_visa",
    "metadata[order_ref]": "ORD-20261121-00002",
}


def pay(sandbox: Sandbox, key: str, **changes: str) -> httpx.Response:
    headers = {**STRIPE, "Idempotency-Key": key}
    return sandbox.http.post("/stripe/v1/payment_intents", data={**PAY, **changes}, headers=headers)


def captured(sandbox: Sandbox) -> list[Any]:
    return sandbox.journal(provider="stripe", kind="payment.captured")


def test_the_same_key_and_body_is_answered_again_and_done_once(sandbox: Sandbox) -> None:
    first, second = pay(sandbox, "k-1"), pay(sandbox, "k-1")

    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json() == first.json()
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert second.headers["original-request"] == first.headers["request-id"]
    assert second.headers["request-id"] != first.headers["request-id"]
    assert set(reference("stripe/errors.json")["replay_response_headers"]) <= set(second.headers)
    assert len(captured(sandbox)) == 1


def test_the_order_of_parameters_does_not_matter(sandbox: Sandbox) -> None:
    first = pay(sandbox, "k-2")
    headers = {**STRIPE, "Idempotency-Key": "k-2"}
    again = sandbox.http.post("/stripe/v1/payment_intents", data=dict(reversed(list(PAY.items()))), headers=headers)

    assert again.json() == first.json()


def test_the_same_key_with_another_body_is_an_idempotency_error(sandbox: Sandbox) -> None:
    documented = reference("stripe/errors.json")["400_idempotency_mismatch"]["error"]
    pay(sandbox, "ord-1001-1").raise_for_status()

    answer = pay(sandbox, "ord-1001-1", amount="2600")

    assert answer.status_code == 400
    assert answer.json()["error"] == documented
    assert len(captured(sandbox)) == 1


def test_a_decline_is_replayed_as_the_decline_it_was(sandbox: Sandbox) -> None:
    first = pay(sandbox, "k-3", payment_method="pm_card_chargeDeclined")
    second = pay(sandbox, "k-3", payment_method="pm_card_chargeDeclined")

    assert (first.status_code, second.status_code) == (402, 402)
    assert second.json() == first.json()
    assert second.headers["idempotent-replayed"] == "true"


def test_a_request_that_fails_validation_leaves_its_key_free(sandbox: Sandbox) -> None:
    assert pay(sandbox, "k-4", amount="nothing").status_code == 400

    assert pay(sandbox, "k-4").status_code == 200


def test_a_key_in_flight_is_refused_with_409_and_may_be_used_later(sandbox: Sandbox) -> None:
    sandbox.fault("stripe", "slow", "intent", times=1, delay_seconds=1.0)
    answers: list[httpx.Response] = []
    slow = threading.Thread(target=lambda: answers.append(pay(sandbox, "k-5")))
    slow.start()
    while not sandbox.http.get("/control/faults").json()["faults"][0]["hits"]:
        continue

    meanwhile = pay(sandbox, "k-5")
    slow.join()

    assert (meanwhile.status_code, meanwhile.json()["error"]["code"]) == (409, "idempotency_key_in_use")
    assert [answer.status_code for answer in answers] == [200]
    assert pay(sandbox, "k-5").json() == answers[0].json()
    assert len(captured(sandbox)) == 1


@pytest.mark.parametrize("fault", ["accept_then_cut", "accept_then_hang"])
def test_a_lost_answer_is_found_again_with_the_same_key(sandbox: Sandbox, fault: str) -> None:
    sandbox.fault("stripe", fault, "intent", times=1, delay_seconds=0.2)

    with pytest.raises(httpx.TransportError):
        pay(sandbox, "k-6")
    again = pay(sandbox, "k-6")

    assert again.status_code == 200
    assert again.headers["idempotent-replayed"] == "true"
    assert [entry["key"] for entry in captured(sandbox)] == ["k-6"]


def test_a_500_after_acceptance_is_replayed_and_the_list_knows_the_payment(sandbox: Sandbox) -> None:
    sandbox.fault("stripe", "accept_then_500", "intent", times=1)

    first, second = pay(sandbox, "k-7"), pay(sandbox, "k-7")

    assert (first.status_code, first.json()["error"]["type"]) == (500, "api_error")
    assert (second.status_code, second.headers["idempotent-replayed"]) == (500, "true")
    listed = sandbox.http.get("/stripe/v1/payment_intents", headers=STRIPE).json()["data"]
    assert [item["metadata"] for item in listed] == [{"order_ref": "ORD-20261121-00002"}]
    assert len(captured(sandbox)) == 1


def test_a_500_or_a_cut_before_acceptance_did_nothing_and_frees_the_key(sandbox: Sandbox) -> None:
    sandbox.fault("stripe", "error_5xx", "intent", times=1)
    assert pay(sandbox, "k-8").status_code == 500
    sandbox.fault("stripe", "connection_cut", "intent", times=1)
    with pytest.raises(httpx.TransportError):
        pay(sandbox, "k-8")
    assert captured(sandbox) == []

    assert pay(sandbox, "k-8").status_code == 200
    assert len(captured(sandbox)) == 1


def test_forty_callers_with_one_key_make_one_payment(sandbox: Sandbox) -> None:
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(pay(sandbox, "k-9").status_code)) for _ in range(40)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(statuses) == 40
    assert set(statuses) <= {200, 409}
    assert len(captured(sandbox)) == 1
