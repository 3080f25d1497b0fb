"""Tax numbers of buyers: whether one has the form that its country gives out. Whether it is in force only the tax office knows.

The forms are those which the European Commission publishes for its VAT information system, and those of the neighbours'
and India's tax offices.
"""

import re

_FORMS: dict[str, tuple[str, str]] = {
    "AT": ("ATU[0-9]{8}", "ATU12345678"),
    "BE": ("BE[01][0-9]{9}", "BE0123456789"),
    "BG": ("BG[0-9]{9,10}", "BG123456789"),
    "CH": ("CHE[0-9]{9}(MWST|TVA|IVA)?", "CHE123456789MWST"),
    "CY": ("CY[0-9]{8}[A-Z]", "CY12345678X"),
    "CZ": ("CZ[0-9]{8,10}", "CZ12345678"),
    "DE": ("DE[0-9]{9}", "DE123456789"),
    "DK": ("DK[0-9]{8}", "DK12345678"),
    "EE": ("EE[0-9]{9}", "EE123456789"),
    "ES": ("ES[0-9A-Z][0-9]{7}[0-9A-Z]", "ESX1234567X"),
    "FI": ("FI[0-9]{8}", "FI12345678"),
    "FR": ("FR[0-9A-HJ-NP-Z]{2}[0-9]{9}", "FRXX123456789"),
    "GB": ("GB([0-9]{9}|[0-9]{12}|(GD|HA)[0-9]{3})", "GB123456789"),
    "GR": ("EL[0-9]{9}", "EL123456789"),
    "HR": ("HR[0-9]{11}", "HR12345678901"),
    "HU": ("HU[0-9]{8}", "HU12345678"),
    "IE": ("IE([0-9][0-9A-Z+*][0-9]{5}[A-Z]|[0-9]{7}[A-W][A-I])", "IE1234567WA"),
    "IN": ("[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][0-9A-Z]Z[0-9A-Z]", "29ABCDE1234F1Z5"),
    "IT": ("IT[0-9]{11}", "IT12345678901"),
    "LT": ("LT([0-9]{9}|[0-9]{12})", "LT123456789"),
    "LU": ("LU[0-9]{8}", "LU12345678"),
    "LV": ("LV[0-9]{11}", "LV12345678901"),
    "MT": ("MT[0-9]{8}", "MT12345678"),
    "NL": ("NL[0-9A-Z+*]{10}[0-9]{2}", "NL123456789B01"),
    "NO": ("(NO)?[0-9]{9}(MVA)?", "NO123456789MVA"),
    "PL": ("PL[0-9]{10}", "PL1234567890"),
    "PT": ("PT[0-9]{9}", "PT123456789"),
    "RO": ("RO[0-9]{2,10}", "RO1234567890"),
    "SE": ("SE[0-9]{12}", "SE123456789012"),
    "SI": ("SI[0-9]{8}", "SI12345678"),
    "SK": ("SK[0-9]{10}", "SK1234567890"),
}
_ISSUERS = {form[1][:2]: country for country, form in _FORMS.items() if country != "IN"}
"""Whose number it is by its first two letters; Greece writes EL."""


def plain(given: str) -> str:
    """A tax number as it is compared and printed: capitals and digits, without the blanks and marks that people type."""
    return re.sub(r"[\s.\-/]", "", given).upper()


def problem(given: str, country: str) -> str:
    """Why this cannot be a tax number, in a sentence that does not repeat it; empty when it can, or when there is none.

    A company may be billed in one country and registered for tax in another: the number's own letters decide, then
    `country`. A country whose numbers are not known here is believed.
    """
    number = plain(given)
    if not number:
        return ""
    issuer = _ISSUERS.get(number[:2], country)
    form = _FORMS.get(issuer)
    if form is None or re.fullmatch(form[0], number):
        return ""
    return f"The tax number does not have the form of {issuer}: it looks like {form[1]}."
