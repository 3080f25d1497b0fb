"""`/held`: the held queue."""

import reflex as rx

from dashboard.components.states import loaded
from dashboard.pages.bulk.dialog import bulk_dialog
from dashboard.pages.held.state import HeldState
from dashboard.pages.held.views import answer, causes, nothing, orders, waiting
from dashboard.shell.frame import framed

ROUTE = "/held"
TITLE = "Held orders · Holdfast"
ON_LOAD = [HeldState.load, HeldState.follow]


@framed
def page() -> rx.Component:
    some = rx.fragment(answer(), causes(), orders(), bulk_dialog())
    return loaded(
        HeldState.ready, HeldState.problem, rx.cond(HeldState.causes.length() > 0, some, nothing()), waiting()
    )
