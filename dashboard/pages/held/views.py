"""How the held queue looks: the answer first, then its causes, then the orders."""

import reflex as rx

from dashboard.components.marks import shape
from dashboard.components.states import empty, skeleton
from dashboard.pages.bulk.dialog import cause_button
from dashboard.pages.held.state import CauseTile, HeldRow, HeldState


def answer() -> rx.Component:
    """How many are held, and how long the oldest has waited."""
    return rx.el.header(
        rx.el.h1(
            rx.el.span(HeldState.headline, class_name="figure", custom_attrs={"data-testid": "held-total"}),
            " held",
        ),
        rx.cond(
            HeldState.oldest != "",
            rx.el.p(
                "oldest ",
                rx.el.strong(HeldState.oldest, custom_attrs={"data-testid": "held-oldest"}),
                class_name="soft",
            ),
            rx.fragment(),
        ),
        rx.el.p(
            rx.el.kbd("j"),
            rx.el.kbd("k"),
            " move ",
            rx.el.kbd("Enter"),
            " opens",
            class_name="hint only-wide",
            aria_hidden="true",
        ),
        class_name="page-head answer",
    )


def causes() -> rx.Component:
    """One tile per cause; choosing one filters, choosing it again shows all."""
    return rx.el.nav(
        rx.el.div(rx.foreach(HeldState.causes, _cause), class_name="causes"),
        rx.cond(
            HeldState.more_causes.length() > 0,
            rx.el.details(
                rx.el.summary(HeldState.more_text, class_name="quiet", custom_attrs={"data-testid": "more-causes"}),
                rx.el.div(rx.foreach(HeldState.more_causes, _cause), class_name="causes"),
                class_name="more",
            ),
            rx.fragment(),
        ),
        aria_label="Causes",
    )


def _cause(cause: rx.Var[CauseTile]) -> rx.Component:
    return rx.el.a(
        rx.el.span(cause.title, class_name="title"),
        rx.el.span(cause.orders, class_name="orders"),
        rx.el.span(cause.stake, class_name="stake"),
        rx.el.span(rx.el.i(style={"width": cause.share}), class_name="share", aria_hidden="true"),
        href=cause.href,
        key=cause.kind,
        class_name=rx.cond(cause.chosen, "cause chosen", "cause"),
        aria_current=rx.cond(cause.chosen, "true", "false"),
        custom_attrs={"data-testid": "cause-" + cause.kind},
    )


def orders() -> rx.Component:
    return rx.el.div(
        rx.cond(HeldState.kind != "", _filtered(), rx.fragment()),
        rx.el.table(
            rx.el.caption("Held orders", class_name="sr"),
            rx.el.thead(
                rx.el.tr(
                    rx.el.th("Order", scope="col"),
                    rx.el.th("Customer", scope="col"),
                    rx.el.th("Why, and what to do", scope="col"),
                    _sortable("Amount", HeldState.amount_href, HeldState.amount_order, "amount"),
                    _sortable("Age", HeldState.age_href, HeldState.age_order, "age"),
                )
            ),
            rx.el.tbody(rx.foreach(HeldState.rows, lambda row: held_row(row=row, key=row.number))),
            class_name="list held-list",
            custom_attrs={"data-testid": "held-list"},
        ),
        pager(),
        custom_attrs={"data-still": "true"},
    )


def _filtered() -> rx.Component:
    return rx.el.p(
        "Showing ", rx.el.strong(HeldState.shown), " of this cause. ",
        rx.el.a("Show all", href="/held", class_name="link", custom_attrs={"data-testid": "show-all"}), " ",
        cause_button(HeldState.kind),
        class_name="filtered soft",
    )  # fmt: skip


def _sortable(label: str, href: rx.Var[str], order: rx.Var[str], key: str) -> rx.Component:
    sign = rx.match(order, ("ascending", " ↑"), ("descending", " ↓"), "")
    return rx.el.th(
        rx.el.a(
            label,
            sign,
            href=href,
            class_name=rx.cond(order == "none", "", "on"),
            custom_attrs={"data-testid": f"sort-{key}"},
        ),
        scope="col",
        aria_sort=order,
        class_name="num",
    )


@rx.memo
def held_row(rest: rx.RestProp, *, row: rx.Var[HeldRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            rx.el.a(
                row.number,
                href="/orders/" + row.number,
                class_name="row-link",
                custom_attrs={"data-row": "true", "data-testid": "held-row-" + row.number},
            ),
            rx.el.span(row.channel, " ", row.external, class_name="under"),
            scope="row",
        ),
        rx.el.td(row.customer, class_name="customer"),
        rx.el.td(
            rx.el.span(
                rx.el.span(shape("bars"), row.title, class_name="mark held why"),
                rx.cond(row.others != "", rx.el.span(row.others, class_name="tag"), rx.fragment()),
                rx.el.span(row.reason, class_name="soft said", title=row.reason),
                class_name="reason-head",
            ),
            rx.el.span(row.advice, class_name="under advice", title=row.advice),
            class_name="full",
        ),
        rx.el.td(row.amount, class_name="num amount"),
        rx.el.td(rx.el.span(row.age, title=row.since), class_name="num age"),
        rest,
        custom_attrs={"data-testid": "held-row"},
    )


def pager() -> rx.Component:
    return rx.cond(
        HeldState.page_text != "",
        rx.el.nav(
            rx.el.span(HeldState.page_text, aria_live="polite", custom_attrs={"data-testid": "page"}),
            step_link("Previous", HeldState.previous_href, "p"),
            step_link("Next", HeldState.next_href, "n"),
            class_name="pager",
            aria_label="Pages",
        ),
        rx.fragment(),
    )


def step_link(label: str, href: rx.Var[str], key: str) -> rx.Component:
    """A link to a neighbouring page, or its greyed word where there is none."""
    return rx.cond(
        href != "",
        rx.el.a(label, href=href, class_name="button", custom_attrs={"data-testid": label.lower(), "data-key": key}),
        rx.el.span(label, class_name="button", aria_disabled="true"),
    )


def nothing() -> rx.Component:
    return empty(
        "circle-check",
        "Nothing is held",
        "Every order is on its way by itself. When one is stopped it appears here at once; there is no need to reload.",
    )


def waiting() -> rx.Component:
    return rx.el.div(rx.el.h1("Held"), skeleton(1, tall=True), skeleton(8), class_name="stack")
