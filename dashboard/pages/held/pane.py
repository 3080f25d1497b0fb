"""The chosen order in full, beside the list on a wide screen; hidden on a narrow one, where choosing opens its page."""

import reflex as rx

from dashboard.pages.held.state import HeldState
from dashboard.pages.order.state import OrderState
from dashboard.pages.order.whole import order_in_full


def pane() -> rx.Component:
    return rx.el.section(
        _chooser(),
        rx.cond(HeldState.chosen != "", _order(), _hint()),
        class_name="pane",
        aria_label="The chosen order",
        custom_attrs={
            "data-pane": "true",
            "data-testid": "pane",
            "data-number": rx.cond(OrderState.ready, OrderState.head.number, ""),
        },
    )


def _order() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            rx.el.a(
                "Open its page",
                rx.el.kbd("Enter", aria_hidden="true"),
                href="/orders/" + HeldState.chosen,
                class_name="quiet",
                custom_attrs={"data-testid": "open-page", "data-open-chosen": "true"},
            ),
            class_name="pane-head",
        ),
        order_in_full(pane=True),
    )


def _hint() -> rx.Component:
    """Nothing is chosen yet: how to begin."""
    keys = (("j", "k", "move through the queue"), ("x", "", "selects"), ("?", "", "shows all shortcuts"))
    return rx.el.div(
        rx.icon("mouse-pointer-click", aria_hidden="true"),
        rx.el.h2("Choose an order"),
        rx.el.p("It is shown here in full, with what to do about it."),
        rx.el.ul(
            *[
                rx.el.li(rx.el.kbd(first), rx.el.kbd(second) if second else rx.fragment(), " ", words)
                for first, second, words in keys
            ],
            class_name="key-hints",
        ),
        class_name="empty",
    )


def _chooser() -> rx.Component:
    """How the browser tells which order was chosen: it fills in the number and submits."""
    return rx.el.form(
        rx.el.input(type="hidden", name="number", default_value=""),
        on_submit=HeldState.show_beside,
        hidden=True,
        custom_attrs={"data-chooser": "true"},
    )
