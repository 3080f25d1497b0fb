"""`/orders/{number}`: one order in full."""

import reflex as rx

from dashboard.components.states import loaded
from dashboard.pages.order import facts, history
from dashboard.pages.order.dialog import confirm_dialog
from dashboard.pages.order.refund_dialog import refund_dialog
from dashboard.pages.order.state import OrderState
from dashboard.pages.order.views import closed_holds, holds, order_head, order_path, stop_buttons, waiting
from dashboard.shell.frame import framed

ROUTE = "/orders/[number]"
TITLE = OrderState.title
ON_LOAD = [OrderState.load, OrderState.follow]


def whole_order() -> rx.Component:
    """The order itself, without the frame, so that it can also stand beside a list."""
    return rx.fragment(
        order_head(),
        rx.el.div(order_path(), stop_buttons(), class_name="path-line"),
        holds(),
        closed_holds(),
        rx.el.div(
            rx.el.div(history.timeline(), history.steps(), class_name="stack"),
            rx.el.div(
                facts.money(),
                facts.parcels(),
                facts.documents(),
                facts.payments(),
                facts.refunds(),
                facts.customer(),
                facts.notes(),
                class_name="stack",
            ),
            class_name="order-columns",
        ),
        confirm_dialog(),
        refund_dialog(),
    )


@framed
def page() -> rx.Component:
    return loaded(OrderState.ready, OrderState.problem, whole_order(), waiting())
