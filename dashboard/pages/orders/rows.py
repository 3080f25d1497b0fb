"""Rows of the orders list, ready to be shown: one cell per chosen column."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from backend.domain.holds import CATALOGUE, HoldKind
from backend.domain.order_columns import COLUMNS
from backend.domain.order_lists import ListedOrder, Sort
from dashboard.components.money import money
from dashboard.components.times import full, moment
from dashboard.components.words import word
from dashboard.pages.saved.address import ListAddress, Shown

SORTED_BY = {"total": Sort.AMOUNT, "placed": Sort.PLACED}
"""Columns whose heading puts the list in order; both begin with the largest or newest."""


@dataclass
class Cell:
    """`kind` says how it looks: link, mark, marks, tags or text. `look` is its class, `label` its heading on a phone."""

    key: str
    kind: str
    text: str
    look: str = ""
    code: str = ""
    under: str = ""
    hint: str = ""
    label: str = ""
    held: bool = False
    tags: list[str] = field(default_factory=list)


@dataclass
class OrderLine:
    number: str
    cells: list[Cell]


@dataclass
class Head:
    """A column's heading; `order` is `ascending`, `descending` or `none`, and empty where it cannot sort."""

    key: str
    title: str
    href: str = ""
    order: str = ""
    look: str = ""


def line(order: ListedOrder, columns: tuple[str, ...]) -> OrderLine:
    return OrderLine(order.number, [_CELLS[key](order) for key in columns])


def heads(columns: tuple[str, ...], address: ListAddress, shown: Shown) -> list[Head]:
    return [_head(key, address, shown) for key in columns]


def _head(key: str, address: ListAddress, shown: Shown) -> Head:
    look = "num" if key in SORTED_BY else ""
    if key not in SORTED_BY:
        return Head(key, COLUMNS.by_key[key].title, look=look)
    by = SORTED_BY[key]
    present = (shown.by or Sort.PLACED) == by
    rising = present and shown.backwards
    wanted = str(by) if not present or rising else f"-{by}"
    href = address.href(sort="" if wanted == Sort.PLACED else wanted)
    order = ("ascending" if rising else "descending") if present else "none"
    return Head(key, COLUMNS.by_key[key].title, href, order, look)


def _number(order: ListedOrder) -> Cell:
    return Cell("number", "link", order.number, under=f"{word(order.channel)} {order.external_number}".strip())


def _customer(order: ListedOrder) -> Cell:
    return Cell("customer", "text", order.customer, "customer")


def _status(order: ListedOrder) -> Cell:
    return Cell("status", "mark", word(order.status), "statuses", code=order.status, held=order.held)


def _total(order: ListedOrder) -> Cell:
    return Cell("total", "text", money(order.total_minor, order.currency), "num amount")


def _tags(order: ListedOrder) -> Cell:
    return Cell("tags", "tags", "", "extra", label=COLUMNS.by_key["tags"].title, tags=list(order.tags))


def _cause(order: ListedOrder) -> Cell:
    causes = "; ".join(CATALOGUE[HoldKind(kind)].title for kind in order.causes)
    return Cell("cause", "text", causes, "extra", label=COLUMNS.by_key["cause"].title, hint=causes)


def _mark(key: str, read: Callable[[ListedOrder], str]) -> Callable[[ListedOrder], Cell]:
    def cell(order: ListedOrder) -> Cell:
        return Cell(key, "mark", word(read(order)), "only-wide", code=read(order))

    return cell


def _plain(key: str, read: Callable[[ListedOrder], str]) -> Callable[[ListedOrder], Cell]:
    def cell(order: ListedOrder) -> Cell:
        return Cell(key, "text", read(order), "extra", label=COLUMNS.by_key[key].title)

    return cell


def _time(key: str, read: Callable[[ListedOrder], datetime | None], look: str) -> Callable[[ListedOrder], Cell]:
    def cell(order: ListedOrder) -> Cell:
        at = read(order)
        label = COLUMNS.by_key[key].title if look == "extra" else ""
        return Cell(key, "text", moment(at) if at else "", look, hint=full(at) if at else "", label=label)

    return cell


_CELLS: dict[str, Callable[[ListedOrder], Cell]] = {
    "number": _number,
    "external": _plain("external", lambda order: order.external_number),
    "channel": _plain("channel", lambda order: word(order.channel)),
    "customer": _customer,
    "email": _plain("email", lambda order: order.email),
    "phone": _plain("phone", lambda order: order.phone),
    "country": _plain("country", lambda order: order.country),
    "status": _status,
    "cause": _cause,
    "payment": _mark("payment", lambda order: order.payment_status),
    "shipping": _mark("shipping", lambda order: order.shipping_status),
    "tracking": _plain("tracking", lambda order: " ".join(order.tracking)),
    "reference": _plain("reference", lambda order: order.payment_reference),
    "tags": _tags,
    "total": _total,
    "placed": _time("placed", lambda order: order.placed_at, "num age"),
    "delivered": _time("delivered", lambda order: order.delivered_at, "extra"),
    "updated": _time("updated", lambda order: order.updated_at, "extra"),
}
