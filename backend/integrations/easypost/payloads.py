"""Addresses, shipments, rates and labels in EasyPost's shape: ounces, and amounts as texts in major units."""

from decimal import ROUND_UP, Decimal, InvalidOperation
from typing import Any

from backend.domain.errors import InvalidInput
from backend.domain.holds import HoldKind
from backend.integrations.believing import check_about
from backend.integrations.decimals import major, read_cost
from backend.integrations.easypost.errors import PROVIDER, category, texts
from backend.integrations.reading import at, objects, text
from backend.ports.calls import OutcomeUnknown, Rejected
from backend.ports.shipping import AddressVerdict, Label, LabelRequest, ParcelItem, PostalAddress

GRAMS_PER_OUNCE = Decimal("28.349523125")

_NO_VERDICT = ("E.COUNTRY.UNSUPPORTED", "E.TIMEOUT.UNAVAILABLE")
"""Errors of a check that could not be made; they say nothing about the address."""


def address_body(address: PostalAddress) -> dict[str, Any]:
    """Only what there is: EasyPost takes an absent field better than an empty one."""
    body = {
        "name": address.name,
        "company": address.company,
        "street1": address.line1,
        "street2": address.line2,
        "city": address.city,
        "state": address.province,
        "zip": address.postal_code,
        "country": address.country,
        "phone": address.phone,
        "email": address.email,
    }
    return {name: value for name, value in body.items() if value}


def shipment_body(request: LabelRequest, ship_from: PostalAddress) -> dict[str, Any]:
    shipment: dict[str, Any] = {
        "reference": request.reference,
        "to_address": address_body(request.ship_to),
        "from_address": address_body(ship_from),
        "parcel": {"weight": ounces(request.grams)},
        "options": {"label_format": "PDF", "invoice_number": request.order_number},
    }
    if ship_from.country != request.ship_to.country:
        shipment["customs_info"] = {
            "contents_type": "merchandise",
            "restriction_type": "none",
            "non_delivery_option": "return",
            "customs_certify": True,
            "customs_signer": ship_from.name or ship_from.company,
            "customs_items": [_customs_item(item, request.currency, ship_from.country) for item in request.items],
        }
    return {"shipment": shipment}


def _customs_item(item: ParcelItem, currency: str, origin: str) -> dict[str, Any]:
    """Weight and value of the whole line."""
    return {
        "description": item.name[:100],
        "quantity": item.quantity,
        "value": major(item.unit_price_minor * item.quantity, currency),
        "currency": currency,
        "weight": ounces(item.grams * item.quantity),
        "origin_country": origin,
        "code": item.sku,
    }


def ounces(grams: int) -> Decimal:
    """Rounded up to a tenth, so that no parcel weighs more than was declared."""
    return (Decimal(max(grams, 1)) / GRAMS_PER_OUNCE).quantize(Decimal("0.1"), ROUND_UP)


def verdict(answer: Any) -> AddressVerdict:
    """Only a check that was made and failed stops a parcel; an address that cannot be checked is passed on in words."""
    if not text(answer, "id"):
        raise OutcomeUnknown(PROVIDER, "EasyPost's answer gives no verdict on the address.")
    delivery = at(answer, "verifications", "delivery")
    problems = objects(delivery, "errors")
    said = tuple(texts(problems))
    if not isinstance(delivery, dict) or any(text(one, "code") in _NO_VERDICT for one in problems):
        return AddressVerdict(True, (*said, "EasyPost could not verify this address."))
    if delivery.get("success") is True:
        return AddressVerdict(True, said)
    return AddressVerdict(False, said or ("EasyPost could not find this address.",))


def choose_rate(shipment: Any, carrier: str, service: str) -> dict[str, Any]:
    """The rate of the carrier and service wanted; of those left open, the cheapest."""
    offered = [rate for rate in objects(shipment, "rates") if text(rate, "id")]
    if not offered:
        said = "; ".join(texts(objects(shipment, "messages"))) or "no carrier gave a reason"
        sentence = f"No carrier offers a rate for this parcel: {said}"
        raise Rejected(PROVIDER, sentence, category=category("", said), code="no_rates")
    wanted = [
        rate
        for rate in offered
        if text(rate, "carrier").lower() == (carrier or text(rate, "carrier")).lower()
        and text(rate, "service").lower() == (service or text(rate, "service")).lower()
    ]
    if not wanted:
        shown = ", ".join(sorted({f"{text(rate, 'carrier')} {text(rate, 'service')}" for rate in offered}))
        sentence = f"{' '.join(filter(None, (carrier, service)))} is not offered for this parcel; there are: {shown}."
        raise Rejected(PROVIDER, sentence, category=HoldKind.SHIPMENT_NOT_ACCEPTED, code="no_such_rate")
    if len({text(rate, "currency") for rate in wanted}) > 1:
        sentence = "Rates come in several currencies, so none is the cheapest. Configure the carrier and its service."
        raise Rejected(PROVIDER, sentence, category=HoldKind.SHIPMENT_NOT_ACCEPTED, code="no_such_rate")
    return min(wanted, key=_price)


def check_rate(shipment: Any, chosen: dict[str, Any]) -> None:
    """Raise `OutcomeUnknown` where something else, or for another price, was bought than was chosen."""
    taken = at(shipment, "selected_rate")
    if not isinstance(taken, dict):
        return
    for name in ("id", "rate", "currency"):
        check_about(PROVIDER, f"the {'price' if name == 'rate' else name} of", text(taken, name), text(chosen, name))


def _price(rate: dict[str, Any]) -> Decimal:
    try:
        price = Decimal(text(rate, "rate"))
    except InvalidOperation:
        return Decimal("Infinity")
    return price if price.is_finite() else Decimal("Infinity")


def bought(shipment: Any) -> bool:
    """Whether money was spent on it: it has a label or a tracking number."""
    return bool(at(shipment, "postage_label") or at(shipment, "tracking_code"))


def given_back(shipment: Any) -> bool:
    return text(shipment, "refund_status") in ("submitted", "refunded")


def label(shipment: Any) -> Label:
    """A finished label; one that lacks its tracking number or its cost is unknown."""
    reference, tracking_number = text(shipment, "id"), text(shipment, "tracking_code")
    rate = at(shipment, "selected_rate")
    if not reference or not tracking_number or not isinstance(rate, dict):
        raise OutcomeUnknown(PROVIDER, "EasyPost has not finished the label; it will be asked again.")
    currency = text(rate, "currency").upper()
    try:
        cost = read_cost(at(rate, "rate"), currency)
    except InvalidInput as error:
        raise OutcomeUnknown(PROVIDER, f"EasyPost's label has no usable cost. {error.sentence}") from error
    return Label(
        reference=reference,
        shipment_reference=reference,
        carrier=text(rate, "carrier"),
        service=text(rate, "service"),
        tracking_number=tracking_number,
        tracking_url=text(shipment, "tracker", "public_url"),
        cost_minor=cost,
        cost_currency=currency,
        label_url=text(shipment, "postage_label", "label_pdf_url") or text(shipment, "postage_label", "label_url"),
    )
