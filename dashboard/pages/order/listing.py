"""Cards that list things, and the calls that are still being tried about them."""

import reflex as rx

from dashboard.components.marks import mark
from dashboard.pages.order.cards import StepCard
from dashboard.pages.order.confirm import ConfirmState
from dashboard.pages.order.state import OrderState


def listing(title: str, rows: rx.Var, row, nothing: str, name: str) -> rx.Component:
    """A card with a list, or a line that says what its absence means."""
    return rx.el.section(
        rx.el.header(rx.el.h2(title)),
        rx.cond(
            rows.length() > 0,
            rx.el.ul(rx.foreach(rows, row), class_name="items", custom_attrs={"data-testid": name}),
            rx.el.p(nothing, class_name="body muted"),
        ),
        class_name="card",
    )


def open_steps() -> rx.Component:
    """What is still being tried, or was given up, about what the tab shows."""
    return rx.cond(
        OrderState.open_steps.length() > 0,
        listing("Not done yet", OrderState.open_steps, _step, "", "open-steps"),
        rx.fragment(),
    )


def _step(step: rx.Var[StepCard]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(step.label, " ", rx.el.span(step.provider, class_name="muted")),
            rx.cond(step.error != "", rx.el.p(step.error, class_name="small bad"), rx.fragment()),
            rx.el.p(
                step.used, rx.cond(step.next_try != "", ", " + step.next_try, ""), class_name="muted small",
                custom_attrs={"data-left": step.left},
            ),
        ),
        rx.el.div(rx.el.p(mark(step.mood, step.state)), run_again(step), class_name="num"),
        key=step.id.to_string(),
    )  # fmt: skip


def run_again(step: rx.Var[StepCard]) -> rx.Component:
    return rx.cond(
        step.can_retry & OrderState.may_note,
        rx.el.button(
            "Run again",
            rx.el.span(" ", step.label, class_name="sr"),
            type="button",
            class_name="button",
            disabled=ConfirmState.running,
            on_click=ConfirmState.ask_step(OrderState.head.number, step.id),
            custom_attrs={"data-testid": "run-again"},
        ),
        rx.fragment(),
    )
