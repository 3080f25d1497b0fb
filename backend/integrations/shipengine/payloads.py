"""Addresses, shipments and labels in ShipEngine's shape."""

from typing import Any

from backend.domain.errors import InvalidInput
from backend.domain.holds import HoldKind
from backend.integrations.decimals import major, read_cost
from backend.integrations.reading import at, text
from backend.integrations.shipengine.errors import PROVIDER
from backend.ports.calls import OutcomeUnknown, Rejected
from backend.ports.shipping import AddressVerdict, Label, LabelRequest, PostalAddress

MAX_REFERENCE = 50


def address_body(address: PostalAddress) -> dict[str, Any]:
    """What ShipEngine requires is always sent, the rest where there is any."""
    body = {
        "name": address.name or address.company,
        "address_line1": address.line1,
        "city_locality": address.city,
        "state_province": address.province,
        "postal_code": address.postal_code,
        "country_code": address.country,
        "address_residential_indicator": "no" if address.company else "unknown",
    }
    more = {
        "company_name": address.company,
        "address_line2": address.line2,
        "phone": address.phone,
        "email": address.email,
    }
    return body | {name: value for name, value in more.items() if value}


def label_body(
    request: LabelRequest, carrier_id: str, service_code: str, ship_from: PostalAddress | None, warehouse_id: str
) -> dict[str, Any]:
    if not 0 < len(request.reference) <= MAX_REFERENCE:
        sentence = (
            f"The reference {request.reference!r} does not have 1 to {MAX_REFERENCE} characters; nothing was sent."
        )
        raise Rejected(PROVIDER, sentence, category=HoldKind.SHIPMENT_NOT_ACCEPTED)
    package: dict[str, Any] = {"weight": {"value": max(request.grams, 1), "unit": "gram"}}
    shipment: dict[str, Any] = {
        "external_shipment_id": request.reference,
        "external_order_id": request.channel_order,
        "carrier_id": carrier_id,
        "service_code": service_code,
        "ship_to": address_body(request.ship_to),
        "items": [{"name": item.name, "sku": item.sku, "quantity": item.quantity} for item in request.items],
        "packages": [package],
    }
    if ship_from is not None:
        shipment["ship_from"] = address_body(ship_from)
        if ship_from.country != request.ship_to.country:
            shipment["customs"] = {"contents": "merchandise", "non_delivery": "return_to_sender"}
            package["products"] = [_product(item, request.currency) for item in request.items]
    else:
        shipment["warehouse_id"] = warehouse_id
    return {"shipment": shipment, "label_format": "pdf", "label_layout": "4x6", "validate_address": "no_validation"}


def _product(item: Any, currency: str) -> dict[str, Any]:
    return {
        "description": item.name[:100],
        "quantity": item.quantity,
        "value": {"currency": currency.lower(), "amount": major(item.unit_price_minor, currency)},
        "weight": {"value": item.grams, "unit": "gram"},
        "sku": item.sku,
    }


def verdict(answer: Any) -> AddressVerdict:
    """Only `error` stops a parcel; a warning or an address that cannot be verified is passed on in words."""
    result = answer[0] if isinstance(answer, list) and answer else None
    status = text(result, "status")
    if status not in ("verified", "unverified", "warning", "error"):
        raise OutcomeUnknown(PROVIDER, "ShipEngine's answer gives no verdict on the address.")
    messages = at(result, "messages")
    words = [text(row, "message") for row in messages] if isinstance(messages, list) else []
    if status == "unverified":
        words.append("ShipEngine could not verify this address.")
    return AddressVerdict(status != "error", tuple(word for word in words if word))


def label(answer: Any) -> Label:
    """A finished label; one in the making is unknown, one that failed is refused."""
    status, reference = text(answer, "status"), text(answer, "label_id")
    if status == "error":
        sentence = "ShipEngine could not make the label."
        raise Rejected(PROVIDER, sentence, category=HoldKind.SHIPMENT_NOT_ACCEPTED, code="label_error")
    tracking_number = text(answer, "tracking_number")
    if not reference or not tracking_number or status == "processing":
        raise OutcomeUnknown(PROVIDER, "ShipEngine has not finished the label; it will be asked again.")
    currency = text(answer, "shipment_cost", "currency").upper()
    try:
        cost = read_cost(at(answer, "shipment_cost", "amount"), currency)
    except InvalidInput as error:
        raise OutcomeUnknown(PROVIDER, f"ShipEngine's label has no usable cost. {error.sentence}") from error
    return Label(
        reference=reference,
        shipment_reference=text(answer, "shipment_id"),
        carrier=text(answer, "carrier_code"),
        service=text(answer, "service_code"),
        tracking_number=tracking_number,
        tracking_url=text(answer, "tracking_url"),
        cost_minor=cost,
        cost_currency=currency,
        label_url=text(answer, "label_download", "pdf") or text(answer, "label_download", "href"),
    )
