"""`/orders`: all orders."""

import reflex as rx

from dashboard.components.states import loaded
from dashboard.pages.orders.state import OrdersState
from dashboard.pages.orders.views import filters, nothing, table, waiting
from dashboard.shell.frame import framed

ROUTE = "/orders"
TITLE = "Orders · Holdfast"
ON_LOAD = [OrdersState.load, OrdersState.follow]


@framed
def page() -> rx.Component:
    content = rx.cond(OrdersState.rows.length() > 0, table(), nothing())
    return rx.fragment(
        rx.el.header(rx.el.h1("Orders"), class_name="page-head"),
        filters(),
        loaded(OrdersState.ready, OrdersState.problem, content, waiting()),
    )
