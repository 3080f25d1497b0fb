"""The shop as a sender: its faults, its own web shop in the generic schema, and cancellations by customers."""

import hashlib
import hmac
import json
from typing import Any

import jsonschema
import pytest

from backend.sandbox.shop.troubles import TROUBLES
from tests.sandbox.running import KEYS, ROOT, STRIPE, Sandbox, eventually

ORDERS = "/webhooks/channels/shopify"
GENERIC = "/webhooks/channels/generic"
SCHEMA = ROOT / "backend" / "integrations" / "generic" / "order.v1.schema.json"


def direct(sandbox: Sandbox, count: int = 1, trouble: str | None = None) -> list[Any]:
    """Bodies of orders placed in the shop's own web shop."""
    wish = {"count": count, "channel": "generic", "trouble": trouble}
    sandbox.http.post("/control/shop/orders", json=wish).raise_for_status()
    hooks = eventually(lambda: len(found := sandbox.receiver.to(GENERIC)) == count and found)
    assert isinstance(hooks, list)
    return [hook.body for hook in hooks]


def test_direct_orders_fit_the_published_schema_and_add_up(sandbox: Sandbox) -> None:
    schema = json.loads(SCHEMA.read_text())

    for order in direct(sandbox, 40):
        jsonschema.validate(order, schema)
        goods = sum(item["unit_price_minor"] * item["quantity"] - item["discount_minor"] for item in order["items"])
        added = 0 if order["taxes_included"] else order["tax_minor"]
        assert order["subtotal_minor"] == goods
        assert order["total_minor"] == goods + order["shipping_minor"] + added
        assert order["tax_minor"] >= sum(item["tax_minor"] for item in order["items"])


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_troubled_direct_order_fits_the_schema_too(sandbox: Sandbox, trouble: str) -> None:
    (order,) = direct(sandbox, trouble=trouble)

    jsonschema.validate(order, json.loads(SCHEMA.read_text()))


def test_direct_orders_are_signed_and_keep_their_event_id_on_retry(sandbox: Sandbox) -> None:
    sandbox.receiver.answers[:] = [500]
    sandbox.http.post("/control/shop/orders", json={"channel": "generic"}).raise_for_status()

    hooks = eventually(lambda: len(found := sandbox.receiver.to(GENERIC)) == 2 and found)

    assert isinstance(hooks, list)
    assert len({hook.headers["x-holdfast-event-id"] for hook in hooks}) == 1
    for hook in hooks:
        assert hook.headers["x-holdfast-topic"] == "orders/create"
        stamp, digest = (part.partition("=")[2] for part in hook.headers["x-holdfast-signature"].split(","))
        signed = hmac.new(KEYS["GENERIC_WEBHOOK_SECRET"].encode(), f"{stamp}.".encode() + hook.raw, hashlib.sha256)
        assert digest == signed.hexdigest()


def test_what_a_direct_order_calls_authorized_can_be_captured_with_the_card_processor(sandbox: Sandbox) -> None:
    orders = direct(sandbox, 100)
    by_mode = {order["payment"]["mode"]: order for order in orders}
    assert set(by_mode) == {"authorized", "paid", "unpaid"}

    def intent(mode: str) -> Any:
        path = f"/stripe/v1/payment_intents/{by_mode[mode]['payment']['reference']}"
        return sandbox.http.get(path, headers=STRIPE).json()

    assert "reference" not in by_mode["unpaid"]["payment"]
    assert intent("paid")["amount_received"] == by_mode["paid"]["total_minor"]
    authorized = intent("authorized")
    assert authorized["amount_capturable"] == by_mode["authorized"]["total_minor"]
    assert authorized["metadata"] == {"channel_order": by_mode["authorized"]["order_id"]}
    assert sandbox.receiver.to("/webhooks/payments/stripe") == []
    captured = sandbox.http.post(f"/stripe/v1/payment_intents/{authorized['id']}/capture", headers=STRIPE)
    assert captured.json()["status"] == "succeeded"
    assert sandbox.kinds(by_mode["authorized"]["order_id"])[-1] == "payment.captured"


def test_a_decline_hits_the_capture_of_its_direct_order(sandbox: Sandbox) -> None:
    order = next(o for _ in range(30) if (o := _newest(sandbox))["payment"]["mode"] == "authorized")

    path = f"/stripe/v1/payment_intents/{order['payment']['reference']}/capture"
    first, second = (sandbox.http.post(path, headers=STRIPE) for _ in range(2))

    assert (first.status_code, first.json()["error"]["type"]) == (402, "card_error")
    assert second.status_code == 200


def _newest(sandbox: Sandbox) -> Any:
    before = len(sandbox.receiver.to(GENERIC))
    sandbox.http.post("/control/shop/orders", json={"channel": "generic", "trouble": "decline"}).raise_for_status()
    eventually(lambda: len(sandbox.receiver.to(GENERIC)) > before)
    return sandbox.receiver.to(GENERIC)[-1].body


def test_a_shop_that_never_sends_keeps_the_order_for_those_who_ask(sandbox: Sandbox) -> None:
    sandbox.fault("shop", "refuse", "order", times=1)

    (silent,) = sandbox.place()
    (sent,) = sandbox.place()

    (hook,) = eventually(lambda: sandbox.receiver.to(ORDERS))
    assert hook.body["id"] == sent["id"]
    known = sandbox.http.get("/control/shop/orders").json()["orders"]
    assert [order["id"] for order in known] == [sent["id"], silent["id"]]


def test_a_shop_that_misses_our_answer_sends_the_same_webhook_again(sandbox: Sandbox) -> None:
    sandbox.fault("shop", "accept_then_cut", "order", times=1)

    sandbox.place()

    hooks = eventually(lambda: len(found := sandbox.receiver.to(ORDERS)) == 2 and found)
    assert isinstance(hooks, list)
    assert len({hook.headers["x-shopify-webhook-id"] for hook in hooks}) == 1
    assert len({hook.raw for hook in hooks}) == 1


def test_a_customer_can_cancel_in_the_shop_once(sandbox: Sandbox) -> None:
    (order,) = sandbox.place()

    assert sandbox.http.post(f"/control/shop/orders/{order['id']}/cancel").status_code == 200
    again = sandbox.http.post(f"/control/shop/orders/{order['id']}/cancel")

    assert (again.status_code, "already been cancelled" in again.json()["error"]) == (400, True)
    hooks = eventually(
        lambda: [h for h in sandbox.receiver.to(ORDERS) if h.headers["x-shopify-topic"] == "orders/cancelled"]
    )
    assert [bool(hook.body["cancelled_at"]) for hook in hooks] == [True]


def test_an_invitation_link_shows_the_document_to_the_customer(sandbox: Sandbox) -> None:
    headers = {"X-API-TOKEN": KEYS["INVOICENINJA_API_KEY"], "X-Requested-With": "XMLHttpRequest"}
    api = "/invoiceninja/api/v1"
    client = sandbox.http.post(f"{api}/clients", json={"name": "Anna"}, headers=headers).json()["data"]["id"]
    lines = [{"quantity": 1, "cost": 5}]
    body = {"client_id": client, "number": "I-1", "line_items": lines}
    invoice = sandbox.http.post(f"{api}/invoices", json=body, headers=headers).json()["data"]

    assert sandbox.http.get(invoice["invitations"][0]["link"]).content.startswith(b"%PDF-")
    assert sandbox.http.get("/invoiceninja/client/invoice/guess").status_code == 404
    assert sandbox.http.get("/invoiceninja/client/order/guess").status_code == 404
