"""`/bulk/{id}`: one bulk run, live."""

import reflex as rx

from dashboard.components.states import loaded
from dashboard.pages.bulk.dialog import bulk_dialog
from dashboard.pages.bulk.state import BulkRunState
from dashboard.pages.bulk.views import progress, results, run_head, waiting
from dashboard.shell.frame import framed

ROUTE = "/bulk/[bulk_run]"
TITLE = BulkRunState.title
ON_LOAD = [BulkRunState.load, BulkRunState.follow]


@framed
def page() -> rx.Component:
    content = rx.fragment(run_head(), progress(), results(), bulk_dialog())
    return loaded(BulkRunState.ready, BulkRunState.problem, content, waiting(), "Bulk run")
