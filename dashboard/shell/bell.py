"""The bell in the top bar: what this person was told about orders, unread ones counted, kept current while a page is open."""

import reflex as rx

from backend.domain.permissions import Area
from backend.domain.teamwork import person_topic
from backend.services import desk_notices
from dashboard.components.told import Told, told_link
from dashboard.components.told import told as told_of
from dashboard.shell import live, sessions
from dashboard.shell.calls import ask
from dashboard.shell.errors import explain
from dashboard.shell.needs import needs

MOST_COUNTED = 99


class BellState(rx.State):
    """The list is read when it is opened, and kept current while it is open; the count always is."""

    unread: str = ""
    told: list[Told] = []
    open: bool = False

    @rx.event(background=True)
    @needs(Area.ORDERS)
    async def follow(self):
        """Count anew whenever this person is told something or has read it; a new page begins with the list closed."""
        async with self:
            self.open = False
        async for _ in live.changes(person_topic(sessions.current().person.id), -1):
            try:
                async with self:
                    await self._read()
            except Exception as error:
                explain(error)  # the next change, or the next half minute, brings another try

    @rx.event
    @needs(Area.ORDERS)
    async def toggle(self):
        """Open the list, or close it."""
        self.open = not self.open
        await self._read()

    @rx.event
    @needs(None)
    async def shut(self):
        """Close the list; also when a link in it is followed."""
        self.open = False

    @rx.event
    @needs(Area.ORDERS)
    async def read_all(self):
        """Mark everything as read."""
        await ask(desk_notices.mark_read)
        await self._read()

    async def _read(self) -> None:
        if self.open:
            inbox = await ask(desk_notices.inbox)
            unread, told = inbox.unread, [told_of(notice) for notice in inbox.notices]
            if told != self.told:
                self.told = told
        else:
            unread = await ask(desk_notices.unread)
        text = f"{MOST_COUNTED}+" if unread > MOST_COUNTED else str(unread or "")
        if text != self.unread:
            self.unread = text


def bell() -> rx.Component:
    """The button with its count, and the list that it opens."""
    counted = rx.cond(
        BellState.unread != "",
        rx.el.span(
            BellState.unread,
            rx.el.span(" unread", class_name="sr"),
            class_name="count",
            custom_attrs={"data-testid": "unread"},
        ),
        rx.fragment(),
    )
    return rx.el.div(
        rx.el.button(
            rx.icon("bell", aria_hidden="true"),
            rx.el.span("Notices", class_name="sr"),
            counted,
            type="button",
            class_name="icon-button",
            aria_expanded=rx.cond(BellState.open, "true", "false"),
            aria_controls="notices-list",
            on_click=BellState.toggle,
            custom_attrs={"data-testid": "bell", "data-bell": "true"},
        ),
        rx.cond(BellState.open, _list(), rx.fragment()),
        class_name="bell",
    )


def _list() -> rx.Component:
    return rx.el.section(
        rx.el.header(
            rx.el.h2("Notices"),
            rx.cond(
                BellState.unread != "",
                rx.el.button(
                    "Mark all read",
                    type="button",
                    class_name="quiet",
                    on_click=BellState.read_all,
                    custom_attrs={"data-testid": "read-all"},
                ),
                rx.fragment(),
            ),
            rx.el.button(
                rx.icon("x", aria_hidden="true"),
                type="button",
                class_name="icon-button",
                aria_label="Close notices",
                on_click=BellState.shut,
                custom_attrs={"data-testid": "close-bell", "data-close-bell": "true"},
            ),
        ),
        rx.cond(
            BellState.told.length() > 0,
            rx.el.ol(rx.foreach(BellState.told, _line)),
            rx.el.p(
                "Nothing yet. You are told here when a colleague mentions you or gives you an order, "
                "and when one that you snoozed is back.",
                class_name="muted none",
            ),
        ),
        rx.el.footer(_to_all()),
        id="notices-list",
        aria_label="Notices",
        class_name="card bell-list",
        custom_attrs={"data-testid": "notices-list"},
    )


def _to_all() -> rx.Component:
    return rx.el.a(
        "All notices",
        href="/notices",
        class_name="link",
        on_click=BellState.shut,
        custom_attrs={"data-testid": "all-notices-link"},
    )


def _line(one: rx.Var[Told]) -> rx.Component:
    return rx.el.li(
        told_link(one, on_click=BellState.shut, custom_attrs={"data-testid": "notice-line"}),
        key=one.id.to_string(),
        class_name=rx.cond(one.unread, "unread", ""),
    )
