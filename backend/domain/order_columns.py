"""The columns of the orders list: what the screen can show, and how the same is written into an export."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from backend.domain.errors import InvalidInput
from backend.domain.hold_clock import Bucket
from backend.domain.money import exponent
from backend.domain.order_lists import ListedOrder
from backend.domain.teamwork import Work

Cell = str | Decimal | None
"""A cell of an export: text, a number, or nothing."""


@dataclass(frozen=True)
class Voice:
    """How an export says codes, causes of holds and moments: in words for people, as they are for programs.

    `bucket` says how an order stands against its target, `turn` whose turn it is, `decimal` how numbers are written in text.
    """

    word: Callable[[str], str]
    cause: Callable[[str], str]
    moment: Callable[[datetime], str]
    bucket: Callable[[Bucket], str] = str
    turn: Callable[[Work], str] = lambda work: str(work.turn)
    decimal: Callable[[Decimal], str] = "{:f}".format


@dataclass(frozen=True)
class Column:
    """One column; `usual` ones show unless somebody chose otherwise. `heads` are its headings in an export."""

    key: str
    title: str
    heads: tuple[str, ...]
    cells: Callable[[ListedOrder, Voice], tuple[Cell, ...]]
    usual: bool = False


def _text(key: str, title: str, read: Callable[[ListedOrder], str], *, usual: bool = False) -> Column:
    return Column(key, title, (title,), lambda order, voice: (read(order),), usual)


def _word(key: str, title: str, read: Callable[[ListedOrder], str], *, usual: bool = False) -> Column:
    return Column(key, title, (title,), lambda order, voice: (voice.word(read(order)),), usual)


def _moment(key: str, title: str, read: Callable[[ListedOrder], datetime | None], *, usual: bool = False) -> Column:
    def cells(order: ListedOrder, voice: Voice) -> tuple[Cell, ...]:
        at = read(order)
        return (None if at is None else voice.moment(at),)

    return Column(key, title, (title,), cells, usual)


def _total(order: ListedOrder, voice: Voice) -> tuple[Cell, ...]:
    return (Decimal(order.total_minor).scaleb(-exponent(order.currency)), order.currency)


def _status(order: ListedOrder, voice: Voice) -> tuple[Cell, ...]:
    return (voice.word(order.status), voice.word("held") if order.held else "")


def _causes(order: ListedOrder, voice: Voice) -> tuple[Cell, ...]:
    return ("; ".join(voice.cause(kind) for kind in order.causes),)


COLUMNS: dict[str, Column] = {
    column.key: column
    for column in (
        _text("number", "Order", lambda order: order.number, usual=True),
        _text("external", "Number in the shop", lambda order: order.external_number),
        _word("channel", "Channel", lambda order: order.channel),
        _text("customer", "Customer", lambda order: order.customer, usual=True),
        _text("email", "E-mail", lambda order: order.email),
        _text("phone", "Phone", lambda order: order.phone),
        _text("country", "Country", lambda order: order.country),
        Column("status", "Status", ("Status", "Held"), _status, usual=True),
        Column("cause", "Why it is held", ("Why it is held",), _causes),
        _word("payment", "Payment", lambda order: order.payment_status, usual=True),
        _word("shipping", "Shipping", lambda order: order.shipping_status, usual=True),
        _text("tracking", "Tracking", lambda order: " ".join(order.tracking)),
        _text("reference", "Payment reference", lambda order: order.payment_reference),
        _text("tags", "Tags", lambda order: ", ".join(order.tags)),
        Column("total", "Total", ("Total", "Currency"), _total, usual=True),
        _moment("placed", "Placed", lambda order: order.placed_at, usual=True),
        _moment("delivered", "Delivered", lambda order: order.delivered_at),
        _moment("updated", "Last change", lambda order: order.updated_at),
    )
}
"""In the order in which they stand side by side. The number is always there: it leads to the order."""

USUAL = tuple(key for key, column in COLUMNS.items() if column.usual)
ALWAYS = "number"


def chosen(keys: Iterable[str]) -> tuple[str, ...]:
    """The columns to show, in their order; the usual ones where none are named. Raises `InvalidInput` for unknown ones."""
    wanted = {key.strip() for key in keys if key.strip()}
    if unknown := sorted(wanted - set(COLUMNS)):
        raise InvalidInput([f"There is no column {unknown[0]!r}; there are {', '.join(COLUMNS)}."])
    return tuple(key for key in COLUMNS if key in wanted or key == ALWAYS) if wanted else USUAL


def heads(keys: Iterable[str]) -> list[str]:
    """The headings of an export with these columns."""
    return [head for key in keys for head in COLUMNS[key].heads]


def cells(keys: Iterable[str], order: ListedOrder, voice: Voice) -> list[Cell]:
    """One row of an export with these columns."""
    return [cell for key in keys for cell in COLUMNS[key].cells(order, voice)]
