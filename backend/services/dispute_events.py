"""Disputes: what a customer's bank questions or takes back. A parcel that has not left stays; one that has is told to finance.

Nothing here ever pays money back by itself: the bank does that, and finance answers it.
"""

from sqlmodel import Session

from backend import clock
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.money import display
from backend.domain.orders import OrderStatus
from backend.domain.payments import EntryKind
from backend.domain.providers import provider_name
from backend.ports.payments import PaymentEvent, PaymentEventKind
from backend.services import alarms, flow, holds
from backend.store import payments
from backend.store.tables import Order

_K = PaymentEventKind
_ENTRIES = {
    _K.DISPUTE_OPENED: EntryKind.DISPUTE_OPENED,
    _K.DISPUTE_CLOSED: EntryKind.DISPUTE_CLOSED,
    _K.FUNDS_WITHDRAWN: EntryKind.CHARGEBACK,
    _K.FUNDS_REINSTATED: EntryKind.CHARGEBACK_REVERSED,
}
_SENTENCES = {
    _K.DISPUTE_OPENED: "The customer's bank disputes {amount}.",
    _K.DISPUTE_CLOSED: "The dispute over {amount} is closed.",
    _K.FUNDS_WITHDRAWN: "{provider} took {amount} from our account for a dispute.",
    _K.FUNDS_REINSTATED: "{provider} gave {amount} back to us after a dispute.",
}
_NOT_SHIPPED = (OrderStatus.PENDING, OrderStatus.CONFIRMED, OrderStatus.PROCESSING)


def apply(session: Session, order: Order, provider: str, event: PaymentEvent) -> None:
    """Write the news down once, then stop or free the order; the caller has locked it."""
    fresh = _record(session, order, provider, event)
    if event.withdrawn_minor is not None:
        fresh = _follow_withdrawn(session, order, provider, event) or fresh
    if not fresh and event.kind is not _K.DISPUTE_UPDATED:
        return
    flow.update_facts(session, order)
    _tell(session, order, provider, event)
    _hold_or_free(session, order, provider, event)
    flow.advance(session, order)


def _record(session: Session, order: Order, provider: str, event: PaymentEvent) -> bool:
    kind = _ENTRIES.get(event.kind)
    if kind is None:
        return False
    return _entry(session, order, provider, event, kind, event.amount_minor)


def _entry(
    session: Session, order: Order, provider: str, event: PaymentEvent, kind: EntryKind, amount_minor: int
) -> bool:
    return payments.record(
        session,
        order,
        kind,
        amount_minor=amount_minor,
        currency=event.currency,
        provider=provider,
        reference=event.reference,
        at=event.at,
        now=clock.now(),
        detail=event.detail,
    )


def _follow_withdrawn(session: Session, order: Order, provider: str, event: PaymentEvent) -> bool:
    """Bring our books to what the provider says it has taken so far, where it tells that with every news."""
    taken = payments.find(session, EntryKind.CHARGEBACK, provider=provider, reference=event.reference)
    if event.withdrawn_minor and taken is None:
        return _entry(session, order, provider, event, EntryKind.CHARGEBACK, event.withdrawn_minor)
    if event.withdrawn_minor == 0 and taken is not None and event.kind is _K.DISPUTE_CLOSED:
        return _entry(session, order, provider, event, EntryKind.CHARGEBACK_REVERSED, taken.amount_minor)
    return False


def _tell(session: Session, order: Order, provider: str, event: PaymentEvent) -> None:
    sentence = _SENTENCES.get(event.kind, "The dispute over {amount} has news.")
    amount = display(event.amount_minor, event.currency)
    words = sentence.format(amount=amount, provider=provider_name(provider))
    words = f"{words} {event.detail}".strip()
    if event.kind not in (_K.DISPUTE_OPENED, _K.FUNDS_WITHDRAWN):
        alarms.note(session, order, provider, words)
        return
    shipped = order.status not in _NOT_SHIPPED
    todo = "The parcel has left" if shipped else "The parcel has not left: it is held"
    text = f"{words} {todo}. Answer the dispute at {provider_name(provider)}; nothing is paid back by itself."
    alarms.tell_finance(session, order, provider, f"{event.kind}:{event.reference}", "Payment disputed", text)


def _hold_or_free(session: Session, order: Order, provider: str, event: PaymentEvent) -> None:
    """A questioned payment stops a parcel that has not left; the end of the dispute in our favour lets it go."""
    if not payments.balance_of(session, order.id).contested_minor:
        holds.lift_by_check(session, order, HoldKind.PAYMENT_DISPUTED, "the dispute ended in our favour")
        return
    if order.status not in _NOT_SHIPPED:
        return
    amount = display(event.amount_minor, event.currency)
    holds.place(
        session,
        order,
        HoldKind.PAYMENT_DISPUTED,
        f"The customer's bank disputes {amount} of this order. {event.detail}".strip(),
        source=HoldSource.CHECK,
        provider=provider,
        facts={"dispute": event.reference},
    )
