"""EasyPost: one label per reference, at the rate that was asked for, with what the customs want to know."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from backend.domain.holds import HoldKind
from backend.integrations.easypost.payloads import ounces
from backend.ports.calls import Call, NotSent, Rejected
from tests.integrations.conftest import Serve
from tests.integrations.easypost_shop import (
    ADA,
    KEPT_PATH,
    LABEL,
    NOT_FOUND,
    REFERENCE,
    REQUEST,
    Carrier,
    bought_shipment,
    easypost,
    rate,
    said,
    shipment,
)
from tests.integrations.server import Asked, Reply
from tests.integrations.shared import reference


def test_a_label_is_bought_on_the_shipment_that_our_reference_leads_to(serve: Serve, call: Call) -> None:
    server = serve(script=Carrier())

    assert easypost(server).buy_label(REQUEST, call) == LABEL
    assert said(server) == [
        ("GET", KEPT_PATH),
        ("POST", "/v2/shipments"),
        ("GET", KEPT_PATH),
        ("POST", "/v2/shipments/shp_1/buy"),
    ]
    made, sold = server.asked[1], server.asked[3]
    assert made.headers["authorization"] == "Basic " + base64.b64encode(b"EZTK_canary:").decode()
    assert made.json == {
        "shipment": {
            "reference": REFERENCE,
            "to_address": {
                "name": "Ada Example",
                "street1": "Musterstr. 1",
                "street2": "Flat 2",
                "city": "Potsdam",
                "zip": "14467",
                "country": "DE",
                "phone": "+49302",
                "email": "ada@example.com",
            },
            "from_address": {
                "name": "Despatch",
                "company": "Lamp Shop",
                "street1": "Road 1",
                "city": "Berlin",
                "state": "BE",
                "zip": "10115",
                "country": "DE",
                "phone": "+49301",
            },
            "parcel": {"weight": 67.8},
            "options": {"label_format": "PDF", "invoice_number": "ORD-20260131-00001"},
        }
    }
    assert sold.json == {"rate": {"id": "rate_4"}}


def test_a_shipment_made_before_is_bought_and_no_other_is_made(serve: Serve, call: Call) -> None:
    server = serve(script=Carrier(shipment(id="shp_1")))

    assert easypost(server).buy_label(REQUEST, call) == LABEL
    assert said(server) == [("GET", KEPT_PATH), ("GET", "/v2/shipments"), ("POST", "/v2/shipments/shp_1/buy")]


def test_a_label_bought_before_is_returned_and_not_bought_again(serve: Serve, call: Call) -> None:
    server = serve(script=Carrier(bought_shipment()))

    assert easypost(server).buy_label(REQUEST, call) == LABEL
    assert said(server) == [("GET", KEPT_PATH)]


def test_nothing_is_bought_while_the_reference_does_not_lead_back(serve: Serve, call: Call) -> None:
    server = serve(script=lambda asked: NOT_FOUND if asked.method == "GET" else Reply(201, shipment()))

    with pytest.raises(NotSent, match="nothing was bought"):
        easypost(server).buy_label(REQUEST, call)

    assert said(server) == [("GET", KEPT_PATH), ("POST", "/v2/shipments"), ("GET", KEPT_PATH)]


@pytest.mark.parametrize("answer", [Reply(500, {}), Reply(200, shipment(reference="another"))], ids=["500", "another"])
def test_doubt_before_buying_is_no_doubt_about_the_label(serve: Serve, call: Call, answer: Reply) -> None:
    server = serve(answer)

    with pytest.raises(NotSent):
        easypost(server).buy_label(REQUEST, call)

    assert said(server) == [("GET", KEPT_PATH)]


def test_buying_twice_is_refused_there_and_the_first_label_is_taken(serve: Serve, call: Call) -> None:
    carrier = Carrier(shipment())
    refusal = {"error": {"code": "SHIPMENT.POSTAGE.EXISTS", "message": "Postage already exists.", "errors": []}}

    def answer(asked: Asked) -> Reply:
        if asked.path.endswith("/buy"):
            carrier(asked)
            return Reply(422, refusal)
        return carrier(asked)

    server = serve(script=answer)

    assert easypost(server).buy_label(REQUEST, call) == LABEL
    assert said(server)[-1] == ("GET", "/v2/shipments/shp_1")


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ({}, "rate_4"),
        ({"carrier": "UPS"}, "rate_3"),
        ({"carrier": "usps", "service": "express"}, "rate_1"),
        ({"service": "Priority"}, "rate_2"),
    ],
    ids=["cheapest", "carrier", "carrier and service", "service"],
)
def test_the_rate_is_the_one_configured_or_the_cheapest(
    serve: Serve, call: Call, options: dict[str, str], chosen: str
) -> None:
    server = serve(script=Carrier(shipment()))

    easypost(server, **options).buy_label(REQUEST, call)

    assert server.asked[-1].json == {"rate": {"id": chosen}}


@pytest.mark.parametrize(
    ("changes", "options", "sentence", "category"),
    [
        ({}, {"carrier": "DHL"}, "DHL is not offered", HoldKind.SHIPMENT_NOT_ACCEPTED),
        ({"rates": []}, {}, "no carrier gave a reason", HoldKind.SHIPMENT_NOT_ACCEPTED),
        (
            {"rates": [], "messages": [{"carrier": "UPS", "type": "rate_error", "message": "Parcel is too heavy"}]},
            {},
            "Parcel is too heavy",
            HoldKind.SHIPMENT_NOT_ACCEPTED,
        ),
        (
            {"rates": [], "messages": [{"carrier": "UPS", "message": {"to": ["invalid postal code"]}}]},
            {},
            "to: invalid postal code",
            HoldKind.ADDRESS_INVALID,
        ),
        ({"rates": [rate(1, "5"), rate(2, "4", currency="USD")]}, {}, "several currencies", None),
    ],
)
def test_a_parcel_without_a_fitting_rate_is_refused_in_the_carriers_words(
    serve: Serve, call: Call, changes: Any, options: Any, sentence: str, category: HoldKind | None
) -> None:
    server = serve(script=Carrier(shipment(**changes)))

    with pytest.raises(Rejected, match=sentence) as caught:
        easypost(server, **options).buy_label(REQUEST, call)

    assert caught.value.category is (category or HoldKind.SHIPMENT_NOT_ACCEPTED)
    assert not any(path.endswith("/buy") for _, path in said(server))


def test_a_rate_without_a_readable_price_is_never_the_cheapest(serve: Serve, call: Call) -> None:
    server = serve(script=Carrier(shipment(rates=[rate(1, "free"), rate(2, "NaN"), rate(3, "9.00")])))

    easypost(server).buy_label(REQUEST, call)

    assert server.asked[-1].json == {"rate": {"id": "rate_3"}}


def test_a_parcel_abroad_declares_its_contents(serve: Serve, call: Call) -> None:
    server = serve(script=Carrier())

    easypost(server).buy_label(replace(REQUEST, ship_to=replace(ADA, country="CH")), call)

    customs = server.asked[1].json["shipment"]["customs_info"]
    assert (customs["contents_type"], customs["customs_certify"], customs["customs_signer"]) == (
        "merchandise",
        True,
        "Despatch",
    )
    assert customs["customs_items"][1] == {
        "description": "Bulb",
        "quantity": 2,
        "value": 50.0,
        "currency": "EUR",
        "weight": 4.3,
        "origin_country": "DE",
        "code": "BULB",
    }
    assert b'"value": 50.00' in server.asked[1].body


@pytest.mark.parametrize(("grams", "shown"), [(0, "0.1"), (1, "0.1"), (28, "1.0"), (29, "1.1"), (1000, "35.3")])
def test_a_parcel_is_never_declared_lighter_than_it_is(grams: int, shown: str) -> None:
    assert str(ounces(grams)) == shown


def test_the_reference_label_is_read(serve: Serve, call: Call) -> None:
    made, sold = json.loads(reference("easypost/recorded/shipment_buy.json"))
    replies: dict[str, Callable[[], Reply]] = {
        "GET": lambda: Reply(200, made["response"]["body"]),
        "POST": lambda: Reply(200, sold["response"]["body"]),
    }
    server = serve(script=lambda asked: replies[asked.method]())

    label = easypost(server).buy_label(replace(REQUEST, reference="123"), call)

    assert (label.carrier, label.service, label.cost_minor, label.cost_currency) == (
        "USPS",
        "GroundAdvantage",
        607,
        "USD",
    )
    assert label.tracking_number == "9400100208303109505657"
    assert server.asked[-1].json == sold["request"]["body"]


def test_an_exchange_shows_neither_key_nor_customer(serve: Serve, call: Call) -> None:
    easypost(serve(script=Carrier())).buy_label(REQUEST, call)

    shown = repr(call.exchanges)
    assert len(call.exchanges) == 4
    for hidden in ("EZTK_canary", "Ada Example", "Musterstr", "Flat 2", "14467", "ada@example.com", "+49302"):
        assert hidden not in shown
    assert "shp_1" in shown
