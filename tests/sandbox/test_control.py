"""The control API and the pages: placing orders, troubles, journal, calls, reset."""

from typing import Any

import pytest

from backend.sandbox.shop.troubles import FAULTS, TROUBLES
from tests.sandbox.running import STRIPE, Sandbox, eventually

PAGES = ("/", "/orders", "/mails", "/faults", "/journal")


def faults(sandbox: Sandbox) -> list[Any]:
    return list(sandbox.http.get("/control/faults").json()["faults"])


def test_a_page_of_another_site_controls_nothing(sandbox: Sandbox) -> None:
    sandbox.fault("stripe", "slow")
    elsewhere = {"Origin": "https://elsewhere.example"}

    answers = [
        sandbox.http.post("/control/reset", headers=elsewhere),
        sandbox.http.delete("/control/faults", headers=elsewhere),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert len(sandbox.http.get("/control/faults").json()["faults"]) == 1


@pytest.mark.parametrize("trouble", TROUBLES)
def test_each_trouble_is_tied_to_its_order(sandbox: Sandbox, trouble: str) -> None:
    (order,) = sandbox.place(trouble=trouble)

    assert order["trouble"] == trouble
    set_now = [(fault["provider"], fault["operation"], fault["fault"], fault["order"]) for fault in faults(sandbox)]
    expected = [(wish["provider"], wish["operation"], wish["fault"], str(order["id"])) for wish in FAULTS[trouble]]
    assert set_now == expected


def test_orders_are_placed_sent_and_returned(sandbox: Sandbox) -> None:
    placed = sandbox.place(5)

    hooks = eventually(lambda: len(found := sandbox.receiver.to("/webhooks/channels/shopify")) == 5 and found)
    assert isinstance(hooks, list)
    assert {hook.body["name"] for hook in hooks} == {order["name"] for order in placed}
    known = sandbox.http.get("/control/shop/orders").json()["orders"]
    assert {order["id"] for order in known} == {order["id"] for order in placed}


@pytest.mark.parametrize("body", [{"count": 0}, {"count": 5_000}, {"count": "3"}, {"trouble": "meteor"}, [], None])
def test_wishes_that_make_no_sense_are_refused_in_words(sandbox: Sandbox, body: Any) -> None:
    answer = sandbox.http.post("/control/shop/orders", json=body)

    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert sandbox.http.get("/control/shop/orders").json()["orders"] == []


def test_a_seed_of_ones_own_gives_other_orders(sandbox: Sandbox) -> None:
    def totals(seed: int) -> list[Any]:
        answer = sandbox.http.post("/control/shop/orders", json={"count": 5, "seed": seed})
        return [order["id"] for order in answer.json()["orders"]]

    assert not set(totals(41)) & set(totals(42))


def test_calls_are_listed_with_status_and_key(sandbox: Sandbox) -> None:
    headers = {**STRIPE, "Idempotency-Key": "k-1"}
    sandbox.http.post("/stripe/v1/payment_intents", data={"amount": "x"}, headers=headers)

    (call,) = eventually(lambda: sandbox.http.get("/control/calls", params={"provider": "stripe"}).json()["calls"])

    shown = {name: call[name] for name in ("method", "path", "status", "key")}
    assert shown == {"method": "POST", "path": "/stripe/v1/payment_intents", "status": 400, "key": "k-1"}
    assert sandbox.http.get("/control/calls", params={"provider": "shopify"}).json()["calls"] == []


def test_a_cut_call_is_listed_without_a_status(sandbox: Sandbox) -> None:
    sandbox.fault("stripe", "connection_cut", "read", times=1)
    with pytest.raises(Exception, match="disconnected"):
        sandbox.http.get("/stripe/v1/events", headers=STRIPE)

    (call,) = eventually(lambda: sandbox.http.get("/control/calls").json()["calls"])

    assert call["status"] == 0


def test_reset_forgets_everything_but_never_uses_an_id_twice(sandbox: Sandbox) -> None:
    (first,) = sandbox.place(trouble="decline")

    sandbox.http.post("/control/reset").raise_for_status()

    assert sandbox.journal() == []
    assert faults(sandbox) == []
    assert sandbox.http.get("/control/agenda").json()["waiting"] == {}
    (second,) = sandbox.place()
    assert second["id"] != first["id"]


def test_faults_can_be_removed_over_http(sandbox: Sandbox) -> None:
    number = sandbox.fault("stripe", "slow")

    assert sandbox.http.delete(f"/control/faults/{number}").json() == {"removed": 1}
    assert sandbox.http.delete(f"/control/faults/{number}").status_code == 400
    sandbox.fault("stripe", "slow")
    assert sandbox.http.delete("/control/faults").json() == {"removed": 1}
    bad = sandbox.http.put("/control/faults", json={"provider": "stripe", "fault": "explode"})
    assert (bad.status_code, "fault must be one of" in bad.json()["error"]) == (400, True)


def test_every_page_is_shown_with_and_without_content(sandbox: Sandbox) -> None:
    for filled in (False, True):
        if filled:
            sandbox.place(3, "decline")
        for path in PAGES:
            answer = sandbox.http.get(path)
            assert (answer.status_code, "</main>" in answer.text) == (200, True), path
            assert "http://" not in answer.text.replace("http://127.0.0.1", ""), path
            assert "https://" not in answer.text, path


def test_buttons_place_orders_and_set_and_remove_faults(sandbox: Sandbox) -> None:
    assert sandbox.http.post("/place", data={"count": "3"}).status_code == 303
    assert sandbox.http.post("/place", data={"trouble": "bad_address"}).status_code == 303
    orders = sandbox.http.get("/orders").text
    assert orders.count("<tr>") == 5
    assert "the carrier does not know the address" in orders

    form = {"provider": "stripe", "operation": "any", "fault": "slow", "order": "", "times": "2", "chance": "1"}
    assert sandbox.http.post("/faults", data=form).status_code == 303
    (fault,) = faults(sandbox)
    assert (fault["fault"], fault["order"], fault["times"]) == ("slow", None, 2)
    refused = sandbox.http.post("/faults", data={**form, "fault": "bad_address"})
    assert (refused.status_code, "bad_address means nothing" in refused.text) == (400, True)
    assert sandbox.http.post("/faults/remove", data={"id": str(fault["id"])}).status_code == 303
    assert faults(sandbox) == []


def test_a_form_of_another_site_is_refused(sandbox: Sandbox) -> None:
    elsewhere = {"Origin": "http://evil.example"}

    assert sandbox.http.post("/place", data={"count": "3"}, headers=elsewhere).status_code == 403
    assert sandbox.http.post("/faults/clear", headers=elsewhere).status_code == 403
    assert sandbox.http.get("/control/shop/orders").json()["orders"] == []


def test_an_orders_page_tells_what_happened_outside(sandbox: Sandbox) -> None:
    (order,) = sandbox.place()
    pay = {"amount": "700", "currency": "eur", "metadata[order_ref]": "ORD-20261121-00042"}
    pay |= {"metadata[channel_order]": str(order["id"])}
    sandbox.http.post("/stripe/v1/payment_intents", data=pay, headers=STRIPE).raise_for_status()

    page = sandbox.http.get(f"/orders/{order['id']}").text

    assert "ORD-20261121-00042" in page
    assert "payment_intent.created" in page
    assert sandbox.http.get("/orders/1").status_code == 404
