"""EasyPost: one label per reference, whatever gets lost on the way, and who has to look at each refusal."""

import base64
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from backend.domain.holds import HoldKind
from backend.domain.retries import NextMove, before_repeat
from backend.domain.steps import StepKind
from backend.integrations.easypost.client import EasyPost
from backend.integrations.easypost.payloads import ounces
from backend.ports.calls import Call, NotSent, OutcomeUnknown, ProviderError, Rejected
from backend.ports.shipping import AddressVerdict, Label, LabelRequest, ParcelItem, PostalAddress
from tests.integrations.conftest import Serve
from tests.integrations.raw_server import raw_server, read_request
from tests.integrations.server import Asked, Reply, ScriptedServer
from tests.integrations.shared import reference

SHOP = PostalAddress("Despatch", "Lamp Shop", "Road 1", "", "Berlin", "10115", "BE", "DE", "+49301")
ADA = PostalAddress(
    "Ada Example", "", "Musterstr. 1", "Flat 2", "Potsdam", "14467", "", "DE", "+49302", "ada@example.com"
)
REFERENCE = "ORD-20260131-00001:shipment.create:1"
REQUEST = LabelRequest(
    reference=REFERENCE,
    order_number="ORD-20260131-00001",
    channel_order="61200",
    ship_to=ADA,
    grams=1920,
    items=(ParcelItem("LAMP", "Desk lamp", 1, 1800, 14900), ParcelItem("BULB", "Bulb", 2, 60, 2500)),
    currency="EUR",
)
KEPT_PATH = f"/v2/shipments/{REFERENCE.replace(':', '%3A')}"
NOT_FOUND = Reply(404, {"error": {"code": "NOT_FOUND", "message": "The requested resource could not be found."}})


def rate(number: int, price: str, carrier: str = "USPS", service: str = "Priority", currency: str = "EUR") -> Any:
    name = f"rate_{number}"
    return {"id": name, "carrier": carrier, "service": service, "rate": price, "currency": currency}


RATES = [
    rate(1, "34.15", service="Express"),
    rate(2, "7.42"),
    rate(3, "10.07", "UPS", "Ground"),
    rate(4, "6.07", service="GroundAdvantage"),
]


def shipment(**changes: Any) -> dict[str, Any]:
    body = {
        "id": "shp_1",
        "object": "Shipment",
        "reference": REFERENCE,
        "tracking_code": None,
        "messages": [],
        "postage_label": None,
        "rates": RATES,
        "refund_status": None,
        "selected_rate": None,
        "tracker": None,
    }
    return body | changes


def bought_shipment(**changes: Any) -> dict[str, Any]:
    sold = {
        "tracking_code": "9400100208303109505657",
        "selected_rate": RATES[3],
        "postage_label": {"id": "pl_1", "label_url": "https://l.example/1.png", "label_pdf_url": None},
        "tracker": {"id": "trk_1", "public_url": "https://track.example/abc"},
    }
    return shipment(**sold) | changes


LABEL = Label(
    reference="shp_1",
    shipment_reference="shp_1",
    carrier="USPS",
    service="GroundAdvantage",
    tracking_number="9400100208303109505657",
    tracking_url="https://track.example/abc",
    cost_minor=607,
    cost_currency="EUR",
    label_url="https://l.example/1.png",
)


class Carrier:
    """A small EasyPost: shipments in the order they were made; `leads_to` says which twin a reference leads to."""

    def __init__(self, *known: dict[str, Any], leads_to: int = 0, made: dict[str, Any] | None = None) -> None:
        self.known = list(known)
        self.made = made
        self._leads_to = leads_to
        self.refusal: Reply | None = None

    def __call__(self, asked: Asked) -> Reply:
        if (asked.method, asked.path) == ("POST", "/v2/shipments"):
            self.known.append(self.made or shipment(reference=asked.json["shipment"]["reference"]))
            return Reply(201, self.known[-1])
        if asked.path == "/v2/shipments":
            return Reply(200, {"shipments": [one for one in self.known if one["tracking_code"]], "has_more": False})
        name = asked.path.split("/")[3].replace("%3A", ":")
        found = [one for one in self.known if name in (one["id"], one["reference"])]
        if not found:
            return NOT_FOUND
        one = found[self._leads_to] if name == REFERENCE else found[0]
        if asked.path.endswith("/buy"):
            if self.refusal:
                return self.refusal
            chosen = next(rate for rate in one["rates"] if rate["id"] == asked.json["rate"]["id"])
            one |= bought_shipment(id=one["id"], reference=one["reference"], selected_rate=chosen)
        return Reply(200, one)


def easypost(server: ScriptedServer, **changes: Any) -> EasyPost:
    return EasyPost(api_key="EZTK_canary", ship_from=SHOP, api_base=server.base, **changes)


def said(server: ScriptedServer) -> list[tuple[str, str]]:
    return [(asked.method, asked.path) for asked in server.asked]


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


def test_a_label_whose_answer_was_lost_is_found_under_the_reference(call: Call) -> None:
    sold: list[bytes] = []

    def behaviour(connection: socket.socket, _: threading.Event) -> None:
        request = read_request(connection)
        if b"/buy " in request.split(b"\r\n")[0]:
            sold.append(request)
            return
        body = json.dumps(bought_shipment() if sold else shipment()).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        connection.sendall(head.encode() + b"Connection: close\r\n\r\n" + body)

    with raw_server(behaviour) as base:
        provider = EasyPost(api_key="EZTK_canary", ship_from=SHOP, api_base=base)
        with pytest.raises(OutcomeUnknown):
            provider.buy_label(REQUEST, call)
        found = provider.find_label(REQUEST, call)
        again = provider.buy_label(REQUEST, call)

    assert found == again == LABEL
    assert len(sold) == 1


def test_no_shipment_under_the_reference_is_no_label(serve: Serve, call: Call) -> None:
    server = serve(script=Carrier())

    assert easypost(server).find_label(REQUEST, call) is None
    assert said(server) == [("GET", KEPT_PATH)]


def test_a_bought_twin_is_found_although_the_reference_leads_to_another(serve: Serve, call: Call) -> None:
    server = serve(script=Carrier(bought_shipment(), shipment(id="shp_late"), leads_to=1))

    assert easypost(server).find_label(REQUEST, call) == LABEL
    assert easypost(server).buy_label(REQUEST, call) == LABEL
    assert "POST" not in {method for method, _ in said(server)}
    assert server.asked[-1].query == {
        "page_size": "100",
        "purchased": "true",
        "start_datetime": "2026-01-30T00:00:00Z",
    }


def test_bought_shipments_are_searched_page_by_page(serve: Serve, call: Call) -> None:
    pages = [
        Reply(200, {"shipments": [bought_shipment(id="shp_x", reference="other")], "has_more": True}),
        Reply(200, {"shipments": [bought_shipment(reference=None), bought_shipment()], "has_more": False}),
    ]
    server = serve(script=lambda asked: pages.pop(0) if asked.path == "/v2/shipments" else Reply(200, shipment()))

    assert easypost(server).find_label(REQUEST, call) == LABEL
    assert server.asked[-1].query["before_id"] == "shp_x"


def test_a_shipment_that_was_never_bought_is_no_label(serve: Serve, call: Call) -> None:
    twins = [bought_shipment(id="shp_x", reference="other"), bought_shipment(refund_status="refunded")]
    server = serve(script=Carrier(shipment(), *twins))

    assert easypost(server).find_label(REQUEST, call) is None


@pytest.mark.parametrize("status", ["submitted", "refunded"])
def test_a_label_given_back_counts_as_none_and_is_not_bought_again(serve: Serve, call: Call, status: str) -> None:
    server = serve(script=Carrier(bought_shipment(refund_status=status)))

    assert easypost(server).find_label(REQUEST, call) is None
    with pytest.raises(Rejected, match="bought and given back"):
        easypost(server).buy_label(REQUEST, call)
    assert {method for method, _ in said(server)} == {"GET"}


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


@pytest.mark.parametrize(
    "changes",
    [{"tracking_code": None}, {"selected_rate": None}, {"selected_rate": RATES[3] | {"rate": None}}],
    ids=["no tracking number", "no rate", "no cost"],
)
def test_an_unfinished_label_is_unknown(serve: Serve, call: Call, changes: Any) -> None:
    carrier = Carrier(shipment())
    server = serve(
        script=lambda asked: Reply(200, bought_shipment(**changes)) if "buy" in asked.path else carrier(asked)
    )

    with pytest.raises(OutcomeUnknown):
        easypost(server).buy_label(REQUEST, call)


def refused(code: str, message: Any = "No.", status: int = 422, errors: Any = ()) -> Reply:
    return Reply(status, {"error": {"code": code, "message": message, "errors": list(errors)}})


@pytest.mark.parametrize(
    ("reply", "expected", "category"),
    [
        (refused("SHIPMENT.POSTAGE.FAILURE", "Insufficient funds"), Rejected, HoldKind.CARRIER_FUNDS),
        (refused("PAYMENT_REQUIRED", status=402), Rejected, HoldKind.CARRIER_FUNDS),
        (refused("ADDRESS.VERIFY.FAILURE"), Rejected, HoldKind.ADDRESS_INVALID),
        (refused("SHIPMENT.POSTAGE.FAILURE", "Bad destination address"), Rejected, HoldKind.ADDRESS_INVALID),
        (
            refused("PARAMETER.INVALID", errors=[{"field": "shipment.to_address.zip", "message": "is invalid"}]),
            Rejected,
            HoldKind.ADDRESS_INVALID,
        ),
        (refused("PARAMETER.REQUIRED", errors=[{"field": "rate"}]), Rejected, HoldKind.SHIPMENT_NOT_ACCEPTED),
        (refused("SHIPMENT.POSTAGE.FAILURE", "Item out of stock"), Rejected, HoldKind.SHIPMENT_OUT_OF_STOCK),
        (refused("SHIPMENT.POSTAGE.FAILURE"), Rejected, HoldKind.SHIPMENT_NOT_ACCEPTED),
        (refused("APIKEY.INACTIVE", status=401), Rejected, HoldKind.PROVIDER_CREDENTIALS),
        (refused("FORBIDDEN", status=403), Rejected, HoldKind.PROVIDER_CREDENTIALS),
        (refused("CONFLICT", status=409), OutcomeUnknown, None),
        (refused("INTERNAL_SERVER_ERROR", status=500), OutcomeUnknown, None),
        (Reply(422, {"error": "The carrier is away."}), Rejected, HoldKind.SHIPMENT_NOT_ACCEPTED),
        (Reply(422, {"odd": True}), Rejected, HoldKind.PROVIDER_REFUSED),
    ],
)
def test_each_refusal_of_a_label_has_a_category(
    serve: Serve, call: Call, reply: Reply, expected: type[ProviderError], category: HoldKind | None
) -> None:
    carrier = Carrier(shipment())
    carrier.refusal = reply

    with pytest.raises(ProviderError) as caught:
        easypost(serve(script=carrier)).buy_label(REQUEST, call)

    assert type(caught.value) is expected
    assert getattr(caught.value, "category", None) is category


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("Wrong.", "EasyPost refused: Wrong. (C)"),
        (["Wrong.", "Very.", "Wrong."], "EasyPost refused: Wrong.; Very. (C)"),
        ({"weight": ["too much", "odd"]}, "EasyPost refused: weight: too much; weight: odd (C)"),
        ({"errors": {"a": [{"message": "deep"}]}}, "EasyPost refused: errors: a: deep (C)"),
        (None, "EasyPost refused: no reason given (C)"),
    ],
)
def test_a_message_of_any_shape_becomes_one_sentence(serve: Serve, call: Call, message: Any, sentence: str) -> None:
    with pytest.raises(Rejected) as caught:
        easypost(serve(refused("C", message))).verify_address(ADA, call)

    assert caught.value.sentence == sentence


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("error", "EasyPost refused: Missing required parameter.; shipment: cannot be blank (PARAMETER.REQUIRED)"),
        (
            "error_alternative_format",
            "EasyPost refused: The requested resource could not be found.;"
            " No eligible insurance found with provided tracking code. (NOT_FOUND)",
        ),
    ],
)
def test_the_reference_errors_are_read(serve: Serve, call: Call, name: str, sentence: str) -> None:
    (exchange,) = json.loads(reference(f"easypost/recorded/{name}.json"))
    answer = exchange["response"]

    with pytest.raises(Rejected) as caught:
        easypost(serve(Reply(answer["status"], answer["body"]))).verify_address(ADA, call)

    assert caught.value.sentence == sentence


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


def verified(success: bool, *errors: dict[str, Any]) -> dict[str, Any]:
    return {"id": "adr_1", "verifications": {"delivery": {"success": success, "errors": list(errors)}}}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (verified(True), AddressVerdict(True)),
        (verified(False), AddressVerdict(False, ("EasyPost could not find this address.",))),
        (
            verified(False, {"code": "E.ADDRESS.NOT_FOUND", "field": "address", "message": "Address not found"}),
            AddressVerdict(False, ("address: Address not found",)),
        ),
        ({"id": "adr_1", "verifications": {}}, AddressVerdict(True, ("EasyPost could not verify this address.",))),
        (
            verified(False, {"code": "E.COUNTRY.UNSUPPORTED", "message": "Country not supported"}),
            AddressVerdict(True, ("Country not supported", "EasyPost could not verify this address.")),
        ),
    ],
    ids=["known", "unknown", "with a reason", "not checked", "country not checked"],
)
def test_an_address_is_deliverable_unless_a_check_failed(
    serve: Serve, call: Call, answer: Any, expected: AddressVerdict
) -> None:
    server = serve(Reply(201, answer))

    assert easypost(server).verify_address(ADA, call) == expected
    assert server.asked[0].path == "/v2/addresses"
    assert server.asked[0].json["verify"] is True
    assert server.asked[0].json["address"]["zip"] == "14467"


def test_an_answer_without_an_address_is_no_verdict(serve: Serve, call: Call) -> None:
    with pytest.raises(OutcomeUnknown):
        easypost(serve(Reply(200, {}))).verify_address(ADA, call)


@pytest.mark.parametrize("status", ["submitted", "refunded"])
def test_a_label_is_given_back(serve: Serve, call: Call, status: str) -> None:
    server = serve(Reply(200, bought_shipment(refund_status=status)))

    easypost(server).void_label("shp_1", call)

    assert said(server) == [("POST", "/v2/shipments/shp_1/refund")]


def test_a_label_given_back_before_stays_given_back(serve: Serve, call: Call) -> None:
    refusal = refused("SHIPMENT.REFUND.UNAVAILABLE")
    server = serve(refusal, Reply(200, bought_shipment(refund_status="submitted")))

    easypost(server).void_label("shp_1", call)

    assert said(server)[-1] == ("GET", "/v2/shipments/shp_1")


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ([Reply(200, bought_shipment(refund_status="rejected"))], Rejected),
        ([refused("SHIPMENT.REFUND.UNAVAILABLE"), Reply(200, bought_shipment())], Rejected),
        ([Reply(200, bought_shipment())], OutcomeUnknown),
    ],
    ids=["rejected", "refused", "unclear"],
)
def test_a_label_that_is_not_taken_back_is_told(
    serve: Serve, call: Call, replies: list[Reply], expected: type[ProviderError]
) -> None:
    with pytest.raises(ProviderError) as caught:
        easypost(serve(*replies)).void_label("shp_1", call)

    assert type(caught.value) is expected


def test_doubt_is_settled_by_asking(serve: Serve) -> None:
    provider = easypost(serve(Reply(200, {})))
    buying = provider.guarantees(StepKind.SHIPMENT_CREATE)

    assert before_repeat(buying, in_doubt=True, since_first_sent=1) is NextMove.ASK
    assert buying.answer_lag == 10.0
    assert provider.guarantees(StepKind.SHIPMENT_VOID).key_seconds == float("inf")


def test_an_exchange_shows_neither_key_nor_customer(serve: Serve, call: Call) -> None:
    easypost(serve(script=Carrier())).buy_label(REQUEST, call)

    shown = repr(call.exchanges)
    assert len(call.exchanges) == 4
    for hidden in ("EZTK_canary", "Ada Example", "Musterstr", "Flat 2", "14467", "ada@example.com", "+49302"):
        assert hidden not in shown
    assert "shp_1" in shown
