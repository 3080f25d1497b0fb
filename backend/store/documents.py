"""Invoices and credit notes: each document's row, with its number, is made once and kept through every retry."""

from datetime import date, datetime

from sqlmodel import Session, select

from backend.store.tables import Invoice, Order, Refund


def invoice_of(session: Session, order_id: int) -> Invoice | None:
    return session.exec(select(Invoice).where(Invoice.order_id == order_id, Invoice.kind == "invoice")).first()


def credit_note_of(session: Session, refund_id: int) -> Invoice | None:
    return session.exec(select(Invoice).where(Invoice.refund_id == refund_id)).first()


def numbered(
    session: Session, order: Order, *, series: str, day: date, at: datetime, refund: Refund | None = None
) -> Invoice:
    """The order's invoice, or the refund's credit note, with our number and date; taken now if it has none yet."""
    known = invoice_of(session, order.id) if refund is None else credit_note_of(session, refund.id)
    if known is not None:
        return known
    made = Invoice(
        order_id=order.id,
        refund_id=None if refund is None else refund.id,
        kind="invoice" if refund is None else "credit_note",
        series=series,
        date=day,
        currency=order.currency if refund is None else refund.currency,
        total_minor=order.total_minor if refund is None else refund.amount_minor,
        created_at=at,
    )
    session.add(made)
    session.flush()
    session.refresh(made)
    return made
