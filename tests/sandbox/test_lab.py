"""The failure lab's pages: find an order, set and remove its faults, place one that meets them, move the clock."""

import html
import json
import re
from typing import Any

import httpx
import pytest

from backend.sandbox.fault_kinds import KINDS
from backend.sandbox.faults import OPERATIONS, operations_for
from tests.sandbox.running import Sandbox, eventually, running
from tests.sandbox.test_shipengine import buy, label_body
from tests.sandbox.test_spoilt_answers import AMOUNT, ORDER, pay

TOKEN = "hf_lab_0123456789abcdefghij"
CLOCK = "/admin/lab/clock"


@pytest.fixture(scope="module")
def module_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A sandbox that may move Holdfast's clock."""
    with running(tmp_path_factory.mktemp("lab"), lab_token=TOKEN) as sandbox:
        yield sandbox


def page(sandbox: Sandbox, path: str, status: int = 200) -> str:
    """What a page says, in plain text."""
    answer = sandbox.http.get(path, follow_redirects=True)
    assert answer.status_code == status, answer.text
    return " ".join(html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", answer.text)).split())


def submit(sandbox: Sandbox, path: str, **fields: Any) -> httpx.Response:
    return sandbox.http.post(path, data=fields, follow_redirects=False)


def faults(sandbox: Sandbox) -> list[dict[str, Any]]:
    return list(sandbox.http.get("/control/faults").json()["faults"])


def placed(sandbox: Sandbox) -> tuple[str, str]:
    """An order's id and its number in the shop."""
    (order,) = sandbox.place()
    return str(order["id"]), str(order["name"])


def test_the_front_page_shows_the_newest_orders_with_their_faults(sandbox: Sandbox) -> None:
    order_id, name = placed(sandbox)
    sandbox.fault("stripe", "slow", "intent", order=order_id, times=1, delay_seconds=0.01)
    sandbox.http.post("/stripe/v1/payment_intents", headers={"Authorization": "Bearer sk_test_sandbox"}, data={
        "amount": "100", "currency": "eur", "metadata[order_ref]": "ORD-20261121-00077", "metadata[channel_order]": order_id,
    })  # fmt: skip

    shown = page(sandbox, "/lab")

    assert re.search(rf"{name} ORD-20261121-00077 [-\d]+ [:\d]+ .* payment intent created, 1.00 EUR 1 1", shown)


@pytest.mark.parametrize("how", ["id", "#number", "number", "our number", "tracking number"])
def test_an_order_is_found_under_each_of_its_names(sandbox: Sandbox, how: str) -> None:
    order_id, name = placed(sandbox)
    label = buy(sandbox, external_order_id=order_id, external_shipment_id=f"{ORDER}:shipment.create:1").json()
    names = {"id": order_id, "#number": name, "number": name.lstrip("#"), "our number": ORDER.lower()}
    names["tracking number"] = label["tracking_number"]

    found = sandbox.http.get("/lab/find", params={"q": f" {names[how]} "})

    assert (found.status_code, found.headers["location"]) == (303, f"/lab/orders/{order_id}")


def test_an_order_that_does_not_exist_is_said_so(sandbox: Sandbox) -> None:
    assert "No order of the shop is known as <b>7." in html.unescape(
        sandbox.http.get("/lab/find", params={"q": "<b>7"}, follow_redirects=True).text
    )
    assert "<b>7" not in sandbox.http.get("/lab/find", params={"q": "<b>7"}, follow_redirects=True).text
    assert "The shop has no such order." in page(sandbox, "/lab/orders/7", 404)
    assert submit(sandbox, "/lab/orders/7/faults", provider="stripe", fault="slow").status_code == 404
    assert faults(sandbox) == []


@pytest.mark.parametrize("provider", OPERATIONS)
def test_the_menu_offers_every_kind_that_a_provider_can_play_and_each_can_be_set(
    sandbox: Sandbox, provider: str
) -> None:
    order_id, _ = placed(sandbox)
    menu = sandbox.http.get(f"/lab/orders/{order_id}", params={"provider": provider}).text

    offered = re.findall(r'data-testid="?set-(\w+)', menu)

    assert offered == [kind for kind in KINDS if operations_for(kind, provider)]
    for form in re.findall(r"<form[^>]*class=\"card fault\".*?</form>", menu, re.DOTALL):
        assert submit(sandbox, f"/lab/orders/{order_id}/faults", **_preset(form)).status_code == 303, form
    assert [fault["fault"] for fault in faults(sandbox)] == offered
    assert {(fault["order"], fault["times"]) for fault in faults(sandbox)} == {(order_id, 1)}


def _preset(form: str) -> dict[str, str]:
    """What a form sends when nobody changes anything in it."""
    fields = dict(re.findall(r"<input[^>]*?name=\"?(\w+)\"? value=\"?([^\s\">]*)", form))
    for name, options in re.findall(r"<select name=\"?(\w+)\"?>(.*?)</select>", form, re.DOTALL):
        fields[name] = re.findall(r"<option value=\"?([^\s\">]*)", options)[0]
    return fields


def test_a_fault_is_set_with_its_variant_seen_and_taken_away(sandbox: Sandbox) -> None:
    order_id, _ = placed(sandbox)
    where = f"/lab/orders/{order_id}"

    submit(
        sandbox,
        f"{where}/faults",
        provider="stripe",
        fault="html",
        operation="capture",
        times="",
        status="502",
        effect="yes",
    )
    submit(sandbox, f"{where}/faults", provider="stripe", fault="slow", operation="any", times="2", delay_seconds="1.5")

    first, second = faults(sandbox)
    shown = ("provider", "operation", "fault", "times", "status", "effect", "delay_seconds")
    assert [first[name] for name in shown] == ["stripe", "capture", "html", None, 502, True, None]
    assert [second[name] for name in shown] == ["stripe", "any", "slow", 2, None, None, 1.5]
    said = page(sandbox, where)
    assert "Stripe · capture HTML it is done, 502 is answered not yet strikes always" in said
    assert "Stripe · any Slow 1.5 seconds late not yet 2 of 2 left" in said
    submit(sandbox, f"{where}/remove", id=str(first["id"]))
    assert [fault["id"] for fault in faults(sandbox)] == [second["id"]]
    submit(sandbox, f"{where}/remove", id="all")
    assert faults(sandbox) == []


def test_faults_of_other_orders_are_out_of_reach(sandbox: Sandbox) -> None:
    (mine, _), (other, _) = placed(sandbox), placed(sandbox)
    kept = sandbox.fault("stripe", "slow", order=other)

    submit(sandbox, f"/lab/orders/{mine}/remove", id=str(kept))
    submit(sandbox, f"/lab/orders/{mine}/remove", id="all")

    assert [fault["id"] for fault in faults(sandbox)] == [kept]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"provider": "stripe", "fault": "explode"}, "fault must be one of"),
        ({"provider": "stripe", "fault": "slow", "times": "often"}, "times must be a number"),
        ({"provider": "smtp", "fault": "html"}, "html means nothing for smtp"),
    ],
)
def test_a_fault_that_cannot_be_played_is_refused_on_the_page(
    sandbox: Sandbox, fields: dict[str, str], sentence: str
) -> None:
    order_id, _ = placed(sandbox)

    answer = submit(sandbox, f"/lab/orders/{order_id}/faults", **fields)

    assert answer.status_code == 400
    assert sentence in answer.text
    assert faults(sandbox) == []


def test_what_struck_an_order_and_what_was_told_about_it_is_shown(sandbox: Sandbox) -> None:
    order_id, _ = placed(sandbox)
    sandbox.fault("shipengine", "webhook_lost", order=order_id, times=1)
    buy(sandbox, external_order_id=order_id, external_shipment_id="ORD-20261121-00088:shipment.create:1")
    eventually(lambda: "track DE" in page(sandbox, f"/lab/orders/{order_id}"))

    said = page(sandbox, f"/lab/orders/{order_id}")

    assert re.search(r"ShipEngine [:\d]+ label bought, 14.60 EUR", said)
    assert "ShipEngine · track AC 0 never sent" in said
    assert re.search(r"Faults that struck it .* ShipEngine · webhook Webhook lost", said)


def test_a_prepared_order_meets_its_faults_from_its_first_webhook_on(sandbox: Sandbox) -> None:
    submit(sandbox, "/lab/orders/next/faults", provider="shop", fault="webhook_lost", operation="webhook", times="1")
    submit(sandbox, "/lab/orders/next/faults", provider="stripe", fault="slow", operation="any", times="1")
    assert "Prepare a new order (2 prepared)" in page(sandbox, "/lab")

    answer = submit(sandbox, "/lab/place", channel="generic", status="paid", trouble="")
    order_id = answer.headers["location"].rpartition("/")[2]

    assert answer.status_code == 303
    assert order_id.startswith("TW-")
    assert [(fault["order"], fault["hits"]) for fault in faults(sandbox)] == [(order_id, 1), (order_id, 0)]
    assert "Prepare a new order (" not in page(sandbox, "/lab")
    assert sandbox.receiver.to("/webhooks/channels/generic") == []


@pytest.mark.parametrize("status", ["authorized", "paid", "pending"])
def test_an_order_is_placed_with_the_payment_that_was_chosen(sandbox: Sandbox, status: str) -> None:
    answer = submit(sandbox, "/lab/place", channel="shopify", status=status, trouble="engraving")

    order_id = answer.headers["location"].rpartition("/")[2]
    assert f" · {status} · " in page(sandbox, f"/lab/orders/{order_id}")
    (hook,) = eventually(lambda: sandbox.receiver.to("/webhooks/channels/shopify"))
    assert (str(hook.body["id"]), hook.body["financial_status"]) == (order_id, status)


@pytest.mark.parametrize(("step", "seconds"), [("1m", 60), ("10m", 600), ("1h", 3_600), ("1d", 86_400), ("now", None)])
def test_the_clock_asks_holdfast_with_the_labs_token(sandbox: Sandbox, step: str, seconds: int | None) -> None:
    order_id, _ = placed(sandbox)

    submit(sandbox, "/lab/clock", step=step, order=order_id)

    (asked,) = sandbox.receiver.to(CLOCK)
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert json.loads(asked.raw) == {"seconds": seconds, "order": order_id}


def test_what_is_accepted_late_comes_before_holdfast_is_asked(sandbox: Sandbox) -> None:
    sandbox.fault("shipengine", "accept_late", "label", times=1, delay_seconds=3_000)
    sandbox.http.post("/shipengine/v1/labels", json=label_body(), headers={"API-Key": "TEST_ship"})
    assert sandbox.journal() == []

    submit(sandbox, "/lab/clock", step="10m")
    assert sandbox.journal() == []
    submit(sandbox, "/lab/clock", step="1h")

    assert [entry["kind"] for entry in sandbox.journal()] == ["label.bought"]


def test_webhooks_of_one_order_come_sooner_and_those_of_others_do_not(sandbox: Sandbox) -> None:
    other, _ = placed(sandbox)
    sandbox.fault("stripe", "webhook_late", delay_seconds=500)
    pay(sandbox, "k-1")

    submit(sandbox, "/lab/clock", step="10m", order=other)
    eventually(lambda: sandbox.http.get("/control/agenda").json()["waiting"] == {"webhook": 3})
    assert sandbox.receiver.events("payment_intent.succeeded") == []
    submit(sandbox, "/lab/clock", step="10m", order="5002")

    eventually(lambda: sandbox.receiver.events("payment_intent.succeeded"))
    assert sandbox.receiver.events("payment_intent.succeeded")[0]["data"]["object"]["amount"] == AMOUNT


@pytest.mark.parametrize(
    ("status", "sentence"), [(404, "Holdfast refused (404)"), (401, "Holdfast refused (401)"), (503, "(503)")]
)
def test_a_refusal_of_holdfast_is_shown(sandbox: Sandbox, status: int, sentence: str) -> None:
    sandbox.receiver.answers.append(status)

    submit(sandbox, "/lab/clock", step="now")

    assert sentence in page(sandbox, "/lab")
    assert sentence not in page(sandbox, "/lab")


def test_without_a_token_the_clock_is_not_offered_and_says_why(tmp_path: Any) -> None:
    with running(tmp_path) as sandbox:
        said = page(sandbox, "/lab")
        submit(sandbox, "/lab/clock", step="now")

        assert "Holdfast's clock cannot be moved from here" in said
        assert "clock-now" not in sandbox.http.get("/lab").text
        assert sandbox.receiver.to(CLOCK) == []


@pytest.mark.parametrize("path", ["/lab/clock", "/lab/place", "/lab/orders/next/faults", "/lab/orders/next/remove"])
def test_no_other_site_may_send_the_labs_forms(sandbox: Sandbox, path: str) -> None:
    kept = sandbox.fault("stripe", "slow", order="next")
    fields = {"step": "now", "channel": "shopify", "provider": "stripe", "fault": "slow", "id": "all"}

    answer = sandbox.http.post(path, data=fields, headers={"Origin": "https://elsewhere.example"})

    assert answer.status_code == 403
    assert [fault["id"] for fault in faults(sandbox)] == [kept]
    assert sandbox.receiver.hooks == []
