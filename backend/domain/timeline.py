"""The vocabulary of an order's timeline: `subject:action` kinds and how loud each one is."""

from enum import StrEnum


class Weight(StrEnum):
    """How an entry is shown: milestones and problems by default, routine success folded away."""

    MILESTONE = "milestone"
    PROBLEM = "problem"
    ROUTINE = "routine"


class TimelineKind(StrEnum):
    ORDER_RECEIVED = "order:received"
    ORDER_AMENDED = "order:amended"
    ORDER_CORRECTED = "order:corrected"
    STATUS_CHANGED = "order:moved"
    STOCK_RESERVED = "stock:reserved"
    STOCK_CONSUMED = "stock:consumed"
    STOCK_RETURNED = "stock:returned"
    STEP_PROMISED = "step:promised"
    STEP_SUCCEEDED = "step:succeeded"
    STEP_FAILED = "step:failed"
    STEP_RETRIED = "step:retried"
    STEP_CALLED_OFF = "step:called_off"
    HOLD_OPENED = "hold:opened"
    HOLD_CLOSED = "hold:closed"
    HOLD_WAIVED = "hold:waived"
    PAYMENT_RECORDED = "payment:recorded"
    PAYMENT_LATE = "payment:late"
    REFUND_REQUESTED = "refund:requested"
    INVOICE_STORED = "invoice:stored"
    CREDIT_NOTE_STORED = "credit_note:stored"
    LABEL_BOUGHT = "shipment:label_bought"
    TRACKING = "shipment:tracking"
    MAIL_SENT = "mail:sent"
    NOTE_ADDED = "note:added"
    PERSONAL_DATA_SHOWN = "personal_data:shown"
    NOTE_EDITED = "note:edited"
    DESK_ASSIGNED = "desk:assigned"
    DESK_SNOOZED = "desk:snoozed"
    DESK_WOKEN = "desk:woken"
    DESK_TURN = "desk:turn"
    TAGGED = "order:tagged"
    APPROVAL_ASKED = "approval:asked"
    APPROVAL_GIVEN = "approval:given"
    APPROVAL_DECLINED = "approval:declined"
    APPROVAL_WITHDRAWN = "approval:withdrawn"
    APPROVAL_EXPIRED = "approval:expired"
    WEBHOOK_IGNORED = "webhook:ignored"


DESK_KINDS = (
    TimelineKind.DESK_ASSIGNED,
    TimelineKind.DESK_SNOOZED,
    TimelineKind.DESK_WOKEN,
    TimelineKind.DESK_TURN,
)
"""How colleagues share their work: no click on an order depends on it."""
