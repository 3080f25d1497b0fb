"""The held queue's search box, its columns and its export: what they show, and the addresses they lead to."""

from typing import Any
from urllib.parse import urlencode

import reflex as rx

from backend.domain import held_columns, search
from backend.domain.errors import InvalidInput
from backend.domain.permissions import Area
from backend.domain.views import ListPage
from backend.services import views
from dashboard.pages.held.address import Address
from dashboard.pages.held.state import address_here
from dashboard.pages.orders.filters import Part, said
from dashboard.pages.saved.columns import ColumnChoice, choices, moved, with_column
from dashboard.shell.calls import ask
from dashboard.shell.needs import needs


class HeldSearchState(rx.State):
    """What was typed, which columns the rows show, and where the same can be had as a file."""

    complaints: list[str] = []
    """Sentences on what cannot be read while it is typed, and on columns that there are none of."""
    box: str = ""
    """What the search box begins with; `box_key` rises when it has to begin anew."""
    box_key: int = 0
    parts: list[Part] = []
    columns: list[ColumnChoice] = []
    columns_key: int = 0
    """Rises when the ticks of the columns are others than the browser shows by itself."""
    look: str = "queue"
    """The classes of the list: one for each column that is left out."""
    places: dict[str, str] = {}
    """Where each column stands in a row, as properties that the style sheet reads."""
    csv_href: str = ""
    xlsx_href: str = ""
    _typed: str | None = None
    _shown: tuple[str, ...] = ()
    _ticked: tuple[str, ...] = ()

    @rx.event
    @needs(Area.HOLDS)
    async def load(self):
        address = await address_here(self)
        self.complaints = []
        if address.q != self._typed:
            self.box, self.box_key, self._typed = address.q, self.box_key + 1, address.q
        query = address.query
        self.parts = [Part(said(part), address.href(q=str(query.without(part)))) for part in query.parts]
        await self._show_columns(address)

    @rx.event(supersedes=True)
    @needs(Area.HOLDS)
    async def search(self, text: str):
        """Every search that can be read leads to an address of its own, so reload and back keep it."""
        try:
            q = str(search.parse(str(text)))
        except InvalidInput as error:
            self.complaints = error.problems
            return None
        self.complaints, self._typed = [], q
        address = await address_here(self)
        return None if q == address.q else rx.redirect(address.href(q=q), replace=True)

    @rx.event
    @needs(Area.HOLDS)
    async def show_column(self, key: str, shown: bool):
        """Show a column or not: for the view where one is chosen, otherwise for this person from now on."""
        if key in held_columns.COLUMNS and key != held_columns.ALWAYS:
            wanted = with_column(self._shown, key, shown is True)
            self._ticked = held_columns.chosen(wanted)
            return await self._want(wanted)
        return None

    @rx.event
    @needs(Area.HOLDS)
    async def move_column(self, key: str, by: int):
        """One place to the front, or to the end."""
        return await self._want(moved(self._shown, str(key), 1 if by == 1 else -1))

    @rx.event
    @needs(Area.HOLDS)
    async def usual_columns(self):
        return await self._want([])

    async def _want(self, wanted: list[str]) -> Any:
        address = await address_here(self)
        if address.view or address.columns:
            kept = {"after": address.after, "before": address.before, "order": address.order}
            return rx.redirect(address.href(columns=",".join(wanted), **kept))
        await ask(views.remember_columns, ListPage.HELD, wanted)
        await self._show_columns(address)
        return None

    async def _show_columns(self, address: Address) -> None:
        columns = await self._columns(address)
        self._shown = columns
        left_out = [f"no-{key}" for key in held_columns.COLUMNS if key not in columns]
        self.look = " ".join(["queue", *left_out])
        self.places = {f"--at-{key}": str(place) for place, key in enumerate(columns, start=1)}
        if columns != self._ticked:
            self._ticked, self.columns_key = columns, self.columns_key + 1
        self.columns = choices(held_columns.COLUMNS, columns, held_columns.ALWAYS)
        shown = address.shown
        asked = urlencode({"q": shown.q, "sort": shown.sort, "columns": ",".join(columns)})
        self.csv_href, self.xlsx_href = f"/export/held.csv?{asked}", f"/export/held.xlsx?{asked}"

    async def _columns(self, address: Address) -> tuple[str, ...]:
        if address.columns:
            try:
                return held_columns.chosen(address.columns.split(","))
            except InvalidInput as error:
                self.complaints = error.problems
        return await ask(views.columns_of, ListPage.HELD)
