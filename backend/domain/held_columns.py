"""The columns of the held queue: what a row can show, in which order, and how the same is written into an export."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from backend.domain.errors import InvalidInput
from backend.domain.hold_clock import Bucket
from backend.domain.money import exponent
from backend.domain.order_columns import Cell, Voice
from backend.domain.queue import HeldOrder


@dataclass(frozen=True)
class Column:
    """One column; `usual` ones show unless somebody chose otherwise. `heads` are its headings in an export."""

    key: str
    title: str
    heads: tuple[str, ...]
    cells: Callable[[HeldOrder, Voice], tuple[Cell, ...]]
    usual: bool = False


def _text(key: str, title: str, read: Callable[[HeldOrder], str], *, usual: bool = False) -> Column:
    return Column(key, title, (title,), lambda order, voice: (read(order),), usual)


def _word(key: str, title: str, read: Callable[[HeldOrder], str], *, usual: bool = False) -> Column:
    return Column(key, title, (title,), lambda order, voice: (voice.word(read(order)),), usual)


def _moment(key: str, title: str, read: Callable[[HeldOrder], datetime], *, usual: bool = False) -> Column:
    return Column(key, title, (title,), lambda order, voice: (voice.moment(read(order)),), usual)


def _amount(order: HeldOrder, voice: Voice) -> tuple[Cell, ...]:
    return (Decimal(order.total_minor).scaleb(-exponent(order.currency)), order.currency)


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


COLUMNS: dict[str, Column] = {
    column.key: column
    for column in (
        _text("customer", "Customer", lambda order: order.customer, usual=True),
        _text("number", "Order", lambda order: order.number, usual=True),
        Column("amount", "Amount", ("Amount", "Currency"), _amount, usual=True),
        Column("reason", "Reason", ("Why it is held", "Reason", "More holds"), _reason, usual=True),
        Column("age", "Age", ("Age in business hours",), _age, usual=True),
        _text("advice", "What to do", lambda order: order.advice, usual=True),
        _word("channel", "Channel", lambda order: order.channel, usual=True),
        _text("external", "Number in the shop", lambda order: order.external_number, usual=True),
        Column("due", "Time left", ("Standing", "Business hours left"), _due, usual=True),
        Column("turn", "Whose turn", ("Whose turn",), _turn, usual=True),
        _text("viewers", "Who looks at it", _viewers, usual=True),
        _text("assignee", "Assigned to", lambda order: order.work.assignee, usual=True),
        _word("status", "Status", lambda order: order.status),
        _moment("since", "Held since", lambda order: order.held_at),
        _moment("placed", "Placed", lambda order: order.placed_at),
    )
}
"""In their usual order. The number is always there: it leads to the order."""

USUAL = tuple(key for key, column in COLUMNS.items() if column.usual)
ALWAYS = "number"


def chosen(keys: Iterable[str]) -> tuple[str, ...]:
    """The columns to show, in the order given, the number first where it is not named; the usual ones where none are.

    Raises `InvalidInput` for unknown ones.
    """
    wanted = list(dict.fromkeys(key.strip() for key in keys if key.strip()))
    if unknown := [key for key in wanted if key not in COLUMNS]:
        raise InvalidInput([f"There is no column {unknown[0]!r}; there are {', '.join(COLUMNS)}."])
    if not wanted:
        return USUAL
    return tuple(wanted) if ALWAYS in wanted else (ALWAYS, *wanted)


def heads(keys: Iterable[str]) -> list[str]:
    """The headings of an export with these columns."""
    return [head for key in keys for head in COLUMNS[key].heads]


def cells(keys: Iterable[str], order: HeldOrder, voice: Voice) -> list[Cell]:
    """One row of an export with these columns."""
    return [cell for key in keys for cell in COLUMNS[key].cells(order, voice)]
