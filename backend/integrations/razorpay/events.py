"""Razorpay's events in our words.

A capture is told under its payment's id, by `payment.captured` and again by `order.paid`; refunds and disputes under their
own ids. The delivery's id comes in a header. Signatures carry no time, so an event may come again at any age: repeats change
nothing, because each names the same payment or refund.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from backend.domain import strict_json
from backend.domain.errors import InvalidInput
from backend.domain.money import exponent
from backend.integrations.razorpay.errors import PROVIDER, decline_sentence
from backend.integrations.reading import at, text, whole
from backend.integrations.signatures import check_hex
from backend.ports.calls import InboundMessage, UnusablePayload
from backend.ports.payments import PaymentEvent, PaymentEventKind

SIGNATURE_HEADER = "x-razorpay-signature"
EVENT_ID_HEADER = "x-razorpay-event-id"

_K = PaymentEventKind

_KINDS = {
    "payment.authorized": _K.AUTHORIZED,
    "payment.captured": _K.CAPTURED,
    "order.paid": _K.CAPTURED,
    "payment.failed": _K.FAILED,
    "payment.dispute.created": _K.DISPUTE_OPENED,
    "payment.dispute.action_required": _K.DISPUTE_UPDATED,
    "payment.dispute.under_review": _K.DISPUTE_UPDATED,
    "payment.dispute.won": _K.DISPUTE_CLOSED,
    "payment.dispute.lost": _K.DISPUTE_CLOSED,
    "payment.dispute.closed": _K.DISPUTE_CLOSED,
}
_REFUND_EVENTS = {
    "refund.created": _K.REFUND_PENDING,
    "refund.processed": _K.REFUNDED,
    "refund.failed": _K.REFUND_FAILED,
}
_REFUND_KINDS = {"pending": _K.REFUND_PENDING, "processed": _K.REFUNDED, "failed": _K.REFUND_FAILED}
_OUR_NUMBER = re.compile(r"[A-Z]+-[0-9]{8}-[0-9]{5,}")


class RazorpayEvents:
    """`webhook_secrets` may hold two while a secret is being changed; Razorpay repeats old events under the old one."""

    name = PROVIDER

    def __init__(self, *, webhook_secrets: Sequence[str]) -> None:
        self._secrets = tuple(webhook_secrets)

    def authenticate(self, message: InboundMessage) -> None:
        check_hex(message, SIGNATURE_HEADER, self._secrets)

    def read(self, message: InboundMessage) -> PaymentEvent:
        try:
            body = strict_json.read_object(message.body)
            return _event(body, message)
        except InvalidInput as error:
            raise UnusablePayload(error.problems) from error


def _event(body: dict[str, Any], message: InboundMessage) -> PaymentEvent:
    name, created, subject = text(body, "event"), whole(body, "created_at"), _subject(body)
    kind = _kind(name, subject)
    problems = [
        sentence
        for missing, sentence in (
            (text(body, "entity") not in ("event", ""), "$.entity is not 'event'; this is not a Razorpay event."),
            (not name, "$.event is missing; what happened cannot be known."),
            (created is None or not 0 <= created < 2**36, "$.created_at is not a time in seconds."),
            (kind is not _K.OTHER and not text(subject, "id"), "$.payload names no id of what the event is about."),
        )
        if missing
    ]
    if problems or created is None:
        raise UnusablePayload(problems)
    amount, currency = _money(kind, subject)
    return PaymentEvent(
        event_id=message.headers.get(EVENT_ID_HEADER) or "body:" + hashlib.sha256(message.body).hexdigest(),
        type=name,
        kind=kind,
        reference=text(subject, "id"),
        order_number=_order_number(body),
        key="",
        mark=text(subject, "notes", "step_key"),
        payments=_payments(body),
        amount_minor=amount,
        currency=currency,
        at=datetime.fromtimestamp(created, UTC),
        detail=_detail(name, subject),
        withdrawn_minor=whole(subject, "amount_deducted") if name.startswith("payment.dispute.") else None,
    )


def _kind(name: str, subject: dict[str, Any]) -> PaymentEventKind:
    if name in _REFUND_EVENTS:
        return _REFUND_KINDS.get(text(subject, "status"), _REFUND_EVENTS[name])
    return _KINDS.get(name, _K.OTHER)


def _payments(body: dict[str, Any]) -> tuple[str, ...]:
    """Under which ids an order of ours may know the payment: its own, or that of the Razorpay order it was made for."""
    payload = at(body, "payload")
    found = [
        text(payload, "payment", "entity", "id"),
        *(text(payload, name, "entity", "payment_id") for name in ("refund", "dispute")),
        text(payload, "payment", "entity", "order_id"),
        text(payload, "order", "entity", "id"),
    ]
    return tuple(dict.fromkeys(filter(None, found)))


def _subject(body: dict[str, Any]) -> dict[str, Any]:
    """What the event is about: a dispute or refund before its payment, a payment before its order."""
    for name in ("dispute", "refund", "payment", "order", "settlement"):
        entity = at(body, "payload", name, "entity")
        if isinstance(entity, dict):
            return entity
    return {}


def _order_number(body: dict[str, Any]) -> str:
    """Our number: from the notes of whatever the event carries, else from the receipt of an order that is ours."""
    for name in ("refund", "payment", "order"):
        if number := text(body, "payload", name, "entity", "notes", "order_ref"):
            return number
    receipt = text(body, "payload", "order", "entity", "receipt")
    return receipt if _OUR_NUMBER.fullmatch(receipt) else ""


def _money(kind: PaymentEventKind, subject: dict[str, Any]) -> tuple[int, str]:
    """Events that move no money of ours may lack a usable amount; the others must have one."""
    amount, currency = whole(subject, "amount"), text(subject, "currency")
    try:
        exponent(currency)
        if amount is None or amount < 0:
            raise InvalidInput(["The amount is not a whole number of the smallest unit."])
    except InvalidInput as error:
        if kind is _K.OTHER:
            return 0, currency
        raise UnusablePayload([f"$.payload: {error.sentence}"]) from error
    return amount, currency


def _detail(name: str, subject: dict[str, Any]) -> str:
    if name == "payment.failed":
        return decline_sentence(text(subject, "error_reason"), text(subject, "error_description"))
    if name.startswith("payment.dispute."):
        reason, status = text(subject, "reason_code") or "unknown", text(subject, "status") or "unknown"
        return f"Reason: {reason}; state: {status}."
    return ""
