"""EasyPost as Holdfast meets it: free shipments, labels bought once, refunds, verification and signed trackers."""

import hashlib
import hmac
import unicodedata
from typing import Any

import httpx
import pytest

from backend.sandbox.easypost.tracking import sign as easypost_sign
from tests.sandbox.running import PROVIDERS, SECOND_KEYS, Sandbox, eventually, reference

LOGIN = (SECOND_KEYS["EASYPOST_API_KEY"], "")
HOOKS = "/webhooks/shipping/easypost"
REFERENCE = "ORD-20261121-00001:shipment.create:1"
SHOP = {"name": "Despatch", "street1": "Road 1", "city": "Berlin", "zip": "10115", "country": "DE"}
ADA = {"name": "Ada Example", "street1": "Musterstr. 1", "city": "Potsdam", "zip": "14467", "country": "DE"}
SHIPMENT = {
    "reference": REFERENCE,
    "from_address": SHOP,
    "to_address": ADA,
    "parcel": {"weight": 17.7},
    "options": {"label_format": "PDF", "invoice_number": "ORD-20261121-00001"},
}


def post(sandbox: Sandbox, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
    return sandbox.http.post(f"/easypost/v2{path}", json=body or {}, auth=LOGIN)


def get(sandbox: Sandbox, path: str, **query: Any) -> httpx.Response:
    return sandbox.http.get(f"/easypost/v2{path}", params=query, auth=LOGIN)


def made(sandbox: Sandbox, **changes: Any) -> Any:
    answer = post(sandbox, "/shipments", {"shipment": SHIPMENT | changes})
    assert answer.status_code == 201, answer.text
    return answer.json()


def bought(sandbox: Sandbox, shipment: Any) -> Any:
    answer = post(sandbox, f"/shipments/{shipment['id']}/buy", {"rate": {"id": shipment["rates"][0]["id"]}})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_event_signature_equals_the_golden_vector() -> None:
    (golden,) = [row for row in reference("golden_signatures.json") if row["provider"] == "easypost"]

    signed = easypost_sign(golden["secret"], (PROVIDERS / golden["body"]).read_bytes())

    assert signed == {golden["header"]: golden["value"]}


def test_a_shipment_is_made_then_bought_with_the_recorded_fields(sandbox: Sandbox) -> None:
    recorded = [one["response"]["body"] for one in reference("easypost/recorded/shipment_buy.json")]
    shipment = made(sandbox)
    label = bought(sandbox, shipment)

    for ours, theirs in zip((shipment, label), recorded, strict=True):
        assert set(ours) == set(theirs)
        assert set(ours["rates"][0]) == set(theirs["rates"][0])
        assert set(ours["to_address"]) == set(theirs["to_address"])
    for part in ("postage_label", "tracker", "selected_rate"):
        assert (shipment[part], set(label[part])) == (None, set(recorded[1][part]))
    assert (label["selected_rate"], label["tracking_code"]) == (shipment["rates"][0], label["tracker"]["tracking_code"])
    assert [entry["kind"] for entry in sandbox.journal(provider="easypost")] == ["shipment.created", "label.bought"]


def test_a_shipment_is_sold_once_and_only_at_its_own_rates(sandbox: Sandbox) -> None:
    shipment, other = made(sandbox), made(sandbox)

    strange = post(sandbox, f"/shipments/{shipment['id']}/buy", {"rate": {"id": other["rates"][0]["id"]}})
    label = bought(sandbox, shipment)
    again = post(sandbox, f"/shipments/{shipment['id']}/buy", {"rate": {"id": shipment["rates"][1]["id"]}})

    assert strange.status_code == 422
    assert (again.status_code, again.json()["error"]["code"]) == (422, "SHIPMENT.POSTAGE.EXISTS")
    assert get(sandbox, f"/shipments/{shipment['id']}").json()["selected_rate"] == label["selected_rate"]
    assert len(sandbox.journal(kind="label.bought")) == 1


def test_a_reference_leads_to_the_newest_shipment_because_it_is_not_unique(sandbox: Sandbox) -> None:
    assert get(sandbox, f"/shipments/{REFERENCE}").status_code == 404
    first, second = made(sandbox), made(sandbox)

    assert get(sandbox, f"/shipments/{REFERENCE}").json()["id"] == second["id"] != first["id"]


def test_the_list_shows_what_was_bought_page_by_page(sandbox: Sandbox) -> None:
    made(sandbox)
    labels = [bought(sandbox, made(sandbox))["id"] for _ in range(3)]

    first = get(sandbox, "/shipments", page_size=2).json()
    rest = get(sandbox, "/shipments", page_size=2, before_id=first["shipments"][-1]["id"]).json()

    assert [one["id"] for one in first["shipments"] + rest["shipments"]] == labels[::-1]
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert len(get(sandbox, "/shipments", purchased="false").json()["shipments"]) == 1
    assert get(sandbox, "/shipments", start_datetime="2999-01-01T00:00:00Z").json()["shipments"] == []


def test_a_parcel_travels_and_every_scan_is_told_signed(sandbox: Sandbox) -> None:
    label = bought(sandbox, made(sandbox))

    eventually(lambda: len(sandbox.receiver.to(HOOKS)) == 4)
    hooks = sandbox.receiver.to(HOOKS)

    documented = reference("easypost/webhooks/tracker.updated.json")
    key = unicodedata.normalize("NFKD", SECOND_KEYS["EASYPOST_WEBHOOK_SECRET"]).encode()
    for hook in hooks:
        digest = hmac.new(key, hook.raw, hashlib.sha256).hexdigest()
        assert hook.headers["x-hmac-signature"] == f"hmac-sha256-hex={digest}"
        assert set(hook.body) == set(documented)
        assert hook.body["result"]["tracking_code"] == label["tracking_code"]
    statuses = {hook.body["result"]["status"] for hook in hooks}
    assert statuses == {"pre_transit", "in_transit", "out_for_delivery", "delivered"}


def test_a_label_is_given_back_once_and_its_parcel_goes_nowhere(sandbox: Sandbox) -> None:
    shipment = made(sandbox)
    refund = f"/shipments/{shipment['id']}/refund"
    assert post(sandbox, refund).json()["error"]["code"] == "SHIPMENT.REFUND.UNAVAILABLE"

    sandbox.fault("easypost", "refuse", "tracking")
    bought(sandbox, shipment)
    given_back = post(sandbox, refund).json()
    again = post(sandbox, refund)
    sandbox.http.delete("/control/faults").raise_for_status()

    assert given_back["refund_status"] == "submitted"
    assert again.status_code == 422
    assert len(sandbox.journal(kind="label.voided")) == 1


def test_the_label_is_a_pdf_at_the_address_told(sandbox: Sandbox) -> None:
    label = bought(sandbox, made(sandbox))

    file = sandbox.http.get(label["postage_label"]["label_url"])

    assert (file.headers["content-type"], file.content[:5]) == ("application/pdf", b"%PDF-")
    assert sandbox.http.get(f"/easypost/files/guessed/{label['id']}.pdf").status_code == 404


@pytest.mark.parametrize("strict", [False, True])
def test_an_address_that_is_not_known_is_told_in_the_recorded_way(sandbox: Sandbox, strict: bool) -> None:
    sandbox.fault("easypost", "bad_address", "validate", times=1)
    body = {"address": ADA, "verify_strict" if strict else "verify": True}

    unknown, known = post(sandbox, "/addresses", body), post(sandbox, "/addresses", body)

    assert known.json()["verifications"]["delivery"]["success"] is True
    if strict:
        (_, recorded) = reference("easypost/recorded/address_verify_invalid_address.json")
        assert unknown.status_code == recorded["response"]["status"]
        assert unknown.json()["error"]["code"] == recorded["response"]["body"]["error"]["code"]
    else:
        assert unknown.json()["verifications"]["delivery"]["success"] is False


def test_a_parcel_that_nobody_takes_is_a_201_without_rates(sandbox: Sandbox) -> None:
    sandbox.fault("easypost", "refuse", "shipment", order="ORD-20261121-00001", times=1)

    shipment = made(sandbox)

    assert shipment["rates"] == []
    assert shipment["messages"][0]["type"] == "rate_error"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to_address": {**ADA, "city": ""}}, "to_address.city"),
        ({"parcel": {"weight": 0}}, "parcel.weight"),
        ({"to_address": {**ADA, "country": "CH"}}, "customs_info"),
    ],
)
def test_a_shipment_that_lacks_something_is_refused_by_its_field(
    sandbox: Sandbox, changes: dict[str, Any], field: str
) -> None:
    answer = post(sandbox, "/shipments", {"shipment": SHIPMENT | changes})

    assert (answer.status_code, answer.json()["error"]["errors"][0]["field"]) == (422, field)
    assert sandbox.journal(provider="easypost") == []


def test_an_empty_shipment_gets_the_recorded_error(sandbox: Sandbox) -> None:
    (recorded,) = reference("easypost/recorded/error.json")

    answer = post(sandbox, "/shipments", {"shipment": {}})

    assert (answer.status_code, answer.json()) == (recorded["response"]["status"], recorded["response"]["body"])


def test_without_the_key_nothing_is_answered(sandbox: Sandbox) -> None:
    for login in (None, ("wrong", ""), (LOGIN[0], "x")):
        assert sandbox.http.post("/easypost/v2/shipments", json={"shipment": SHIPMENT}, auth=login).status_code == 401
    assert sandbox.journal(provider="easypost") == []
