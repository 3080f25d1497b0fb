"""EasyPost's objects in their wire shape: weights in ounces, amounts as texts in major units."""

import hashlib
from typing import Any

from backend.sandbox import clock
from backend.sandbox.store import Document

ADDRESS_FIELDS = ("name", "company", "street1", "street2", "city", "state", "zip", "country", "phone", "email")
# (carrier, service, base price in minor units, per started pound, days)
OFFERS = (
    ("USPS", "GroundAdvantage", 495, 61, 3),
    ("USPS", "Priority", 740, 120, 2),
    ("UPS", "Ground", 690, 90, 4),
    ("DHLExpress", "ExpressWorldwide", 2190, 380, 1),
)
OUNCES_PER_POUND = 16
CURRENCY_OF = {"US": "USD", "GB": "GBP", "CA": "CAD", "AU": "AUD"}


def address(address_id: str, given: dict[str, Any], verifications: Document) -> Document:
    """An address as it was given, with what verification made of it."""
    now = clock.iso()
    return {
        "id": address_id,
        "object": "Address",
        "created_at": now,
        "updated_at": now,
        **{field: given.get(field) for field in ADDRESS_FIELDS},
        "mode": "test",
        "carrier_facility": None,
        "residential": None,
        "federal_tax_id": None,
        "state_tax_id": None,
        "verifications": verifications,
    }


def shipment(
    shipment_id: str, given: dict[str, Any], sender: Document, receiver: Document, parcel: Document
) -> Document:
    """A shipment that nobody has bought; its rates are set by the caller."""
    now = clock.iso()
    return {
        "id": shipment_id,
        "object": "Shipment",
        "created_at": now,
        "updated_at": now,
        "mode": "test",
        "is_return": False,
        "reference": given.get("reference"),
        "options": {**(given.get("options") or {}), "payment": {"type": "SENDER"}, "date_advance": 0},
        "status": "unknown",
        "tracking_code": None,
        "batch_id": None,
        "batch_status": None,
        "batch_message": None,
        "customs_info": given.get("customs_info"),
        "from_address": sender,
        "to_address": receiver,
        "return_address": sender,
        "buyer_address": receiver,
        "insurance": None,
        "order_id": None,
        "parcel": parcel,
        "postage_label": None,
        "rates": [],
        "messages": [],
        "refund_status": None,
        "scan_form": None,
        "selected_rate": None,
        "tracker": None,
        "usps_zone": 4,
        "forms": [],
        "fees": [],
    }


def rate(rate_id: str, of: Document, offer: tuple[str, str, int, int, int]) -> Document:
    """What a service costs for a shipment."""
    carrier, service, base, per_pound, days = offer
    pounds = int(-(-of["parcel"]["weight"] // OUNCES_PER_POUND))
    abroad = of["to_address"]["country"] != of["from_address"]["country"]
    price = f"{(base + per_pound * pounds + (900 if abroad else 0)) / 100:.2f}"
    currency = CURRENCY_OF.get(of["from_address"]["country"], "EUR")
    return {
        "id": rate_id,
        "object": "Rate",
        "created_at": of["created_at"],
        "updated_at": of["created_at"],
        "mode": "test",
        "service": service,
        "carrier": carrier,
        "rate": price,
        "currency": currency,
        "retail_rate": price,
        "retail_currency": currency,
        "list_rate": price,
        "list_currency": currency,
        "billing_type": "easypost",
        "delivery_days": days,
        "delivery_date": None,
        "delivery_date_guaranteed": False,
        "est_delivery_days": days,
        "shipment_id": of["id"],
        "carrier_account_id": "ca_" + hashlib.sha256(carrier.encode()).hexdigest()[:32],
    }


def label(label_id: str, url: str) -> Document:
    """The label's file."""
    now = clock.iso()
    return {
        "object": "PostageLabel",
        "id": label_id,
        "created_at": now,
        "updated_at": now,
        "date_advance": 0,
        "integrated_form": "none",
        "label_date": now,
        "label_resolution": 300,
        "label_size": "4x6",
        "label_type": "default",
        "label_file_type": "application/pdf",
        "label_url": url,
        "label_pdf_url": url,
        "label_zpl_url": None,
        "label_epl2_url": None,
        "label_file": None,
    }


def tracker(tracker_id: str, bought: Document, carrier: str, url: str) -> Document:
    """The tracker of a parcel that the carrier has not seen yet."""
    now = clock.iso()
    return {
        "id": tracker_id,
        "object": "Tracker",
        "mode": "test",
        "tracking_code": bought["tracking_code"],
        "status": "unknown",
        "status_detail": "unknown",
        "created_at": now,
        "updated_at": now,
        "signed_by": None,
        "weight": None,
        "est_delivery_date": None,
        "shipment_id": bought["id"],
        "carrier": carrier,
        "tracking_details": [],
        "fees": [],
        "carrier_detail": None,
        "public_url": url,
    }
