"""A small EasyPost for tests: its shipments and rates, and the label that we ask it for."""

from typing import Any

from backend.integrations.easypost.client import EasyPost
from backend.ports.shipping import Label, LabelRequest, ParcelItem, PostalAddress
from tests.integrations.server import Asked, Reply, ScriptedServer

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


def refused(code: str, message: Any = "No.", status: int = 422, errors: Any = ()) -> Reply:
    return Reply(status, {"error": {"code": code, "message": message, "errors": list(errors)}})
