"""What a fix's fields must meet, by the same rules that hold orders: errors as sentences by field, findings for the rest."""

from backend.domain import checks
from backend.domain.checks import Finding
from backend.domain.contacts import email_error, phone_error
from backend.domain.holds import HoldKind
from backend.domain.intake import NewAddress

ADDRESS_LABELS: dict[str, str] = {
    "name": "Name",
    "company": "Company",
    "line1": "Street and number",
    "line2": "Second line",
    "postal_code": "Postcode",
    "city": "City",
    "province": "State or province",
    "country": "Country",
}
"""The fields of an address in the order in which people fill them in."""
MAX_GRAMS = 1_000_000
MAX_LENGTH = 200


def cleaned(typed: str) -> str:
    """A single line without margins, as it is stored."""
    return " ".join(typed.split())


def text_error(value: str) -> str:
    """Why a value cannot be stored as the text of one line."""
    if len(value) > MAX_LENGTH:
        return f"This is longer than {MAX_LENGTH} characters."
    if any(character < " " or character == "\x7f" or "\ud800" <= character <= "\udfff" for character in value):
        return "This contains characters that are not text."
    return ""


def address_of(values: dict[str, str]) -> NewAddress:
    """The address that the fields make; the country's code in capitals."""
    given = {name: values.get(name, "") for name in ADDRESS_LABELS}
    return NewAddress(**given | {"country": given["country"].upper()})


def address_errors(address: NewAddress, findings: list[Finding], must_pass: frozenset[HoldKind]) -> dict[str, str]:
    """Errors by field, of the findings that must not be."""
    errors: dict[str, str] = {}
    for finding in findings:
        if finding.kind in must_pass:
            errors = _errors_of(finding, address) | errors
    return errors


def _errors_of(finding: Finding, address: NewAddress) -> dict[str, str]:
    match finding.kind:
        case HoldKind.ADDRESS_MALFORMED:
            return checks.address_errors(address)
        case HoldKind.PO_BOX:
            boxes = (name for name in ("line1", "line2") if checks.is_box(getattr(address, name)))
            return {name: "This is a post office box. Give a street and number." for name in boxes}
        case HoldKind.COUNTRY_NOT_SERVED:
            return {"country": f"We do not deliver to {address.country}."}
        case _:
            return {"country": "The country is missing."}


def contact_errors(values: dict[str, str], country: str) -> dict[str, str]:
    """Errors of e-mail and phone; a phone number without a country's code is read as one of `country`."""
    found = {"email": email_error(values["email"]), "phone": phone_error(values["phone"], country)}
    return {name: error for name, error in found.items() if error}


def grams_error(typed: str) -> str:
    """Why this is no weight of one piece."""
    if typed.isascii() and typed.isdigit() and len(typed) < 9 and 1 <= int(typed) <= MAX_GRAMS:
        return ""
    return f"Give whole grams, from 1 to {MAX_GRAMS}."
