"""Reading an order's money: what came in and went back, how each refund stands, and how far a cancellation is."""

from collections.abc import Sequence

from sqlmodel import Session

from backend.domain.cancelling import LABELS
from backend.domain.desk import PartView, PaymentView, RefundView
from backend.domain.steps import StepKind, StepState
from backend.services import cancelling
from backend.store import payments, steps
from backend.store import refunds as refund_store
from backend.store.tables import Order, PaymentEntry, Refund, Step


def entries(session: Session, order: Order) -> tuple[PaymentView, ...]:
    return tuple(map(entry_view, payments.entries(session, order.id)))


def entry_view(entry: PaymentEntry) -> PaymentView:
    return PaymentView(
        entry.kind,
        entry.amount_minor,
        entry.currency,
        entry.provider,
        entry.reference,
        entry.detail,
        entry.occurred_at,
    )


def refunds(session: Session, order: Order) -> tuple[RefundView, ...]:
    return refund_views(refund_store.of_order(session, order.id), steps.of_order(session, order.id))


def refund_views(decided: Sequence[Refund], promised: Sequence[Step]) -> tuple[RefundView, ...]:
    """How each refund stands, by the newest step that carries it out."""
    newest = {step.subject: step for step in promised if step.kind == StepKind.PAYMENT_REFUND}
    return tuple(_refund_view(refund, newest.get(str(refund.id))) for refund in decided)


def _refund_view(refund: Refund, step: Step | None) -> RefundView:
    stuck = refund.state != "succeeded" and step is not None and step.state == StepState.PARKED
    return RefundView(
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        state=refund.state,
        reason=refund.reason,
        requested_at=refund.requested_at,
        settled_at=refund.settled_at,
        problem=step.error if step is not None and stuck else "",
        in_doubt=step is not None and stuck and step.in_doubt,
    )


def cancellation(session: Session, order: Order) -> tuple[PartView, ...]:
    return tuple(
        PartView(str(part), LABELS[part], str(standing.state), standing.detail, standing.step_id)
        for part, standing in cancelling.standings(session, order)
    )
