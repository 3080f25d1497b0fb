"""Addresses: what ShipEngine requires of them, and what validation makes of them."""

import re
from typing import Any

from backend.sandbox.shipengine.errors import missing, wrong
from backend.sandbox.store import Document, Store

FIELDS = [
    "name",
    "phone",
    "email",
    "company_name",
    "address_line1",
    "address_line2",
    "address_line3",
    "city_locality",
    "state_province",
    "postal_code",
    "country_code",
    "address_residential_indicator",
]
NEEDS_POSTAL_CODE = {"US", "CA", "GB", "DE", "AT", "NL", "FR", "ES", "IT", "SE", "DK", "AU", "JP", "BE", "CH", "NO"}
POST_BOX = re.compile(r"\b(p\.?\s?o\.?\s*box|postfach|postbus|apartado)\b", re.IGNORECASE)


def require(address: Any, where: str) -> Document:
    """A deliverable-looking address with every field present; raises ShipEngineError 400."""
    if not isinstance(address, dict):
        raise missing(where)
    for field in ("address_line1", "city_locality", "country_code"):
        if not str(address.get(field) or "").strip():
            raise missing(f"{where}.{field}")
    if not (address.get("name") or address.get("company_name")):
        raise missing(f"{where}.name")
    country = str(address["country_code"]).upper()
    if not re.fullmatch("[A-Z]{2}", country):
        raise wrong(f"{where}.country_code", f"'{country}' is not a two-letter country code.")
    if country in NEEDS_POSTAL_CODE and not str(address.get("postal_code") or "").strip():
        raise missing(f"{where}.postal_code")
    return complete({**address, "country_code": country})


def complete(address: dict[str, Any]) -> Document:
    """The address with absent fields as null, as answers show it."""
    shown = {field: address.get(field) for field in FIELDS}
    shown["address_residential_indicator"] = address.get("address_residential_indicator") or "unknown"
    return shown


def place_key(address: dict[str, Any]) -> str:
    """Street and postal code, normalised: what makes a place undeliverable or not."""
    street = " ".join(str(address.get("address_line1") or address.get("address1") or "").lower().split())
    code = str(address.get("postal_code") or address.get("zip") or "").replace(" ", "").upper()
    return f"{street}|{code}"


def undeliverable(store: Store, address: dict[str, Any]) -> bool:
    """Is this one of the places that the carriers do not know?"""
    return store.get("undeliverable", place_key(address)) is not None


def validate(address: Any, *, known: bool) -> Document:
    """One result of /addresses/validate; `known` says whether the carriers know the place."""
    given = address if isinstance(address, dict) else {}
    original = complete(given)
    country = str(given.get("country_code") or "")
    if not re.fullmatch("[A-Za-z]{2}", country):
        message = "country_code is not currently a supported country."
        return _result("unverified", original, None, [_message("a1001", message, "error", "unsupported_country")])
    if not given.get("address_line1"):
        message = "The address has no street line."
        return _result("error", original, None, [_message("a1004", message, "error", "line1_min_max_length")])
    if not known:
        message = "The house number does not exist in this street and postal code."
        return _result("error", original, None, [_message("a1002", message, "error", "invalid_house_number")])
    matched = {
        name: value.upper()
        if isinstance(value, str) and name not in ("email", "address_residential_indicator")
        else value
        for name, value in original.items()
    }
    if POST_BOX.search(str(given["address_line1"])):
        message = "The address is a post office box; not every carrier delivers there."
        return _result("warning", original, matched, [_message("a1007", message, "warning", None)])
    return _result("verified", original, matched, [])


def _result(status: str, original: Document, matched: Document | None, messages: list[Document]) -> Document:
    return {"status": status, "original_address": original, "matched_address": matched, "messages": messages}


def _message(code: str, text: str, kind: str, detail: str | None) -> Document:
    return {"code": code, "message": text, "type": kind, "detail_code": detail}
