"""The orders list on the screen: what is searched for, one page of it, its columns and its export.

Search, order, columns, view and place live in the address; the page is rebuilt from it at any time.
"""

from typing import Any

import reflex as rx

from backend import clock
from backend.domain import search
from backend.domain.errors import InvalidInput
from backend.domain.order_lists import ListedPage
from backend.domain.permissions import Area
from backend.domain.search import Query
from backend.domain.views import ListPage, View
from backend.services.order_lists import listed
from dashboard.components.viewer import viewer
from dashboard.pages.orders import filters as panel
from dashboard.pages.orders.filters import Filters, Part
from dashboard.pages.orders.rows import Head, OrderLine, heads, line
from dashboard.pages.saved import counts
from dashboard.pages.saved.address import ListAddress, Shown
from dashboard.pages.saved.columns import ColumnsState, Said, columns_problem
from dashboard.pages.saved.state import here, read_views
from dashboard.shell import live
from dashboard.shell.calls import ask
from dashboard.shell.errors import explain
from dashboard.shell.needs import needs

SIZE = 50


class OrdersState(ColumnsState, rx.State):
    """One page of orders."""

    ready: bool = False
    problem: str = ""
    complaints: list[str] = []
    """Sentences on what cannot be read in the search, for under the box."""
    box: str = ""
    """What the search box begins with; `box_key` rises when it has to begin anew."""
    box_key: int = 0
    parts: list[Part] = []
    filters: Filters = Filters()
    heads: list[Head] = []
    rows: list[OrderLine] = []
    count: str = ""
    first_href: str = ""
    previous_href: str = ""
    next_href: str = ""
    _address: ListAddress = ListAddress()
    _shown: Shown = Shown()
    _typed: str = ""
    _seen: int = -1

    @rx.event
    @needs(Area.ORDERS)
    async def load(self):
        await self._open()

    async def _open(self) -> None:
        """Read the page that the address names."""
        _, self._address = here(self)
        found, _ = await read_views(ListPage.ORDERS)
        view = next((view for view in found if view.key == self._address.view), None)
        self._shown = self._address.shown_by(view)
        if self._shown.q != self._typed or not self.ready:
            self.box, self.box_key, self._typed = self._shown.q, self.box_key + 1, self._shown.q
        self.count = ""
        await self._read(_missing(self._address, view))

    @rx.event(background=True)
    @needs(Area.ORDERS)
    async def follow(self):
        """Keep the page and its count current."""
        async with self:
            if not self.ready:  # this may begin before `load`, and would show the list of no address at all
                await self._open()
        await _count(self)
        async for _ in live.changes(live.ALL, self._seen):
            async with self:
                await self._read()
            await _count(self)

    @rx.event(supersedes=True)
    @needs(Area.ORDERS)
    async def search(self, text: str):
        """Every search that can be read leads to an address of its own, so reload and back keep it."""
        try:
            q = str(search.parse(str(text)))
        except InvalidInput as error:
            self.complaints = error.problems
            return None
        self.complaints, self._typed = [], q
        return rx.redirect(here(self)[1].href(q=q), replace=True)

    @rx.event
    @needs(Area.ORDERS)
    async def filter_by(self, operator: str, text: str):
        """A filter was set, or emptied."""
        return self._go(lambda query: panel.with_value(query, str(operator), str(text)))

    @rx.event
    @needs(Area.ORDERS)
    async def limit_to(self, operator: str, end: str, text: str):
        """One end of a range was set, or emptied."""
        return self._go(lambda query: panel.with_end(query, str(operator), str(end), str(text), _today()))

    def _list(self) -> ListPage:
        return ListPage.ORDERS

    async def _said(self) -> Said:
        _, address = here(self)
        found, _ = await read_views(ListPage.ORDERS) if address.view else ((), "")
        keys = address.shown_by(next((view for view in found if view.key == address.view), None)).columns
        kept = {"after": address.after, "before": address.before}
        named = bool(address.view or keys)
        return Said(keys, (lambda keys: address.href(columns=keys, **kept)) if named else None)

    async def _columns_changed(self) -> None:
        _, self._address = here(self)
        await self._read()

    def _go(self, change) -> Any:
        """To the address of a changed search; the sentence where it cannot be read."""
        try:
            query = change(search.parse(self._shown.q))
        except InvalidInput as error:
            self.complaints = error.problems
            return None
        return rx.redirect(here(self)[1].href(q=str(query)))

    async def _read(self, missing: str = "") -> None:
        self._seen = live.hub.serial
        address, shown = self._address, self._shown
        try:
            query = search.parse(shown.q)
            columns = await self._columns(shown.columns)
            page = await ask(
                listed,
                q=shown.q,
                sort=shown.by or "placed",
                ascending=shown.backwards,
                after=address.after,
                before=address.before,
                size=SIZE,
            )
        except InvalidInput as error:
            self.complaints, self.rows, self.parts, self.ready, self.problem = error.problems, [], [], True, ""
            return
        except Exception as error:
            self.problem = explain(error)
            return
        self.problem, self.ready = "", True
        self.complaints = [*([missing] if missing else []), *columns_problem(ListPage.ORDERS, shown.columns)]
        self._show(query, columns, page)

    def _show(self, query: Query, columns: tuple[str, ...], page: ListedPage) -> None:
        address, shown = self._address, self._shown
        rows = [line(order, columns) for order in page.rows]
        if self.rows != rows:
            self.rows = rows
        self.heads = heads(columns, address, shown)
        self.parts = [Part(panel.said(part), address.href(q=str(query.without(part)))) for part in query.parts]
        self.filters = panel.shown(query, _today())
        self._show_choice(columns, Shown(str(query), shown.sort))
        self.previous_href = address.href(before=page.previous) if page.previous else ""
        self.next_href = address.href(after=page.next) if page.next else ""
        self.first_href = address.href() if address.after or address.before else ""


def _missing(address: ListAddress, view: View | None) -> str:
    return "The view in this address was deleted, or is not shared with you." if address.view and view is None else ""


def _today():
    return clock.now().astimezone(viewer().zone).date()


async def _count(state: OrdersState) -> None:
    """Say how many orders the list shows. This may begin before `load`: what another search found is not said of this one."""
    while True:
        async with state:
            q = state._shown.q
        counted = await counts.count_of(ListPage.ORDERS, q)
        async with state:
            if state._shown.q == q:
                state.count = counts.said(counted)
                return
