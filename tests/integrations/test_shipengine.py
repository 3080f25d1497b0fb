"""ShipEngine: one label per reference, an address's verdict, and who has to look at each refusal."""

from dataclasses import replace
from typing import Any

import pytest

from backend.domain.errors import ConfigurationError
from backend.domain.holds import HoldKind
from backend.domain.steps import StepKind
from backend.integrations.shipengine.client import ShipEngine
from backend.ports.calls import Call, OutcomeUnknown, ProviderError, Rejected
from backend.ports.shipping import AddressVerdict, Label, LabelRequest, ParcelItem, PostalAddress
from tests.integrations.conftest import Serve
from tests.integrations.server import Reply, ScriptedServer

SHOP = PostalAddress("Despatch", "Lamp Shop", "Road 1", "", "Berlin", "10115", "BE", "DE", "+49301")
ADA = PostalAddress(
    "Ada Example", "", "Musterstr. 1", "Flat 2", "Potsdam", "14467", "", "DE", "+49302", "ada@example.com"
)
REQUEST = LabelRequest(
    reference="ORD-20260131-00001:shipment.create:1",
    order_number="ORD-20260131-00001",
    channel_order="61200",
    ship_to=ADA,
    grams=1920,
    items=(ParcelItem("LAMP", "Desk lamp", 1, 1800, 14900), ParcelItem("BULB", "Bulb", 2, 60, 2500)),
    currency="EUR",
)
LABEL = {
    "label_id": "se-28529731",
    "status": "completed",
    "shipment_id": "se-144794216",
    "external_shipment_id": REQUEST.reference,
    "tracking_number": "782758401696",
    "tracking_url": "https://track.example/782758401696",
    "carrier_code": "ups",
    "service_code": "ups_ground",
    "voided": False,
    "shipment_cost": {"currency": "eur", "amount": 7.8},
    "label_download": {"pdf": "https://l.example/1.pdf", "href": "https://l.example/1"},
}


def ship_engine(server: ScriptedServer, **changes: Any) -> ShipEngine:
    options: dict[str, Any] = {"carrier_id": "se-1", "service_code": "ups_ground", "ship_from": SHOP}
    return ShipEngine(api_key="TEST_canary", api_base=server.base, **options | changes)


def refusal(status: int, **error: str) -> Reply:
    body = {"error_source": "carrier", "error_type": "business_rules", "error_code": "unspecified", "message": "No."}
    return Reply(status, {"request_id": "r1", "errors": [body | error]})


def test_a_label_is_bought_under_our_reference(serve: Serve, call: Call) -> None:
    server = serve(Reply(200, LABEL))

    label = ship_engine(server).buy_label(REQUEST, call)

    assert label == Label(
        reference="se-28529731",
        shipment_reference="se-144794216",
        carrier="ups",
        service="ups_ground",
        tracking_number="782758401696",
        tracking_url="https://track.example/782758401696",
        cost_minor=780,
        cost_currency="EUR",
        label_url="https://l.example/1.pdf",
    )
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.headers["api-key"]) == ("POST", "/v1/labels", "TEST_canary")
    assert asked.json == {
        "shipment": {
            "external_shipment_id": REQUEST.reference,
            "external_order_id": "61200",
            "carrier_id": "se-1",
            "service_code": "ups_ground",
            "ship_to": {
                "name": "Ada Example",
                "address_line1": "Musterstr. 1",
                "address_line2": "Flat 2",
                "city_locality": "Potsdam",
                "state_province": "",
                "postal_code": "14467",
                "country_code": "DE",
                "address_residential_indicator": "unknown",
                "phone": "+49302",
                "email": "ada@example.com",
            },
            "ship_from": {
                "name": "Despatch",
                "company_name": "Lamp Shop",
                "address_line1": "Road 1",
                "city_locality": "Berlin",
                "state_province": "BE",
                "postal_code": "10115",
                "country_code": "DE",
                "address_residential_indicator": "no",
                "phone": "+49301",
            },
            "items": [
                {"name": "Desk lamp", "sku": "LAMP", "quantity": 1},
                {"name": "Bulb", "sku": "BULB", "quantity": 2},
            ],
            "packages": [{"weight": {"value": 1920, "unit": "gram"}}],
        },
        "label_format": "pdf",
        "label_layout": "4x6",
        "validate_address": "no_validation",
    }


def test_a_parcel_that_leaves_the_country_declares_its_contents(serve: Serve, call: Call) -> None:
    server = serve(Reply(200, LABEL))

    ship_engine(server).buy_label(replace(REQUEST, ship_to=replace(ADA, country="CH")), call)

    shipment = server.asked[0].json["shipment"]
    assert shipment["customs"] == {"contents": "merchandise", "non_delivery": "return_to_sender"}
    assert shipment["packages"][0]["products"] == [
        {
            "description": "Desk lamp",
            "quantity": 1,
            "value": {"currency": "eur", "amount": 149.00},
            "weight": {"value": 1800, "unit": "gram"},
            "sku": "LAMP",
        },
        {
            "description": "Bulb",
            "quantity": 2,
            "value": {"currency": "eur", "amount": 25.00},
            "weight": {"value": 60, "unit": "gram"},
            "sku": "BULB",
        },
    ]


def test_a_warehouse_may_stand_in_for_the_address(serve: Serve, call: Call) -> None:
    server = serve(Reply(200, LABEL))

    ship_engine(server, ship_from=None, warehouse_id="se-77").buy_label(REQUEST, call)

    shipment = server.asked[0].json["shipment"]
    assert shipment["warehouse_id"] == "se-77"
    assert "ship_from" not in shipment


@pytest.mark.parametrize("options", [{"ship_from": None}, {"warehouse_id": "se-77"}])
def test_exactly_one_place_of_despatch_is_needed(serve: Serve, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        ship_engine(serve(Reply(200, {})), **options)


@pytest.mark.parametrize("reference", ["", "x" * 51])
def test_a_reference_that_would_be_truncated_is_refused_without_a_call(
    serve: Serve, call: Call, reference: str
) -> None:
    server = serve(Reply(200, LABEL))

    with pytest.raises(Rejected, match="1 to 50 characters"):
        ship_engine(server).buy_label(replace(REQUEST, reference=reference), call)

    assert server.asked == []


@pytest.mark.parametrize(
    ("reply", "category"),
    [
        (refusal(400, error_code="insufficient_funds"), HoldKind.CARRIER_FUNDS),
        (refusal(400, error_type="account_status", error_code="funding_source_error"), HoldKind.CARRIER_FUNDS),
        (refusal(400, error_type="validation", error_code="invalid_address"), HoldKind.ADDRESS_INVALID),
        (
            refusal(
                400, error_type="validation", error_code="field_value_required", field_name="shipment.ship_to.phone"
            ),
            HoldKind.ADDRESS_INVALID,
        ),
        (refusal(400, message="The item is out of stock."), HoldKind.SHIPMENT_OUT_OF_STOCK),
        (refusal(400, error_code="out_of_stock"), HoldKind.SHIPMENT_OUT_OF_STOCK),
        (refusal(400), HoldKind.SHIPMENT_NOT_ACCEPTED),
        (
            refusal(
                400, error_type="validation", error_code="invalid_field_value", field_name="shipment.packages[0].weight"
            ),
            HoldKind.SHIPMENT_NOT_ACCEPTED,
        ),
        (refusal(400, error_code="no_rates_returned"), HoldKind.SHIPMENT_NOT_ACCEPTED),
        (refusal(400, error_type="account_status", error_code="trial_expired"), HoldKind.PROVIDER_REFUSED),
        (refusal(400, error_code="carrier_not_connected"), HoldKind.PROVIDER_NOT_CONNECTED),
        (refusal(401, error_type="security", error_code="unauthorized"), HoldKind.PROVIDER_CREDENTIALS),
        (Reply(403, {}), HoldKind.PROVIDER_CREDENTIALS),
    ],
)
def test_a_refusal_goes_to_who_can_mend_it(serve: Serve, call: Call, reply: Reply, category: HoldKind) -> None:
    with pytest.raises(Rejected) as caught:
        ship_engine(serve(reply)).buy_label(REQUEST, call)

    assert caught.value.category is category


@pytest.mark.parametrize(
    "reply",
    [
        refusal(400, error_type="system", error_code="unspecified"),
        refusal(409, error_code="identifier_conflict"),
        refusal(500, error_type="system"),
        Reply(200, {}),
        Reply(200, LABEL | {"status": "processing"}),
        Reply(200, LABEL | {"tracking_number": None}),
        Reply(200, LABEL | {"shipment_cost": {"currency": "eur"}}),
    ],
    ids=["their system", "known reference", "500", "empty", "in the making", "no tracking number", "no cost"],
)
def test_what_may_have_made_a_label_leaves_it_open(serve: Serve, call: Call, reply: Reply) -> None:
    with pytest.raises(OutcomeUnknown):
        ship_engine(serve(reply)).buy_label(REQUEST, call)


def test_every_error_is_told_with_code_and_field(serve: Serve, call: Call) -> None:
    errors = [
        {"error_type": "validation", "error_code": "field_value_required", "message": "Needed.", "field_name": "a.b"},
        {"error_type": "validation", "error_code": "invalid_field_value", "message": "Odd."},
    ]

    with pytest.raises(Rejected) as caught:
        ship_engine(serve(Reply(400, {"errors": errors}))).buy_label(REQUEST, call)

    assert (
        caught.value.sentence == "ShipEngine refused: Needed. (field_value_required, a.b); Odd. (invalid_field_value)"
    )


def test_a_label_that_failed_is_refused(serve: Serve, call: Call) -> None:
    with pytest.raises(Rejected) as caught:
        ship_engine(serve(Reply(200, LABEL | {"status": "error"}))).buy_label(REQUEST, call)

    assert caught.value.category is HoldKind.SHIPMENT_NOT_ACCEPTED


def test_a_label_is_found_by_our_reference(serve: Serve, call: Call) -> None:
    server = serve(Reply(200, LABEL))

    found = ship_engine(server).find_label(REQUEST, call)

    assert found is not None
    assert found.reference == "se-28529731"
    assert server.asked[0].path == "/v1/labels/external_shipment_id/ORD-20260131-00001%3Ashipment.create%3A1"


@pytest.mark.parametrize(
    "reply",
    [refusal(404), Reply(404), Reply(200, LABEL | {"voided": True}), Reply(200, LABEL | {"status": "voided"})],
    ids=["unknown", "bare 404", "voided", "status voided"],
)
def test_a_label_that_is_not_there_is_none(serve: Serve, call: Call, reply: Reply) -> None:
    assert ship_engine(serve(reply)).find_label(REQUEST, call) is None


def test_a_label_of_another_reference_is_not_taken(serve: Serve, call: Call) -> None:
    with pytest.raises(OutcomeUnknown):
        ship_engine(serve(Reply(200, LABEL | {"external_shipment_id": "other"}))).find_label(REQUEST, call)


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        ({"status": "verified", "messages": []}, AddressVerdict(True)),
        (
            {"status": "warning", "messages": [{"message": "Suite missing"}, {"message": ""}]},
            AddressVerdict(True, ("Suite missing",)),
        ),
        (
            {"status": "unverified", "messages": []},
            AddressVerdict(True, ("ShipEngine could not verify this address.",)),
        ),
        (
            {"status": "error", "messages": [{"message": "Address not found"}]},
            AddressVerdict(False, ("Address not found",)),
        ),
    ],
)
def test_only_an_error_makes_an_address_undeliverable(
    serve: Serve, call: Call, result: dict[str, Any], verdict: AddressVerdict
) -> None:
    server = serve(Reply(200, [result]))

    assert ship_engine(server).verify_address(ADA, call) == verdict
    assert (server.asked[0].path, len(server.asked[0].json)) == ("/v1/addresses/validate", 1)


@pytest.mark.parametrize("body", [[], {}, [{"status": "perhaps"}], [None]])
def test_an_answer_without_a_verdict_leaves_it_open(serve: Serve, call: Call, body: Any) -> None:
    with pytest.raises(OutcomeUnknown):
        ship_engine(serve(Reply(200, body))).verify_address(ADA, call)


@pytest.mark.parametrize(
    "body", [{"approved": True, "message": "Voided."}, {"approved": False, "reason_code": "label_already_voided"}]
)
def test_a_label_is_voided_once_or_was_before(serve: Serve, call: Call, body: dict[str, Any]) -> None:
    server = serve(Reply(200, body))

    ship_engine(server).void_label("se-28529731", call)

    assert (server.asked[0].method, server.asked[0].path) == ("PUT", "/v1/labels/se-28529731/void")


def test_a_label_that_the_carrier_keeps_is_refused(serve: Serve, call: Call) -> None:
    body = {"approved": False, "message": "Already scanned.", "reason_code": "label_already_used"}

    with pytest.raises(ProviderError, match="Already scanned") as caught:
        ship_engine(serve(Reply(200, body))).void_label("se-1", call)

    assert type(caught.value) is Rejected
    assert caught.value.code == "label_already_used"


def test_a_label_in_doubt_is_always_asked_for(serve: Serve) -> None:
    engine = ship_engine(serve(Reply(200, {})))

    buying = engine.guarantees(StepKind.SHIPMENT_CREATE)

    assert (buying.key_seconds, buying.can_ask, buying.answer_lag) == (None, True, 10.0)
    assert engine.guarantees(StepKind.SHIPMENT_VERIFY_ADDRESS).key_seconds == float("inf")
