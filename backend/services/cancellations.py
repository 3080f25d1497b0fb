"""The cancel click: begins the sequence that ends with a cancelled order; never `cancelled` behind something that failed."""

from sqlmodel import Session, col, select

from backend.domain.approvals import ApprovalAction
from backend.domain.desk import ActionDone, Preview
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.money import display
from backend.domain.orders import OrderEvent, OrderStatus, can
from backend.domain.payments import PaymentStatus
from backend.domain.permissions import Actor, Area, Level
from backend.domain.steps import RULES, StepKind, StepState
from backend.domain.tracking import TrackingStatus
from backend.services import cancelling, clicks, flow, holds, refunds, second_person
from backend.store import documents, orders, payments, steps
from backend.store import holds as hold_store
from backend.store.tables import Order, Parcel, Shipment


def preview_cancel(session: Session, number: str, *, restock: bool, actor: Actor) -> Preview:
    """Everything that cancelling this order would set in motion."""
    actor.require(Area.ORDERS, Level.ACT, "cancel orders")
    order = orders.by_number(session, number)
    wanted = _wanted(session, order, restock, actor)
    effects = (*wanted.effects, *_effects(session, order, restock))
    return clicks.preview(
        session,
        order,
        "cancel",
        "Cancel order",
        effects,
        actor=actor,
        refusal=_refusal(session, order) or second_person.refusal(session, order, wanted),
        needs_reason=True,
        asks=bool(wanted.why),
    )


def cancel(
    session: Session,
    number: str,
    *,
    restock: bool,
    actor: Actor,
    version: int,
    token: str,
    reason: str,
    approval_id: int | None = None,
) -> ActionDone:
    """Stop the order and begin to settle it; what is still running is waited for, nothing is left half done.

    Where more goes back than one person may pay back alone, a second one is asked first; `approval_id` is the request
    that they have approved.
    """
    actor.require(Area.ORDERS, Level.ACT, "cancel orders")
    order = orders.lock_by_number(session, number)
    if clicks.carried_out(session, order, "cancel", token, actor):
        return second_person.repeated(session, token, "This order is being cancelled already.")
    clicks.check(session, order, version, _refusal(session, order), actor=actor)
    why = clicks.reasoned(reason, "cancel this order")
    wanted = _wanted(session, order, restock, actor)
    if wanted.why and approval_id is None:
        shown = preview_cancel(session, number, restock=restock, actor=actor)
        return second_person.ask(session, order, wanted, shown, actor=actor, token=token, reason=why)
    holds.place(
        session,
        order,
        HoldKind.BEING_CANCELLED,
        why,
        source=HoldSource.PERSON,
        actor=actor,
        facts={"restock": restock} | ({"approval": approval_id} if approval_id else {}),
    )
    clicks.audit(session, order, "cancel", actor=actor, token=token, reason=why, details={"restock": restock})
    flow.advance(session, order, actor=actor)
    if order.status in (OrderStatus.CANCELLED, OrderStatus.REFUNDED):
        return ActionDone(f"Order {number} is cancelled.")
    return ActionDone(f"Order {number} is being cancelled.")


def _wanted(session: Session, order: Order, restock: bool, actor: Actor) -> second_person.Wanted:
    """Whether this cancellation takes two, by what it pays back."""
    amount = money_back_minor(session, order)
    return second_person.refund(session, order, amount, actor, ApprovalAction.CANCEL, {"restock": restock})


def money_back_minor(session: Session, order: Order) -> int:
    """What a cancellation pays back: all that is left, and what is being captured at this moment."""
    refundable = refunds.refundable_minor(session, order)
    capture = steps.latest(session, order.id, StepKind.PAYMENT_CAPTURE)
    running = refundable <= 0 and capture is not None and capture.state == StepState.RUNNING
    return order.total_minor if running else refundable


def _refusal(session: Session, order: Order) -> str:
    if (begun := cancelling.under_way(session, order)) is not None:
        return f"{begun.placed_by_name} is cancelling this order already."
    if not can(OrderStatus(order.status), OrderEvent.CANCELLED):
        if (done := hold_store.last_closed(session, order.id, HoldKind.BEING_CANCELLED)) is not None:
            return f"{done.placed_by_name} has cancelled this order already."
        return f"An order that is {order.status} cannot be cancelled. Refund it instead where money is to go back."
    doubt = cancelling.doubtful(session, order)
    if doubt:
        what = RULES[StepKind(doubt[0].kind)].label
        return f"It is not known yet whether this happened: {what}. Have the provider asked first."
    return ""


def _effects(session: Session, order: Order, restock: bool) -> tuple[str, ...]:
    found = ["Whatever has not begun is stopped."]
    parcel = session.exec(
        select(Parcel)
        .join(Shipment, col(Shipment.id) == col(Parcel.shipment_id))
        .where(Parcel.order_id == order.id, Shipment.state == "labelled")
    ).first()
    if parcel is not None and parcel.status == TrackingStatus.LABEL_CREATED:
        found.append("The shipping label is voided.")
    elif parcel is not None:
        found.append(
            "The parcel is on its way and cannot be called back from here: you are asked to agree its return with the"
            " customer before the order is called cancelled."
        )
    found += _money_effects(session, order)
    found.append("The goods go back to stock." if restock else "Stock stays as it is.")
    found.append("The customer is told by mail.")
    return tuple(found)


def _money_effects(session: Session, order: Order) -> list[str]:
    refundable = refunds.refundable_minor(session, order)
    if refundable > 0:
        invoice = documents.invoice_of(session, order.id)
        credited = [f"A credit note for invoice {invoice.number} is issued and sent."] if invoice else []
        return [f"{display(refundable, order.currency)} is paid back.", *credited]
    if order.payment_status == PaymentStatus.AUTHORIZED:
        return ["Nothing was captured; the authorization is voided at the payment provider."]
    if steps.latest(session, order.id, StepKind.PAYMENT_REQUEST) is not None and not _paid(session, order):
        return ["The payment that the customer was asked for is withdrawn."]
    return []


def _paid(session: Session, order: Order) -> bool:
    return payments.balance_of(session, order.id).captured_minor > 0
