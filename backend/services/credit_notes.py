"""Which refunds are owed a credit note, and what each of them says.

A refund of an order whose invoice was issued gets exactly one credit note. Without an issued invoice there is nothing to
credit. An order that was paid back in full before its invoice was issued never gets one; one that was paid back in part
is invoiced in full, and the refund is credited right after it.
"""

from collections import Counter

from sqlmodel import Session

from backend import clock
from backend.domain import credit_notes as rules
from backend.domain.credit_notes import Credit, Invoiced, InvoicedLine
from backend.domain.money import allocate
from backend.domain.steps import StepKind
from backend.services import refunds
from backend.store import documents, orders, steps
from backend.store import refunds as refund_store
from backend.store.tables import Order, Refund, Step

KINDS = (StepKind.CREDIT_NOTE_ISSUE, StepKind.CREDIT_NOTE_STORE, StepKind.CREDIT_NOTE_SEND)
"""The way of one credit note; the subject of its steps is the refund's id."""


def promise_owed(session: Session, order: Order) -> None:
    """Promise a credit note for every settled refund that has none yet; any number of calls come to the same."""
    session.flush()
    settled = [refund for refund in refund_store.of_order(session, order.id) if refund.state == "succeeded"]
    invoice = documents.invoice_of(session, order.id) if settled else None
    if invoice is None or invoice.issued_at is None:
        return
    for refund in settled:
        steps.promise(session, order, StepKind.CREDIT_NOTE_ISSUE, at=clock.now(), subject=str(refund.id))


def steps_of(session: Session, order: Order) -> list[Step]:
    """The newest generation of every credit note's steps, oldest first."""
    newest: dict[tuple[str, str], Step] = {}
    for step in steps.of_order(session, order.id):
        if step.kind in KINDS:
            newest[step.kind, step.subject] = step
    return list(newest.values())


def credit_of(session: Session, order: Order, refund: Refund) -> Credit:
    """The amounts of a refund's credit note; they add up to the refund."""
    quantities = {int(line["position"]): int(line["quantity"]) for line in refund.lines}
    return rules.credited(
        _invoiced(session, order, refund),
        amount_minor=refund.amount_minor,
        quantities=quantities,
        shipping_minor=refund.shipping_minor,
    )


def _invoiced(session: Session, order: Order, refund: Refund) -> Invoiced:
    """The order's invoice as this refund found it. Tax that was only given for the whole order is shared by the lines."""
    items = orders.items(session, order.id)
    taxes = [item.tax_minor for item in items]
    weights = [item.total_minor for item in items]
    if order.tax_minor and not sum(taxes) and sum(weights):
        taxes = allocate(order.tax_minor, weights)
    paid = {line.position: line.paid_minor for line in refunds.paid_lines(session, order)}
    before = _pieces_before(session, order, refund)
    lines = tuple(
        InvoicedLine(
            position=item.position,
            sku=item.sku,
            name=item.name,
            quantity=item.quantity,
            unit_price_minor=item.unit_price_minor,
            discount_minor=item.discount_minor,
            tax_minor=tax,
            paid_minor=paid[item.position],
            tax_rate=item.tax_rate,
            credited_before=before[item.position],
        )
        for item, tax in zip(items, taxes, strict=True)
    )
    return Invoiced(lines, order.shipping_minor, order.tax_minor, order.total_minor, order.taxes_included)


def _pieces_before(session: Session, order: Order, refund: Refund) -> Counter[int]:
    """By position, the pieces that refunds decided before this one stand for."""
    found: Counter[int] = Counter()
    for earlier in refund_store.of_order(session, order.id):
        if earlier.id < refund.id and earlier.state != "failed":
            found.update({int(line["position"]): int(line["quantity"]) for line in earlier.lines})
    return found
