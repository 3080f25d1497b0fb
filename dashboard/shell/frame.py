"""The frame around every page: rail, top bar, notices, and what shows when session or connection are lost."""

import functools
import sys
from collections.abc import Callable

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from backend.domain.permissions import Area
from dashboard.shell import keys, notices, palette, sending
from dashboard.shell.bell import bell
from dashboard.shell.echo import echo
from dashboard.shell.navigation import FrameState, incident_strip, rail, sign_out_form
from dashboard.shell.needs import need_of
from dashboard.shell.tab import TabState

PageFunction = Callable[[], rx.Component]


def framed(page: PageFunction) -> PageFunction:
    """Put the frame around a page function; runs once, when the bundle is compiled."""

    @functools.wraps(page)
    def whole() -> rx.Component:
        return rx.el.div(
            rx.el.a("Skip to content", href="#main", class_name="skip"),
            rail(),
            rx.el.div(
                top_bar(), sending.strip(), incident_strip(), rx.el.main(_allowed(page), id="main", tab_index=-1)
            ),
            notices.region(),
            keys.dialog(),
            palette.dialog(),
            _ended(),
            echo(),
            class_name="frame",
        )

    return whole


def _allowed(page: PageFunction) -> rx.Component:
    """The page, or why it is not shown: who may not run its first event may not look at it."""
    first = sys.modules[page.__module__].ON_LOAD[0].fn
    need = need_of(first)
    area = need[0] if need else None
    return page() if area is None else rx.cond(TabState.barred.contains(str(area)), forbidden(), page())


def forbidden() -> rx.Component:
    """In place of a page that the person's role may not see."""
    return rx.el.div(
        rx.el.h1("This page is not for your role"),
        rx.el.p(
            "You are signed in as ",
            rx.el.strong(TabState.person_name),
            ", ",
            TabState.person_role,
            ". Ask an administrator if your work needs it; the pages that you may see are in the navigation.",
        ),
        rx.cond(
            TabState.barred.contains(str(Area.HOLDS)),
            rx.el.a("Your settings", href="/settings", class_name="button primary"),
            rx.el.a("My day", href="/", class_name="button primary"),
        ),
        class_name="bare",
        role="alert",
        custom_attrs={"data-testid": "forbidden"},
    )


def top_bar() -> rx.Component:
    return rx.el.header(
        rx.el.form(
            rx.icon("search", aria_hidden="true"),
            rx.el.input(
                name="number",
                type="search",
                placeholder="Find an order",
                aria_label="Find an order",
                auto_complete="off",
                custom_attrs={"data-testid": "find", "data-key": "/"},
            ),
            palette.summon(),
            on_submit=FrameState.find,
            reset_on_submit=True,
            role="search",
            class_name="find",
        ),
        rx.el.span(class_name="spacer"),
        rx.el.span(FrameState.zone, class_name="zone"),
        keys.summon(),
        bell(),
        rx.el.button(
            rx.color_mode_cond(rx.icon("moon", aria_hidden="true"), rx.icon("sun", aria_hidden="true")),
            type="button",
            class_name="icon-button only-wide",
            aria_label="Change between light and dark",
            on_click=[rx.toggle_color_mode, FrameState.keep_theme(rx.color_mode_cond("dark", "light"))],
            custom_attrs={"data-testid": "theme"},
        ),
        rx.el.a(
            rx.icon("settings", aria_hidden="true"),
            href="/settings",
            class_name="icon-button only-phone",
            aria_label="Your settings",
            custom_attrs={"data-testid": "settings"},
        ),
        _leave(),
        class_name="bar",
    )


def _leave() -> rx.Component:
    """Signing out on a phone, where there is no rail."""
    sign = (rx.icon("log-out", aria_hidden="true"), rx.el.span("Sign out", class_name="sr"))
    return rx.el.div(sign_out_form("icon-button", *sign), class_name="only-phone")


def _ended() -> rx.Component:
    """Shown when the session has ended while a page was open. What was typed stays until the person leaves."""
    return rx.el.dialog(
        rx.el.div(
            rx.el.h2("You have been signed out", id="ended-title"),
            rx.el.p(
                "You signed out in another tab, nothing was done for half an hour, you signed in twelve hours ago, or an"
                " administrator ended the session."
            ),
            rx.el.p("Sign in again to go on. Nothing was done meanwhile."),
            rx.el.div(
                rx.el.a(
                    "Sign in",
                    href="/sign-in",
                    reload_document=True,
                    class_name="button primary",
                    custom_attrs={"data-testid": "sign-in-again", "data-focus": "true", "data-back": "true"},
                ),
                class_name="choices",
            ),
            class_name="inside",
        ),
        aria_labelledby="ended-title",
        class_name="over",
        custom_attrs={"data-open": rx.cond(TabState.signed_out, "true", "false"), "data-testid": "signed-out"},
    )


def connection_banner(stateful: bool) -> rx.Component | None:
    """In place of the default message, which shows people the address of the websocket."""
    if not stateful:
        return None
    return rx.el.div(
        rx.cond(
            has_connection_errors,
            rx.el.div(
                "Connection lost. What you see may be old; clicks are not sent. Trying to reconnect… ",
                rx.el.a("Reload", href="", reload_document=True),
                class_name="offline",
                custom_attrs={"data-testid": "offline"},
            ),
            rx.fragment(),
        ),
        role="status",
    )
