"""`/held`: the held queue, and the chosen order beside it."""

import reflex as rx

from dashboard.components.states import loaded
from dashboard.pages.bulk.asking import BulkAskState
from dashboard.pages.bulk.dialog import bulk_dialog
from dashboard.pages.held.pane import pane
from dashboard.pages.held.search import HeldSearchState
from dashboard.pages.held.searching import searching
from dashboard.pages.held.state import HeldState
from dashboard.pages.held.views import answer, causes, nothing, orders, waiting
from dashboard.pages.order.whole import FOLLOW
from dashboard.pages.saved.state import ViewsState
from dashboard.pages.saved.strip import views_strip
from dashboard.shell.frame import framed

ROUTE = "/held"
TITLE = "Held orders · Holdfast"
ON_LOAD = [
    HeldState.load,
    BulkAskState.dismiss,
    HeldSearchState.load,
    ViewsState.load,
    ViewsState.follow,
    HeldState.follow,
    *FOLLOW,
]


@framed
def page() -> rx.Component:
    queue = rx.el.div(
        rx.el.div(answer(), views_strip(), searching(), causes(), orders(), class_name="queue-side"),
        pane(),
        bulk_dialog(),
        class_name="cockpit",
        custom_attrs={"data-cockpit": ROUTE},
    )
    some = HeldState.some | (HeldState.rows.length() > 0)
    return loaded(HeldState.ready, HeldState.problem, rx.cond(some, queue, nothing()), waiting(), "Held")
