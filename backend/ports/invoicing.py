"""Invoicing systems: issue an invoice or a credit note for an order, find it again, fetch its PDF."""

from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from backend.domain.retries import Guarantees
from backend.domain.steps import StepKind
from backend.ports.calls import Call


@dataclass(frozen=True)
class Party:
    """Who is invoiced; personal data, masked in every record."""

    name: str
    email: str
    line1: str
    line2: str
    city: str
    postal_code: str
    province: str
    country: str
    tax_id: str = ""


@dataclass(frozen=True)
class InvoiceLine:
    """`unit_price_minor` and `discount_minor` (for the whole line) are before tax unless the order's prices include it."""

    sku: str
    name: str
    quantity: int
    unit_price_minor: int
    discount_minor: int
    tax_minor: int
    tax_name: str = ""
    tax_rate: str = ""


@dataclass(frozen=True)
class InvoiceRequest:
    """One document: `number` is ours and unique in its series, `date` its issue date; amounts in minor units.

    An empty `number` (after a restored backup): this order's document may be there under a number that we do not know.
    """

    number: str
    date: date
    order_number: str
    channel_order: str
    currency: str
    lines: tuple[InvoiceLine, ...]
    shipping_minor: int
    tax_minor: int
    total_minor: int
    taxes_included: bool
    customer: Party


@dataclass(frozen=True)
class CreditNoteRequest(InvoiceRequest):
    """A credit note for (a part of) an invoice: amounts are positive and say what the customer is credited with."""

    invoice_number: str = field(kw_only=True)
    invoice_reference: str = field(kw_only=True)


@dataclass(frozen=True)
class IssuedInvoice:
    """An invoice or a credit note as the invoicing system has it."""

    reference: str
    number: str
    date: date
    total_minor: int
    currency: str
    document_url: str = ""


@dataclass(frozen=True)
class Document:
    content: bytes
    media_type: str


class InvoicingSystem(Protocol):
    name: str

    def guarantees(self, kind: StepKind) -> Guarantees: ...

    def issue(self, invoice: InvoiceRequest, call: Call) -> IssuedInvoice: ...

    def find(self, invoice: InvoiceRequest, call: Call) -> IssuedInvoice | None:
        """This order's document by its exact number, or without one by the order; None when the system has none."""
        ...

    def fetch(self, reference: str, call: Call) -> tuple[IssuedInvoice, Document]:
        """Number, date and PDF as the invoicing system has them."""
        ...

    def issue_credit_note(self, note: CreditNoteRequest, call: Call) -> IssuedInvoice: ...

    def find_credit_note(self, note: CreditNoteRequest, call: Call) -> IssuedInvoice | None:
        """This refund's credit note by its exact number; None when the system has none."""
        ...

    def fetch_credit_note(self, reference: str, call: Call) -> tuple[IssuedInvoice, Document]:
        """As `fetch`, for a credit note."""
        ...
