"""Exports of the lists: the same search, columns and order as on the screen, all pages of it, and written down.

An export reads page after page, each in a short transaction and with the rights its reader has at that moment. Every
order that fits all the while is in it once. That it was begun is in the audit before the first row leaves, and what it
came to when it ended.
"""

import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlmodel import Session

from backend import clock, settings
from backend.domain import order_lists, queue, search
from backend.domain.columns import Cell, Voice
from backend.domain.errors import InvalidInput, NotPossible
from backend.domain.list_columns import COLUMNS
from backend.domain.order_lists import ListedOrder
from backend.domain.permissions import Actor, Level
from backend.domain.preferences import zone_of
from backend.domain.queue import HeldOrder
from backend.domain.search import Query
from backend.domain.views import AREAS, ListPage
from backend.services import audit, sheets
from backend.services import order_lists as orders
from backend.services import queue as held
from backend.services.run import in_unit_of_work
from backend.store import teamwork

BATCH = 1_000
AT_ONCE = 2
_under_way = threading.BoundedSemaphore(AT_ONCE)

Run = Callable[..., Any]
"""`run(service, …)` calls a service as whoever exports, in a transaction of its own."""


@dataclass(frozen=True)
class Export:
    """An export that was asked for and may begin."""

    id: str
    actor: Actor
    page: ListPage
    wish: order_lists.Wish | queue.Wish
    q: str
    columns: tuple[str, ...]
    format: str

    @property
    def media_type(self) -> str:
        return sheets.MEDIA_TYPES[self.format]

    @property
    def filename(self) -> str:
        now = clock.now().astimezone(zone_of(self.actor.zone, settings.current().time_zone))
        return f"{self.page}-{now:%Y%m%d-%H%M}.{self.format}"


def begin(
    session: Session,
    page: ListPage,
    *,
    actor: Actor,
    form: str,
    q: str = "",
    sort: str = "",
    backwards: bool = False,
    columns: str = "",
) -> Export:
    """Check and write down what is asked for of a list. `columns` are keys with commas between, in their order; empty means
    the usual ones, and an empty `sort` the list's usual order. The search may say all that the list's switches say.

    Raises `InvalidInput` for what cannot be read."""
    actor.require(AREAS[page], Level.VIEW, "export this list")
    if form not in sheets.MEDIA_TYPES:
        raise InvalidInput([f"There is no export as {form!r}; there are {' and '.join(sheets.MEDIA_TYPES)}."])
    kind = _LISTS[page]
    if sort and sort not in set(kind.sorts):
        raise InvalidInput([f"Orders cannot be put in order by {sort!r}; by {' or '.join(kind.sorts)} they can."])
    query, kept = search.parse(q), COLUMNS[page].chosen(columns.split(","))
    wish = kind.wish(query, sort, backwards, actor)
    export = Export(secrets.token_hex(8), actor, page, wish, str(query), kept, form)
    _write_down(session, export, "export", {})
    return export


def pieces(export: Export, run: Run, voice: Voice) -> Iterator[bytes]:
    """The file, piece by piece; `run` reads each page as whoever exports, so an export ends with their session."""
    rows = 0
    complete = False
    columns = COLUMNS[export.page]

    def batches() -> Iterator[list[list[Cell]]]:
        nonlocal rows
        for found in _pages(export, run):
            rows += len(found)
            if export.format == sheets.XLSX and rows > sheets.MOST_XLSX_ROWS:
                raise NotPossible(f"A sheet holds {sheets.MOST_XLSX_ROWS:,} rows. Export as CSV, or narrow it down.")
            yield [columns.cells(export.columns, order, voice) for order in found]

    with _under_way:
        try:
            if export.format == sheets.XLSX:
                heads = columns.heads(export.columns, voice.zone().key)
                yield from sheets.xlsx_pieces(_LISTS[export.page].title, heads, batches())
            else:
                yield from sheets.csv_pieces(columns.heads(export.columns), batches(), voice.decimal)
            complete = True
        finally:
            in_unit_of_work(_ended, export, rows, complete)


def _pages(export: Export, run: Run) -> Iterator[tuple[Any, ...]]:
    """The rows of page after page: `ListedOrder` of the orders, `HeldOrder` of the held queue."""
    wish: Any = export.wish
    while True:
        rows, following = run(_LISTS[export.page].part, wish)
        yield rows
        if following is None:
            return
        wish = replace(wish, after=following)


def _orders_wish(query: Query, sort: str, backwards: bool, actor: Actor) -> order_lists.Wish:
    by = order_lists.Sort(sort or order_lists.Sort.PLACED)
    return order_lists.Wish(query=query, sort=by, ascending=backwards, size=BATCH)


def _orders_part(
    session: Session, wish: order_lists.Wish, *, actor: Actor
) -> tuple[tuple[ListedOrder, ...], order_lists.Place | None]:
    actor.require(AREAS[ListPage.ORDERS], Level.VIEW, "export this list")
    page = orders.page_of(session, wish, actor)
    return page.rows, order_lists.Place.parse(page.next)


def _held_wish(query: Query, sort: str, backwards: bool, actor: Actor) -> queue.Wish:
    wanted = queue.Parts(rest=query).filter(orders.asking(actor).user_id or 0)
    return queue.Wish(wanted, queue.Sort(sort or queue.Sort.AGE), backwards, size=BATCH)


def _seen_by(me: int, order: HeldOrder) -> HeldOrder:
    """The screen does not tell people that they look at an order themselves."""
    others = tuple(viewer for viewer in order.work.viewers if viewer.user_id != me)
    return replace(order, work=replace(order.work, viewers=others)) if others != order.work.viewers else order


def _held_part(session: Session, wish: queue.Wish, *, actor: Actor) -> tuple[tuple[HeldOrder, ...], queue.Place | None]:
    me = teamwork.user_id(actor)
    rows = tuple(_seen_by(me, order) for order in held.held_rows(session, wish, actor=actor))
    return rows, rows[-1].place if len(rows) == wish.size else None


@dataclass(frozen=True)
class _List:
    """A list that can be exported: what it can be ordered by, and how what is wished for is read part by part.

    `part` answers rows, and the place behind them where there are more.
    """

    title: str
    sorts: type[StrEnum]
    wish: Callable[[Query, str, bool, Actor], order_lists.Wish | queue.Wish]
    part: Callable[..., tuple[tuple[Any, ...], Any]]


_LISTS = {
    ListPage.ORDERS: _List("Orders", order_lists.Sort, _orders_wish, _orders_part),
    ListPage.HELD: _List("Held orders", queue.Sort, _held_wish, _held_part),
}


def _ended(session: Session, export: Export, rows: int, complete: bool) -> None:
    _write_down(session, export, "export_ended", {"rows": rows, "complete": complete})


def _write_down(session: Session, export: Export, action: str, more: dict[str, Any]) -> None:
    details = {
        "export": export.id,
        "page": str(export.page),
        "query": export.q,
        "columns": list(export.columns),
        "format": export.format,
        **more,
    }
    audit.write_down(session, action, actor=export.actor, details=details)
