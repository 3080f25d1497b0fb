"""`/orders`: all orders."""

import reflex as rx

from dashboard.components.states import loaded
from dashboard.pages.bulk.asking import BulkAskState
from dashboard.pages.bulk.dialog import bulk_dialog
from dashboard.pages.orders.search_box import search_box
from dashboard.pages.orders.state import OrdersState
from dashboard.pages.orders.views import head, nothing, table, waiting
from dashboard.pages.saved.state import ViewsState
from dashboard.pages.saved.strip import views_strip
from dashboard.shell.frame import framed

ROUTE = "/orders"
TITLE = "Orders · Holdfast"
ON_LOAD = [OrdersState.load, BulkAskState.dismiss, ViewsState.load, ViewsState.follow, OrdersState.follow]


@framed
def page() -> rx.Component:
    content = rx.cond(OrdersState.rows.length() > 0, table(), nothing())
    return rx.fragment(
        head(),
        views_strip(),
        search_box(),
        loaded(OrdersState.ready, OrdersState.problem, content, waiting()),
        bulk_dialog(),
    )
