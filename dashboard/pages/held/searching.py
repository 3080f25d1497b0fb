"""The held queue's search box beside its columns and export, and what stands in place of rows where nothing fits."""

import reflex as rx

from dashboard.components.states import empty
from dashboard.pages.held.search import HeldSearchState
from dashboard.pages.held.state import HeldState
from dashboard.pages.orders.search_box import box, complaints, how_to_search, taken_apart
from dashboard.pages.orders.views import export_drop
from dashboard.pages.saved.columns import columns_drop


def searching() -> rx.Component:
    """The search box, what cannot be read in it, and what it was taken apart into."""
    return rx.el.section(
        rx.el.div(
            box(
                "Search held orders",
                "Name, number … or amount:>100",
                HeldSearchState.box,
                HeldSearchState.box_key,
                HeldSearchState.search,
            ),
            how_to_search(),
            columns_drop(HeldSearchState),
            export_drop(HeldSearchState.csv_href, HeldSearchState.xlsx_href),
            class_name="search-line",
        ),
        complaints(rx.cond(HeldSearchState.complaints.length() > 0, HeldSearchState.complaints, HeldState.complaints)),
        taken_apart(HeldSearchState.parts),
        class_name="search",
        aria_label="Search and columns",
    )


def nothing_fits() -> rx.Component:
    return empty(
        "search-x",
        "No held order matches",
        "Take a part out of the search, or check the spelling. ",
        rx.el.a("Show all held orders", href=HeldState.all_href, class_name="link"),
    )
