"""The shop platform: captures without idempotency, refunds, fulfilments, cancellations, and orders from outside."""

from typing import Any

import httpx
import pytest

from tests.sandbox.running import ADMIN, SHOPIFY, Sandbox, reference


def get(sandbox: Sandbox, path: str) -> Any:
    return sandbox.http.get(f"{ADMIN}{path}", headers=SHOPIFY).json()


def post(sandbox: Sandbox, path: str, body: Any) -> httpx.Response:
    return sandbox.http.post(f"{ADMIN}{path}", json=body, headers=SHOPIFY)


def capture(sandbox: Sandbox, order: Any, **fields: Any) -> httpx.Response:
    return post(sandbox, f"/orders/{order['id']}/transactions.json", {"transaction": {"kind": "capture", **fields}})


def fulfil(sandbox: Sandbox, *fulfilment_orders: int) -> httpx.Response:
    lines = [{"fulfillment_order_id": number} for number in fulfilment_orders]
    info = {"number": "1Z1", "url": "https://ups.example/1Z1", "company": "UPS"}
    body = {"line_items_by_fulfillment_order": lines, "tracking_info": info, "notify_customer": False}
    return post(sandbox, "/fulfillments.json", {"fulfillment": body})


def test_an_authorized_order_is_captured_in_full_once(sandbox: Sandbox) -> None:
    order = sandbox.placed(status="authorized")
    (authorization,) = get(sandbox, f"/orders/{order['id']}/transactions.json")["transactions"]
    assert (authorization["kind"], authorization["amount"]) == ("authorization", order["total_price"])

    amount = {"amount": order["total_price"], "currency": order["currency"], "parent_id": authorization["id"]}
    answer = capture(sandbox, order, **amount)
    again = capture(sandbox, order, **amount)

    assert answer.status_code == 201
    transaction = answer.json()["transaction"]
    assert (transaction["kind"], transaction["status"]) == ("capture", "success")
    assert (transaction["amount"], transaction["parent_id"]) == (order["total_price"], authorization["id"])
    assert again.status_code == 422
    assert list(again.json()["errors"]) == ["base"]
    assert get(sandbox, f"/orders/{order['id']}.json")["order"]["financial_status"] == "paid"
    assert sandbox.kinds(order["id"]) == ["payment.captured"]


def test_capturing_more_than_is_authorized_is_422_and_takes_nothing(sandbox: Sandbox) -> None:
    order = sandbox.placed(status="authorized")

    answer = capture(sandbox, order, amount=str(float(order["total_price"]) + 1))
    wrong_currency = capture(sandbox, order, currency="XTS")

    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["amount"])
    assert (wrong_currency.status_code, list(wrong_currency.json()["errors"])) == (422, ["currency"])
    assert len(get(sandbox, f"/orders/{order['id']}/transactions.json")["transactions"]) == 1
    assert sandbox.journal() == []


def test_a_declined_capture_is_a_failed_transaction_and_can_be_tried_again(sandbox: Sandbox) -> None:
    order = sandbox.placed(status="authorized")
    sandbox.fault("shopify", "decline", "capture", order=order["name"], times=1)

    declined = capture(sandbox, order).json()["transaction"]

    assert (declined["status"], declined["error_code"]) == ("failure", "card_declined")
    assert declined["message"]
    assert sandbox.journal() == []
    assert capture(sandbox, order).json()["transaction"]["status"] == "success"


def test_paid_orders_carry_a_sale_and_pending_ones_nothing(sandbox: Sandbox) -> None:
    paid, pending = sandbox.placed(status="paid"), sandbox.placed(status="pending")

    (sale,) = get(sandbox, f"/orders/{paid['id']}/transactions.json")["transactions"]

    assert (sale["kind"], sale["status"], sale["amount"]) == ("sale", "success", paid["total_price"])
    assert get(sandbox, f"/orders/{pending['id']}/transactions.json")["transactions"] == []
    assert capture(sandbox, paid).status_code == 422


def test_refunds_are_partial_then_full_and_never_more(sandbox: Sandbox) -> None:
    order = sandbox.placed(status="paid")
    (sale,) = get(sandbox, f"/orders/{order['id']}/transactions.json")["transactions"]
    path = f"/orders/{order['id']}/refunds.json"

    def refund(amount: str) -> httpx.Response:
        part = {"parent_id": sale["id"], "amount": amount, "kind": "refund", "gateway": sale["gateway"]}
        return post(sandbox, path, {"refund": {"currency": order["currency"], "transactions": [part]}})

    assert refund("1").status_code == 201
    assert get(sandbox, f"/orders/{order['id']}.json")["order"]["financial_status"] == "partially_refunded"
    assert refund(order["total_price"]).status_code == 422
    rest = float(order["total_price"]) - 1
    assert refund(f"{rest:.2f}").status_code == 201
    assert get(sandbox, f"/orders/{order['id']}.json")["order"]["financial_status"] == "refunded"
    assert len(get(sandbox, path)["refunds"]) == 2
    assert sandbox.kinds(order["id"]) == ["payment.refunded", "payment.refunded"]


def test_a_fulfilment_closes_its_fulfilment_order_and_a_second_one_is_refused(sandbox: Sandbox) -> None:
    order = sandbox.placed()
    (waiting,) = get(sandbox, f"/orders/{order['id']}/fulfillment_orders.json")["fulfillment_orders"]
    assert (waiting["status"], len(waiting["line_items"])) == ("open", len(order["line_items"]))

    answer, again = fulfil(sandbox, waiting["id"]), fulfil(sandbox, waiting["id"])

    assert answer.status_code == 201
    made = answer.json()["fulfillment"]
    assert (made["tracking_number"], made["tracking_company"], made["status"]) == ("1Z1", "UPS", "success")
    assert set(reference("shopify/fixtures/fulfillment.json")["fulfillment"]) <= set(made)
    assert again.status_code == 422
    assert "status= closed" in again.json()["errors"][0]
    assert get(sandbox, f"/orders/{order['id']}/fulfillments.json")["fulfillments"] == [made]
    assert get(sandbox, f"/orders/{order['id']}.json")["order"]["fulfillment_status"] == "fulfilled"
    assert sandbox.kinds(order["id"]) == ["fulfilment.created"]


def test_out_of_stock_refuses_the_fulfilment_and_leaves_it_open(sandbox: Sandbox) -> None:
    order = sandbox.placed()
    (waiting,) = get(sandbox, f"/orders/{order['id']}/fulfillment_orders.json")["fulfillment_orders"]
    sandbox.fault("shopify", "out_of_stock", "fulfilment", order=str(order["id"]), times=1)

    answer = fulfil(sandbox, waiting["id"])

    assert answer.status_code == 422
    assert "out of stock" in answer.json()["errors"][0]
    assert sandbox.journal() == []
    assert fulfil(sandbox, waiting["id"]).status_code == 201


def test_cancelling_voids_the_authorization_and_closes_the_fulfilment_order(sandbox: Sandbox) -> None:
    order = sandbox.placed(status="authorized")
    path = f"/orders/{order['id']}/cancel.json"

    answer = post(sandbox, path, {"reason": "customer"}).json()["order"]

    assert (answer["cancel_reason"], answer["financial_status"]) == ("customer", "voided")
    assert answer["cancelled_at"]
    assert post(sandbox, path, {}).status_code == 422
    assert capture(sandbox, order).status_code == 422
    (closed,) = get(sandbox, f"/orders/{order['id']}/fulfillment_orders.json")["fulfillment_orders"]
    assert closed["status"] == "closed"


def test_a_wrong_token_is_401_and_an_unknown_order_404(sandbox: Sandbox) -> None:
    order = sandbox.placed()
    path = f"{ADMIN}/orders/{order['id']}.json"

    refused = sandbox.http.get(path, headers={"X-Shopify-Access-Token": "other"})
    unknown = sandbox.http.get(f"{ADMIN}/orders/1.json", headers=SHOPIFY)

    assert (refused.status_code, type(refused.json()["errors"])) == (401, str)
    assert (unknown.status_code, unknown.json()) == (404, {"errors": "Not Found"})
    assert unknown.headers["x-shopify-api-version"] == "2025-01"


def test_an_order_from_elsewhere_can_be_registered_and_is_then_the_shops_own(sandbox: Sandbox) -> None:
    order = reference("shopify/fixtures/order.json")["order"]

    answer = sandbox.http.put("/control/shop/orders", json={"order": order})

    assert (answer.status_code, answer.json()) == (201, {"id": 450789469, "name": "#1001"})
    (authorization,) = get(sandbox, "/orders/450789469/transactions.json")["transactions"]
    assert set(reference("shopify/fixtures/transaction.json")["transaction"]) - {"payment_details"} <= set(
        authorization
    )
    assert (authorization["kind"], authorization["amount"]) == ("authorization", "409.94")
    assert capture(sandbox, order).json()["transaction"]["amount"] == "409.94"
    sandbox.http.put("/control/shop/orders", json=order).raise_for_status()
    assert len(get(sandbox, "/orders/450789469/transactions.json")["transactions"]) == 2


@pytest.mark.parametrize("query", ["name=%23{name}", "ids={id}", "name={name}"])
def test_orders_can_be_found_by_name_and_id(sandbox: Sandbox, query: str) -> None:
    order, _ = sandbox.placed(), sandbox.placed()

    found = get(sandbox, f"/orders.json?{query.format(id=order['id'], name=order['name'].lstrip('#'))}")

    assert [item["id"] for item in found["orders"]] == [order["id"]]


def test_an_authorization_is_voided_once_and_not_after_it_was_captured(sandbox: Sandbox) -> None:
    first, second = sandbox.placed(status="authorized"), sandbox.placed(status="authorized")
    void = {"transaction": {"kind": "void"}}

    answer = post(sandbox, f"/orders/{first['id']}/transactions.json", void)
    again = post(sandbox, f"/orders/{first['id']}/transactions.json", void)
    post(sandbox, f"/orders/{second['id']}/transactions.json", {"transaction": {"kind": "capture"}})
    late = post(sandbox, f"/orders/{second['id']}/transactions.json", void)

    assert (answer.status_code, answer.json()["transaction"]["kind"]) == (201, "void")
    assert (again.status_code, late.status_code) == (422, 422)
    assert get(sandbox, f"/orders/{first['id']}.json")["order"]["financial_status"] == "voided"
    assert get(sandbox, f"/orders/{second['id']}.json")["order"]["financial_status"] == "paid"
