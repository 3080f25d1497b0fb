"""The carriers connected to the account, their services, and what a parcel costs with them."""

from dataclasses import dataclass

from backend.sandbox.shipengine.errors import ShipEngineError, not_found
from backend.sandbox.store import Document


@dataclass(frozen=True)
class Service:
    """A service with its price in minor units: `base` plus `per_kg` for each started kilogram."""

    code: str
    name: str
    domestic: bool
    international: bool
    base: int
    per_kg: int
    days: int


@dataclass(frozen=True)
class Carrier:
    """A connected carrier account."""

    carrier_id: str
    code: str
    name: str
    tracking_url: str
    services: tuple[Service, ...]
    requires_funds: bool = False


CARRIERS = (
    Carrier(
        "se-100001",
        "ups",
        "UPS",
        "https://www.ups.com/track?tracknum={}",
        (
            Service("ups_ground", "UPS® Ground", True, False, 690, 90, 4),
            Service("ups_standard", "UPS Standard®", True, True, 790, 110, 3),
            Service("ups_worldwide_saver", "UPS Worldwide Saver®", False, True, 2390, 410, 2),
        ),
    ),
    Carrier(
        "se-100002",
        "dhl_express",
        "DHL Express",
        "https://www.dhl.com/en/express/tracking.html?AWB={}",
        (
            Service("dhl_express_worldwide", "DHL Express Worldwide", False, True, 2190, 380, 2),
            Service("dhl_express_domestic", "DHL Express Domestic", True, False, 1290, 160, 1),
        ),
    ),
    Carrier(
        "se-100003",
        "stamps_com",
        "Stamps.com",
        "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
        (
            Service("usps_priority_mail", "USPS Priority Mail", True, False, 740, 120, 3),
            Service("usps_priority_mail_international", "USPS Priority Mail International", False, True, 2650, 440, 7),
        ),
        requires_funds=True,
    ),
)


def get(carrier_id: object) -> Carrier:
    """A carrier by id, or the error that ShipEngine gives for an unknown one."""
    for carrier in CARRIERS:
        if carrier.carrier_id == carrier_id:
            return carrier
    raise not_found(f"Carrier ID '{carrier_id}' not found.")


def service(carrier: Carrier, code: object) -> Service:
    """A carrier's service by code."""
    for found in carrier.services:
        if found.code == code:
            return found
    raise ShipEngineError(
        400,
        "shipengine",
        "business_rules",
        "invalid_field_value",
        f"Service '{code}' is not offered by carrier '{carrier.carrier_id}'.",
        field_name="shipment.service_code",
        carrier_id=carrier.carrier_id,
        carrier_code=carrier.code,
    )


def shown(carrier: Carrier) -> Document:
    """A carrier as the API shows it."""
    return {
        "carrier_id": carrier.carrier_id,
        "carrier_code": carrier.code,
        "account_number": f"account_{carrier.carrier_id[3:]}",
        "requires_funded_amount": carrier.requires_funds,
        "balance": 5000.0 if carrier.requires_funds else 0.0,
        "nickname": f"Tidewater {carrier.name}",
        "friendly_name": carrier.name,
        "primary": carrier is CARRIERS[0],
        "has_multi_package_supporting_services": carrier.code == "ups",
        "allows_returns": True,
        "supports_label_messages": True,
        "disabled_by_billing_plan": False,
        "funding_source_id": None,
        "services": [
            {
                "carrier_id": carrier.carrier_id,
                "carrier_code": carrier.code,
                "service_code": item.code,
                "name": item.name,
                "domestic": item.domestic,
                "international": item.international,
                "is_multi_package_supported": carrier.code == "ups",
                "is_return_supported": True,
            }
            for item in carrier.services
        ],
        "packages": [{"package_code": "package", "name": "Package", "description": "A parcel of your own packaging"}],
        "options": [],
        "send_rates": True,
        "supports_user_managed_rates": False,
        "connection_status": "approved",
    }
