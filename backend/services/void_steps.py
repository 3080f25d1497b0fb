"""Letting go of money that was never taken: the authorization of a cancelled order, or what its customer was asked for."""

from sqlmodel import Session

from backend import clock
from backend.domain.money import display
from backend.domain.orders import PaymentMode
from backend.domain.payments import EntryKind
from backend.domain.permissions import provider_actor
from backend.domain.providers import provider_name
from backend.domain.steps import StepKind
from backend.domain.timeline import TimelineKind, Weight
from backend.ports.payments import PaymentGateway, PaymentOrder, Voided
from backend.ports.registry import Adapters
from backend.services import flow, payment_steps
from backend.services.step_handlers import Handler, NotNeeded, Success
from backend.store import payments, timeline
from backend.store.tables import Order, Step


def _gateway(adapters: Adapters, order: Order) -> PaymentGateway | None:
    """Whoever reserved the money, or asked the customer for it."""
    if order.payment_mode == PaymentMode.UNPAID:
        return payment_steps.default_gateway(adapters, order)
    return payment_steps.gateway_of(adapters, order)


def _prepare(session: Session, order: Order, step: Step) -> PaymentOrder:
    if payments.balance_of(session, order.id).captured_minor > 0:
        raise NotNeeded("The money was captured; it is paid back instead.")
    return payment_steps.whole_payment(order)


def _apply(session: Session, order: Order, step: Step, voided: Voided) -> Success:
    result = {"reference": voided.reference}
    who = provider_name(step.provider)
    for capture in voided.captures:
        payment_steps.captured(session, order, step.provider, capture, step_key=step.key)
    if voided.captures:
        return Success(result, f"The money was taken before it could be let go of; {who} has it, and it is paid back.")
    if voided.lapses:
        sentence = f"{who} cannot be told to let go of it: what was authorized lapses there by itself."
        _tell(session, order, step, sentence)
        return Success(result | {"lapses": True}, sentence)
    if not voided.reference:
        return Success(result, f"{who} knows no payment of this order; there is nothing to let go of.")
    _let_go(session, order, step, voided.reference)
    return Success(result, f"{who} takes no money for this order any more.")


def _let_go(session: Session, order: Order, step: Step, reference: str) -> None:
    """Record what was authorized as voided, by whatever id the gateway gave that."""
    now = clock.now()
    authorized = payments.balance_of(session, order.id).authorized_minor
    if authorized:
        payments.record(
            session,
            order,
            EntryKind.VOIDED,
            amount_minor=authorized,
            currency=order.currency,
            provider=step.provider,
            reference=reference,
            at=now,
            now=now,
            step_key=step.key,
        )
    what = f"The authorization of {display(authorized, order.currency)}" if authorized else "The payment"
    _tell(session, order, step, f"{what} is voided at {provider_name(step.provider)}; nothing was captured.")
    flow.update_facts(session, order)


def _tell(session: Session, order: Order, step: Step, text: str) -> None:
    timeline.add(
        session,
        order.id,
        TimelineKind.PAYMENT_RECORDED,
        text,
        actor=provider_actor(step.provider),
        at=clock.now(),
        weight=Weight.MILESTONE,
    )


HANDLERS: dict[StepKind, Handler] = {
    StepKind.PAYMENT_VOID: Handler(
        _gateway,
        _prepare,
        lambda gateway, request, call: gateway.void(request, call),
        _apply,
        ask=lambda gateway, request, call: gateway.find_void(request, call),
    ),
}
