"""The steps of an order: every promised call to the outside, with its limits and what its failure means."""

from dataclasses import dataclass
from enum import StrEnum


class StepKind(StrEnum):
    PAYMENT_VERIFY = "payment.verify"  # the shop says it is paid: read it back from whoever took the money
    PAYMENT_CAPTURE = "payment.capture"  # an authorization exists: capture it
    PAYMENT_REQUEST = "payment.request"  # unpaid: a payment intent with a pay link
    PAYMENT_REFUND = "payment.refund"
    PAYMENT_VOID = "payment.void"  # called off: let go of what was authorized, withdraw what was asked for
    INVOICE_ISSUE = "invoice.issue"
    INVOICE_STORE = "invoice.store"
    INVOICE_SEND = "invoice.send"
    CREDIT_NOTE_ISSUE = "credit_note.issue"  # one for each refund of an invoiced order
    CREDIT_NOTE_STORE = "credit_note.store"
    CREDIT_NOTE_SEND = "credit_note.send"
    SHIPMENT_VERIFY_ADDRESS = "shipment.verify_address"
    SHIPMENT_CREATE = "shipment.create"
    SHIPMENT_VOID = "shipment.void"
    CHANNEL_UPDATE = "channel.update"
    MAIL_PAYMENT_LINK = "mail.payment_link"
    MAIL_PAYMENT_ACTION = "mail.payment_action"  # the customer's bank wants the payment confirmed
    MAIL_CONFIRMATION = "mail.confirmation"
    MAIL_STAFF_CONFIRMATION = "mail.staff_confirmation"
    MAIL_SHIPPED = "mail.shipped"
    MAIL_DELIVERED = "mail.delivered"
    MAIL_REFUNDED = "mail.refunded"
    MAIL_CANCELLED = "mail.cancelled"
    MAIL_STAFF_ALERT = "mail.staff_alert"
    MAIL_FINANCE_ALERT = "mail.finance_alert"  # money that nobody here moved
    MAIL_INCIDENT = "mail.incident"  # to staff, once for many orders
    MAIL_MENTION = "mail.mention"  # to a colleague who is named in a note and has not seen it


class StepState(StrEnum):
    READY = "ready"  # to be run as soon as it is due and nothing holds the order
    RUNNING = "running"  # claimed: somebody holds its lease
    HELD = "held"  # waits behind an open hold; made ready when the last one is closed
    WAITING = "waiting"  # the call was made; a webhook or a person brings the rest
    DONE = "done"
    PARKED = "parked"  # ended without success; a hold or a problem says why
    CANCELLED = "cancelled"  # no longer wanted; replaced or called off


SUPERSEDED = "superseded"
"""The outcome of a step that was called off because what it would have sent was corrected: the next one takes its place."""
ACTIVE_STATES = (StepState.READY, StepState.RUNNING, StepState.HELD, StepState.WAITING)


class Port(StrEnum):
    """What kind of outside system a step talks to."""

    PAYMENTS = "payments"
    INVOICING = "invoicing"
    SHIPPING = "shipping"
    CHANNEL = "channel"
    MAIL = "mail"


@dataclass(frozen=True)
class StepRule:
    """How a kind of step behaves.

    `limit` counts claims, so a step that kills its worker ends parked too. Delays are seconds. `holds` tells whether
    ending without success holds the order (money and parcels) or is only told (documents and messages, and what a
    cancellation undoes: that has a hold of its own). `gated` steps wait while the order is held. `reads`: its call is a
    question itself and changes nothing outside.
    """

    port: Port
    limit: int
    base_delay: float = 2.0
    cap: float = 300.0
    holds: bool = True
    gated: bool = True
    reads: bool = False
    label: str = ""


def _mail(label: str) -> StepRule:
    return StepRule(Port.MAIL, 8, base_delay=5.0, cap=900.0, holds=False, gated=False, label=label)


RULES: dict[StepKind, StepRule] = {
    StepKind.PAYMENT_VERIFY: StepRule(Port.PAYMENTS, 8, reads=True, label="Verify payment"),
    StepKind.PAYMENT_CAPTURE: StepRule(Port.PAYMENTS, 8, label="Capture payment"),
    StepKind.PAYMENT_REQUEST: StepRule(Port.PAYMENTS, 8, label="Request payment"),
    StepKind.PAYMENT_REFUND: StepRule(Port.PAYMENTS, 8, gated=False, label="Refund"),
    StepKind.PAYMENT_VOID: StepRule(Port.PAYMENTS, 8, holds=False, gated=False, label="Void authorization"),
    StepKind.INVOICE_ISSUE: StepRule(Port.INVOICING, 8, holds=False, gated=False, label="Issue invoice"),
    StepKind.INVOICE_STORE: StepRule(Port.INVOICING, 8, holds=False, gated=False, reads=True, label="Store invoice"),
    StepKind.INVOICE_SEND: _mail("Send invoice"),
    StepKind.CREDIT_NOTE_ISSUE: StepRule(Port.INVOICING, 8, holds=False, gated=False, label="Issue credit note"),
    StepKind.CREDIT_NOTE_STORE: StepRule(
        Port.INVOICING, 8, holds=False, gated=False, reads=True, label="Store credit note"
    ),
    StepKind.CREDIT_NOTE_SEND: _mail("Send credit note"),
    StepKind.SHIPMENT_VERIFY_ADDRESS: StepRule(Port.SHIPPING, 8, reads=True, label="Verify address"),
    StepKind.SHIPMENT_CREATE: StepRule(Port.SHIPPING, 8, label="Buy shipping label"),
    StepKind.SHIPMENT_VOID: StepRule(Port.SHIPPING, 8, holds=False, gated=False, label="Void shipping label"),
    StepKind.CHANNEL_UPDATE: StepRule(Port.CHANNEL, 10, holds=False, gated=False, cap=900.0, label="Tell the shop"),
    StepKind.MAIL_PAYMENT_LINK: _mail("Mail: payment link"),
    StepKind.MAIL_PAYMENT_ACTION: _mail("Mail: confirm the payment"),
    StepKind.MAIL_CONFIRMATION: _mail("Mail: order confirmation"),
    StepKind.MAIL_STAFF_CONFIRMATION: _mail("Mail: order to staff"),
    StepKind.MAIL_SHIPPED: _mail("Mail: shipped"),
    StepKind.MAIL_DELIVERED: _mail("Mail: delivered"),
    StepKind.MAIL_REFUNDED: _mail("Mail: refund"),
    StepKind.MAIL_CANCELLED: _mail("Mail: cancellation"),
    StepKind.MAIL_STAFF_ALERT: _mail("Mail: alert to staff"),
    StepKind.MAIL_FINANCE_ALERT: _mail("Mail: alert to finance"),
    StepKind.MAIL_INCIDENT: _mail("Mail: incident to staff"),
    StepKind.MAIL_MENTION: _mail("Mail: mention to a colleague"),
}


def rule_of(kind: str) -> StepRule:
    """The rule of a kind by its name. While two versions run side by side, one may see kinds that only the other knows."""
    return RULES[StepKind(kind)] if kind in KNOWN else StepRule(Port.MAIL, 0, label=kind)


KNOWN = frozenset(str(kind) for kind in StepKind)


def step_key(order_number: str, kind: StepKind, generation: int, subject: str = "") -> str:
    """The idempotency key of an intention: `ORD-20260131-00001:payment.capture:1`.

    `subject` tells several intentions of one kind apart (a refund's id, a parcel). The generation rises only when
    the outcome is proven and a person retries, never with an attempt.
    """
    middle = f"{kind}/{subject}" if subject else str(kind)
    return f"{order_number}:{middle}:{generation}"


TO_STAFF = frozenset({StepKind.MAIL_STAFF_ALERT, StepKind.MAIL_INCIDENT, StepKind.MAIL_MENTION})
"""Mails to colleagues about something new: sent in any case, also where a backup was restored."""
FOLLOWS: dict[StepKind, str] = {
    StepKind.INVOICE_SEND: StepKind.INVOICE_ISSUE,
    StepKind.CREDIT_NOTE_SEND: StepKind.CREDIT_NOTE_ISSUE,
    StepKind.MAIL_PAYMENT_LINK: StepKind.PAYMENT_REQUEST,
    StepKind.MAIL_CONFIRMATION: StepKind.PAYMENT_CAPTURE,
    StepKind.MAIL_STAFF_CONFIRMATION: StepKind.PAYMENT_CAPTURE,
    StepKind.MAIL_SHIPPED: StepKind.SHIPMENT_CREATE,
    StepKind.MAIL_DELIVERED: StepKind.SHIPMENT_CREATE,
    StepKind.MAIL_REFUNDED: StepKind.PAYMENT_REFUND,
    StepKind.MAIL_CANCELLED: StepKind.PAYMENT_REFUND,
}
"""What a mail is sent after. Nobody can be asked whether a mail was sent, but where this was surely not done before, nor
was the mail."""
