"""Exports of the lists: the same search, columns and order as on the screen, all pages of it, and written down.

An export reads page after page, each in a short transaction and with the rights its reader has at that moment. Every
order that fits all the while is in it once. That it was begun is in the audit before the first row leaves, and what it
came to when it ended.
"""

import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlmodel import Session

from backend import clock, settings
from backend.domain import held_columns, order_columns, order_lists, queue, search
from backend.domain.errors import InvalidInput, NotPossible
from backend.domain.order_columns import Cell, Voice
from backend.domain.order_lists import ListedOrder
from backend.domain.permissions import Actor, Level
from backend.domain.preferences import zone_of
from backend.domain.queue import HeldOrder
from backend.domain.views import AREAS, ListPage
from backend.services import order_lists as orders
from backend.services import queue as held
from backend.services import sheets
from backend.services.run import in_unit_of_work
from backend.store.tables import AuditEntry

BATCH = 1_000
AT_ONCE = 2
_under_way = threading.BoundedSemaphore(AT_ONCE)
_NAMES = {ListPage.ORDERS: "Orders", ListPage.HELD: "Held orders"}

T = TypeVar("T")
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
    *,
    actor: Actor,
    form: str,
    q: str = "",
    sort: str = order_lists.Sort.PLACED,
    ascending: bool = False,
    columns: str = "",
) -> Export:
    """Check and write down what is asked for of all orders. `columns` are keys with commas between; empty means the usual
    ones.

    Raises `InvalidInput` for what cannot be read."""
    _allow(actor, ListPage.ORDERS, form, sort, order_lists.Sort)
    wish = order_lists.Wish(query=search.parse(q), sort=order_lists.Sort(sort), ascending=ascending, size=BATCH)
    kept = order_columns.chosen(columns.split(","))
    return _begun(session, Export(secrets.token_hex(8), actor, ListPage.ORDERS, wish, str(wish.query), kept, form))


def begin_held(
    session: Session,
    *,
    actor: Actor,
    form: str,
    q: str = "",
    sort: str = queue.Sort.AGE,
    desc: bool = False,
    columns: str = "",
) -> Export:
    """The same of the held queue; the search may say everything that the queue's switches say. Raises `InvalidInput`."""
    _allow(actor, ListPage.HELD, form, sort, queue.Sort)
    query = search.parse(q)
    wanted = queue.Parts(rest=query).filter(orders.asking(actor).user_id or 0)
    wish = queue.Wish(wanted, queue.Sort(sort), desc, size=BATCH)
    kept = held_columns.chosen(columns.split(","))
    return _begun(session, Export(secrets.token_hex(8), actor, ListPage.HELD, wish, str(query), kept, form))


def _allow(
    actor: Actor, page: ListPage, form: str, sort: str, sorts: type[order_lists.Sort] | type[queue.Sort]
) -> None:
    actor.require(AREAS[page], Level.VIEW, "export this list")
    if form not in sheets.MEDIA_TYPES:
        raise InvalidInput([f"There is no export as {form!r}; there are {' and '.join(sheets.MEDIA_TYPES)}."])
    if sort not in set(sorts):
        raise InvalidInput([f"Orders cannot be put in order by {sort!r}; by {' or '.join(sorts)} they can."])


def _begun(session: Session, export: Export) -> Export:
    _write_down(session, export, "export", {})
    return export


def pieces(export: Export, run: Run, voice: Voice) -> Iterator[bytes]:
    """The file, piece by piece; `run` reads each page as whoever exports, so an export ends with their session."""
    rows = 0
    complete = False
    columns = held_columns if export.page is ListPage.HELD else order_columns

    def batches() -> Iterator[list[list[Cell]]]:
        nonlocal rows
        for found in _pages(export, run):
            rows += len(found)
            if export.format == sheets.XLSX and rows > sheets.MOST_XLSX_ROWS:
                raise NotPossible(f"A sheet holds {sheets.MOST_XLSX_ROWS:,} rows. Export as CSV, or narrow it down.")
            yield [columns.cells(export.columns, order, voice) for order in found]

    heads = columns.heads(export.columns)
    with _under_way:
        try:
            if export.format == sheets.XLSX:
                yield from sheets.xlsx_pieces(_NAMES[export.page], heads, batches())
            else:
                yield from sheets.csv_pieces(heads, batches(), voice.decimal)
            complete = True
        finally:
            in_unit_of_work(_ended, export, rows, complete)


def _pages(export: Export, run: Run) -> Iterator[tuple[Any, ...]]:
    """The rows of page after page: `ListedOrder` of the orders, `HeldOrder` of the held queue."""
    wish: Any = export.wish
    read = _held_part if export.page is ListPage.HELD else _part
    while True:
        rows, following = run(read, wish)
        yield rows
        if following is None:
            return
        wish = replace(wish, after=following)


def _part(
    session: Session, wish: order_lists.Wish, *, actor: Actor
) -> tuple[tuple[ListedOrder, ...], order_lists.Place | None]:
    actor.require(AREAS[ListPage.ORDERS], Level.VIEW, "export this list")
    page = orders.page_of(session, wish, actor)
    return page.rows, order_lists.Place.parse(page.next)


def _held_part(session: Session, wish: queue.Wish, *, actor: Actor) -> tuple[tuple[HeldOrder, ...], queue.Place | None]:
    rows = held.held_rows(session, wish, actor=actor)
    return rows, rows[-1].place if len(rows) == wish.size else None


def _ended(session: Session, export: Export, rows: int, complete: bool) -> None:
    _write_down(session, export, "export_ended", {"rows": rows, "complete": complete})


def _write_down(session: Session, export: Export, action: str, more: dict[str, Any]) -> None:
    session.add(
        AuditEntry(
            at=clock.now(),
            actor_id=export.actor.id,
            actor_name=export.actor.name,
            actor_role=str(export.actor.role or ""),
            action=action,
            details={
                "export": export.id,
                "page": str(export.page),
                "query": export.q,
                "columns": list(export.columns),
                "format": export.format,
                **more,
            },
        )
    )
