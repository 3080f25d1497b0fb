"""What payment providers tell us of refunds: taken on, arrived, failed; also of refunds that somebody made over there."""

from sqlmodel import Session

from backend import clock
from backend.domain.holds import HoldKind
from backend.domain.money import display
from backend.domain.payments import EntryKind
from backend.domain.providers import provider_name
from backend.domain.steps import StepKind
from backend.ports.payments import PaymentEvent, PaymentEventKind, RefundDone
from backend.services import alarms, flow, payment_steps, proofs
from backend.store import payments, refunds, steps
from backend.store.tables import Order, Refund, Step


def apply(session: Session, order: Order, provider: str, event: PaymentEvent, step: Step | None) -> None:
    """Write the news down; `step` is the one whose key it carries. The caller has locked the order."""
    step, refund = _ours(session, order, event, step)
    match event.kind:
        case PaymentEventKind.REFUND_PENDING:
            _pending(session, order, provider, event, step, refund)
        case PaymentEventKind.REFUNDED:
            _arrived(session, order, provider, event, step, refund)
        case _:
            _failed(session, order, provider, event, step, refund)
    flow.advance(session, order)


def _ours(session: Session, order: Order, event: PaymentEvent, step: Step | None) -> tuple[Step | None, Refund | None]:
    """Step and decision behind a refund; neither for one that was made at the provider itself."""
    if step is not None and step.kind == StepKind.PAYMENT_REFUND:
        return step, refunds.get(session, int(step.subject))
    refund = refunds.by_reference(session, order.id, event.reference)
    if refund is None:
        return None, None
    return steps.latest(session, order.id, StepKind.PAYMENT_REFUND, str(refund.id)), refund


def _pending(
    session: Session, order: Order, provider: str, event: PaymentEvent, step: Step | None, refund: Refund | None
) -> None:
    if refund is None or step is None or refund.state != "requested" or _settled(session, provider, event):
        return
    refunds.note_reference(session, refund, event.reference)
    proofs.done(session, order, step, provider, result={"reference": event.reference}, waiting=True)


def _settled(session: Session, provider: str, event: PaymentEvent) -> bool:
    """Whether the end of this refund is known: news that it has begun is late then."""
    return any(
        payments.known(session, kind, provider=provider, reference=event.reference)
        for kind in (EntryKind.REFUNDED, EntryKind.REFUND_FAILED)
    )


def _arrived(
    session: Session, order: Order, provider: str, event: PaymentEvent, step: Step | None, refund: Refund | None
) -> None:
    if _settled(session, provider, event):
        if step is not None and refund is not None and refund.state == "succeeded":
            proofs.done(session, order, step, provider, result={"reference": event.reference})
        return
    if _beyond(session, order, provider, event):
        return
    again = refund is not None and refund.state == "succeeded"
    if refund is not None and step is not None and not again:
        done = RefundDone(event.reference, event.amount_minor, event.currency)
        payment_steps.paid_back(session, order, refund, done, provider, step_key=step.key)
        proofs.done(session, order, step, provider, result={"reference": event.reference})
        return
    payments.record(
        session,
        order,
        EntryKind.REFUNDED,
        amount_minor=event.amount_minor,
        currency=event.currency,
        provider=provider,
        reference=event.reference,
        at=event.at,
        now=clock.now(),
        step_key=event.mark,
    )
    flow.update_facts(session, order)
    amount = display(event.amount_minor, event.currency)
    if refund is None or not again:
        alarms.note(session, order, provider, f"{amount} paid back.")
        return
    text = (
        f"{provider_name(provider)} paid back {amount} ({event.reference}) for a refund that had been made before"
        f" ({refund.reference}). It was decided once: have the second one taken back."
    )
    alarms.tell_finance(session, order, provider, f"twice:{event.reference}", "Paid back twice", text)


def _beyond(session: Session, order: Order, provider: str, event: PaymentEvent) -> bool:
    """More than came in cannot go back: such news is not believed, and finance looks."""
    own = event.currency == order.currency
    if own and event.amount_minor <= payments.balance_of(session, order.id).kept_minor:
        return False
    amount = display(event.amount_minor, event.currency)
    text = f"A refund of {amount} was reported, more than was captured."
    alarms.tell_finance(session, order, provider, f"refund:{event.reference}", "Refund beyond the payment", text)
    return True


def _failed(
    session: Session, order: Order, provider: str, event: PaymentEvent, step: Step | None, refund: Refund | None
) -> None:
    """It did not reach the customer. Money that had been written off as paid back is ours again, by an entry of its own."""
    had_left = payments.find(session, EntryKind.REFUNDED, provider=provider, reference=event.reference)
    fresh = payments.record(
        session,
        order,
        EntryKind.REFUND_FAILED,
        amount_minor=had_left.amount_minor if had_left else 0,
        currency=had_left.currency if had_left else event.currency,
        provider=provider,
        reference=event.reference,
        at=event.at,
        now=clock.now(),
        step_key=step.key if step else event.mark,
        detail=event.detail,
    )
    if not fresh:
        return
    flow.update_facts(session, order)
    why = f" ({event.detail})" if event.detail else ""
    amount = display(event.amount_minor, event.currency)
    back = " The money came back to us." if had_left else ""
    sentence = f"The refund of {amount} did not reach the customer{why}.{back}"
    if refund is None or step is None:
        text = f"{sentence} It was made at {provider_name(provider)} itself: settle it there."
        alarms.tell_finance(session, order, provider, f"refund:{event.reference}", "Refund failed", text)
        return
    refunds.fail(session, refund, event.reference)
    advice = "Ask the customer how the money can reach them; a retry sends it again as a new refund."
    proofs.failed(
        session, order, step, provider, f"{sentence} {advice}", HoldKind.PAYMENT_REFUSED, undone=had_left is not None
    )
