"""The held queue on the screen: its answer, a page of rows, and the order that is shown beside them.

Filter, order, place and the chosen order live in the address; the browser writes the chosen one there by itself, so that
moving through the queue is no navigation. What changes while the page is open is worked in without moving a row.
"""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from backend.domain.errors import InvalidInput, SearchTooWide
from backend.domain.permissions import Area
from backend.domain.queue import Wish
from backend.domain.teamwork import VIEWERS
from backend.domain.views import ListPage
from dashboard.pages.held import rows as listed
from dashboard.pages.held.address import Address
from dashboard.pages.held.drawn import rows_of, words_of
from dashboard.pages.held.rows import Row
from dashboard.pages.held.selection import SelectionState
from dashboard.pages.held.tiles import CauseTile, Scope, SortChoice, scopes
from dashboard.pages.order import after
from dashboard.pages.order.state import OrderState
from dashboard.pages.saved.state import read_views
from dashboard.shell import followers, live, sessions, summary
from dashboard.shell.errors import explain
from dashboard.shell.needs import needs
from dashboard.shell.summary import Held, How

LOST_VIEW = "The view in this address was deleted, or is not shared with you."
LEAVING = frozenset({"cancel", "snooze"})
"""Actions after which there is nothing left to do with an order for now, although it may stay held."""


@dataclass(frozen=True)
class Reading:
    """What was read, and sentences on what of the address could not be."""

    held: Held
    complaints: list[str]


class HeldState(rx.State):
    """One page of the queue. Parts are set only when they changed, so an update sends what is new."""

    ready: bool = False
    problem: str = ""
    headline: str = ""
    stake: str = ""
    oldest: str = ""
    some: bool = False
    filtered: str = ""
    """How many orders the filter leaves, in words; empty without one. `filter_words` says what they have in common."""
    filter_words: str = ""
    complaints: list[str] = []
    """Sentences on what cannot be read in the search, for under the box."""
    all_of_them: str = ""
    kind: str = ""
    cause: str = ""
    q: str = ""
    scope: str = ""
    """`mine`, `snoozed`, both or neither."""
    due_href: str = ""
    causes: list[CauseTile] = []
    more_causes: list[CauseTile] = []
    more_text: str = ""
    sorts: list[SortChoice] = []
    scopes: list[Scope] = []
    at_risk: str = ""
    overdue: str = ""
    rows: list[Row] = []
    news: str = ""
    chosen: str = ""
    position: str = ""
    previous_href: str = ""
    next_href: str = ""
    all_href: str = "/held"
    _address: Address = Address()
    _seen: int = -1

    @rx.event
    @needs(Area.HOLDS)
    async def load(self):
        """Read the page that the address names, from scratch, and show the order that it names."""
        self._address = await address_here(self)
        await self._read(summary.OPENED, afresh=True)
        selection = await self.get_state(SelectionState)
        selection._limit_to(self._wish().filter)
        self._set("chosen", listed.named(self._rows(), self._where().order))
        return OrderState.show_order(self.chosen)

    @rx.event(background=True)
    @needs(Area.HOLDS)
    async def follow(self):
        """Work in what changes. Reading happens outside the tab's lock, so that nobody's click waits for it."""
        address, wish = self._where(), self._wish()
        async for _ in live.changes(live.ALL, self._seen, VIEWERS):
            read = await _reading(address, wish, summary.FOLLOWED)
            async with self:
                if self._wish() == wish:
                    self._take(read)

    @rx.event(supersedes=True)
    @needs(Area.ORDERS)
    async def show_beside(self, form: dict[str, Any]):
        """Show an order beside the list; an empty number shows none."""
        self._choose(Address.of({"order": form.get("number", "")}).order)
        return OrderState.show_order(self.chosen)

    @rx.event
    @needs(Area.HOLDS)
    async def look_at_news(self):
        """The person has seen what came: nothing is marked any more."""
        self._set("rows", listed.moved_on(self._rows(), self.chosen))
        self._tell_news()

    @rx.event
    @needs(Area.HOLDS)
    async def acted(self, number: str, action: str):
        """Something was done with an order from here: when it is settled, the next one is there."""
        if self.router.url.path != "/held":
            return None
        await self._read(summary.NOW)
        here = next((each for each in self._rows() if each.number == number), None)
        done = here is None or here.state == listed.GONE or action in LEAVING
        if number != self.chosen or not done:
            return None
        following = listed.next_number(self._rows(), number)
        if not following and self.next_href:
            return rx.redirect(self.next_href)
        self._choose(following)
        return OrderState.show_order(self.chosen)

    @rx.event
    @needs(None)
    async def forget(self):
        """Keep nothing of a page that was left, except for who looks at one of its orders and may come back."""
        if self.ready and not self.router.url.path.startswith("/orders/"):
            self.ready, self.rows, self.chosen = False, [], ""

    def _choose(self, number: str) -> None:
        self._set("chosen", listed.named(self._rows(), number))
        self._set("rows", listed.moved_on(self._rows(), self.chosen))
        self._tell_news()

    async def _read(self, how: How, *, afresh: bool = False) -> None:
        serial = live.hub.serial
        read = await _reading(self._where(), self._wish(), how)
        self._seen = serial if isinstance(read, str) else read.held.serial
        self._take(read, afresh=afresh)

    def _where(self) -> Address:
        address: Address = self.get_value("_address")
        return address

    def _wish(self) -> Wish:
        return self._where().wish(_me())

    def _rows(self) -> list[Row]:
        """The rows as they are, not wrapped for tracking: they are replaced, never changed, for other desks show them too."""
        rows: list[Row] = self.get_value("rows")
        return rows

    def _take(self, read: Reading | str, *, afresh: bool = False) -> None:
        """Show what was read, or why it could not be; `afresh` forgets which rows were there before."""
        if isinstance(read, str):
            self._set("problem", read)
            if afresh:
                self._set("rows", [])
            return
        held, address, me = read.held, self._where(), _me()
        shown, chosen = ([], "") if afresh else (self._rows(), self.chosen)
        values = {
            "problem": "",
            "ready": True,
            "complaints": read.complaints,
            **words_of(held, address),
            "scopes": scopes(held.found.value, address, me),
            "rows": listed.worked_in(shown, rows_of(held.page, me), held.page.value, chosen=chosen, desc=address.desc),
        }
        for name, value in values.items():
            self._set(name, value)
        self._tell_news()

    def _tell_news(self) -> None:
        fresh = sum(each.fresh for each in self._rows())
        self._set("news", f"{fresh} new" if fresh else "")

    def _set(self, name: str, value: Any) -> None:
        """Assigning sends, also what the page shows already."""
        if self.get_value(name) != value:
            setattr(self, name, value)


def _me() -> int:
    """The id of the person whose tab this is."""
    return sessions.current().person.id


async def address_here(state: rx.State) -> Address:
    """The address that is open in the tab, with what the view that it names fills in."""
    parameters = dict(state.router.url.query_parameters)
    views = (await read_views(ListPage.HELD))[0] if parameters.get("view") else ()
    return Address.of(parameters, views)


async def _reading(address: Address, wish: Wish, how: How) -> Reading | str:
    """Summary and page, or a sentence that says why they cannot be read."""
    complaints = [*address.problems, *([LOST_VIEW] if address.view_is_lost else [])]
    try:
        if address.problems:
            return Reading(await summary.nothing(how), complaints)
        try:
            return Reading(await summary.held(wish, how), complaints)
        except (InvalidInput, SearchTooWide) as error:
            return Reading(await summary.nothing(how), [*complaints, error.sentence])
    except Exception as error:
        return explain(error)


after.follow_up(HeldState.acted)
followers.forget("/held", HeldState.forget)
