"""Invoices and credit notes: each document's row, with its number, is made once and kept through every retry."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, insert, text
from sqlmodel import Session, select

from backend.domain.errors import NotPossible
from backend.store.tables import Invoice, Order, Refund

_INVOICE = select(Invoice).where(Invoice.order_id == bindparam("order_id"), Invoice.kind == "invoice")


@dataclass(frozen=True)
class Known:
    """Number and date of a document that the invoicing system has; our row may have gone with a restored backup."""

    number: str
    day: date


def invoice_of(session: Session, order_id: int) -> Invoice | None:
    return session.exec(_INVOICE, params={"order_id": order_id}).first()


def credit_note_of(session: Session, refund_id: int) -> Invoice | None:
    return session.exec(select(Invoice).where(Invoice.refund_id == refund_id)).first()


def numbered(
    session: Session,
    order: Order,
    *,
    series: str,
    day: date,
    at: datetime,
    refund: Refund | None = None,
    found: Known | None = None,
) -> Invoice:
    """The order's invoice, or the refund's credit note, with our number and date; taken now if it has none yet."""
    known = invoice_of(session, order.id) if refund is None else credit_note_of(session, refund.id)
    if known is not None:
        return known
    if found is not None:
        _keep_number(session, found.number, series)
    made = Invoice(
        order_id=order.id,
        refund_id=None if refund is None else refund.id,
        kind="invoice" if refund is None else "credit_note",
        series=series,
        date=found.day if found else day,
        currency=order.currency if refund is None else refund.currency,
        total_minor=order.total_minor if refund is None else refund.amount_minor,
        created_at=at,
    )
    session.flush()
    row = insert(Invoice).values(made.model_dump(exclude_none=True)).returning(Invoice)  # the database numbers it
    taken: Invoice = session.execute(row).scalar_one()
    return taken


def _keep_number(session: Session, number: str, series: str) -> None:
    """The next document of this transaction has had its number all along: the trigger gives it out no second time."""
    prefix, _, sequence = number.rpartition("-")
    if prefix != series or not sequence.isdecimal():
        raise NotPossible(f"The document {number} is not of the series {series}.")
    session.execute(text("select set_config('holdfast.found_number', :number, true)"), {"number": str(int(sequence))})
