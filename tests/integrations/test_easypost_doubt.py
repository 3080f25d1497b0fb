"""EasyPost: a label whose answer was lost is found, and whatever cannot be read is no answer."""

import json
import socket
import threading
from typing import Any

import pytest

from backend.domain.retries import NextMove, before_repeat
from backend.domain.steps import StepKind
from backend.integrations.easypost.client import EasyPost
from backend.ports.calls import Call, OutcomeUnknown, Rejected
from tests.integrations.conftest import Serve
from tests.integrations.easypost_shop import (
    KEPT_PATH,
    LABEL,
    RATES,
    REQUEST,
    SHOP,
    Carrier,
    bought_shipment,
    easypost,
    said,
    shipment,
)
from tests.integrations.raw_server import raw_server, read_request
from tests.integrations.server import Reply


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


def test_doubt_is_settled_by_asking(serve: Serve) -> None:
    provider = easypost(serve(Reply(200, {})))
    buying = provider.guarantees(StepKind.SHIPMENT_CREATE)

    assert before_repeat(buying, in_doubt=True, since_first_sent=1) is NextMove.ASK
    assert buying.answer_lag == 10.0
    assert provider.guarantees(StepKind.SHIPMENT_VOID).key_seconds == float("inf")
