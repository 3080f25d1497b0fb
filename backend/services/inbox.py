"""Inbound messages: authentic ones are kept before anything else happens, then handled; what fails says why.

Answers follow one rule: not authentic → refused, counted, nothing kept; authentic but unusable → kept in quarantine
with every problem in a sentence; known → counted; anything else wrong on our side → kept and tried again by the sweep.
"""

import hashlib
import logging
import secrets
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlmodel import Session

from backend import clock, failpoints
from backend.domain import intake as rules
from backend.domain import strict_json
from backend.domain.errors import InvalidInput, NotFound
from backend.domain.permissions import provider_actor
from backend.domain.quarantine import cause
from backend.ports.calls import InboundMessage, UnusablePayload
from backend.ports.registry import Adapters
from backend.services import intake, payment_events, tracking
from backend.services.run import in_unit_of_work
from backend.store import db, inbox, quarantine
from backend.store.personal import keyring
from backend.store.tables import InboxMessage

log = logging.getLogger(__name__)

KEPT_HEADERS = (
    "content-type",
    "user-agent",
    "x-shopify-topic",
    "x-shopify-shop-domain",
    "x-shopify-api-version",
    "x-shopify-webhook-id",
    "x-holdfast-event-id",
    "x-holdfast-topic",
    "x-razorpay-event-id",
)
"""What handling needs of the headers; signatures and the rest are not kept."""


class InboundArea(StrEnum):
    CHANNELS = "channels"
    PAYMENTS = "payments"
    SHIPPING = "shipping"


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    PARKED = "parked"
    RECEIVED = "received"
    IGNORED = "ignored"


@dataclass(frozen=True)
class Receipt:
    """What became of a message; `order_number` where it concerns one.

    `unreadable`: why the body is no acceptable JSON. The sender is told so, and the message is kept all the same.
    """

    verdict: Verdict
    problems: tuple[str, ...] = ()
    order_number: str = ""
    unreadable: tuple[str, ...] = ()


def receive(area: InboundArea, provider: str, message: InboundMessage, adapters: Adapters) -> Receipt:
    """Authenticate, keep, handle. Raises `NotFound` for an unknown sender and `SignatureRefused` for a false one.

    Runs its own transactions: once the message is kept, the sender may forget it whatever happens afterwards. For a
    false message the database is not asked at all; whoever took it counts it with `note_refused`.
    """
    adapter = _adapter(area, provider, adapters)
    adapter.authenticate(message)  # type: ignore[attr-defined]
    return take_in(area, provider, message, adapters)


def take_in(area: InboundArea, provider: str, message: InboundMessage, adapters: Adapters) -> Receipt:
    """Keep and handle a message that is known to be authentic (its signature was checked, or an operator gave it)."""
    adapter = _adapter(area, provider, adapters)
    event_id, topic = _identify(area, adapter, message)
    row_id, new = in_unit_of_work(
        _keep,
        area=str(area),
        provider=provider,
        event_id=event_id,
        topic=topic,
        headers={name: message.headers[name] for name in KEPT_HEADERS if name in message.headers},
        body=message.body,
        body_hash=hashlib.sha256(message.body).hexdigest(),
        at=clock.now(),
    )
    receipt = handle(row_id, adapters) or Receipt(Verdict.RECEIVED if new else Verdict.DUPLICATE)
    return replace(receipt, unreadable=_unreadable(message.body))


def _keep(session: Session, **message: Any) -> tuple[UUID, bool]:
    kept = inbox.record_once(session, **message)
    failpoints.hit(failpoints.INBOX_BEFORE_COMMIT)
    db.pass_by_after_commit(session, failpoints.INBOX_AFTER_COMMIT)
    return kept


def check_connected(area: InboundArea, provider: str, adapters: Adapters) -> None:
    """Raise `NotFound` unless messages from this sender are taken."""
    _adapter(area, provider, adapters)


def note_refused(provider: str, reason: str) -> None:
    """Count a message that was turned away, so that staff see that it came; nothing else of it is kept."""
    in_unit_of_work(inbox.count_refused, provider, reason, clock.now())


def _unreadable(body: bytes) -> tuple[str, ...]:
    try:
        strict_json.read(body)
    except InvalidInput as error:
        return tuple(error.problems)
    return ()


def handle(row_id: UUID, adapters: Adapters) -> Receipt | None:
    """Handle a kept message; None when it is handled already. A bug leaves it to the sweep, with a note."""
    try:
        return in_unit_of_work(_handle, row_id, adapters)
    except Exception:
        reference = secrets.token_hex(4)
        log.exception("inbox message %s could not be handled, reference %s", row_id, reference)
        in_unit_of_work(_note_failure, row_id, reference)
        return Receipt(Verdict.RECEIVED)


def _handle(session: Session, row_id: UUID, adapters: Adapters) -> Receipt | None:
    row = inbox.lock_unhandled(session, row_id)
    if row is None:
        return None
    body = keyring().open_bytes("inbox", "body", row.id, row.body) if row.body is not None else b""
    if row.mended:
        body = quarantine.mended_body(session, row.id) or body
    message = InboundMessage(
        headers={str(k): str(v) for k, v in row.headers.items()}, body=body, received=row.received_at.timestamp()
    )
    try:
        receipt = _apply(session, row, message, adapters)
    except UnusablePayload as error:
        receipt = Receipt(Verdict.QUARANTINED, tuple(error.problems))
    except InvalidInput as error:
        receipt = Receipt(Verdict.QUARANTINED, tuple(error.problems))
    row.verdict = str(receipt.verdict)
    row.problems = list(receipt.problems)
    row.cause = cause(receipt.problems[0]) if receipt.problems else ""
    row.handled_at = clock.now()
    session.add(row)
    if receipt.verdict is Verdict.QUARANTINED or row.decisions:
        inbox.tell_listeners(session)
    return receipt


def _apply(session: Session, row: InboxMessage, message: InboundMessage, adapters: Adapters) -> Receipt:
    strict_json.read(message.body)
    match InboundArea(row.area):
        case InboundArea.CHANNELS:
            return _order(session, row, message, adapters)
        case InboundArea.PAYMENTS:
            event = adapters.payment_events[row.provider].read(message)
            found = payment_events.apply(session, row.provider, event)
        case InboundArea.SHIPPING:
            scan = adapters.tracking_events[row.provider].read(message)
            found = tracking.apply(session, row.provider, scan)
    if found.parked_for:
        row.parked_for = found.parked_for
        return Receipt(Verdict.PARKED)
    row.order_id = found.order_id
    return Receipt(Verdict.ACCEPTED if found.order_id else Verdict.IGNORED, order_number=found.order_number)


def _order(session: Session, row: InboxMessage, message: InboundMessage, adapters: Adapters) -> Receipt:
    new = adapters.channels[row.provider].read(message)
    if new is None:
        return Receipt(Verdict.IGNORED)
    problems = rules.problems(new)
    if problems:
        return Receipt(Verdict.QUARANTINED, tuple(problems))
    order, _ = intake.create_order(session, new, actor=provider_actor(row.provider))
    if order is None:
        return Receipt(Verdict.IGNORED)
    row.order_id = order.id
    return Receipt(Verdict.ACCEPTED, order_number=order.number)


def _note_failure(session: Session, row_id: UUID, reference: str) -> None:
    row = inbox.lock_unhandled(session, row_id)
    if row is None:
        return
    inbox.note_failure(session, row, f"Something went wrong inside Holdfast. Reference {reference} is in its log.")


def _adapter(area: InboundArea, provider: str, adapters: Adapters) -> object:
    known: dict[InboundArea, dict[str, object]] = {
        InboundArea.CHANNELS: dict(adapters.channels),
        InboundArea.PAYMENTS: dict(adapters.payment_events),
        InboundArea.SHIPPING: dict(adapters.tracking_events),
    }
    if provider not in known[area]:
        raise NotFound(f"Nothing called {provider!r} is connected under /webhooks/{area}.")
    return known[area][provider]


def _identify(area: InboundArea, adapter: object, message: InboundMessage) -> tuple[str, str]:
    """The delivery's own id and topic; a message that cannot be read has the hash of its body for an id."""
    fallback = "body:" + hashlib.sha256(message.body).hexdigest()
    try:
        if area is InboundArea.CHANNELS:
            inbound = adapter.identify(message)  # type: ignore[attr-defined]
            return inbound.event_id, inbound.topic
        event = adapter.read(message)  # type: ignore[attr-defined]
        return event.event_id, getattr(event, "type", "track")
    except (UnusablePayload, InvalidInput):
        return fallback, ""
