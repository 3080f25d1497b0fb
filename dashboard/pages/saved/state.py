"""The strip of views above a list: which there are, how many orders each shows now, and keeping and changing them."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import reflex as rx

from backend.domain.errors import HoldfastError
from backend.domain.permissions import Level
from backend.domain.views import AREAS, ListPage, View
from backend.services import views
from dashboard.pages.saved import counts
from dashboard.pages.saved.address import READERS, ListAddress, Shown
from dashboard.shell import live, notices, sessions
from dashboard.shell.calls import ask
from dashboard.shell.errors import explain
from dashboard.shell.needs import needs

PAUSE_SECONDS = counts.FRESH_SECONDS
"""Between two looks at the counts of one tab."""
_PATHS = {"/orders": ListPage.ORDERS, "/held": ListPage.HELD}


@dataclass
class Chip:
    """One view in the strip. `mood` is `own`, `shared` or `built-in`."""

    key: str
    name: str
    href: str
    chosen: bool
    mood: str
    hint: str
    count: str = ""


class ViewsState(rx.State):
    """The views of the list that is open."""

    chips: list[Chip] = []
    chosen: str = ""
    chosen_name: str = ""
    changed: bool = False
    """What is shown differs from the chosen view, or there is something to keep and no view is chosen."""
    may_change: bool = False
    may_share: bool = False
    chosen_shared: bool = False
    reset_href: str = ""
    doing: str = ""
    """What the dialog is for: `save`, `rename`, `delete`, or nothing while it is closed."""
    problem: str = ""
    asked: int = 0
    _page: ListPage = ListPage.ORDERS
    _queries: dict[str, str] = {}
    _counted_page: ListPage = ListPage.ORDERS

    @rx.event
    @needs(None)
    async def load(self):
        """The strip for the address; counts that are known already stand in it, the others follow."""
        page, _ = here(self)
        found, _ = await read_views(page)
        self._page, self.doing, self.problem = page, "", ""
        self._show(page, found)
        live.hub.nudge(_again(self))  # `follow` may have begun before, and knows the views of another address

    @rx.event(background=True)
    @needs(None)
    async def follow(self):
        """Keep the counts current. What is not known yet is asked for again soon, without waiting for the next change."""
        again = _again(self)
        async for _ in live.changes(live.ALL, -1, again):
            async with self:
                page, queries = self._page, dict(self._queries)
            known = {key: counts.said(await counts.count_of(page, q)) for key, q in queries.items()}
            async with self:
                fresh = [_counted(chip, queries, self._queries, known) for chip in self.chips]
                if fresh != self.chips:
                    self.chips = fresh
                complete = all(chip.count for chip in self.chips)
            await asyncio.sleep(PAUSE_SECONDS)
            if not complete:
                live.hub.nudge(again)

    def _show(self, page: ListPage, found: tuple[View, ...]) -> None:
        same_list = page is self._counted_page
        known = {self._queries.get(chip.key): chip.count for chip in self.chips} if same_list else {}
        view, shown = shown_here(self, found)
        everything = Chip("all", _ALL[page], f"/{page}", view is None and not shown.q, "built-in", _ALL[page])
        self._counted_page = page
        self._queries = {"all": ""} | {each.key: each.query for each in found}
        chips = [everything, *[_chip(each, page, view) for each in found]]
        self.chips = [replace(chip, count=known.get(self._queries[chip.key], "")) for chip in chips]
        self.chosen, self.chosen_name = (view.key, view.name) if view else ("", "")
        self.changed = _differs(page, shown, view)
        self.may_change = view is not None and view.may_change
        self.chosen_shared = view is not None and view.shared
        self.may_share = sessions.current().person.actor.may(AREAS[page], Level.ACT)
        self.reset_href = ListAddress(path=f"/{page}", view=view.key).href() if view else ""

    @rx.event
    @needs(None)
    async def open_dialog(self, doing: str):
        if doing not in ("save", "rename", "delete"):
            return
        self.doing, self.problem = doing, ""
        self.asked += 1

    @rx.event
    @needs(None)
    async def dismiss(self):
        self.doing, self.problem = "", ""

    @rx.event(temporal=True)
    @needs(None)
    async def save(self, form: dict[str, Any]):
        """Keep what is shown as a view of its own."""
        page, address = here(self)
        found, _ = await read_views(page)
        _, shown = shown_here(self, found)
        try:
            key = await ask(
                views.save_view,
                page,
                name=str(form.get("name", "")),
                shared=form.get("shared") in (True, "on", "true"),
                **_kept(shown),
            )
        except Exception as error:
            self.problem = explain(error)
            return None
        self.doing = ""
        return [rx.redirect(ListAddress(path=address.path).href(view=key)), notices.done("The view is kept.")]

    @rx.event(temporal=True)
    @needs(None)
    async def keep_changes(self):
        """Have the chosen view show from now on what is shown at the moment."""
        page, address = here(self)
        found, _ = await read_views(page)
        _, shown = shown_here(self, found)
        try:
            await ask(views.change_view, address.view, **_kept(shown))
        except Exception as error:
            return notices.problem(explain(error))
        return [
            rx.redirect(ListAddress(path=address.path).href(view=address.view)),
            notices.done("The view is changed."),
        ]

    @rx.event(temporal=True)
    @needs(None)
    async def rename(self, form: dict[str, Any]):
        """Another name, and shared or not."""
        _, address = here(self)
        shared = form.get("shared") in (True, "on", "true")
        try:
            await ask(
                views.rename_view,
                address.view,
                str(form.get("name", "")),
                shared=shared if self.may_share else None,
            )
        except Exception as error:
            self.problem = explain(error)
            return None
        self.doing = ""
        return [ViewsState.load, notices.done("The view is renamed.")]

    @rx.event(temporal=True)
    @needs(None)
    async def delete(self):
        _, address = here(self)
        try:
            await ask(views.delete_view, address.view)
        except Exception as error:
            self.problem = explain(error)
            return None
        self.doing = ""
        return [rx.redirect(address.path), notices.done("The view is deleted.")]


def here(state: rx.State) -> tuple[ListPage, ListAddress]:
    """The list that is open in this tab, and its address."""
    path = state.router.url.path.rstrip("/") or "/"
    page = _PATHS.get(path, ListPage.ORDERS)
    return page, ListAddress.of(f"/{page}", dict(state.router.url.query_parameters))


async def read_views(page: ListPage) -> tuple[tuple[View, ...], str]:
    """The views of the list, or none and a sentence where they cannot be read."""
    try:
        return await ask(views.views_of, page), ""
    except HoldfastError as error:
        return (), error.sentence


def shown_here(state: rx.State, found: tuple[View, ...]) -> tuple[View | None, Shown]:
    """The view that is chosen in this tab, and what is shown, which may be something else by now."""
    page, address = here(state)
    view = next((view for view in found if view.key == address.view), None)
    return view, READERS[page](dict(state.router.url.query_parameters), found)


_ALL = {ListPage.ORDERS: "All orders", ListPage.HELD: "To do"}


def _again(state: rx.State) -> str:
    """What the follower of this tab's counts is nudged by."""
    return f"counts:{live.tab_topic(state.router.session.client_token)}"


def _counted(chip: Chip, asked: dict[str, str], now: dict[str, str], known: dict[str, str]) -> Chip:
    """With its count, unless it has come to show something else while that was counted."""
    same = asked.get(chip.key) == now.get(chip.key)
    return replace(chip, count=known.get(chip.key) or chip.count) if same else chip


def _chip(view: View, page: ListPage, chosen: View | None) -> Chip:
    """A view is opened by its key, on the list that it is of."""
    mood = "shared" if view.shared else "own" if view.own else "built-in"
    hint = f"{view.query} · shared by {view.owner}" if view.owner else view.query
    href = ListAddress(path=f"/{page}", view=view.key).href()
    return Chip(view.key, view.name, href, view == chosen, mood, hint)


def _differs(page: ListPage, shown: Shown, view: View | None) -> bool:
    if view is None:
        return bool(shown.q or shown.sort or shown.columns)
    return shown != READERS[page]({"view": view.key}, (view,))


def _kept(shown: Shown) -> dict[str, Any]:
    return {
        "q": shown.q,
        "sort": shown.sort,
        "columns": tuple(key for key in shown.columns.split(",") if key),
    }
