"""Trackers: what the carrier reports about a parcel on its own schedule, and the events about it."""

import hashlib
import hmac
import random
import unicodedata

from backend.sandbox import clock
from backend.sandbox.faults import Call
from backend.sandbox.store import Document
from backend.sandbox.world import World

WEBHOOK_PATH = "/webhooks/shipping/easypost"
# (status detail, what a scan says, whether it is seen at the receiver's) for each status.
STATUSES = {
    "pre_transit": ("label_created", "Shipment information was sent to the carrier", False),
    "in_transit": ("arrived_at_facility", "Arrived at the carrier's facility", False),
    "out_for_delivery": ("out_for_delivery", "Out for delivery", True),
    "available_for_pickup": ("at_local_facility", "Ready for collection", True),
    "return_to_sender": ("return", "Returned to the sender", True),
    "failure": ("delivery_exception", "The parcel could not be delivered", True),
    "delivered": ("arrived_at_destination", "Delivered", True),
}
# Seconds after the label was bought at pace 1, give or take a seventh.
SCHEDULE = (("pre_transit", 1.5), ("in_transit", 6.0), ("out_for_delivery", 14.0), ("delivered", 20.0))


def sign(secret: str, raw: bytes) -> dict[str, str]:
    """The X-Hmac-Signature header; the secret is normalised first."""
    key = unicodedata.normalize("NFKD", secret).encode()
    return {"X-Hmac-Signature": f"hmac-sha256-hex={hmac.new(key, raw, hashlib.sha256).hexdigest()}"}


class Trackers:
    """Reports of parcels, and the journey that each bought label starts."""

    def __init__(self, world: World) -> None:
        self._world = world
        world.agenda.on("easypost.track", self._next_scan)
        world.delivery.sign_with("easypost", lambda raw: sign(world.config.easypost_webhook_secret, raw))

    def start(self, shipment: Document) -> None:
        """Let the parcel travel."""
        dice = random.Random(f"{self._world.config.seed}:{shipment['id']}")
        for status, seconds in SCHEDULE:
            delay = seconds * dice.uniform(0.87, 1.13) * self._world.config.pace
            self._world.agenda.add("easypost.track", delay, shipment=shipment["id"], status=status)

    def stop(self, shipment: Document) -> None:
        """The parcel will not travel any further."""
        self._world.agenda.cancel(
            lambda job: job["kind"] == "easypost.track" and job["payload"]["shipment"] == shipment["id"]
        )

    def report(self, shipment: Document, status: str) -> Document:
        """Add a scan to a parcel, send the event, and return the tracker."""
        detail, words, near_receiver = STATUSES[status]
        place = shipment["to_address" if near_receiver else "from_address"]
        tracker, now = shipment["tracker"], clock.iso()
        before = tracker["status"]
        location = {"object": "TrackingLocation", **{name: place[name] for name in ("city", "state", "country", "zip")}}
        scan = {
            "object": "TrackingDetail",
            "message": words,
            "description": words,
            "status": status,
            "status_detail": detail,
            "datetime": now,
            "source": tracker["carrier"],
            "carrier_code": None,
            "tracking_location": location,
        }
        tracker |= {"status": status, "status_detail": detail, "updated_at": now}
        tracker["tracking_details"] = [*tracker["tracking_details"], scan]
        shipment |= {"status": status, "updated_at": now}
        self._world.store.put("easypost_shipments", shipment["id"], shipment)
        self._send(tracker, before)
        return dict(tracker)

    def _send(self, tracker: Document, before: str) -> None:
        now = clock.iso()
        body = {
            "id": self._world.ids.text("evt_", 32, "0123456789abcdef"),
            "object": "Event",
            "mode": "test",
            "description": "tracker.updated",
            "previous_attributes": {"status": before},
            "created_at": now,
            "updated_at": now,
            "pending_urls": [WEBHOOK_PATH],
            "completed_urls": [],
            "user_id": "user_sandbox",
            "status": "pending",
            "result": dict(tracker),
        }
        self._world.delivery.post("easypost", WEBHOOK_PATH, body, topic=f"tracker {tracker['status']}")

    async def _next_scan(self, job: Document) -> float | None:
        shipment = self._world.store.get("easypost_shipments", job["payload"]["shipment"])
        if shipment is None or shipment["refund_status"] in ("submitted", "refunded"):
            return None
        reference = str(shipment["reference"] or "")
        names = tuple(filter(None, (reference, reference.split(":")[0], shipment["tracking_code"])))
        if self._world.faults.strike(Call("easypost", "tracking", names)) is None:
            self.report(shipment, job["payload"]["status"])
        return None
