"""Invoicing systems: issue a document for an order, find it again, fetch its PDF."""

from dataclasses import dataclass
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
    """One document: `number` is ours and unique in its series, `date` its issue date; amounts in minor units."""

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
class IssuedInvoice:
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
        """This order's document by its exact number; None when the system has none."""
        ...

    def fetch(self, reference: str, call: Call) -> tuple[IssuedInvoice, Document]:
        """Number, date and PDF as the invoicing system has them."""
        ...
