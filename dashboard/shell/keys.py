"""The keys that work on every page and on its orders, in a dialog that `?` opens. What they do is in `assets/keys.js`."""

import reflex as rx

from dashboard.shell.navigation import PLACES

GROUPS: tuple[tuple[str, tuple[tuple[tuple[str, ...], str], ...]], ...] = (
    (
        "Everywhere",
        (
            (("Ctrl K", "⌘ K"), "Find an order, go to a page, do something"),
            (("/",), "Search for an order"),
            (("?",), "This list of shortcuts"),
            (("Esc",), "Close what is open"),
        ),
    ),
    (
        "In a list",
        (
            (("j", "k"), "Next, previous order"),
            (("Enter",), "Open the order's page"),
            (("x",), "Select, or clear the selection"),
            (("b",), "Bulk action for all that is selected"),
            (("n", "p"), "Next, previous page"),
        ),
    ),
    ("Go to", tuple(((place.key,), place.label) for place in PLACES)),
    (
        "On the order that is shown",
        (
            (("r",), "Retry what failed"),
            (("l",), "Release the hold"),
            (("a",), "Ask the provider"),
            (("f",), "Refund the order"),
            (("c",), "Cancel the order"),
            (("h",), "Hold the order"),
            (("m",), "Claim the order"),
            (("g",), "Assign the order"),
            (("s",), "Snooze the order"),
        ),
    ),
)


def summon() -> rx.Component:
    """The button that shows them."""
    return rx.el.button(
        rx.icon("keyboard", aria_hidden="true"),
        type="button",
        class_name="icon-button only-wide",
        aria_label="Keyboard shortcuts",
        custom_attrs={"data-opens": "keys", "data-testid": "open-keys"},
    )


def dialog() -> rx.Component:
    return rx.el.dialog(
        rx.el.div(
            rx.el.h2("Keyboard shortcuts", id="keys-title"),
            *[_group(title, keys) for title, keys in GROUPS],
            rx.el.p(
                "Every action first shows what it will do. Shortcuts are off while you type.", class_name="muted small"
            ),
            rx.el.div(
                rx.el.button(
                    "Close", type="button", class_name="button", auto_focus=True, custom_attrs={"data-close": "true"}
                ),
                class_name="choices",
            ),
            class_name="inside keys",
        ),
        aria_labelledby="keys-title",
        class_name="keys-box",
        custom_attrs={"data-name": "keys", "data-testid": "keys"},
    )


def _group(title: str, keys: tuple[tuple[tuple[str, ...], str], ...]) -> rx.Component:
    lines = [rx.fragment(rx.el.dt(*[rx.el.kbd(key) for key in names]), rx.el.dd(does)) for names, does in keys]
    return rx.el.section(rx.el.h3(title), rx.el.dl(*lines))
