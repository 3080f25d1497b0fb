"""Payment steps: verify what the shop says is paid, capture what is authorized, ask for what is unpaid, pay back."""

from dataclasses import replace

from sqlmodel import Session

from backend import clock, settings
from backend.domain.holds import HoldKind
from backend.domain.money import display
from backend.domain.orders import OrderStatus
from backend.domain.payments import EntryKind
from backend.domain.permissions import provider_actor
from backend.domain.providers import provider_name
from backend.domain.steps import StepKind
from backend.domain.timeline import TimelineKind, Weight
from backend.ports.calls import Call, Mismatch, Rejected
from backend.ports.payments import (
    Authorization,
    Capture,
    PaymentGateway,
    PaymentOrder,
    PaymentRequested,
    RefundDone,
    RefundOrder,
)
from backend.ports.registry import Adapters
from backend.services import cancelling, credit_notes, flow
from backend.services.refunds import restock
from backend.services.step_handlers import Handler, NotNeeded, Success
from backend.store import inbox, payments, refunds, steps, timeline
from backend.store.tables import Order, Refund, Step


def gateway_of(adapters: Adapters, order: Order) -> PaymentGateway | None:
    """Whoever holds the money: the channel's own gateway, the one the order names, or the default one."""
    return adapters.gateways.get(order.gateway) or adapters.gateways.get(adapters.default_gateway)


def default_gateway(adapters: Adapters, order: Order) -> PaymentGateway | None:
    return adapters.gateways.get(adapters.default_gateway)


def whole_payment(order: Order) -> PaymentOrder:
    """All that the order costs, under the reference that the gateway may know it by."""
    return PaymentOrder(
        number=order.number,
        channel=order.channel,
        channel_order=order.external_id,
        amount_minor=order.total_minor,
        currency=order.currency,
        reference=order.payment_reference,
    )


def _prepare(session: Session, order: Order, step: Step) -> PaymentOrder:
    if order.status != OrderStatus.PENDING:
        raise NotNeeded(f"The order is already {order.status}.")
    if payments.balance_of(session, order.id).captured_minor >= order.total_minor:
        raise NotNeeded("The money is already here.")
    return whole_payment(order)


def _prepare_request(session: Session, order: Order, step: Step) -> PaymentOrder:
    """The order's reference is the shop's own; at the gateway the payment is known by our number and key only.

    How the money is taken is settled at the first try: a repeat under the same key must say the same.
    """
    request = replace(_prepare(session, order, step), reference="")
    if "capture" not in step.data:
        step.data = {**step.data, "capture": settings.current().payment_capture}
        session.add(step)
        session.flush()
    return replace(request, manual_capture=step.data["capture"] == "manual")


def _verify(gateway: PaymentGateway, request: PaymentOrder, call: Call) -> list[Capture]:
    captures = gateway.verify(request, call)
    paid = sum(capture.amount_minor for capture in captures if capture.currency == request.currency)
    if paid != request.amount_minor or any(capture.currency != request.currency for capture in captures):
        seen = ", ".join(display(capture.amount_minor, capture.currency) for capture in captures) or "nothing"
        raise Rejected(
            gateway.name,
            f"The order says paid, {display(request.amount_minor, request.currency)}; the gateway has {seen}.",
            category=HoldKind.PAYMENT_MISMATCH,
        )
    return captures


def _checked(gateway: PaymentGateway, request: PaymentOrder, capture: Capture) -> Capture:
    _as_asked(gateway, "Captured", capture, request)
    return capture


def _as_asked(
    gateway: PaymentGateway, what: str, got: Capture | RefundDone, wanted: PaymentOrder | RefundOrder
) -> None:
    """Raise `Mismatch` unless just the money that was asked for was moved."""
    if (got.amount_minor, got.currency) != (wanted.amount_minor, wanted.currency):
        moved, asked = display(got.amount_minor, got.currency), display(wanted.amount_minor, wanted.currency)
        raise Mismatch(gateway.name, f"{what} {moved} instead of {asked}. Nothing was booked.")


def _capture(gateway: PaymentGateway, request: PaymentOrder, call: Call) -> Capture:
    return _checked(gateway, request, gateway.capture(request, call))


def _find_capture(gateway: PaymentGateway, request: PaymentOrder, call: Call) -> Capture | None:
    found = gateway.find_capture(request, call)
    return None if found is None else _checked(gateway, request, found)


def _apply_verified(session: Session, order: Order, step: Step, captures: list[Capture]) -> Success:
    for capture in captures:
        captured(session, order, step.provider, capture, step_key=step.key)
    return Success(
        {"references": [capture.reference for capture in captures]},
        f"Payment of {display(order.total_minor, order.currency)} verified with {provider_name(step.provider)}.",
    )


def _apply_captured(session: Session, order: Order, step: Step, capture: Capture) -> Success:
    captured(session, order, step.provider, capture, step_key=step.key)
    return Success(
        {"reference": capture.reference},
        f"{display(capture.amount_minor, capture.currency)} captured by {provider_name(step.provider)}.",
    )


def _request(gateway: PaymentGateway, request: PaymentOrder, call: Call) -> PaymentRequested:
    """A shop may have begun the payment itself: what the order names is used, and only else a new one is asked for."""
    begun = gateway.find_payment_request(request, call) if request.reference else None
    return begun or gateway.request_payment(request, call)


def _apply_requested(session: Session, order: Order, step: Step, requested: PaymentRequested) -> Success:
    order.payment_reference = requested.reference
    session.add(order)
    amount = display(order.total_minor, order.currency)
    if requested.captured is not None:
        captured(session, order, step.provider, requested.captured, step_key=step.key)
        return Success({"reference": requested.reference}, f"{amount} paid already.")
    if requested.authorized is not None:
        authorized(session, order, step.provider, requested.authorized, step)
        return Success({"reference": requested.reference}, f"{amount} authorized by the customer already.")
    steps.promise(session, order, StepKind.MAIL_PAYMENT_LINK, at=clock.now(), data={"request_step_id": step.id})
    return Success(
        {"reference": requested.reference, "pay_url": requested.pay_url},
        f"Payment of {amount} requested from the customer through {provider_name(step.provider)}.",
        waiting=True,
    )


def authorized(session: Session, order: Order, provider: str, found: Authorization, request: Step | None) -> bool:
    """Record money that a bank keeps ready for us, and capture it where we asked for it so; False when it was known."""
    now = clock.now()
    fresh = payments.record(
        session,
        order,
        EntryKind.AUTHORIZED,
        amount_minor=found.amount_minor,
        currency=found.currency,
        provider=provider,
        reference=found.reference,
        at=found.at or now,
        now=now,
        step_key=request.key if request else "",
    )
    if not fresh:
        return False
    amount = display(found.amount_minor, found.currency)
    timeline.add(
        session,
        order.id,
        TimelineKind.PAYMENT_RECORDED,
        f"{amount} authorized through {provider_name(provider)}.",
        actor=provider_actor(provider),
        at=now,
        weight=Weight.MILESTONE,
        data={"reference": found.reference},
    )
    flow.update_facts(session, order)
    open_ = order.status == OrderStatus.PENDING and not payments.balance_of(session, order.id).captured_minor
    if open_ and request is not None and request.data.get("capture") == "manual":
        steps.promise(session, order, StepKind.PAYMENT_CAPTURE, at=now)
    return True


def captured(session: Session, order: Order, provider: str, capture: Capture, *, step_key: str = "") -> bool:
    """Record captured money, by whatever way we hear of it first; False when it was known. The caller moves the order on."""
    now = clock.now()
    known = not payments.record(
        session,
        order,
        EntryKind.CAPTURED,
        amount_minor=capture.amount_minor,
        currency=capture.currency,
        provider=provider,
        reference=capture.reference,
        at=capture.at or now,
        now=now,
        step_key=step_key,
    )
    if known:
        return False
    timeline.add(
        session,
        order.id,
        TimelineKind.PAYMENT_RECORDED,
        f"{display(capture.amount_minor, capture.currency)} received through {provider_name(provider)}.",
        actor=provider_actor(provider),
        at=now,
        weight=Weight.MILESTONE,
        data={"reference": capture.reference},
    )
    inbox.unpark(session, waits_for_capture(capture.reference))
    flow.update_facts(session, order)
    return True


def waits_for_capture(reference: str) -> str:
    """What news about money that came in wait for, while that money is not known here."""
    return f"captured:{reference}"


def _prepare_refund(session: Session, order: Order, step: Step) -> RefundOrder:
    refund = refunds.get(session, int(step.subject))
    if refund.state == "succeeded":
        raise NotNeeded("It is paid back already.")
    if refund.state == "failed":
        left = payments.balance_of(session, order.id).refundable_minor - refunds.on_its_way_minor(session, order.id)
        if refund.amount_minor > left:
            raise NotNeeded(f"Only {display(left, order.currency)} may still be paid back; decide a new refund.")
        refunds.take_up_again(session, refund)
    captures = [entry for entry in payments.entries(session, order.id) if entry.kind == EntryKind.CAPTURED]
    return RefundOrder(
        number=order.number,
        channel_order=order.external_id,
        payment_reference=captures[0].reference if captures else order.payment_reference,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        reason=refund.reason,
    )


def _apply_refunded(session: Session, order: Order, step: Step, done: RefundDone) -> Success:
    refund = refunds.get(session, int(step.subject))
    amount = display(done.amount_minor, done.currency)
    if done.pending:
        refunds.note_reference(session, refund, done.reference)
        sentence = f"{amount} is on its way back; {provider_name(step.provider)} says when it has arrived."
        return Success({"reference": done.reference}, sentence, waiting=True)
    paid_back(session, order, refund, done, step.provider, step_key=step.key)
    return Success({"reference": done.reference}, f"{amount} paid back.")


def paid_back(
    session: Session, order: Order, refund: Refund, done: RefundDone, provider: str, *, step_key: str
) -> None:
    """Money went back, by whatever way we hear of it: record it, restock where that was chosen, tell the customer."""
    now = clock.now()
    payments.record(
        session,
        order,
        EntryKind.REFUNDED,
        amount_minor=done.amount_minor,
        currency=done.currency,
        provider=provider,
        reference=done.reference,
        at=now,
        now=now,
        step_key=step_key,
    )
    refunds.settle(session, refund, done.reference, now)
    timeline.add(
        session,
        order.id,
        TimelineKind.PAYMENT_RECORDED,
        f"{display(done.amount_minor, done.currency)} paid back through {provider_name(provider)}.",
        actor=provider_actor(provider),
        at=now,
        weight=Weight.MILESTONE,
        data={"reference": done.reference},
    )
    restock(session, order, refund)
    credit_notes.promise_owed(session, order)
    flow.update_facts(session, order)
    if cancelling.under_way(session, order) is None:
        steps.promise(session, order, StepKind.MAIL_REFUNDED, at=now, subject=str(refund.id))
        flow.settle_refunded(session, order)


def _refund(gateway: PaymentGateway, request: RefundOrder, call: Call) -> RefundDone:
    done = gateway.refund(request, call)
    _as_asked(gateway, "Paid back", done, request)
    return done


def _find_refund(gateway: PaymentGateway, request: RefundOrder, call: Call) -> RefundDone | None:
    done = gateway.find_refund(request, call)
    if done is not None:
        _as_asked(gateway, "Paid back", done, request)
    return done


HANDLERS: dict[StepKind, Handler] = {
    StepKind.PAYMENT_REFUND: Handler(
        gateway_of,
        _prepare_refund,
        _refund,
        _apply_refunded,
        ask=_find_refund,
    ),
    StepKind.PAYMENT_VERIFY: Handler(gateway_of, _prepare, _verify, _apply_verified),
    StepKind.PAYMENT_CAPTURE: Handler(gateway_of, _prepare, _capture, _apply_captured, ask=_find_capture),
    StepKind.PAYMENT_REQUEST: Handler(
        default_gateway,
        _prepare_request,
        _request,
        _apply_requested,
        ask=lambda gateway, request, call: gateway.find_payment_request(request, call),
    ),
}
