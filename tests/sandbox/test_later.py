"""What customers and banks do after the fact: on request, in the providers' own words, and refused when it makes no sense."""

from typing import Any

import pytest

from tests.sandbox.running import STRIPE, Sandbox, eventually

ORDER = {"metadata[order_ref]": "ORD-20261121-00001", "metadata[channel_order]": "5001"}
PAID = {"amount": "2599", "currency": "eur", "confirm": "true", "payment_method": "pm_card_visa", **ORDER}


def post(sandbox: Sandbox, path: str, data: dict[str, str]) -> Any:
    return sandbox.http.post(f"/stripe/v1{path}", data=data, headers=STRIPE)


def get(sandbox: Sandbox, path: str, **query: str) -> Any:
    return sandbox.http.get(f"/stripe/v1{path}", params=query, headers=STRIPE).json()


def control(sandbox: Sandbox, method: str, path: str, body: Any = None) -> Any:
    return sandbox.http.request(method, f"/control/payments{path}", json=body)


def paid(sandbox: Sandbox, **changes: str) -> Any:
    return post(sandbox, "/payment_intents", {**PAID, **changes}).json()


def test_a_dispute_takes_the_money_and_its_fee_and_the_win_gives_it_back(sandbox: Sandbox) -> None:
    intent = paid(sandbox)
    dispute = control(sandbox, "POST", "/disputes", {"order": "ORD-20261121-00001"}).json()
    assert (dispute["status"], dispute["payment_intent"], dispute["amount"]) == ("needs_response", intent["id"], 2599)
    refused = post(sandbox, "/refunds", {"payment_intent": intent["id"]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "charge_disputed")

    won = control(sandbox, "POST", f"/disputes/{dispute['id']}", {"won": True}).json()

    assert won["status"] == "won"
    moved = get(sandbox, "/balance_transactions", type="adjustment")["data"]
    assert [(row["amount"], row["fee"], row["reporting_category"]) for row in moved] == [
        (2599, 0, "dispute_reversal"), (-2599, 1500, "dispute"),
    ]  # fmt: skip
    kinds = ("charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated")
    for kind in (*kinds, "charge.dispute.closed"):
        eventually(lambda kind=kind: sandbox.receiver.events(kind))
    assert sandbox.kinds("5001")[-2:] == ["payment.charged_back", "payment.chargeback_reversed"]
    assert control(sandbox, "POST", f"/disputes/{dispute['id']}", {"won": True}).status_code == 400


def test_a_refund_by_hand_is_pending_until_it_is_said_how_it_ends(sandbox: Sandbox) -> None:
    intent = paid(sandbox)
    assert control(sandbox, "PUT", "/refunds", {"mode": "by_hand"}).json() == {"mode": "by_hand"}
    refund = post(sandbox, "/refunds", {"payment_intent": intent["id"], "amount": "1000"}).json()
    assert refund["status"] == "pending"
    assert sandbox.journal(kind="payment.refunded") == []
    too_much = post(sandbox, "/refunds", {"payment_intent": intent["id"], "amount": "1600"})
    assert too_much.status_code == 400

    ended = control(sandbox, "POST", f"/refunds/{refund['id']}", {"status": "succeeded"}).json()
    assert ended["status"] == "succeeded"
    assert [entry["amount_minor"] for entry in sandbox.journal(kind="payment.refunded")] == [1000]
    failed = control(sandbox, "POST", f"/refunds/{refund['id']}", {"status": "failed"}).json()
    assert (failed["status"], failed["failure_reason"]) == ("failed", "expired_or_canceled_card")
    assert [entry["amount_minor"] for entry in sandbox.journal(kind="refund.failed")] == [1000]
    assert control(sandbox, "POST", f"/refunds/{refund['id']}", {"status": "succeeded"}).status_code == 400
    assert get(sandbox, f"/charges/{intent['latest_charge']}")["amount_refunded"] == 0


def test_movements_bring_what_moved_them_when_asked(sandbox: Sandbox) -> None:
    intent = paid(sandbox)
    plain = get(sandbox, "/balance_transactions")["data"][0]
    (row,) = get(sandbox, "/balance_transactions", **{"expand[]": "data.source"})["data"]
    assert plain["source"] == row["source"]["id"] == intent["latest_charge"]
    assert row["source"]["payment_intent"] == intent["id"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/pay", {"order": "nobody"}),
        ("POST", "/pay", []),
        ("POST", "/call-off", {"order": "nobody"}),
        ("POST", "/disputes", {"order": "nobody"}),
        ("POST", "/disputes", {"order": "5001", "amount": "all"}),
        ("POST", "/disputes/dp_none", {"won": True}),
        ("POST", "/disputes/dp_none", {"won": "yes"}),
        ("POST", "/refunds/re_none", {"status": "succeeded"}),
        ("POST", "/refunds/re_none", {"status": "lost"}),
        ("PUT", "/refunds", {"mode": "never"}),
    ],
)
def test_wishes_that_make_no_sense_are_refused_in_words(sandbox: Sandbox, method: str, path: str, body: Any) -> None:
    answer = control(sandbox, method, path, body)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])


def test_the_page_lists_payments_and_acts_on_them(sandbox: Sandbox) -> None:
    intent = paid(sandbox)
    shown = sandbox.http.get("/payments").text
    assert intent["id"] in shown
    assert "25.99 EUR" in shown

    done = sandbox.http.post("/payments", data={"do": "dispute", "id": intent["id"]})
    assert done.status_code == 303
    assert [row["status"] for row in control(sandbox, "GET", "").json()["stripe_dispute"]] == ["needs_response"]
    again = sandbox.http.post("/payments", data={"do": "dispute", "id": intent["id"]})
    assert (again.status_code, "cannot be disputed (again)" in again.text) == (400, True)
    foreign = sandbox.http.post("/payments", data={"do": "dispute"}, headers={"origin": "https://elsewhere.example"})
    assert foreign.status_code == 403
