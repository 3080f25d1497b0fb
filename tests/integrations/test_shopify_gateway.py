"""Shopify as gateway and as receiver of fulfilments: no key, so it is asked first, and never told twice."""

from typing import Any

import pytest

from backend.domain.holds import HoldKind
from backend.domain.steps import StepKind
from backend.integrations.shopify.fulfilment import ShopifyFulfilment
from backend.integrations.shopify.gateway import ShopifyGateway
from backend.ports.calls import Call, Mismatch, NotSent, OutcomeUnknown, Rejected
from backend.ports.channels import FulfilmentTold, FulfilmentUpdate
from backend.ports.payments import PaymentOrder, RefundDone, RefundOrder
from tests.integrations.conftest import Serve
from tests.integrations.server import Asked, Reply, ScriptedServer

ORDER = PaymentOrder("ORD-20260131-00001", "shopify", "6120034771234567890", 40994, "USD", "6120034771234567890")
REFUND = RefundOrder("ORD-20260131-00001", "6120034771234567890", "6120034771234567890", 20900, "USD", "broke")
UPDATE = FulfilmentUpdate("ORD-20260131-00001", "6120034771234567890", "1Z2345", "https://t.example/1Z2345", "UPS")
ROOT = "/admin/api/2025-01"
TRANSACTIONS = f"{ROOT}/orders/6120034771234567890/transactions.json"


def transaction(kind: str, status: str = "success", amount: str = "409.94", **changes: Any) -> dict[str, Any]:
    body = {
        "id": 389404469,
        "kind": kind,
        "status": status,
        "amount": amount,
        "currency": "USD",
        "gateway": "bogus",
        "created_at": "2026-01-31T11:57:11-04:00",
    }
    return body | changes


def gateway(server: ScriptedServer) -> ShopifyGateway:
    return ShopifyGateway(access_token="shpat_canary", api_base=server.base)


def listed(*rows: dict[str, Any]) -> Reply:
    return Reply(200, {"transactions": list(rows)})


def posts(server: ScriptedServer) -> list[Asked]:
    return [asked for asked in server.asked if asked.method == "POST"]


def test_verifying_lists_successful_sales_and_captures(serve: Serve, call: Call) -> None:
    server = serve(
        listed(
            transaction("authorization", id=1),
            transaction("sale", amount="100.00", id=2),
            transaction("capture", amount="309.94", id=3),
            transaction("capture", "failure", id=4),
            transaction("void", id=5),
        )
    )

    found = gateway(server).verify(ORDER, call)

    assert [(one.reference, one.amount_minor, one.currency) for one in found] == [
        ("2", 10000, "USD"),
        ("3", 30994, "USD"),
    ]
    assert (server.asked[0].path, server.asked[0].headers["x-shopify-access-token"]) == (TRANSACTIONS, "shpat_canary")


def test_a_bare_list_of_transactions_is_read_too(serve: Serve, call: Call) -> None:
    server = serve(Reply(200, [transaction("sale")]))

    assert [one.amount_minor for one in gateway(server).verify(ORDER, call)] == [40994]


def test_money_that_shopify_has_paid_back_is_no_payment(serve: Serve, call: Call) -> None:
    server = serve(listed(transaction("sale"), transaction("refund", id=7)))

    with pytest.raises(Rejected, match=r"paid back 409\.94 USD") as caught:
        gateway(server).verify(ORDER, call)

    assert caught.value.category is HoldKind.PAYMENT_MISMATCH


def test_a_transaction_in_another_currency_is_a_mismatch(serve: Serve, call: Call) -> None:
    with pytest.raises(Mismatch) as caught:
        gateway(serve(listed(transaction("sale", currency="CAD")))).verify(ORDER, call)

    assert caught.value.category is HoldKind.PAYMENT_MISMATCH


def test_a_capture_is_posted_against_its_authorization(serve: Serve, call: Call) -> None:
    made = Reply(201, {"transaction": transaction("capture", id=9)})
    server = serve(listed(transaction("authorization", id=11)), made)

    captured = gateway(server).capture(ORDER, call)

    assert (captured.reference, captured.amount_minor) == ("9", 40994)
    (posted,) = posts(server)
    assert posted.path == TRANSACTIONS
    assert posted.json == {"transaction": {"kind": "capture", "amount": "409.94", "currency": "USD", "parent_id": 11}}


def test_a_capture_that_exists_is_not_made_again(serve: Serve, call: Call) -> None:
    server = serve(listed(transaction("authorization", id=11), transaction("capture", id=9)))

    assert gateway(server).capture(ORDER, call).reference == "9"
    assert posts(server) == []


def test_a_capture_whose_question_fails_was_not_sent(serve: Serve, call: Call) -> None:
    server = serve(Reply(500))

    with pytest.raises(NotSent):
        gateway(server).capture(ORDER, call)

    assert posts(server) == []


def test_a_capture_of_another_amount_is_left_to_a_person(serve: Serve, call: Call) -> None:
    server = serve(listed(transaction("capture", amount="100.00")))

    with pytest.raises(Mismatch) as caught:
        gateway(server).capture(ORDER, call)

    assert caught.value.category is HoldKind.PAYMENT_MISMATCH
    assert posts(server) == []


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (transaction("capture", "failure", message="Card expired"), Rejected),
        (transaction("capture", "error"), Rejected),
        (transaction("capture", "pending"), OutcomeUnknown),
        ({}, OutcomeUnknown),
        (transaction("capture", amount="409.93"), Mismatch),
    ],
    ids=["failure", "error", "pending", "empty", "other amount"],
)
def test_the_state_of_a_capture_decides(
    serve: Serve, call: Call, row: dict[str, Any], expected: type[Exception]
) -> None:
    with pytest.raises(expected) as caught:
        gateway(serve(listed(), Reply(201, {"transaction": row}))).capture(ORDER, call)

    assert type(caught.value) is expected


def test_a_capture_in_doubt_is_found_in_the_list_or_not(serve: Serve, call: Call) -> None:
    assert gateway(serve(listed(transaction("authorization")))).find_capture(ORDER, call) is None
    found = gateway(serve(listed(transaction("capture")))).find_capture(ORDER, call)
    assert found is not None
    assert found.amount_minor == 40994
    with pytest.raises(OutcomeUnknown):
        gateway(serve(listed(transaction("capture", "pending")))).find_capture(ORDER, call)


def test_a_pay_link_cannot_be_had_from_shopify(serve: Serve, call: Call) -> None:
    server = serve(Reply(200, {}))

    with pytest.raises(Rejected) as caught:
        gateway(server).request_payment(ORDER, call)

    assert caught.value.category is HoldKind.PROVIDER_NOT_CONNECTED
    assert server.asked == []


def test_a_refund_is_spread_over_the_captures_with_money_left(serve: Serve, call: Call) -> None:
    rows = listed(
        transaction("capture", amount="150.00", id=1),
        transaction("refund", amount="50.00", id=2, parent_id=1),
        transaction("capture", amount="259.94", id=3),
    )
    made = {
        "id": 509562969,
        "transactions": [transaction("refund", amount="100.00"), transaction("refund", amount="109.00")],
    }
    server = serve(rows, Reply(201, {"refund": made}))

    done = gateway(server).refund(REFUND, call)

    assert done == RefundDone("509562969", 20900, "USD", False)
    (posted,) = posts(server)
    assert posted.path == f"{ROOT}/orders/6120034771234567890/refunds.json"
    assert posted.json == {
        "refund": {
            "currency": "USD",
            "notify": False,
            "note": f"broke [{call.key}]",
            "transactions": [
                {"parent_id": 1, "amount": "100.00", "kind": "refund", "gateway": "bogus"},
                {"parent_id": 3, "amount": "109.00", "kind": "refund", "gateway": "bogus"},
            ],
        }
    }


def test_more_than_was_captured_is_not_paid_back(serve: Serve, call: Call) -> None:
    server = serve(listed(transaction("capture", amount="100.00")))

    with pytest.raises(Rejected, match=r"109\.00 USD less"):
        gateway(server).refund(REFUND, call)

    assert posts(server) == []


def test_a_refund_is_found_by_the_key_in_its_note(serve: Serve, call: Call) -> None:
    rows = [
        {"id": 1, "note": "other", "transactions": []},
        {"id": 2, "note": f"broke [{call.key}]", "transactions": [transaction("refund", "pending", "209.00")]},
    ]

    assert gateway(serve(Reply(200, {"refunds": rows}))).find_refund(REFUND, call) == RefundDone(
        "2", 20900, "USD", True
    )
    assert gateway(serve(Reply(200, {"refunds": rows[:1]}))).find_refund(REFUND, call) is None


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"errors": "Not Found"}, "Shopify refused the request: Not Found"),
        ({"errors": {"base": ["too late"]}}, "Shopify refused the request: too late"),
        (
            {"errors": {"amount": ["is too big"], "kind": ["odd"]}},
            "Shopify refused the request: amount is too big; kind odd",
        ),
    ],
)
def test_a_refusal_is_told_in_shopifys_words(serve: Serve, call: Call, body: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Rejected) as caught:
        gateway(serve(listed(), Reply(422, body))).capture(ORDER, call)

    assert caught.value.sentence == sentence


def test_nothing_is_promised_that_shopify_does_not_keep(serve: Serve) -> None:
    guarantees = gateway(serve(Reply(200, {}))).guarantees(StepKind.PAYMENT_CAPTURE)

    assert (guarantees.key_seconds, guarantees.can_ask, guarantees.answer_lag) == (None, True, 10.0)


def receiver(server: ScriptedServer) -> ShopifyFulfilment:
    return ShopifyFulfilment(access_token="shpat_canary", api_base=server.base)


def test_a_parcel_fulfils_what_is_open_and_mails_nobody(serve: Serve, call: Call) -> None:
    waiting = [
        {"id": 1, "status": "open", "assigned_location_id": 5},
        {"id": 2, "status": "closed", "assigned_location_id": 5},
        {"id": 3, "status": "in_progress", "assigned_location_id": 5},
    ]
    server = serve(
        Reply(200, {"fulfillment_orders": waiting}), Reply(201, {"fulfillment": {"id": 77, "status": "success"}})
    )

    assert receiver(server).tell_fulfilment(UPDATE, call) == FulfilmentTold("77")
    (posted,) = posts(server)
    assert posted.path == f"{ROOT}/fulfillments.json"
    assert posted.json == {
        "fulfillment": {
            "line_items_by_fulfillment_order": [{"fulfillment_order_id": 1}, {"fulfillment_order_id": 3}],
            "tracking_info": {"number": "1Z2345", "url": "https://t.example/1Z2345", "company": "UPS"},
            "notify_customer": False,
        }
    }


def test_each_location_is_fulfilled_by_itself(serve: Serve, call: Call) -> None:
    waiting = [
        {"id": 1, "status": "open", "assigned_location_id": 5},
        {"id": 2, "status": "open", "assigned_location_id": 6},
    ]
    server = serve(
        Reply(200, {"fulfillment_orders": waiting}), Reply(201, {"fulfillment": {"id": 77, "status": "success"}})
    )

    receiver(server).tell_fulfilment(UPDATE, call)

    sent = [asked.json["fulfillment"]["line_items_by_fulfillment_order"] for asked in posts(server)]
    assert sent == [[{"fulfillment_order_id": 1}], [{"fulfillment_order_id": 2}]]


def test_a_shop_that_knows_the_parcel_already_is_not_told_again(serve: Serve, call: Call) -> None:
    known = {"id": 77, "status": "success", "tracking_number": "1Z2345"}
    server = serve(Reply(200, {"fulfillment_orders": []}), Reply(200, {"fulfillments": [known]}))

    assert receiver(server).tell_fulfilment(UPDATE, call) == FulfilmentTold("77")
    assert posts(server) == []


def test_an_order_that_the_shop_closed_is_told_in_words(serve: Serve, call: Call) -> None:
    server = serve(Reply(200, {"fulfillment_orders": []}), Reply(200, {"fulfillments": []}))

    with pytest.raises(Rejected, match="nothing left to fulfil"):
        receiver(server).tell_fulfilment(UPDATE, call)


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"id": 7, "status": "success", "tracking_number": "1Z2345"}, FulfilmentTold("7")),
        ({"id": 7, "status": "open", "tracking_numbers": ["x", "1Z2345"]}, FulfilmentTold("7")),
        ({"id": 7, "status": "cancelled", "tracking_number": "1Z2345"}, None),
        ({"id": 7, "status": "success", "tracking_number": "1Z23456"}, None),
    ],
)
def test_a_fulfilment_is_found_by_its_tracking_number(
    serve: Serve, call: Call, row: dict[str, Any], found: FulfilmentTold | None
) -> None:
    assert receiver(serve(Reply(200, {"fulfillments": [row]}))).find_fulfilment(UPDATE, call) == found
