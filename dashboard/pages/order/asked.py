"""On an order's page: what waits for a second person, and who asked for it."""

import reflex as rx

from dashboard.components.approvals import Request
from dashboard.components.marks import shape
from dashboard.pages.order.state import OrderState


def asked() -> rx.Component:
    """Nothing at all while nothing waits."""
    return rx.el.ul(rx.foreach(OrderState.waiting, _line), class_name="waiting-lines", aria_live="polite")


def _line(found: rx.Var[Request]) -> rx.Component:
    return rx.el.li(
        shape("half"),
        rx.el.div(
            rx.el.p(rx.el.strong("Waits for a second person: ", found.what, " ", found.amount)),
            rx.el.p(
                "Asked by ", found.by, ", ", found.age, " ago: “", found.reason, "” · ", found.ends, class_name="soft"
            ),
        ),
        rx.el.a(found.verb, href="/review", class_name="button"),
        key=found.id.to_string(),
        class_name="waiting-line",
        custom_attrs={"data-testid": "waiting-approval"},
    )
