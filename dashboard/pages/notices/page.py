"""`/notices`: everything one was told, from the newest to the oldest."""

import reflex as rx

from dashboard.components.states import empty, loaded, skeleton
from dashboard.components.told import Told, told_link
from dashboard.pages.notices import state
from dashboard.pages.notices.state import InboxState
from dashboard.shell.frame import framed

ROUTE = state.ROUTE
TITLE = "Notices · Holdfast"
ON_LOAD = [InboxState.load, InboxState.follow]


@framed
def page() -> rx.Component:
    content = rx.fragment(_head(), rx.cond(InboxState.told.length() > 0, _list(), _nothing()), _pager())
    return rx.fragment(
        rx.el.header(
            rx.el.h1("Notices"),
            rx.el.p(InboxState.headline, class_name="soft", custom_attrs={"data-testid": "notices-headline"}),
            class_name="page-head",
        ),
        loaded(InboxState.ready, InboxState.problem, content, skeleton(8)),
    )


def _head() -> rx.Component:
    return rx.el.div(
        rx.el.nav(
            _choice("All", ROUTE, ~InboxState.only_unread),
            _choice("Unread", f"{ROUTE}?show=unread", InboxState.only_unread),
            class_name="choices-row",
            aria_label="Which notices",
        ),
        rx.cond(
            InboxState.some_unread,
            rx.el.button(
                "Mark all read",
                type="button",
                class_name="button",
                on_click=InboxState.read_all,
                custom_attrs={"data-testid": "notices-read-all"},
            ),
            rx.fragment(),
        ),
        class_name="filters notices-head",
    )


def _choice(label: str, href: str, chosen: rx.Var[bool]) -> rx.Component:
    return rx.el.a(
        label,
        href=href,
        class_name=rx.cond(chosen, "choice on", "choice"),
        aria_current=rx.cond(chosen, "true", "false"),
    )


def _list() -> rx.Component:
    return rx.el.ol(
        rx.foreach(InboxState.told, _line), class_name="card told-list", custom_attrs={"data-testid": "all-notices"}
    )


def _line(one: rx.Var[Told]) -> rx.Component:
    return rx.el.li(
        told_link(one, custom_attrs={"data-testid": "told-link", "data-row": "true"}),
        rx.el.button(
            rx.cond(one.unread, "Mark read", "Mark unread"),
            rx.el.span(": ", one.number, ", ", one.ago, class_name="sr"),
            type="button",
            class_name="quiet",
            on_click=InboxState.set_read(one.id, one.unread),
            custom_attrs={"data-testid": "mark"},
        ),
        key=one.id.to_string(),
        class_name=rx.cond(one.unread, "unread", ""),
        custom_attrs={"data-testid": "told"},
    )


def _pager() -> rx.Component:
    links = (("Newest", InboxState.newest_href), ("Older", InboxState.older_href))
    return rx.cond(
        (InboxState.newest_href != "") | (InboxState.older_href != ""),
        rx.el.nav(
            *[
                rx.cond(
                    href != "",
                    rx.el.a(
                        label, href=href, class_name="button", custom_attrs={"data-testid": f"notices-{label.lower()}"}
                    ),
                    rx.fragment(),
                )
                for label, href in links
            ],
            class_name="pager",
            aria_label="Pages",
        ),
        rx.fragment(),
    )


def _nothing() -> rx.Component:
    return rx.cond(
        InboxState.only_unread,
        empty("bell", "Nothing unread", "You have seen everything you were told. “All” shows it again."),
        empty(
            "bell",
            "Nothing yet",
            "You are told here when a colleague mentions you or gives you an order, and when one that you snoozed is"
            " back. To mention somebody, write @ and their name in a note on an order.",
        ),
    )
