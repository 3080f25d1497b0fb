"""The tabs of an order's page about goods, money, papers, parcels and calls; each reads only what it shows."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from backend.domain.desk import StepView
from backend.domain.order_page import (
    AttemptsTab,
    BoxView,
    DocumentsTab,
    DoubtView,
    ItemsTab,
    LineView,
    Look,
    PaperView,
    ParcelsTab,
    PaymentFact,
    PaymentsTab,
    SnapshotView,
    TryView,
)
from backend.domain.steps import Port, StepKind, StepState, rule_of
from backend.services import order_money, order_parts
from backend.store import orders, originals, payments, steps
from backend.store import refunds as refund_store
from backend.store.tables import Attempt, Invoice, Order, Parcel, PaymentEntry, PricingSnapshot, Refund, Shipment, Step

_SEALED: Any = Invoice.document
_SETTLED = (StepState.DONE, StepState.CANCELLED)


def items_tab(session: Session, order: Order, look: Look) -> ItemsTab:
    """The lines as they were sold, how the price comes about, and what became of the money."""
    balance = payments.balance_of(session, order.id)
    promised = steps.of_order(session, order.id)
    decided = refund_store.of_order(session, order.id)
    refunded, returning = _pieces(decided, "succeeded"), _pieces(decided, "requested")
    rates = {item.position: item.tax_rate for item in orders.items(session, order.id)}
    return ItemsTab(
        currency=order.currency,
        subtotal_minor=order.subtotal_minor,
        discount_minor=order.discount_minor,
        shipping_minor=order.shipping_minor,
        tax_minor=order.tax_minor,
        total_minor=order.total_minor,
        taxes_included=order.taxes_included,
        lines=tuple(
            LineView(item, rates[item.position], refunded[item.position], returning[item.position])
            for item in order_parts.items(session, order)
        ),
        discounts=order_parts.discounts(session, order),
        authorized_minor=balance.authorized_minor,
        captured_minor=balance.captured_minor,
        refunded_minor=balance.refunded_minor,
        refundable_minor=balance.refundable_minor,
        refunds=order_money.refund_views(decided, promised),
        doubts=_doubts(order, promised, decided),
        snapshot=_snapshot(session, order),
    )


def _pieces(decided: list[Refund], state: str) -> Counter[int]:
    """Pieces by the position of their line."""
    found: Counter[int] = Counter()
    for refund in decided:
        for line in refund.lines if refund.state == state else ():
            found[int(line["position"])] += int(line["quantity"])
    return found


def _doubts(order: Order, promised: list[Step], decided: list[Refund]) -> tuple[DoubtView, ...]:
    """Calls about money of which it is not known whether they took effect, with what they are about."""
    amounts = {str(refund.id): refund.amount_minor for refund in decided}
    return tuple(
        DoubtView(
            rule_of(step.kind).label,
            amounts.get(step.subject, 0) if step.kind == StepKind.PAYMENT_REFUND else order.total_minor,
            order.currency,
        )
        for step in promised
        if step.in_doubt and step.state not in _SETTLED and rule_of(step.kind).port is Port.PAYMENTS
    )


def _snapshot(session: Session, order: Order) -> SnapshotView | None:
    taken = session.exec(select(PricingSnapshot).where(PricingSnapshot.order_id == order.id)).first()
    if taken is None:
        return None
    return SnapshotView(taken.engine_version, taken.taken_at, taken.rule_hash, dict(taken.prices))


def payments_tab(session: Session, order: Order, look: Look) -> PaymentsTab:
    """Every entry of the order's money with what proves it, its refunds, and what is still being tried."""
    balance = payments.balance_of(session, order.id)
    promised = steps.of_order(session, order.id)
    return PaymentsTab(
        currency=order.currency,
        facts=tuple(_fact(entry) for entry in payments.entries(session, order.id)),
        refunds=order_money.refund_views(refund_store.of_order(session, order.id), promised),
        open_steps=_open(promised, Port.PAYMENTS),
        captured_minor=balance.captured_minor,
        refunded_minor=balance.refunded_minor,
        refundable_minor=balance.refundable_minor,
    )


def _fact(entry: PaymentEntry) -> PaymentFact:
    return PaymentFact(order_money.entry_view(entry), entry.step_key, entry.recorded_at)


def _open(promised: list[Step], port: Port) -> tuple[StepView, ...]:
    """The calls of one kind of provider that have not come to a good end."""
    return tuple(
        view
        for step, view in zip(promised, order_parts.step_views(promised), strict=True)
        if rule_of(step.kind).port is port and step.state not in _SETTLED
    )


def documents_tab(session: Session, order: Order, look: Look) -> DocumentsTab:
    """Invoices and credit notes, and what is still being done about them."""
    statement = (
        select(Invoice)
        .where(Invoice.order_id == order.id)
        .order_by(col(Invoice.created_at))
        .options(defer(_SEALED))  # the document itself may be megabytes
    )
    papers = tuple(
        PaperView(
            id=str(row.id),
            kind=row.kind,
            number=str(row.number),
            date=row.date,
            total_minor=row.total_minor,
            currency=row.currency,
            provider=row.provider,
            reference=row.reference,
            issued_at=row.issued_at,
            stored_at=row.stored_at,
            sent_at=row.sent_at,
        )
        for row in session.exec(statement).all()
    )
    return DocumentsTab(papers, _open(steps.of_order(session, order.id), Port.INVOICING))


def parcels_tab(session: Session, order: Order, look: Look) -> ParcelsTab:
    """Each parcel with its label, its scans and what is in it."""
    found = session.exec(
        select(Parcel, Shipment)
        .join(Shipment, col(Shipment.id) == col(Parcel.shipment_id))
        .where(Parcel.order_id == order.id)
        .order_by(col(Parcel.id))
    ).all()
    shown = order_parts.parcel_views(session, found)
    boxes_of = Counter(shipment.id for _, shipment in found)
    contents = tuple(
        (item.quantity, item.sku, item.name) for item in orders.items(session, order.id) if item.requires_shipping
    )
    return ParcelsTab(
        boxes=tuple(
            BoxView(
                parcel=view,
                provider=shipment.provider,
                reference=shipment.reference,
                label_url=parcel.label_url,
                grams=parcel.grams,
                cost_minor=shipment.cost_minor,
                cost_currency=shipment.cost_currency,
                bought_at=shipment.created_at,
                voided=shipment.state == "voided",
                # Everything leaves together: of several boxes it is not known which line went into which.
                goods=contents if boxes_of[shipment.id] == 1 and shipment.state != "voided" else (),
            )
            for view, (parcel, shipment) in zip(shown, found, strict=True)
        ),
        contents=contents,
        needs_shipping=order.requires_shipping,
        open_steps=_open(steps.of_order(session, order.id), Port.SHIPPING),
    )


def attempts_tab(session: Session, order: Order, look: Look) -> AttemptsTab:
    """Every promised call; the attempts of the opened one with what was sent and answered, masked."""
    promised = steps.of_order(session, order.id)
    opened = look.step_id if any(step.id == look.step_id for step in promised) else 0
    tries: tuple[TryView, ...] = ()
    if opened:
        statement = select(Attempt).where(Attempt.step_id == opened).order_by(col(Attempt.id))
        kept = originals.kept_until(session, opened)
        tries = tuple(_try(attempt, kept.get(attempt.fence)) for attempt in session.exec(statement).all())
    return AttemptsTab(tuple(order_parts.step_views(promised)), opened, tries)


def _try(attempt: Attempt, kept_until: datetime | None) -> TryView:
    return TryView(**vars(order_parts.attempt_view(attempt)), kept_until=kept_until)
