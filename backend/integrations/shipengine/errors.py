"""ShipEngine's error bodies: `{request_id, errors: [{error_source, error_type, error_code, message, field_name?}]}`."""

import re
from typing import Any

from backend.domain.holds import HoldKind
from backend.integrations.http import Answer, credentials_refused
from backend.integrations.reading import objects, text
from backend.ports.calls import OutcomeUnknown, ProviderError, Rejected

PROVIDER = "shipengine"

_CODES = {
    "insufficient_funds": HoldKind.CARRIER_FUNDS,
    "funding_source_error": HoldKind.CARRIER_FUNDS,
    "funding_source_missing_configuration": HoldKind.CARRIER_FUNDS,
    "funding_source_registration_in_progress": HoldKind.CARRIER_FUNDS,
    "invalid_address": HoldKind.ADDRESS_INVALID,
    "out_of_stock": HoldKind.SHIPMENT_OUT_OF_STOCK,
    "unauthorized": HoldKind.PROVIDER_CREDENTIALS,
    "forbidden": HoldKind.PROVIDER_CREDENTIALS,
    "carrier_not_connected": HoldKind.PROVIDER_NOT_CONNECTED,
    "carrier_disconnected": HoldKind.PROVIDER_NOT_CONNECTED,
}
_TYPES = {
    "business_rules": HoldKind.SHIPMENT_NOT_ACCEPTED,
    "validation": HoldKind.SHIPMENT_NOT_ACCEPTED,
    "security": HoldKind.PROVIDER_CREDENTIALS,
    "account_status": HoldKind.PROVIDER_REFUSED,
}
_OUT_OF_STOCK = re.compile(r"out[ _-]of[ _-]stock|not in stock|insufficient (?:stock|inventory)", re.IGNORECASE)
_SAYS_NOTHING = "unspecified"
_DELIVERY_FIELD = re.compile(r"(?:^|\.)(?:ship_to|address)\b")


def read_error(answer: Answer) -> ProviderError | None:
    """The first error decides the category; a trouble of their systems or a taken reference leaves the outcome open."""
    errors = objects(answer.json, "errors")
    if not errors:
        return None
    first = errors[0]
    code, kind = text(first, "error_code"), text(first, "error_type")
    sentence = "; ".join(_sentence(error) for error in errors)
    if kind == "system" or answer.status == 409:
        return OutcomeUnknown(PROVIDER, f"ShipEngine answered: {sentence}", code=code, status=answer.status)
    category = _category(first, code, kind)
    if category is HoldKind.PROVIDER_CREDENTIALS or answer.status in (401, 403):
        return credentials_refused(PROVIDER, answer.status, code)
    return Rejected(PROVIDER, f"ShipEngine refused: {sentence}", category=category, code=code, status=answer.status)


def _category(error: dict[str, Any], code: str, kind: str) -> HoldKind:
    if code in _CODES:
        return _CODES[code]
    if kind == "business_rules" and _OUT_OF_STOCK.search(text(error, "message")):
        return HoldKind.SHIPMENT_OUT_OF_STOCK
    if kind == "validation" and _DELIVERY_FIELD.search(text(error, "field_name")):
        return HoldKind.ADDRESS_INVALID
    return _TYPES.get(kind, HoldKind.PROVIDER_REFUSED)


def _sentence(error: dict[str, Any]) -> str:
    field, code = text(error, "field_name"), text(error, "error_code")
    said = [part for part in (code, field) if part and part != _SAYS_NOTHING]
    where = f" ({', '.join(said)})" if said else ""
    return f"{text(error, 'message') or 'no reason given'}{where}"
