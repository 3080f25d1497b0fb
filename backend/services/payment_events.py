"""What payment providers tell us by webhook. Late and repeated news changes nothing; our own key settles our own step."""

from dataclasses import dataclass

from sqlmodel import Session, select

from backend import clock
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.money import display
from backend.domain.orders import OrderStatus
from backend.domain.payments import EntryKind
from backend.domain.providers import provider_name
from backend.domain.steps import StepKind, StepState
from backend.domain.timeline import Weight
from backend.ports.payments import Authorization, Capture, PaymentEvent, PaymentEventKind
from backend.services import alarms, cancelling, dispute_events, flow, holds, payment_steps, proofs, refund_events
from backend.store import orders, payments, step_proofs, steps
from backend.store.tables import Order, Step

_K = PaymentEventKind
_REFUNDS = frozenset({_K.REFUND_PENDING, _K.REFUNDED, _K.REFUND_FAILED})
_DISPUTES = frozenset(
    {_K.DISPUTE_OPENED, _K.DISPUTE_UPDATED, _K.DISPUTE_CLOSED, _K.FUNDS_WITHDRAWN, _K.FUNDS_REINSTATED}
)
_MONEY_IN = (StepKind.PAYMENT_VERIFY, StepKind.PAYMENT_CAPTURE, StepKind.PAYMENT_REQUEST)


@dataclass(frozen=True)
class Applied:
    """Which order the news was about; `parked_for` when that order (or its money) is not known yet."""

    order_id: int | None = None
    order_number: str = ""
    parked_for: str = ""


def apply(session: Session, provider: str, event: PaymentEvent) -> Applied:
    """Write a payment event to its order; news about what is unknown here waits until it is known."""
    if event.kind is _K.OTHER:
        return Applied()
    order = _order_of(session, provider, event)
    if order is None:
        return Applied(parked_for=" ".join(event.payments or (event.reference,)))
    if event.kind in _REFUNDS:
        if _too_early(session, provider, event):
            return Applied(order.id, order.number, payment_steps.waits_for_capture(" ".join(event.payments)))
        refund_events.apply(session, order, provider, event, _step_of(session, order, event))
    elif event.kind in _DISPUTES:
        dispute_events.apply(session, order, provider, event)
    else:
        _payment(session, order, provider, event)
    return Applied(order.id, order.number)


def _order_of(session: Session, provider: str, event: PaymentEvent) -> Order | None:
    """The order that the news names, whose step's key it carries, or in whose books its payment stands; locked."""
    found = None
    if event.order_number:
        found = session.exec(select(Order.id).where(Order.number == event.order_number)).first()
    if found is None and (step := step_proofs.by_key(session, (event.key, event.mark))):
        found = step.order_id
    for reference in () if found else (*event.payments, event.reference):
        found = found or session.exec(select(Order.id).where(Order.payment_reference == reference)).first()
    found = found or payments.order_of(session, provider, (*event.payments, event.reference))
    return None if found is None else orders.lock(session, found)


def _step_of(session: Session, order: Order, event: PaymentEvent) -> Step | None:
    """Our step that brought the news about: by the key of the request, else by the key that the thing itself carries."""
    for key in (event.key, event.mark):
        step = step_proofs.by_key(session, (key,))
        if step is not None and step.order_id == order.id:
            return step
    return None


def _too_early(session: Session, provider: str, event: PaymentEvent) -> bool:
    """A refund is heard of before the money it pays back."""
    known = (payments.known(session, EntryKind.CAPTURED, provider=provider, reference=one) for one in event.payments)
    return bool(event.payments) and not any(known)


def _payment(session: Session, order: Order, provider: str, event: PaymentEvent) -> None:
    step = _step_of(session, order, event)
    match event.kind:
        case _K.CAPTURED:
            _captured(session, order, provider, event, step)
        case _K.AUTHORIZED:
            _authorized(session, order, provider, event, step)
        case _K.FAILED:
            _failed(session, order, provider, event, step)
        case _K.ACTION_NEEDED:
            _action_needed(session, order, provider, event, step)
        case _K.CALLED_OFF:
            _called_off(session, order, provider, event, step)
        case _:
            pass
    if step is not None and step.kind == StepKind.PAYMENT_REQUEST:
        proofs.ask_now(session, order, step_proofs.fresh(session, step), provider)
    flow.advance(session, order)


def _captured(session: Session, order: Order, provider: str, event: PaymentEvent, step: Step | None) -> None:
    known = payments.find(session, EntryKind.CAPTURED, provider=provider, reference=event.reference)
    money = (event.amount_minor, event.currency)
    if known is None:
        _compare(session, order, provider, event)
    elif (known.amount_minor, known.currency) != money:
        text = (
            f"{provider_name(provider)} reports {display(*money)} for {event.reference}, which is in our books with"
            f" {display(known.amount_minor, known.currency)}. Nothing was changed: compare both."
        )
        alarms.tell_finance(session, order, provider, f"capture:{event.reference}", "Captured amounts differ", text)
    capture = Capture(event.reference, event.amount_minor, event.currency, event.at)
    late = order.status in (OrderStatus.CANCELLED, OrderStatus.REFUNDED)
    key = step.key if step else event.mark
    if payment_steps.captured(session, order, provider, capture, step_key=key) and late:
        text = f"{display(*money)} arrived although the order is closed: pay it back."
        alarms.tell_finance(session, order, provider, f"late:{event.reference}", "Money for a closed order", text)
    _settle_steps(session, order, provider, event, step)


def _settle_steps(session: Session, order: Order, provider: str, event: PaymentEvent, named: Step | None) -> None:
    """The money is here: end the steps that were to bring it, by their key or because it is the very payment.

    Where the order is paid in full, steps that wait without doubt are ended too. One that runs for another payment is
    left alone: that one may come in as well.
    """
    balance = payments.balance_of(session, order.id)
    paid = event.currency == order.currency and balance.kept_minor >= order.total_minor
    same = order.payment_reference in (event.reference, *event.payments)
    for step in steps.of_order(session, order.id):
        if step.kind not in _MONEY_IN or step.state not in step_proofs.UNSETTLED:
            continue
        about_it = same or (named is not None and named.id == step.id)
        idle = step.state != StepState.RUNNING and not step.in_doubt
        if about_it or (paid and idle):
            if step.kind == StepKind.PAYMENT_REQUEST and about_it and not order.payment_reference:
                order.payment_reference = event.reference
                session.add(order)
            proofs.done(session, order, step, provider, result={"reference": event.reference})


def _compare(session: Session, order: Order, provider: str, event: PaymentEvent) -> None:
    """Hold the order before new money that does not match moves it on; lift that hold when the money matches."""
    here = payments.balance_of(session, order.id).kept_minor + event.amount_minor
    if event.currency == order.currency and here == order.total_minor:
        holds.lift_by_check(session, order, HoldKind.PAYMENT_MISMATCH, "the money matches now")
        return
    holds.place(
        session,
        order,
        HoldKind.PAYMENT_MISMATCH,
        f"{provider_name(provider)} reports {display(event.amount_minor, event.currency)}"
        f" for an order of {display(order.total_minor, order.currency)}.",
        source=HoldSource.CHECK,
        provider=provider,
    )


def _authorized(session: Session, order: Order, provider: str, event: PaymentEvent, step: Step | None) -> None:
    found = Authorization(event.reference, event.amount_minor, event.currency, event.at)
    request = step if step is not None and step.kind == StepKind.PAYMENT_REQUEST else None
    request = request or steps.latest(session, order.id, StepKind.PAYMENT_REQUEST)
    payment_steps.authorized(session, order, provider, found, request)
    if request is None:
        return
    if not order.payment_reference:
        order.payment_reference = event.reference
        session.add(order)
    proofs.done(session, order, request, provider, result={"reference": event.reference})


def _failed(session: Session, order: Order, provider: str, event: PaymentEvent, step: Step | None) -> None:
    fresh = payments.record(
        session,
        order,
        EntryKind.FAILED,
        amount_minor=0,
        currency=order.currency,
        provider=provider,
        reference=event.event_id,
        at=event.at,
        now=clock.now(),
        step_key=step.key if step else event.mark,
        detail=event.detail,
    )
    if fresh:
        flow.update_facts(session, order)
        alarms.note(session, order, provider, f"A payment attempt failed. {event.detail}".strip())
    if step is not None and step.key == event.key and step.kind in _MONEY_IN:
        # The very request that we made is what failed; a customer's own tries leave the request as it is.
        sentence = event.detail or f"{provider_name(provider)} says that the payment failed."
        proofs.failed(session, order, step, provider, sentence, HoldKind.PAYMENT_DECLINED)


def _action_needed(session: Session, order: Order, provider: str, event: PaymentEvent, step: Step | None) -> None:
    """The customer's bank wants a word with the customer (3-D Secure): say so once, and wait."""
    if order.status != OrderStatus.PENDING:
        return
    request = steps.latest(session, order.id, StepKind.PAYMENT_REQUEST)
    pay_url = str(request.result.get("pay_url", "")) if request is not None else ""
    link = event.link if event.link.startswith(("https://", "http://")) else pay_url
    subject = str(request.id) if request is not None else event.reference
    data = {"link": link}
    if link and not steps.promise(
        session, order, StepKind.MAIL_PAYMENT_ACTION, at=clock.now(), subject=subject, data=data
    ):
        return
    told = "" if link else " No page is known where that could be done."
    text = f"The customer's bank asks the customer to confirm the payment (3-D Secure); the order waits for that.{told}"
    alarms.note(session, order, provider, text, Weight.MILESTONE)


def _called_off(session: Session, order: Order, provider: str, event: PaymentEvent, step: Step | None) -> None:
    """A payment that nobody can make or capture any more: give back what was authorized, and ask anew if it is needed."""
    why = f" ({event.detail})" if event.detail else ""
    kept = payments.find(session, EntryKind.AUTHORIZED, provider=provider, reference=event.reference)
    if kept is not None:
        payments.record(
            session,
            order,
            EntryKind.VOIDED,
            amount_minor=kept.amount_minor,
            currency=kept.currency,
            provider=provider,
            reference=event.reference,
            at=event.at,
            now=clock.now(),
            step_key=step.key if step else event.mark,
            detail=event.detail,
        )
        flow.update_facts(session, order)
    if step is not None and step.kind == StepKind.PAYMENT_VOID:
        proofs.done(session, order, step, provider, result={"reference": event.reference})
    else:
        alarms.note(session, order, provider, f"The payment was called off at {provider_name(provider)}{why}.")
    if order.status != OrderStatus.PENDING or cancelling.under_way(session, order) is not None:
        return
    for waited in steps.of_order(session, order.id):
        ours = order.payment_reference == event.reference or (step is not None and step.id == waited.id)
        if ours and waited.kind in _MONEY_IN and waited.state in step_proofs.UNSETTLED:
            sentence = f"The payment was called off at {provider_name(provider)}{why}. A retry asks for a new one."
            proofs.failed(session, order, waited, provider, sentence, HoldKind.PAYMENT_REFUSED)
