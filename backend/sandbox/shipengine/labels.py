"""Labels: bought (there is no idempotency: asking twice buys twice), looked up by our reference, voided."""

from dataclasses import dataclass
from typing import Any

from backend.sandbox import clock
from backend.sandbox.money import to_minor
from backend.sandbox.shipengine import addresses, carriers
from backend.sandbox.shipengine.errors import missing, not_found, refused, wrong
from backend.sandbox.store import Document
from backend.sandbox.world import World

REFERENCE_LENGTH = 50
GRAMS = {"gram": 1.0, "kilogram": 1000.0, "ounce": 28.349523125, "pound": 453.59237}
CURRENCY_OF = {"US": "usd", "GB": "gbp", "CA": "cad", "AU": "aud"}
DIGITS = "0123456789"
WAREHOUSE = {
    "name": "Tidewater Supply",
    "address_line1": "4 Harbour Row",
    "city_locality": "Kinsale",
    "postal_code": "P17 XH21",
    "country_code": "IE",
    "phone": "+353214000000",
}


# What is the same on every label that the sandbox sells.
PLAIN: Document = {
    "is_return_label": False,
    "rma_number": None,
    "batch_id": "",
    "charge_event": "on_creation",
    "package_code": "package",
    "voided": False,
    "voided_at": None,
    "label_download_type": "url",
    "display_scheme": "label",
    "trackable": True,
    "label_image_id": None,
    "form_download": None,
    "insurance_claim": None,
}


@dataclass(frozen=True)
class Order:
    """A label request after it was checked."""

    carrier: carriers.Carrier
    service: carriers.Service
    ship_to: Document
    ship_from: Document
    packages: list[Document]
    grams: float
    reference: str | None
    external_order_id: str | None
    raw: dict[str, Any]


def read_shipment(shipment: Any) -> Order:
    """Check a shipment as POST /labels does; raises ShipEngineError."""
    if not isinstance(shipment, dict):
        raise missing("shipment")
    ship_to = addresses.require(shipment.get("ship_to"), "shipment.ship_to")
    ship_from = _origin(shipment)
    if not shipment.get("carrier_id"):
        raise missing("shipment.carrier_id")
    carrier = carriers.get(shipment["carrier_id"])
    service = carriers.service(carrier, shipment.get("service_code"))
    packages = shipment.get("packages")
    if not isinstance(packages, list) or not packages:
        raise missing("shipment.packages")
    reference = shipment.get("external_shipment_id")
    return Order(
        carrier,
        service,
        ship_to,
        ship_from,
        packages,
        sum(_grams(package, index) for index, package in enumerate(packages)),
        str(reference)[:REFERENCE_LENGTH] if reference else None,
        str(shipment["external_order_id"]) if shipment.get("external_order_id") else None,
        shipment,
    )


def cost(order: Order, service: carriers.Service) -> Document:
    """What a service charges for the parcels."""
    minor = service.base + service.per_kg * int(-(-order.grams // 1000))
    if order.ship_to["country_code"] != order.ship_from["country_code"] and service.domestic:
        minor += 450
    return {"currency": CURRENCY_OF.get(order.ship_from["country_code"], "eur"), "amount": minor / 100}


class Labels:
    """Buys, finds and voids labels."""

    def __init__(self, world: World) -> None:
        self._world = world

    def buy(self, body: dict[str, Any], refusal: str | None) -> Document:
        """Buy a label, whether or not one was bought for the same reference before."""
        order = read_shipment(body.get("shipment"))
        if refusal:
            raise refused(refusal, order.carrier.code)
        if addresses.undeliverable(self._world.store, order.ship_to):
            raise refused("bad_address", order.carrier.code)
        shipment = self._shipment(order)
        label = self._label(order, shipment, body)
        self._world.store.put("ship_shipments", shipment["shipment_id"], shipment)
        self._world.store.put("ship_labels", label["label_id"], label)
        self._world.store.put("ship_tracking_numbers", label["tracking_number"], {"label": label["label_id"]})
        if order.reference:
            refs = {"shipment": shipment["shipment_id"], "label": label["label_id"]}
            self._world.store.put("ship_references", order.reference, refs)
        self._note("label.bought", label)
        return label

    def get(self, label_id: str) -> Document:
        """A label or 404."""
        label = self._world.store.get("ship_labels", label_id)
        if label is None:
            raise not_found(f"The label '{label_id}' could not be found.")
        return label

    def by_reference(self, reference: str, kind: str) -> Document:
        """The newest label or shipment with this external_shipment_id, or 404."""
        refs = self._world.store.get("ship_references", reference)
        found = refs and self._world.store.get(f"ship_{kind}s", refs[kind])
        if not found:
            raise not_found(f"The {kind} with external shipment id '{reference}' could not be found.")
        return found

    def by_tracking_number(self, tracking_number: str) -> Document | None:
        """The label that carries this tracking number, or None."""
        found = self._world.store.get("ship_tracking_numbers", tracking_number)
        return self._world.store.get("ship_labels", found["label"]) if found else None

    def void(self, label: Document, refusal: str | None) -> Document:
        """Void a label that was not used yet; the answer says whether it was approved."""
        if label["voided"]:
            return _void_answer("This label has already been voided.", "label_already_voided")
        if label["tracking_status"] != "unknown":
            return _void_answer("The carrier has already received this parcel.", "label_already_used")
        if refusal:
            return _void_answer("The carrier does not allow this label to be voided.", "contact_carrier")
        label |= {"voided": True, "voided_at": clock.iso_millis(), "status": "voided"}
        self._world.store.put("ship_labels", label["label_id"], label)
        self._world.agenda.cancel(
            lambda job: job["kind"] == "shipengine.track" and job["payload"]["label"] == label["label_id"]
        )
        self._note("label.voided", label)
        return {"approved": True, "message": "Request for refund submitted. This label has been voided."}

    def save(self, label: Document) -> None:
        """Keep a changed label."""
        self._world.store.put("ship_labels", label["label_id"], label)

    def _shipment(self, order: Order) -> Document:
        now = clock.iso_millis()
        optional = ("items", "customs", "advanced_options", "tags", "shipment_number", "order_source_code")
        return {
            "shipment_id": f"se-{self._world.ids.number('se_shipment', 141_694_001)}",
            "carrier_id": order.carrier.carrier_id,
            "service_code": order.service.code,
            "external_shipment_id": order.reference,
            "external_order_id": order.external_order_id,
            **{name: order.raw[name] for name in optional if name in order.raw},
            "ship_date": order.raw.get("ship_date") or clock.now().strftime("%Y-%m-%dT00:00:00Z"),
            "created_at": now,
            "modified_at": now,
            "shipment_status": "label_purchased",
            "ship_to": order.ship_to,
            "ship_from": order.ship_from,
            "warehouse_id": order.raw.get("warehouse_id"),
            "return_to": order.ship_from,
            "is_return": False,
            "confirmation": order.raw.get("confirmation") or "none",
            "insurance_provider": order.raw.get("insurance_provider") or "none",
            "packages": [{"package_code": "package", **package} for package in order.packages],
            "total_weight": {"value": round(order.grams, 2), "unit": "gram"},
        }

    def _label(self, order: Order, shipment: Document, body: dict[str, Any]) -> Document:
        number = self._world.ids.number("se_label", 75_693_001)
        tracking_number = self._tracking_number(order.carrier)
        download = self._download(number)
        return {
            "label_id": f"se-{number}",
            "status": "completed",
            "shipment_id": shipment["shipment_id"],
            "external_shipment_id": order.reference,
            "external_order_id": order.external_order_id,
            "ship_date": shipment["ship_date"],
            "created_at": clock.iso_millis(),
            "shipment_cost": cost(order, order.service),
            "insurance_cost": {"currency": cost(order, order.service)["currency"], "amount": 0.0},
            "tracking_number": tracking_number,
            **PLAIN,
            "is_international": order.ship_to["country_code"] != order.ship_from["country_code"],
            "carrier_id": order.carrier.carrier_id,
            "service_code": order.service.code,
            "test_label": bool(body.get("test_label")),
            "label_format": body.get("label_format") or "pdf",
            "label_layout": body.get("label_layout") or "4x6",
            "carrier_code": order.carrier.code,
            "tracking_status": "unknown",
            "tracking_url": order.carrier.tracking_url.format(tracking_number),
            "label_download": download,
            "ship_to": order.ship_to,
            "packages": [
                _label_package(number * 10 + index, index + 1, package, tracking_number, download)
                for index, package in enumerate(order.packages)
            ],
        }

    def _download(self, number: int) -> Document:
        token = self._world.ids.text("", 22)
        base = f"{self._world.config.url}/shipengine/v1/downloads/10/{token}/label-{number}"
        return {"href": f"{base}.pdf", "pdf": f"{base}.pdf", "png": f"{base}.png", "zpl": f"{base}.zpl"}

    def _tracking_number(self, carrier: carriers.Carrier) -> str:
        shapes = {"ups": ("1Z932R80", 10), "dhl_express": ("", 10), "stamps_com": ("94001118992231", 8)}
        prefix, length = shapes[carrier.code]
        return self._world.ids.text(prefix, length, DIGITS)

    def _note(self, kind: str, label: Document) -> None:
        cost_now = label["shipment_cost"]
        self._world.journal.accept(
            "shipengine",
            kind,
            reference=label["external_shipment_id"],
            order=label["external_order_id"],
            amount_minor=to_minor(cost_now["amount"], cost_now["currency"]),
            currency=cost_now["currency"],
            object_id=label["label_id"],
            tracking_number=label["tracking_number"],
        )


def _label_package(
    package_id: int, sequence: int, package: Document, tracking_number: str, download: Document
) -> Document:
    return {
        "package_id": package_id,
        "package_code": "package",
        "weight": package["weight"],
        "dimensions": package.get("dimensions"),
        "tracking_number": tracking_number,
        "label_download": download,
        "sequence": sequence,
    }


def _origin(shipment: dict[str, Any]) -> Document:
    """Where the parcel starts: the address given, or that of the account's own warehouse."""
    if shipment.get("ship_from") is None and shipment.get("warehouse_id"):
        return addresses.complete(WAREHOUSE)
    return addresses.require(shipment.get("ship_from"), "shipment.ship_from")


def _void_answer(message: str, reason: str) -> Document:
    return {"approved": False, "message": message, "reason_code": reason}


def _grams(package: Any, index: int) -> float:
    weight = package.get("weight") if isinstance(package, dict) else None
    where = f"shipment.packages[{index}].weight"
    if not isinstance(weight, dict):
        raise missing(where)
    value, unit = weight.get("value"), weight.get("unit")
    if unit not in GRAMS:
        raise wrong(f"{where}.unit", f"'{unit}' is not one of {', '.join(GRAMS)}.")
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise wrong(f"{where}.value", "The weight must be greater than 0.")
    return value * GRAMS[unit]
