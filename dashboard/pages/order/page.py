"""`/orders/{number}`: one order in full."""

import reflex as rx

from dashboard.pages.order.state import OrderState
from dashboard.pages.order.whole import FOLLOW, order_in_full
from dashboard.shell.frame import framed

ROUTE = "/orders/[number]"
TITLE = OrderState.title
ON_LOAD = [OrderState.load, *FOLLOW]


@framed
def page() -> rx.Component:
    return order_in_full()
