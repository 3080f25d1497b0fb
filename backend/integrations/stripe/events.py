"""Stripe's events in our words.

Captures are told under the payment intent's id, refunds and disputes under their own ids, so that an event and the
answer to our own call name the same thing. A request's key may be somebody else's (a checkout page has keys of its own).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from backend.domain import strict_json
from backend.domain.errors import InvalidInput
from backend.integrations.reading import at, objects, text, whole
from backend.integrations.stripe import signature
from backend.integrations.stripe.amounts import from_stripe
from backend.integrations.stripe.errors import PROVIDER, decline_sentence
from backend.ports.calls import InboundMessage, UnusablePayload
from backend.ports.payments import PaymentEvent, PaymentEventKind

_K = PaymentEventKind

_INTENT_KINDS = {
    "payment_intent.created": _K.REQUESTED,
    "payment_intent.amount_capturable_updated": _K.AUTHORIZED,
    "payment_intent.succeeded": _K.CAPTURED,
    "payment_intent.payment_failed": _K.FAILED,
    "payment_intent.requires_action": _K.ACTION_NEEDED,
    "payment_intent.canceled": _K.CALLED_OFF,
}
_AMOUNTS = {_K.AUTHORIZED: "amount_capturable", _K.CAPTURED: "amount_received"}
_REFUND_EVENTS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
_REFUND_KINDS = {
    "pending": _K.REFUND_PENDING,
    "requires_action": _K.REFUND_PENDING,
    "succeeded": _K.REFUNDED,
    "failed": _K.REFUND_FAILED,
    "canceled": _K.REFUND_FAILED,
}
_DISPUTE_KINDS = {
    "charge.dispute.created": _K.DISPUTE_OPENED,
    "charge.dispute.updated": _K.DISPUTE_UPDATED,
    "charge.dispute.closed": _K.DISPUTE_CLOSED,
    "charge.dispute.funds_withdrawn": _K.FUNDS_WITHDRAWN,
    "charge.dispute.funds_reinstated": _K.FUNDS_REINSTATED,
}


class StripeEvents:
    """`webhook_secrets` may hold two while a secret is being changed."""

    name = PROVIDER

    def __init__(self, *, webhook_secrets: Sequence[str]) -> None:
        self._secrets = tuple(webhook_secrets)

    def authenticate(self, message: InboundMessage) -> None:
        signature.check(message, self._secrets)

    def read(self, message: InboundMessage) -> PaymentEvent:
        try:
            body = strict_json.read_object(message.body)
            return _event(body)
        except InvalidInput as error:
            raise UnusablePayload(error.problems) from error


def _event(body: dict[str, Any]) -> PaymentEvent:
    thing = at(body, "data", "object")
    event_id, kind_of_event, created = text(body, "id"), text(body, "type"), whole(body, "created")
    problems = [
        sentence
        for missing, sentence in (
            (text(body, "object") not in ("event", ""), "$.object is not 'event'; this is not a Stripe event."),
            (not event_id, "$.id is missing; an event without an id cannot be told from its repeats."),
            (not kind_of_event, "$.type is missing; what happened cannot be known."),
            (created is None or not 0 <= created < 2**36, "$.created is not a time in seconds."),
            (not isinstance(thing, dict), "$.data.object is missing; the event is about nothing."),
        )
        if missing
    ]
    if problems or created is None:
        raise UnusablePayload(problems)
    kind, about, amount, detail = _meaning(kind_of_event, thing, body)
    currency = text(about, "currency").upper()
    return PaymentEvent(
        event_id=event_id,
        type=kind_of_event,
        kind=kind,
        reference=_reference(about),
        order_number=text(thing, "metadata", "order_ref") or text(about, "metadata", "order_ref"),
        key=text(body, "request", "idempotency_key"),
        mark=text(about, "metadata", "step_key"),
        payments=_payments(about),
        amount_minor=_minor(kind, amount, currency),
        currency=currency,
        at=datetime.fromtimestamp(created, UTC),
        detail=detail,
        link=text(about, "next_action", "redirect_to_url", "url"),
    )


def _meaning(event: str, thing: dict[str, Any], body: dict[str, Any]) -> tuple[PaymentEventKind, Any, int, str]:
    """Kind, the object that amount and reference are read from, Stripe's amount, and a detail in words."""
    if event in _INTENT_KINDS:
        kind = _INTENT_KINDS[event]
        amount = whole(thing, _AMOUNTS.get(kind, "amount")) or 0
        if kind is _K.AUTHORIZED and not amount:
            kind = _K.OTHER  # nothing is left to capture
        return kind, thing, amount, _failure(thing) if kind is _K.FAILED else text(thing, "cancellation_reason")
    if event in _REFUND_EVENTS:
        return _refund(thing)
    if event == "charge.refunded":
        refunds = objects(thing, "refunds", "data")
        if refunds:
            return _refund(refunds[0])
        return _K.OTHER, thing, _newly_refunded(thing, body), "The refund's own event tells the rest."
    if event in _DISPUTE_KINDS:
        reason, status = text(thing, "reason") or "unknown", text(thing, "status") or "unknown"
        return _DISPUTE_KINDS[event], thing, whole(thing, "amount") or 0, f"Reason: {reason}; state: {status}."
    return _K.OTHER, thing, whole(thing, "amount") or 0, ""


def _refund(refund: dict[str, Any]) -> tuple[PaymentEventKind, Any, int, str]:
    kind = _REFUND_KINDS.get(text(refund, "status"), _K.OTHER)
    return kind, refund, whole(refund, "amount") or 0, text(refund, "failure_reason")


def _newly_refunded(charge: dict[str, Any], body: dict[str, Any]) -> int:
    before = whole(body, "data", "previous_attributes", "amount_refunded") or 0
    return (whole(charge, "amount_refunded") or 0) - before


def _failure(intent: dict[str, Any]) -> str:
    error = at(intent, "last_payment_error")
    if not isinstance(error, dict):
        return ""
    return decline_sentence(text(error, "code"), text(error, "decline_code"), text(error, "message"))


def _reference(about: Any) -> str:
    """The thing's own id; a charge goes under its intent, as captures do."""
    if text(about, "object") == "charge":
        return text(about, "payment_intent") or text(about, "id")
    return text(about, "id")


def _payments(about: Any) -> tuple[str, ...]:
    """Under which ids the payment may be known: an intent, or for payments made without one, a charge."""
    if text(about, "object") in ("payment_intent", "charge"):
        found = [text(about, "payment_intent"), text(about, "id")]
    else:
        found = [text(about, "payment_intent"), text(about, "charge")]
    return tuple(dict.fromkeys(filter(None, found)))


def _minor(kind: PaymentEventKind, amount: int, currency: str) -> int:
    """Events that move no money of ours may lack a usable currency; the others must have one."""
    try:
        return from_stripe(amount, currency)
    except InvalidInput as error:
        if kind is _K.OTHER:
            return 0
        raise UnusablePayload([f"$.data.object.currency: {error.sentence}"]) from error
