"""The columns of the held queue: what a row can show, and how the same is written into an export."""

from decimal import Decimal

from backend.domain.columns import Cell, Column, Columns, Voice, moment_column, money_column, text_column, word_column
from backend.domain.hold_clock import Bucket
from backend.domain.queue import HeldOrder


def _reason(order: HeldOrder, voice: Voice) -> tuple[Cell, ...]:
    return (voice.cause(order.kind), order.reason, Decimal(order.other_holds))


def _hours(seconds: int) -> Decimal:
    return (Decimal(seconds) / 3600).quantize(Decimal("0.01"))


def _age(order: HeldOrder, voice: Voice) -> tuple[Cell, ...]:
    return (_hours(order.work.age_seconds) if order.work.held else None,)


def _due(order: HeldOrder, voice: Voice) -> tuple[Cell, ...]:
    """How it stands against its target, and what is left of the business time for it."""
    work = order.work
    if not work.held:
        return ("", None)
    left = None if work.bucket is Bucket.PAUSED else _hours(work.target_seconds - work.age_seconds)
    return (voice.bucket(work.bucket), left)


def _turn(order: HeldOrder, voice: Voice) -> tuple[Cell, ...]:
    return (voice.turn(order.work) if order.work.held else "",)


def _viewers(order: HeldOrder) -> str:
    return ", ".join(viewer.name for viewer in order.work.viewers)


COLUMNS: Columns[HeldOrder] = Columns(
    (
        text_column("customer", "Customer", lambda order: order.customer, usual=True),
        text_column("number", "Order", lambda order: order.number, usual=True),
        money_column("amount", "Amount", lambda order: (order.total_minor, order.currency), usual=True),
        Column("reason", "Reason", ("Why it is held", "Reason", "More holds"), _reason, usual=True),
        Column("age", "Age", ("Age in business hours",), _age, usual=True),
        text_column("advice", "What to do", lambda order: order.advice, usual=True),
        word_column("channel", "Channel", lambda order: order.channel, usual=True),
        text_column("external", "Number in the shop", lambda order: order.external_number, usual=True),
        Column("due", "Time left", ("Standing", "Business hours left"), _due, usual=True),
        Column("turn", "Whose turn", ("Whose turn",), _turn, usual=True),
        text_column("viewers", "Who looks at it", _viewers, usual=True),
        text_column("assignee", "Assigned to", lambda order: order.work.assignee, usual=True),
        word_column("status", "Status", lambda order: order.status),
        moment_column("since", "Held since", lambda order: order.held_at),
        moment_column("placed", "Placed", lambda order: order.placed_at),
    )
)
