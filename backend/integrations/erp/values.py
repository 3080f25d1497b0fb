"""What a template may name: the facts of one invoice or credit note, by group, and its lines.

`lines` add up to the document's total to the minor unit: discounts, shipping, tax that is not included and a rounding
of one minor unit are lines of their own, so that a system which multiplies and adds comes to our total. `items` are the
order's items alone, with their discount and tax beside them.
"""

from decimal import Decimal
from typing import Any

from backend.domain.money import display
from backend.integrations.decimals import major
from backend.ports.calls import Rejected
from backend.ports.invoicing import CreditNoteRequest, InvoiceLine, InvoiceRequest

PROVIDER = "erp"

Row = dict[str, str | int | Decimal]
Values = dict[str, Any]
"""By full name: `invoice.number`, …, and the rows under `lines` and `items`."""


def _names(group: str, *more: str) -> frozenset[str]:
    return frozenset(
        {
            *(f"{group}.{name}" for name in ("number", "date", "currency", "taxes_included")),
            *(f"{group}.{name}{unit}" for name in ("total", "tax", "shipping") for unit in ("", "_minor")),
            *(f"order.{name}" for name in ("ref", "number", "channel_order")),
            *(
                f"customer.{name}"
                for name in (
                    "name",
                    "email",
                    "line1",
                    "line2",
                    "city",
                    "postal_code",
                    "province",
                    "country",
                    "tax_id",
                )
            ),
            "job.key",
            *more,
        }
    )


NAMES = _names("invoice")
CREDIT_NOTE_NAMES = _names("credit_note", "invoice.number", "invoice.reference")
"""A credit note's own facts; of the invoice that it credits, the number and the system's id."""

LINE_FIELDS = frozenset(
    {"sku", "name", "quantity", *(f"{name}{unit}" for name in ("unit_price", "total") for unit in ("", "_minor"))}
)
ITEM_FIELDS = LINE_FIELDS | {"tax_name", "tax_rate", "discount", "discount_minor", "tax", "tax_minor"}


def values_of(invoice: InvoiceRequest, key: str) -> Values:
    """Raises `Rejected` for an order whose amounts do not add up."""
    currency, customer = invoice.currency, invoice.customer
    group = "credit_note" if isinstance(invoice, CreditNoteRequest) else "invoice"
    found: Values = {
        f"{group}.number": invoice.number,
        f"{group}.date": invoice.date.isoformat(),
        f"{group}.currency": currency,
        f"{group}.taxes_included": invoice.taxes_included,
        "order.ref": invoice.order_number,
        "order.number": invoice.order_number,
        "order.channel_order": invoice.channel_order,
        "customer.name": customer.name,
        "customer.email": customer.email,
        "customer.line1": customer.line1,
        "customer.line2": customer.line2,
        "customer.city": customer.city,
        "customer.postal_code": customer.postal_code,
        "customer.province": customer.province,
        "customer.country": customer.country,
        "customer.tax_id": customer.tax_id,
        "job.key": key,
        "lines": _lines(invoice),
        "items": [_item(line, currency) for line in invoice.lines],
    }
    amounts = {"total": invoice.total_minor, "tax": invoice.tax_minor, "shipping": invoice.shipping_minor}
    for name, minor in amounts.items():
        found |= {f"{group}.{name}": major(minor, currency), f"{group}.{name}_minor": minor}
    if isinstance(invoice, CreditNoteRequest):
        found |= {"invoice.number": invoice.invoice_number, "invoice.reference": invoice.invoice_reference}
    return found


def _lines(invoice: InvoiceRequest) -> list[Row]:
    rows: list[Row] = []
    added = 0

    def add(sku: str, name: str, quantity: int, price_minor: int) -> None:
        nonlocal added
        added += quantity * price_minor
        rows.append(_row(sku, name, quantity, price_minor, quantity * price_minor, invoice.currency))

    for line in invoice.lines:
        add(line.sku, line.name, line.quantity, line.unit_price_minor)
        if line.discount_minor:
            add("discount", f"Discount: {line.name}", 1, -line.discount_minor)
    if invoice.shipping_minor:
        add("shipping", "Shipping", 1, invoice.shipping_minor)
    if invoice.tax_minor and not invoice.taxes_included:
        add(
            "tax",
            ", ".join(sorted({line.tax_name for line in invoice.lines if line.tax_name})) or "Tax",
            1,
            invoice.tax_minor,
        )
    rest = invoice.total_minor - added
    if abs(rest) > 1:
        shown = display(rest, invoice.currency)
        raise Rejected(PROVIDER, f"The order's amounts leave {shown} unexplained; no document was issued for them.")
    if rest:
        add("rounding", "Rounding", 1, rest)
    return rows


def _item(line: InvoiceLine, currency: str) -> Row:
    total = line.quantity * line.unit_price_minor - line.discount_minor
    row = _row(line.sku, line.name, line.quantity, line.unit_price_minor, total, currency)
    return row | {
        "tax_name": line.tax_name,
        "tax_rate": line.tax_rate,
        "discount": major(line.discount_minor, currency),
        "discount_minor": line.discount_minor,
        "tax": major(line.tax_minor, currency),
        "tax_minor": line.tax_minor,
    }


def _row(sku: str, name: str, quantity: int, price_minor: int, total_minor: int, currency: str) -> Row:
    return {
        "sku": sku,
        "name": name,
        "quantity": quantity,
        "unit_price": major(price_minor, currency),
        "unit_price_minor": price_minor,
        "total": major(total_minor, currency),
        "total_minor": total_minor,
    }
