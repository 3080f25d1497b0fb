"""Shipments: made for nothing, as often as one likes and under any reference; bought once; given back."""

from typing import Any

from backend.sandbox import clock
from backend.sandbox.easypost import objects
from backend.sandbox.easypost.errors import EasyPostError, missing, not_found, refused
from backend.sandbox.easypost.tracking import Trackers
from backend.sandbox.money import to_minor
from backend.sandbox.shipengine.addresses import undeliverable
from backend.sandbox.store import Document
from backend.sandbox.world import World

HEX = "0123456789abcdef"
REQUIRED = ("street1", "city", "country")


class Shipments:
    """Makes, finds, sells and takes back; raises EasyPostError."""

    def __init__(self, world: World, trackers: Trackers) -> None:
        self._world = world
        self._trackers = trackers

    def make(self, given: Any, refusal: str | None) -> Document:
        """A shipment with its rates; that no carrier wants it is told in its messages, not by a refusal."""
        if not isinstance(given, dict) or not given:
            raise missing("shipment")
        sender, receiver = (self._address(given.get(name), name) for name in ("from_address", "to_address"))
        shipment = objects.shipment(self._id("shp_"), given, sender, receiver, self._parcel(given.get("parcel")))
        if sender["country"] != receiver["country"] and not isinstance(given.get("customs_info"), dict):
            raise missing("customs_info")
        if refusal:
            words = "The carrier does not accept this shipment for any of its services."
            shipment["messages"] = [{"carrier": "USPS", "type": "rate_error", "message": words}]
        else:
            shipment["rates"] = [objects.rate(self._id("rate_"), shipment, offer) for offer in objects.OFFERS]
        self._save(shipment)
        self._note("shipment.created", shipment)
        return shipment

    def find(self, name: str) -> Document:
        """A shipment by id, or the newest one under a reference; else 404."""
        found = self._world.store.get("easypost_shipments", name)
        if found is None:
            every = self._world.store.newest_first("easypost_shipments")
            found = next((one for one in every if one["reference"] == name), None)
        if found is None:
            raise not_found()
        return found

    def buy(self, shipment: Document, body: dict[str, Any], refusal: str | None) -> Document:
        """Sell a label at one of the shipment's rates, once."""
        if shipment["postage_label"]:
            raise EasyPostError(422, "SHIPMENT.POSTAGE.EXISTS", "Postage already exists for this shipment.")
        wanted = (body.get("rate") or {}).get("id") if isinstance(body.get("rate"), dict) else None
        rate = next((one for one in shipment["rates"] if one["id"] == wanted), None)
        if rate is None:
            raise missing("rate", "is not a rate of this shipment")
        if refusal:
            raise refused(refusal)
        if undeliverable(self._world.store, _place(shipment["to_address"])):
            raise refused("bad_address")
        self._sell(shipment, rate)
        self._note("label.bought", shipment)
        self._trackers.start(shipment)
        return shipment

    def _sell(self, shipment: Document, rate: Document) -> None:
        prefix = {"USPS": "94001002083031", "UPS": "1Z932R80"}.get(rate["carrier"], "")
        shipment["tracking_code"] = self._world.ids.text(prefix, 8, "0123456789")
        url = f"{self._world.config.url}/easypost"
        file = f"{url}/files/{self._id('')}/{shipment['id']}.pdf"
        tracker_id = self._id("trk_")
        shipment |= {
            "selected_rate": rate,
            "postage_label": objects.label(self._id("pl_"), file),
            "tracker": objects.tracker(tracker_id, shipment, rate["carrier"], f"{url}/track/{tracker_id}"),
            "fees": [
                {"object": "Fee", "type": "LabelFee", "amount": "0.00000", "charged": True, "refunded": False},
                {"object": "Fee", "type": "PostageFee", "amount": rate["rate"], "charged": True, "refunded": False},
            ],
            "updated_at": clock.iso(),
        }
        self._save(shipment)

    def refund(self, shipment: Document, refusal: str | None) -> Document:
        """Take a label back that was not used yet."""
        if not shipment["postage_label"] or shipment["refund_status"]:
            raise EasyPostError(422, "SHIPMENT.REFUND.UNAVAILABLE", "A refund is not available for this shipment.")
        used = shipment["tracker"]["status"] not in ("unknown", "pre_transit")
        shipment["refund_status"] = "rejected" if refusal or used else "submitted"
        self._save(shipment)
        if shipment["refund_status"] == "submitted":
            self._trackers.stop(shipment)
            self._note("label.voided", shipment)
        return shipment

    def _address(self, given: Any, where: str) -> Document:
        if not isinstance(given, dict):
            raise missing(where)
        for field in REQUIRED:
            if not str(given.get(field) or "").strip():
                raise missing(f"{where}.{field}")
        return objects.address(self._id("adr_"), given, {})

    def _parcel(self, given: Any) -> Document:
        weight = given.get("weight") if isinstance(given, dict) else None
        if isinstance(weight, bool) or not isinstance(weight, int | float) or weight <= 0:
            raise missing("parcel.weight", "must be greater than 0")
        sides = {name: given.get(name) for name in ("length", "width", "height")}
        shown = {"id": self._id("prcl_"), "object": "Parcel", "predefined_package": None, "mode": "test"}
        return shown | sides | {"weight": float(weight)}

    def _save(self, shipment: Document) -> None:
        self._world.store.put("easypost_shipments", shipment["id"], shipment)

    def _id(self, prefix: str) -> str:
        return self._world.ids.text(prefix, 32, HEX)

    def _note(self, kind: str, shipment: Document) -> None:
        rate, reference = shipment["selected_rate"], str(shipment["reference"] or "")
        number = str(shipment["options"].get("invoice_number") or "")
        self._world.journal.accept(
            "easypost",
            kind,
            reference=reference or None,
            order=self._world.references.order_of(filter(None, (number, reference.split(":")[0]))),
            amount_minor=to_minor(rate["rate"], rate["currency"]) if rate else None,
            currency=rate["currency"] if rate else None,
            object_id=shipment["id"],
            tracking_number=shipment["tracking_code"],
        )


def _place(address: Document) -> Document:
    """The address in the words that places are kept under."""
    return {"address_line1": address["street1"], "postal_code": address["zip"]}


def verification(world: World, given: dict[str, Any], refusal: str | None) -> Document:
    """What checking an address comes to: deliverable, or with the reasons why not."""
    absent = [field for field in REQUIRED if not str(given.get(field) or "").strip()]
    problems = [
        {"code": "E.ADDRESS.INCOMPLETE", "field": field, "message": f"{field} is missing", "suggestion": None}
        for field in absent
    ]
    if not absent and (refusal or undeliverable(world.store, _place({"zip": None, **given}))):
        words = "House number is missing or not known in this street"
        problems = [
            {"code": "E.ADDRESS.NOT_FOUND", "field": "address", "message": "Address not found", "suggestion": None},
            {"code": "E.HOUSE_NUMBER.INVALID", "field": "street1", "message": words, "suggestion": None},
        ]
    return {"delivery": {"success": not problems, "errors": problems, "details": {} if problems else None}}
