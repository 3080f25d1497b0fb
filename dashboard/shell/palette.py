"""The palette (Ctrl K, ⌘ K): orders found as one types, the pages, and what can be done with the order that is shown.

Orders come from the server; pages and actions are part of every page, and the browser sifts them (`assets/keys.js`).
"""

from dataclasses import dataclass

import reflex as rx

from backend.domain.errors import HoldfastError
from backend.domain.permissions import Area
from backend.services.order_lists import order_page
from dashboard.components.marks import shape
from dashboard.components.money import money
from dashboard.components.words import word
from dashboard.shell.calls import ask
from dashboard.shell.navigation import PLACES, unless_barred
from dashboard.shell.needs import needs

MOST_FOUND = 8
SHORTEST, LONGEST = 2, 60
ACTIONS = (
    ("r", "Retry what failed"),
    ("l", "Release the hold"),
    ("a", "Ask the provider"),
    ("f", "Refund the order"),
    ("c", "Cancel the order"),
    ("h", "Hold the order"),
    ("m", "Claim the order"),
    ("g", "Assign the order"),
    ("s", "Snooze the order"),
)
"""Offered while their button is on the page."""


@dataclass
class Found:
    """An order that was found."""

    number: str
    customer: str
    total: str
    status: str
    held: bool


class PaletteState(rx.State):
    found: list[Found] = []
    said: str = ""

    @rx.event(supersedes=True)
    @needs(Area.ORDERS)
    async def search(self, text: str):
        """Find orders by what was typed so far."""
        typed = str(text).strip()[:LONGEST]
        if len(typed) < SHORTEST:
            self.found, self.said = [], ""
            return
        try:
            page = await ask(order_page, q=typed, size=MOST_FOUND)
        except HoldfastError as error:
            self.found, self.said = [], error.sentence
            return
        self.found = [
            Found(row.number, row.customer, money(row.total_minor, row.currency), word(row.status), row.held)
            for row in page.rows
        ]
        self.said = "" if self.found else "No order matches."


def summon() -> rx.Component:
    """The button that opens it."""
    return rx.el.button(
        rx.el.kbd("Ctrl K"),
        type="button",
        class_name="summon",
        aria_label="Find an order, a page or an action",
        custom_attrs={"data-opens": "palette", "data-testid": "open-palette"},
    )


def dialog() -> rx.Component:
    return rx.el.dialog(
        rx.el.div(
            rx.el.input(
                type="text",
                role="combobox",
                aria_label="Find an order, a page or an action",
                aria_controls="palette-list",
                aria_expanded="true",
                aria_autocomplete="list",
                placeholder="Order number or name, page, action",
                auto_complete="off",
                spell_check=False,
                on_change=PaletteState.search.debounce(150),
                custom_attrs={"data-testid": "palette-input"},
            ),
            rx.el.div(
                _group("Orders", rx.foreach(PaletteState.found, lambda found, place: _order(found, place))),
                _group("This order", *[_action(key, words) for key, words in ACTIONS]),
                _group("Pages", *_pages()),
                role="listbox",
                id="palette-list",
                aria_label="What was found",
            ),
            rx.el.p(PaletteState.said, class_name="muted small said-by", role="status"),
            class_name="palette",
        ),
        aria_label="Find or do",
        class_name="palette-box",
        custom_attrs={"data-name": "palette", "data-testid": "palette"},
    )


def _group(title: str, *options: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.span(title, class_name="title", aria_hidden="true"), *options, role="group", aria_label=title
    )


def _order(found: rx.Var[Found], place: rx.Var[int]) -> rx.Component:
    return rx.el.a(
        rx.el.span(found.number, class_name="mono"),
        rx.el.span(found.customer, class_name="who"),
        rx.cond(
            found.held,
            rx.el.span(shape("bars"), "Held", class_name="mark held"),
            rx.el.span(found.status, class_name="muted"),
        ),
        rx.el.span(found.total, class_name="num"),
        href="/orders/" + found.number,
        role="option",
        id="palette-order-" + place.to_string(),
        tab_index=-1,
        aria_selected="false",
        key=found.number,
        class_name="option",
        custom_attrs={"data-testid": "palette-order"},
    )


def _action(key: str, words: str) -> rx.Component:
    return rx.el.button(
        words,
        rx.el.kbd(key, aria_hidden="true"),
        type="button",
        role="option",
        id=f"palette-action-{key}",
        tab_index=-1,
        aria_selected="false",
        class_name="option",
        custom_attrs={"data-press": key, "data-words": words.lower(), "data-testid": f"palette-{key}"},
    )


def _pages() -> list[rx.Component]:
    return [
        *[unless_barred(place.area, _page(place.label, place.href, place.key)) for place in PLACES],
        _page("Notices", "/notices"),
        _page("Your settings", "/settings"),
        unless_barred(Area.SETTINGS, _page("Signed in", "/people")),
    ]


def _page(label: str, href: str, key: str = "") -> rx.Component:
    return rx.el.a(
        label,
        rx.el.kbd(key, aria_hidden="true") if key else rx.fragment(),
        href=href,
        role="option",
        id=f"palette-page-{href.removeprefix('/') or 'home'}",
        tab_index=-1,
        aria_selected="false",
        class_name="option",
        custom_attrs={"data-words": label.lower()},
    )
