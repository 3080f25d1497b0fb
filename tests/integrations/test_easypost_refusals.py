"""EasyPost: who has to look at each refusal, of a label, an address or a label given back."""

import json
from typing import Any

import pytest

from backend.domain.holds import HoldKind
from backend.ports.calls import Call, OutcomeUnknown, ProviderError, Rejected
from backend.ports.shipping import AddressVerdict
from tests.integrations.conftest import Serve
from tests.integrations.easypost_shop import ADA, REQUEST, Carrier, bought_shipment, easypost, refused, said, shipment
from tests.integrations.server import Reply
from tests.integrations.shared import reference


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
