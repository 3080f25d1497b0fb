"""`/bulk`: the bulk runs."""

import reflex as rx

from dashboard.components.states import loaded
from dashboard.pages.bulk.state import BulkState
from dashboard.pages.bulk.views import no_runs, runs, waiting
from dashboard.shell.frame import framed

ROUTE = "/bulk"
TITLE = "Bulk runs · Holdfast"
ON_LOAD = [BulkState.load, BulkState.follow]


@framed
def page() -> rx.Component:
    return rx.fragment(
        rx.el.header(rx.el.h1("Bulk runs"), class_name="page-head"),
        loaded(BulkState.ready, BulkState.problem, rx.cond(BulkState.runs.length() > 0, runs(), no_runs()), waiting()),
    )
