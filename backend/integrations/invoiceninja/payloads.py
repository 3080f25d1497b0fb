"""Invoices, credits and clients in Invoice Ninja's shape.

Invoice Ninja works taxes out by itself and rounds in its own way. So that the document's total is the order's total to
the minor unit, discounts, shipping and tax are lines with fixed amounts, and no tax rate is sent.
"""

from typing import Any

from babel.core import get_global

from backend.domain.money import display
from backend.integrations.decimals import major
from backend.ports.calls import Rejected
from backend.ports.invoicing import CreditNoteRequest, InvoiceRequest, Party

PROVIDER = "invoiceninja"

_CURRENCY_IDS = {
    "USD": "1", "GBP": "2", "EUR": "3", "ZAR": "4", "DKK": "5", "ILS": "6", "SEK": "7", "KES": "8", "CAD": "9",
    "PHP": "10", "INR": "11", "AUD": "12", "SGD": "13", "NOK": "14", "NZD": "15", "VND": "16", "CHF": "17",
    "BRL": "20", "JPY": "45", "PLN": "49", "CZK": "51",
}  # fmt: skip
"""Invoice Ninja's own ids; a currency that is not here leaves the client with the company's currency."""

_COUNTRY_IDS: dict[str, str] = {
    codes[0]: numeric.lstrip("0")
    for numeric, codes in get_global("territory_aliases").items()
    if numeric.isdigit() and len(codes) == 1
}


def document_body(invoice: InvoiceRequest, client_id: str) -> dict[str, Any]:
    """An invoice or a credit; a credit names its invoice, for the customer and for Invoice Ninja."""
    included = (
        f"Prices include tax of {display(invoice.tax_minor, invoice.currency)}." if invoice.taxes_included else ""
    )
    remarks = [included if invoice.tax_minor else ""]
    body = {
        "client_id": client_id,
        "number": invoice.number,
        "date": invoice.date.isoformat(),
        "po_number": invoice.order_number,
        "custom_value1": invoice.channel_order,
        "custom_value2": invoice.currency,
        "uses_inclusive_taxes": invoice.taxes_included,
        "line_items": _lines(invoice),
    }
    if isinstance(invoice, CreditNoteRequest):
        remarks.insert(0, f"Credit note for invoice {invoice.invoice_number}.")
        body["invoice_id"] = invoice.invoice_reference
    return body | {"public_notes": " ".join(filter(None, remarks))}


def _lines(invoice: InvoiceRequest) -> list[dict[str, Any]]:
    lines = []
    total = 0
    for line in invoice.lines:
        lines.append(_line(invoice.currency, line.sku, line.name, line.quantity, line.unit_price_minor))
        if line.discount_minor:
            lines.append(_line(invoice.currency, "discount", f"Discount: {line.name}", 1, -line.discount_minor))
        total += line.quantity * line.unit_price_minor - line.discount_minor
    extras = [("shipping", "Shipping", invoice.shipping_minor)]
    if not invoice.taxes_included:
        extras.append(("tax", _tax_title(invoice), invoice.tax_minor))
    lines += [_line(invoice.currency, code, name, 1, amount) for code, name, amount in extras if amount]
    rest = invoice.total_minor - total - sum(amount for *_, amount in extras)
    if abs(rest) > 1:
        shown = display(rest, invoice.currency)
        raise Rejected(PROVIDER, f"The order's amounts leave {shown} unexplained; no document was issued for them.")
    if rest:
        lines.append(_line(invoice.currency, "rounding", "Rounding", 1, rest))
    return lines


def _line(currency: str, code: str, name: str, quantity: int, cost_minor: int) -> dict[str, Any]:
    return {"product_key": code, "notes": name, "quantity": quantity, "cost": major(cost_minor, currency)}


def _tax_title(invoice: InvoiceRequest) -> str:
    names = sorted({line.tax_name for line in invoice.lines if line.tax_name})
    return ", ".join(names) or "Tax"


def client_body(party: Party, currency: str, id_number: str) -> dict[str, Any]:
    """`id_number` finds a client without an e-mail address again."""
    first, _, last = party.name.rpartition(" ")
    body: dict[str, Any] = {
        "name": party.name or party.email or "Customer",
        "id_number": "" if party.email else id_number,
        "address1": party.line1,
        "address2": party.line2,
        "city": party.city,
        "state": party.province,
        "postal_code": party.postal_code,
        "vat_number": party.tax_id,
        "contacts": [{"first_name": first, "last_name": last, "email": party.email, "send_email": False}],
    }
    if party.country in _COUNTRY_IDS:
        body["country_id"] = _COUNTRY_IDS[party.country]
    if currency in _CURRENCY_IDS:
        body["settings"] = {"currency_id": _CURRENCY_IDS[currency]}
    return body


def suits(client: dict[str, Any], party: Party, currency: str) -> bool:
    """Whether a client found by e-mail really has that address, that tax number, and is kept in the order's currency."""
    if client.get("is_deleted") is True:
        return False
    settings = client.get("settings")
    kept_in = str(settings.get("currency_id") or "") if isinstance(settings, dict) else ""
    if kept_in and kept_in != _CURRENCY_IDS.get(currency, kept_in):
        return False
    if party.tax_id and client.get("vat_number") != party.tax_id:
        return False
    contacts = client.get("contacts")
    emails = (
        [contact.get("email") for contact in contacts if isinstance(contact, dict)]
        if isinstance(contacts, list)
        else []
    )
    return not party.email or any(isinstance(email, str) and email.lower() == party.email.lower() for email in emails)
