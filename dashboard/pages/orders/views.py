"""How the orders list looks."""

import reflex as rx

from dashboard.components.marks import mark, shape
from dashboard.components.states import empty, skeleton
from dashboard.pages.orders.state import Choice, OrderLine, OrdersState


def filters() -> rx.Component:
    return rx.el.div(
        rx.el.nav(rx.foreach(OrdersState.choices, _choice), class_name="choices-row", aria_label="Status"),
        rx.el.input(
            type="search",
            class_name="field",
            placeholder="Number, name, e-mail, phone",
            aria_label="Search orders",
            default_value=OrdersState.query,
            key=OrdersState.ready.to_string(),
            on_change=OrdersState.search.debounce(250),
            auto_complete="off",
            custom_attrs={"data-testid": "search"},
        ),
        class_name="filters",
    )


def _choice(choice: rx.Var[Choice]) -> rx.Component:
    return rx.el.a(
        choice.label,
        href=choice.href,
        key=choice.key,
        class_name=rx.cond(choice.chosen, "choice on", "choice"),
        aria_current=rx.cond(choice.chosen, "true", "false"),
        custom_attrs={"data-testid": "status-" + choice.key},
    )


def table() -> rx.Component:
    heads = ("Order", "Customer", "Status", "Payment", "Shipping")
    return rx.el.div(
        rx.el.table(
            rx.el.caption("Orders, newest first", class_name="sr"),
            rx.el.thead(
                rx.el.tr(
                    *[rx.el.th(head, scope="col") for head in heads],
                    rx.el.th("Total", scope="col", class_name="num"),
                    rx.el.th("Placed", scope="col", class_name="num"),
                )
            ),
            rx.el.tbody(rx.foreach(OrdersState.rows, lambda row: order_row(row=row, key=row.number))),
            class_name="list orders-list",
            custom_attrs={"data-testid": "orders-list"},
        ),
        _pager(),
        custom_attrs={"data-still": "true"},
    )


@rx.memo
def order_row(rest: rx.RestProp, *, row: rx.Var[OrderLine]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            rx.el.a(
                row.number,
                href="/orders/" + row.number,
                class_name="row-link",
                custom_attrs={"data-row": "true", "data-testid": "order-row-" + row.number},
            ),
            rx.el.span(row.channel, " ", row.external, class_name="under"),
            scope="row",
        ),
        rx.el.td(row.customer, class_name="customer"),
        rx.el.td(
            mark(row.status, row.status_word),
            rx.cond(row.held, rx.el.span(shape("bars"), "Held", class_name="mark held also"), rx.fragment()),
            class_name="statuses",
        ),
        rx.el.td(mark(row.payment, row.payment_word), class_name="only-wide"),
        rx.el.td(mark(row.shipping, row.shipping_word), class_name="only-wide"),
        rx.el.td(row.total, class_name="num amount"),
        rx.el.td(rx.el.span(row.placed, title=row.placed_full), class_name="num age"),
        rest,
        custom_attrs={"data-testid": "order-row"},
    )


def _pager() -> rx.Component:
    return rx.cond(
        (OrdersState.first_href != "") | (OrdersState.next_href != ""),
        rx.el.nav(
            rx.cond(
                OrdersState.first_href != "",
                rx.el.a(
                    "Newest", href=OrdersState.first_href, class_name="button", custom_attrs={"data-testid": "newest"}
                ),
                rx.fragment(),
            ),
            rx.cond(
                OrdersState.next_href != "",
                rx.el.a(
                    "Older",
                    href=OrdersState.next_href,
                    class_name="button",
                    custom_attrs={"data-testid": "next", "data-key": "n"},
                ),
                rx.fragment(),
            ),
            class_name="pager",
            aria_label="Pages",
        ),
        rx.fragment(),
    )


def nothing() -> rx.Component:
    return empty(
        "search-x",
        "No order fits",
        "Take away a filter, or search by another part of the number. ",
        rx.el.a("Show all orders", href="/orders", class_name="link"),
    )


def waiting() -> rx.Component:
    return skeleton(12)
