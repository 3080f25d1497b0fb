"""ShipEngine: labels that cost money each time, look-up by our reference, tracking, voiding, addresses and errors."""

from typing import Any

import httpx
import pytest

from tests.sandbox.running import SHIP, Sandbox, eventually, reference
from tests.sandbox.schemas import assert_matches
from tests.sandbox.test_signatures import verify_tracking

API = "/shipengine/v1"
TRACKING = "/webhooks/shipping/shipengine"
FROM = {
    "name": "Tidewater Supply",
    "address_line1": "4 Harbour Row",
    "city_locality": "Kinsale",
    "postal_code": "P17 XH21",
    "country_code": "IE",
}
TO = {
    "name": "Anna Lind",
    "address_line1": "Kirchweg 12",
    "city_locality": "Berlin",
    "state_province": "Berlin",
    "postal_code": "10115",
    "country_code": "DE",
    "phone": "+4915112345678",
}
REFERENCE = "ORD-20261121-00004:shipment.create:1"


def label_body(**changes: Any) -> dict[str, Any]:
    shipment = {
        "external_shipment_id": REFERENCE,
        "external_order_id": "5004",
        "carrier_id": "se-100001",
        "service_code": "ups_standard",
        "ship_to": TO,
        "ship_from": FROM,
        "packages": [{"weight": {"value": 1200, "unit": "gram"}}],
    }
    return {"shipment": {**shipment, **changes}, "label_format": "pdf"}


def buy(sandbox: Sandbox, **changes: Any) -> httpx.Response:
    return sandbox.http.post(f"{API}/labels", json=label_body(**changes), headers=SHIP)


def get(sandbox: Sandbox, path: str, **query: str) -> httpx.Response:
    return sandbox.http.get(f"{API}{path}", params=query, headers=SHIP)


@pytest.fixture
def parcel(sandbox: Sandbox) -> Any:
    """A bought label whose parcel stays where it is."""
    sandbox.fault("shipengine", "refuse", "tracking")
    return buy(sandbox).json()


def scans(sandbox: Sandbox) -> list[str]:
    return [hook.body["data"]["status_code"] for hook in sandbox.receiver.to(TRACKING)]


def test_a_label_is_bought_found_by_our_reference_and_downloadable(sandbox: Sandbox, parcel: Any) -> None:
    assert (parcel["status"], parcel["external_shipment_id"]) == ("completed", REFERENCE)
    assert parcel["shipment_cost"] == {"currency": "eur", "amount": 14.6}
    assert get(sandbox, f"/labels/external_shipment_id/{REFERENCE}").json() == parcel
    assert get(sandbox, f"/labels/{parcel['label_id']}").json() == parcel
    shipment = get(sandbox, f"/shipments/external_shipment_id/{REFERENCE}").json()
    assert (shipment["shipment_id"], shipment["shipment_status"]) == (parcel["shipment_id"], "label_purchased")
    download = sandbox.http.get(parcel["label_download"]["pdf"])
    assert (download.headers["content-type"], download.content[:5]) == ("application/pdf", b"%PDF-")
    (entry,) = sandbox.journal(kind="label.bought")
    assert (entry["reference"], entry["external_order"]) == (REFERENCE, "5004")
    assert (entry["amount_minor"], entry["currency"]) == (1460, "EUR")
    assert sandbox.kinds("ORD-20261121-00004") == ["label.bought"]


def test_buying_twice_buys_two_labels(sandbox: Sandbox, parcel: Any) -> None:
    second = buy(sandbox).json()

    assert second["label_id"] != parcel["label_id"]
    assert second["tracking_number"] != parcel["tracking_number"]
    assert sandbox.kinds("5004") == ["label.bought", "label.bought"]
    assert get(sandbox, "/labels").json()["total"] == 2


def test_a_long_reference_is_cut_to_fifty_characters(sandbox: Sandbox) -> None:
    assert buy(sandbox, external_shipment_id="x" * 60).json()["external_shipment_id"] == "x" * 50


@pytest.mark.parametrize("kind", ["labels", "shipments"])
def test_an_unknown_reference_is_404_in_the_documented_shape(sandbox: Sandbox, kind: str) -> None:
    answer = get(sandbox, f"/{kind}/external_shipment_id/ORD-20261121-09999:shipment.create:1")

    assert answer.status_code == 404
    assert_matches(answer.json(), {"$ref": "#/components/schemas/error_response_body"}, _spec())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ship_to": {**TO, "postal_code": ""}}, "shipment.ship_to.postal_code"),
        ({"ship_to": {**TO, "address_line1": None}}, "shipment.ship_to.address_line1"),
        ({"ship_to": {**TO, "country_code": "Germany"}}, "shipment.ship_to.country_code"),
        ({"ship_from": None}, "shipment.ship_from"),
        ({"packages": []}, "shipment.packages"),
        ({"packages": [{"weight": {"value": 0, "unit": "gram"}}]}, "shipment.packages[0].weight.value"),
        ({"service_code": "pigeon"}, "shipment.service_code"),
        ({"carrier_id": None}, "shipment.carrier_id"),
    ],
)
def test_wrong_shipments_are_400_and_name_the_field(sandbox: Sandbox, changes: dict[str, Any], field: str) -> None:
    answer = buy(sandbox, **changes)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field_name"] == field
    assert_matches(answer.json(), {"$ref": "#/components/schemas/error_response_body"}, _spec())
    assert sandbox.journal() == []


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("refuse", ("carrier", "business_rules", "unspecified")),
        ("insufficient_funds", ("carrier", "account_status", "insufficient_funds")),
        ("out_of_stock", ("order_source", "business_rules", "unspecified")),
        ("bad_address", ("carrier", "validation", "invalid_address")),
    ],
)
@pytest.mark.parametrize("order", ["5004", "ORD-20261121-00004", REFERENCE])
def test_each_refusal_has_its_own_error_and_hits_the_named_order_only(
    sandbox: Sandbox, fault: str, expected: tuple[str, str, str], order: str
) -> None:
    sandbox.fault("shipengine", fault, "label", order=order, times=1)

    other = buy(sandbox, external_order_id="5005", external_shipment_id="ORD-20261121-00005:shipment.create:1")
    refused, accepted = buy(sandbox), buy(sandbox)

    assert (other.status_code, refused.status_code, accepted.status_code) == (200, 400, 200)
    error = refused.json()["errors"][0]
    assert (error["error_source"], error["error_type"], error["error_code"]) == expected
    assert_matches(refused.json(), {"$ref": "#/components/schemas/error_response_body"}, _spec())
    assert sandbox.kinds("5004") == ["label.bought"]


def test_a_parcel_travels_by_itself_and_every_scan_is_announced_and_signed(sandbox: Sandbox) -> None:
    label = buy(sandbox).json()

    eventually(lambda: "DE" in scans(sandbox))

    assert [code for code in sorted(scans(sandbox), key=["AC", "IT", "AT", "DE"].index) if code != "AT"] == [
        "AC",
        "IT",
        "DE",
    ]
    for hook in sandbox.receiver.to(TRACKING):
        verify_tracking(sandbox, hook)
        assert hook.body["resource_type"] == "API_TRACK"
        assert hook.body["data"]["tracking_number"] == label["tracking_number"]
    log = get(sandbox, "/tracking", carrier_code="ups", tracking_number=label["tracking_number"]).json()
    assert_matches(_without_nulls(log), {"$ref": "#/components/schemas/get_tracking_log_response_body"}, _spec())
    assert (log["status_code"], log["events"][-1]["status_code"]) == ("DE", "AC")
    assert log["actual_delivery_date"]
    assert get(sandbox, f"/labels/{label['label_id']}").json()["tracking_status"] == "delivered"


def test_a_scan_can_be_reported_on_demand(sandbox: Sandbox, parcel: Any) -> None:
    wish = {"tracking_number": parcel["tracking_number"], "status_code": "EX"}

    assert sandbox.http.post("/control/tracking", json=wish).status_code == 201

    (hook,) = eventually(lambda: sandbox.receiver.to(TRACKING))
    assert (hook.body["data"]["status_code"], bool(hook.body["data"]["exception_description"])) == ("EX", True)
    assert sandbox.http.post("/control/tracking", json={**wish, "status_code": "XX"}).status_code == 400
    assert sandbox.http.post("/control/tracking", json={**wish, "tracking_number": "1"}).status_code == 400


def test_an_unused_label_can_be_voided_once_and_a_used_one_not(sandbox: Sandbox, parcel: Any) -> None:
    void = f"{API}/labels/{parcel['label_id']}/void"

    first = sandbox.http.put(void, headers=SHIP).json()
    again = sandbox.http.put(void, headers=SHIP).json()
    used = buy(sandbox).json()
    scan = {"tracking_number": used["tracking_number"], "status_code": "IT"}
    sandbox.http.post("/control/tracking", json=scan).raise_for_status()
    too_late = sandbox.http.put(f"{API}/labels/{used['label_id']}/void", headers=SHIP).json()

    assert first["approved"] is True
    assert (again["approved"], again["reason_code"]) == (False, "label_already_voided")
    assert (too_late["approved"], too_late["reason_code"]) == (False, "label_already_used")
    for answer in (first, again):
        assert_matches(answer, {"$ref": "#/components/schemas/void_label_response_body"}, _spec())
    assert get(sandbox, f"/labels/{parcel['label_id']}").json()["status"] == "voided"
    assert sandbox.kinds("5004").count("label.voided") == 1


def test_a_voided_parcel_does_not_travel(sandbox: Sandbox) -> None:
    sandbox.fault("shipengine", "refuse", "tracking", times=1)
    label = buy(sandbox).json()
    sandbox.http.put(f"{API}/labels/{label['label_id']}/void", headers=SHIP).raise_for_status()

    assert "shipengine.track" not in sandbox.http.get("/control/agenda").json()["waiting"]


def test_addresses_are_validated_in_the_documented_shape(sandbox: Sandbox) -> None:
    bad = [{}, {**TO, "address_line1": ""}, {**TO, "address_line1": "PO Box 7"}]

    answer = sandbox.http.post(f"{API}/addresses/validate", json=[TO, *bad], headers=SHIP)

    assert answer.status_code == 200
    assert [result["status"] for result in answer.json()] == ["verified", "unverified", "error", "warning"]
    assert answer.json()[0]["matched_address"]["city_locality"] == "BERLIN"
    assert all(result["messages"] for result in answer.json()[1:])
    for name in {message["code"] for result in answer.json() for message in result["messages"]}:
        assert name in _spec()["components"]["schemas"]["address_validation_code"]["enum"]


def test_a_bad_address_of_an_order_is_found_by_name_and_postal_code(sandbox: Sandbox) -> None:
    order = sandbox.placed()
    place = order["shipping_address"]
    address = {
        "name": place["name"],
        "address_line1": place["address1"],
        "city_locality": place["city"],
        "postal_code": place["zip"],
        "country_code": place["country_code"],
    }
    sandbox.fault("shipengine", "bad_address", "validate", order=order["name"])

    def status(given: dict[str, Any]) -> str:
        answer = sandbox.http.post(f"{API}/addresses/validate", json=[given], headers=SHIP)
        return str(answer.json()[0]["status"])

    assert status(address) == "error"
    assert status(TO) == "verified"
    assert sandbox.journal(order=order["name"])[0]["status"] == "error"


def test_a_placed_order_with_a_bad_address_is_refused_until_the_street_is_mended(sandbox: Sandbox) -> None:
    place = sandbox.placed(trouble="bad_address")["shipping_address"]
    address = {
        "name": place["name"],
        "address_line1": place["address1"],
        "city_locality": place["city"],
        "postal_code": place["zip"],
        "country_code": place["country_code"],
    }

    def status(given: dict[str, Any]) -> str:
        answer = sandbox.http.post(f"{API}/addresses/validate", json=[given], headers=SHIP)
        return str(answer.json()[0]["status"])

    assert status(address) == "error"
    assert buy(sandbox, ship_to=address).json()["errors"][0]["error_code"] == "invalid_address"
    assert status({**address, "address_line1": "Kirchweg 12"}) == "verified"


def test_rates_and_carriers_are_in_the_documented_shape(sandbox: Sandbox) -> None:
    body = {**label_body(), "rate_options": {"carrier_ids": ["se-100001", "se-100002"]}}

    rates = sandbox.http.post(f"{API}/rates", json=body, headers=SHIP).json()
    carriers = get(sandbox, "/carriers").json()["carriers"]

    offered = {rate["service_code"] for rate in rates["rate_response"]["rates"]}
    assert offered == {"ups_standard", "ups_worldwide_saver", "dhl_express_worldwide"}
    for rate in rates["rate_response"]["rates"]:
        assert set(_spec()["components"]["schemas"]["rate"]["required"]) <= set(rate)
    for carrier in carriers:
        # The document types the services' carrier_code as an se-id by mistake.
        services = [{k: v for k, v in service.items() if k != "carrier_code"} for service in carrier["services"]]
        assert_matches({**carrier, "services": services}, {"$ref": "#/components/schemas/carrier"}, _spec())


def test_labels_are_in_the_documented_shape(sandbox: Sandbox, parcel: Any) -> None:
    # Links that there is nothing behind are left null here.
    shown = {name: value for name, value in parcel.items() if value not in (None, "")}
    shown["ship_to"] = {name: value for name, value in shown["ship_to"].items() if value is not None}
    shown["packages"] = [{k: v for k, v in package.items() if v is not None} for package in shown["packages"]]

    assert_matches(shown, {"$ref": "#/components/schemas/label"}, _spec())


def test_a_wrong_key_is_401(sandbox: Sandbox) -> None:
    answer = sandbox.http.post(f"{API}/labels", json=label_body(), headers={"API-Key": "other"})

    assert answer.status_code == 401
    assert answer.json()["errors"][0]["error_code"] == "unauthorized"
    assert_matches(answer.json(), {"$ref": "#/components/schemas/error_response_body"}, _spec())
    assert sandbox.journal() == []


def _without_nulls(value: Any) -> Any:
    """The document knows no null where the provider sends it all the same."""
    if isinstance(value, dict):
        return {name: _without_nulls(part) for name, part in value.items() if part is not None}
    return [_without_nulls(part) for part in value] if isinstance(value, list) else value


def _spec() -> Any:
    return reference("shipengine/openapi.trim.json")
