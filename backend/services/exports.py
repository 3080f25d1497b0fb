"""Exports of the orders list: the same search, columns and order as on the screen, all pages of it, and written down.

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

from backend import clock
from backend.domain import order_columns, search
from backend.domain.errors import InvalidInput, NotPossible
from backend.domain.order_columns import Cell, Voice
from backend.domain.order_lists import ListedPage, Place, Sort, Wish
from backend.domain.permissions import Actor, Area, Level
from backend.services import order_lists, sheets
from backend.services.run import in_unit_of_work
from backend.store.tables import AuditEntry

BATCH = 1_000
AT_ONCE = 2
_under_way = threading.BoundedSemaphore(AT_ONCE)

T = TypeVar("T")
Run = Callable[..., Any]
"""`run(service, …)` calls a service as whoever exports, in a transaction of its own."""


@dataclass(frozen=True)
class Export:
    """An export that was asked for and may begin."""

    id: str
    actor: Actor
    wish: Wish
    columns: tuple[str, ...]
    format: str

    @property
    def media_type(self) -> str:
        return sheets.MEDIA_TYPES[self.format]

    @property
    def filename(self) -> str:
        return f"orders-{clock.now():%Y%m%d-%H%M}.{self.format}"


def begin(
    session: Session,
    *,
    actor: Actor,
    form: str,
    q: str = "",
    sort: str = Sort.PLACED,
    ascending: bool = False,
    columns: str = "",
) -> Export:
    """Check and write down what is asked for. `columns` are keys with commas between; empty means the usual ones.

    Raises `InvalidInput` for what cannot be read."""
    actor.require(Area.ORDERS, Level.VIEW, "export orders")
    if form not in sheets.MEDIA_TYPES:
        raise InvalidInput([f"There is no export as {form!r}; there are {' and '.join(sheets.MEDIA_TYPES)}."])
    if sort not in set(Sort):
        raise InvalidInput([f"Orders cannot be put in order by {sort!r}; by {' or '.join(Sort)} they can."])
    wish = Wish(query=search.parse(q), sort=Sort(sort), ascending=ascending, size=BATCH)
    export = Export(secrets.token_hex(8), actor, wish, order_columns.chosen(columns.split(",")), form)
    _write_down(session, export, "export", {})
    return export


def pieces(export: Export, run: Run, voice: Voice) -> Iterator[bytes]:
    """The file, piece by piece; `run` reads each page as whoever exports, so an export ends with their session."""
    rows = 0
    complete = False

    def batches() -> Iterator[list[list[Cell]]]:
        nonlocal rows
        for page in _pages(export, run):
            rows += len(page.rows)
            if export.format == sheets.XLSX and rows > sheets.MOST_XLSX_ROWS:
                raise NotPossible(f"A sheet holds {sheets.MOST_XLSX_ROWS:,} rows. Export as CSV, or narrow it down.")
            yield [order_columns.cells(export.columns, order, voice) for order in page.rows]

    heads = order_columns.heads(export.columns)
    with _under_way:
        try:
            if export.format == sheets.XLSX:
                yield from sheets.xlsx_pieces("Orders", heads, batches())
            else:
                yield from sheets.csv_pieces(heads, batches())
            complete = True
        finally:
            in_unit_of_work(_ended, export, rows, complete)


def _pages(export: Export, run: Run) -> Iterator[ListedPage]:
    after: Place | None = None
    while True:
        page: ListedPage = run(_part, replace(export.wish, after=after))
        yield page
        after = Place.parse(page.next)
        if after is None:
            return


def _part(session: Session, wish: Wish, *, actor: Actor) -> ListedPage:
    actor.require(Area.ORDERS, Level.VIEW, "export orders")
    return order_lists.page_of(session, wish, actor)


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
                "query": str(export.wish.query),
                "columns": list(export.columns),
                "format": export.format,
                **more,
            },
        )
    )
