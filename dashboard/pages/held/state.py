"""The held queue on the screen: its answer, a page of rows, and the order that is shown beside them.

Filter, order, place and the chosen order live in the address; the browser writes the chosen one there by itself, so that
moving through the queue is no navigation. What changes while the page is open is worked in without moving a row.
"""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from backend import clock
from backend.domain.errors import InvalidInput, SearchTooWide
from backend.domain.permissions import Area
from backend.domain.queue import Sort, Wish
from backend.domain.teamwork import VIEWERS
from backend.domain.views import ListPage
from dashboard.components.money import sums
from dashboard.components.times import age
from dashboard.components.words import count, number
from dashboard.pages.held import rows as listed
from dashboard.pages.held.address import END, FRONT, Address
from dashboard.pages.held.rows import Row
from dashboard.pages.held.selection import SelectionState
from dashboard.pages.held.tiles import CauseTile, Scope, SortChoice, folded, scopes, sorts, tiles
from dashboard.pages.order import after
from dashboard.pages.order.state import OrderState
from dashboard.pages.saved.state import read_views
from dashboard.shell import live, sessions
from dashboard.shell.errors import explain
from dashboard.shell.needs import needs
from dashboard.shell.summary import Held, held, nothing

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
        self.rows = []
        await self._read()
        selection = await self.get_state(SelectionState)
        selection._limit_to(self._wish().filter)
        self.chosen = listed.named(self.rows, self._address.order)
        return OrderState.show_order(self.chosen)

    @rx.event(background=True)
    @needs(Area.HOLDS)
    async def follow(self):
        """Work in what changes. Reading happens outside the tab's lock, so that nobody's click waits for it."""
        async for _ in live.changes(live.ALL, self._seen, VIEWERS):
            async with self:
                address, wish = self._address, self._wish()
            read = await _reading(address, wish, follow=True)
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
        self._set("rows", listed.moved_on(self.rows, self.chosen))
        self._tell_news()

    @rx.event
    @needs(Area.HOLDS)
    async def acted(self, number: str, action: str):
        """Something was done with an order from here: when it is settled, the next one is there."""
        if self.router.url.path != "/held":
            return None
        await self._read()
        here = next((each for each in self.rows if each.number == number), None)
        done = here is None or here.state == listed.GONE or action in LEAVING
        if number != self.chosen or not done:
            return None
        following = listed.next_number(self.rows, number)
        if not following and self.next_href:
            return rx.redirect(self.next_href)
        self._choose(following)
        return OrderState.show_order(self.chosen)

    def _choose(self, number: str) -> None:
        self.chosen = listed.named(self.rows, number)
        self._set("rows", listed.moved_on(self.rows, self.chosen))
        self._tell_news()

    async def _read(self) -> None:
        self._seen = live.hub.serial
        self._take(await _reading(self._address, self._wish()))

    def _wish(self) -> Wish:
        return self._address.wish(_me())

    def _take(self, read: Reading | str) -> None:
        """Show what was read, or why it could not be."""
        if isinstance(read, str):
            self.problem = read
            return
        self.problem, self.ready = "", True
        self._set("complaints", read.complaints)
        self._show(read.held)

    def _show(self, read: Held) -> None:
        now, address, me = clock.now(), self._address, _me()
        summary, page = read.found, read.page
        shown, more = folded(tiles(summary.causes, address))
        last = page.first + len(page.rows) - 1
        values = {
            "headline": headline(read),
            "stake": sums(summary.money),
            "oldest": age(summary.oldest_at, now) if summary.oldest_at else "",
            "some": read.everything.orders > 0,
            "filtered": count(page.orders, "order") if address.filtered else "",
            "filter_words": "of this cause" if address.only_cause else "fit",
            "all_of_them": _all_of_them(address, page.orders),
            "kind": address.kind,
            "cause": address.cause,
            "q": address.q,
            "scope": " ".join(address.scope),
            "causes": shown,
            "more_causes": more,
            "more_text": count(len(more), "more cause"),
            "sorts": sorts(address),
            "scopes": scopes(summary, address, me),
            "at_risk": number(summary.at_risk) if summary.at_risk else "",
            "overdue": number(summary.overdue) if summary.overdue else "",
            "due_href": address.href(sort=Sort.DUE, desc=False),
            "rows": listed.worked_in(self.rows, page, now, chosen=self.chosen, desc=address.desc, me=me),
            "position": f"{number(page.first)}–{number(last)} of {number(page.orders)}"
            if page.orders > len(page.rows)
            else "",
            "previous_href": address.href(before=str(page.previous), order=END) if page.previous else "",
            "next_href": address.href(after=str(page.next), order=FRONT) if page.next else "",
            "all_href": address.everything(),
        }
        for name, value in values.items():
            self._set(name, value)
        self._tell_news()

    def _tell_news(self) -> None:
        fresh = sum(each.fresh for each in self.rows)
        self._set("news", f"{fresh} new" if fresh else "")

    def _set(self, name: str, value: Any) -> None:
        if getattr(self, name) != value:
            setattr(self, name, value)


def _all_of_them(address: Address, orders: int) -> str:
    """What "all" means when a selection is made whole; nothing where there is none."""
    if not orders:
        return ""
    if not address.filtered:
        return count(orders, "held order")
    return f"{count(orders, 'order')} {'of this cause' if address.only_cause else 'that fit'}"


def _me() -> int:
    """The id of the person whose tab this is."""
    return sessions.current().person.id


def headline(read: Held) -> str:
    """How many are held, and how many of them the search finds."""
    every = count(read.everything.orders, "order")
    return f"{number(read.found.orders)} of {every}" if read.found is not read.everything else every


async def address_here(state: rx.State) -> Address:
    """The address that is open in the tab, with what the view that it names fills in."""
    parameters = dict(state.router.url.query_parameters)
    views = (await read_views(ListPage.HELD))[0] if parameters.get("view") else ()
    return Address.of(parameters, views)


async def _reading(address: Address, wish: Wish, follow: bool = False) -> Reading | str:
    """Summary and page, or a sentence that says why they cannot be read."""
    complaints = [*address.problems, *([LOST_VIEW] if address.view_is_lost else [])]
    try:
        if address.problems:
            return Reading(await nothing(follow=follow), complaints)
        try:
            return Reading(await held(wish, follow=follow), complaints)
        except (InvalidInput, SearchTooWide) as error:
            return Reading(await nothing(follow=follow), [*complaints, error.sentence])
    except Exception as error:
        return explain(error)


after.follow_up(HeldState.acted)
