"""The held queue's search box, its columns and its export: what they show, and the addresses they lead to."""

import reflex as rx

from backend.domain import held_columns, search
from backend.domain.errors import InvalidInput
from backend.domain.permissions import Area
from backend.domain.views import ListPage
from dashboard.pages.held.address import Address
from dashboard.pages.held.state import address_here
from dashboard.pages.orders.filters import Part, said
from dashboard.pages.saved.columns import ColumnsState, Said, columns_problem
from dashboard.shell.needs import needs


class HeldSearchState(ColumnsState, rx.State):
    """What was typed, which columns the rows show, and where the same can be had as a file."""

    complaints: list[str] = []
    """Sentences on what cannot be read while it is typed, and on columns that there are none of."""
    box: str = ""
    """What the search box begins with; `box_key` rises when it has to begin anew."""
    box_key: int = 0
    parts: list[Part] = []
    look: str = "queue"
    """The classes of the list: one for each column that is left out."""
    places: dict[str, str] = {}
    """Where each column stands in a row, as properties that the style sheet reads."""
    _typed: str | None = None

    @rx.event
    @needs(Area.HOLDS)
    async def load(self):
        address = await address_here(self)
        self.complaints = columns_problem(ListPage.HELD, address.columns)
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

    def _list(self) -> ListPage:
        return ListPage.HELD

    async def _said(self) -> Said:
        address = await address_here(self)
        kept = {"after": address.after, "before": address.before, "order": address.order}
        named = bool(address.view or address.columns)
        return Said(address.columns, (lambda keys: address.href(columns=keys, **kept)) if named else None)

    async def _columns_changed(self) -> None:
        await self._show_columns(await address_here(self))

    async def _show_columns(self, address: Address) -> None:
        columns = await self._columns(address.columns)
        left_out = [f"no-{key}" for key in held_columns.COLUMNS.by_key if key not in columns]
        self.look = " ".join(["queue", *left_out])
        self.places = {f"--at-{key}": str(place) for place, key in enumerate(columns, start=1)}
        self._show_choice(columns, address.shown)
