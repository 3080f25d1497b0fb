"""Tracking: what the carrier reports about a parcel, on its own schedule or on demand, and the webhooks about it."""

import random

from backend.sandbox import clock
from backend.sandbox.faults import Call
from backend.sandbox.shipengine.labels import Labels
from backend.sandbox.store import Document
from backend.sandbox.world import World

WEBHOOK_PATH = "/webhooks/shipping/shipengine"
# (status description, detail code, what a scan says) for each status code.
STATUSES = {
    "UN": ("Unknown", "CARRIER_STATUS_NOT_MAPPED", "The status of the parcel is unknown"),
    "NY": ("Not Yet In System", "SHIPMENT_CREATED", "The sender created a label; the parcel was not received yet"),
    "AC": ("Accepted", "RECEIVED_BY_CARRIER", "Origin scan"),
    "IT": ("In Transit", "IN_TRANSIT", "Departed from facility"),
    "AT": ("Delivery Attempt", "ATTEMPTED_DELIVERY", "The receiver was not available; another attempt will be made"),
    "SP": ("Available at Service Point", "AWAITING_COLLECTION_FROM_PICKUP_POINT", "Ready for collection"),
    "EX": ("Exception", "UNSPECIFIED_EXCEPTION", "The parcel is delayed by an exception"),
    "DE": ("Delivered", "DELIVERED", "Delivered"),
}
# The carrier's own codes for the same.
CARRIER_CODES = {"UN": "XX", "NY": "MP", "AC": "OR", "IT": "DP", "AT": "X1", "SP": "2W", "EX": "48", "DE": "KB"}
LABEL_STATUS = {"DE": "delivered", "EX": "error", "UN": "unknown", "NY": "unknown"}
# Seconds after the label was bought at pace 1, give or take a quarter.
SCHEDULE = (("AC", 4.0), ("IT", 8.0), ("DE", 20.0))
ATTEMPT = ("AT", 14.0)
ATTEMPT_CHANCE = 0.12


class Tracking:
    """Reports of parcels, and the journey that each bought label starts."""

    def __init__(self, world: World, labels: Labels) -> None:
        self._world = world
        self._labels = labels
        world.agenda.on("shipengine.track", self._next_scan)

    def start(self, label: Document) -> None:
        """Let the parcel travel, unless a fault keeps it back."""
        dice = random.Random(f"{self._world.config.seed}:{label['label_id']}")
        stops = sorted([*SCHEDULE, *([ATTEMPT] if dice.random() < ATTEMPT_CHANCE else [])], key=lambda stop: stop[1])
        for code, seconds in stops:
            delay = seconds * dice.uniform(0.85, 1.15) * self._world.config.pace
            self._world.agenda.add("shipengine.track", delay, label=label["label_id"], status_code=code)

    def report(self, label: Document, status_code: str) -> Document:
        """Add a scan to a parcel, send the webhook, and return the tracking log."""
        description, detail, text = STATUSES[status_code]
        now, log = clock.iso_millis(), self.log(label)
        event = {
            "occurred_at": now,
            "carrier_occurred_at": now,
            "description": text,
            **_place(self._seen_at(label, status_code)),
            "company_name": "",
            "signer": "",
            "event_code": status_code,
            "carrier_detail_code": CARRIER_CODES[status_code],
            "status_code": status_code,
            "status_detail_code": detail,
            "status_description": description,
            "status_detail_description": text,
            "carrier_status_code": status_code,
            "carrier_status_description": text,
            "latitude": None,
            "longitude": None,
        }
        log |= _head(status_code) | {
            "carrier_detail_code": CARRIER_CODES[status_code],
            "events": [event, *log["events"]],
        }
        log["ship_date"] = log["ship_date"] or now
        log["actual_delivery_date"] = now if status_code == "DE" else log["actual_delivery_date"]
        log["exception_description"] = text if status_code == "EX" else None
        self._world.store.put("ship_tracking", label["tracking_number"], log)
        label["tracking_status"] = LABEL_STATUS.get(status_code, "in_transit")
        self._labels.save(label)
        self._send(label, log)
        return log

    def log(self, label: Document) -> Document:
        """Everything known about a parcel, newest scan first."""
        known = self._world.store.get("ship_tracking", label["tracking_number"])
        return known or {
            "tracking_number": label["tracking_number"],
            "tracking_url": label["tracking_url"],
            **_head("NY"),
            "carrier_code": label["carrier_code"],
            "carrier_id": int(label["carrier_id"][3:]),
            "carrier_detail_code": CARRIER_CODES["NY"],
            "ship_date": None,
            "estimated_delivery_date": None,
            "actual_delivery_date": None,
            "exception_description": None,
            "events": [],
        }

    def _seen_at(self, label: Document, status_code: str) -> Document:
        """Near the receiver at the end of the journey, at the sender's before."""
        if status_code in ("DE", "AT", "SP"):
            return dict(label["ship_to"])
        shipment = self._world.store.get("ship_shipments", label["shipment_id"]) or {}
        return dict(shipment.get("ship_from") or label["ship_to"])

    def _send(self, label: Document, log: Document) -> None:
        url = f"{self._world.config.url}/shipengine/v1/tracking"
        body = {
            "resource_url": f"{url}?carrier_code={label['carrier_code']}&tracking_number={label['tracking_number']}",
            "resource_type": "API_TRACK",
            "data": {"label_url": f"{self._world.config.url}/shipengine/v1/labels/{label['label_id']}", **log},
        }
        self._world.delivery.post("shipengine", WEBHOOK_PATH, body, topic=f"track {log['status_code']}")

    async def _next_scan(self, job: Document) -> float | None:
        label = self._world.store.get("ship_labels", job["payload"]["label"])
        if label is None or label["voided"]:
            return None
        refs = (label["external_shipment_id"] or "", label["external_order_id"] or "", label["tracking_number"])
        names = tuple(filter(None, (*refs, refs[0].split(":")[0])))
        if self._world.faults.strike(Call("shipengine", "tracking", names)) is None:
            self.report(label, job["payload"]["status_code"])
        return None


def _head(status_code: str) -> Document:
    description, detail, text = STATUSES[status_code]
    return {
        "status_code": status_code,
        "status_detail_code": detail,
        "status_description": description,
        "status_detail_description": text,
        "carrier_status_code": status_code,
        "carrier_status_description": text,
    }


def _place(address: Document) -> Document:
    city = address.get("city_locality") or "Hub"
    return {
        "city_locality": city,
        "state_province": address.get("state_province") or city,
        "postal_code": address.get("postal_code") or "",
        "country_code": address["country_code"],
    }
