"""How the orders list looks."""

import reflex as rx

from dashboard.components.marks import mark, shape
from dashboard.components.states import empty, skeleton
from dashboard.pages.bulk.dialog import search_button
from dashboard.pages.orders.rows import Cell, Head, OrderLine
from dashboard.pages.orders.state import OrdersState
from dashboard.pages.saved.columns import columns_drop


def head() -> rx.Component:
    return rx.el.header(
        rx.el.h1("Orders"),
        rx.cond(
            OrdersState.count != "",
            rx.el.span(OrdersState.count, class_name="soft", custom_attrs={"data-testid": "orders-count"}),
            rx.fragment(),
        ),
        rx.el.div(
            search_button(OrdersState.box),
            columns_drop(OrdersState),
            export_drop(OrdersState.csv_href, OrdersState.xlsx_href),
            class_name="head-tools",
        ),
        class_name="page-head",
    )


def export_drop(csv_href: rx.Var[str], xlsx_href: rx.Var[str]) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            rx.icon("download", aria_hidden="true"),
            "Export",
            title="Export",
            class_name="button",
            custom_attrs={"data-testid": "export"},
        ),
        rx.el.div(
            rx.el.p("What this list shows: the same search, columns and order, all pages.", class_name="soft"),
            _file("CSV", csv_href, "export-csv"),
            _file("Excel (XLSX)", xlsx_href, "export-xlsx"),
            class_name="export-choices",
        ),
        class_name="drop right",
    )


def _file(label: str, href: rx.Var[str], testid: str) -> rx.Component:
    return rx.el.a(
        label, href=href, reload_document=True, download=True, class_name="button", custom_attrs={"data-testid": testid}
    )


def table() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.table(
                rx.el.caption("Orders", class_name="sr"),
                rx.el.thead(rx.el.tr(rx.foreach(OrdersState.heads, _head))),
                rx.el.tbody(rx.foreach(OrdersState.rows, lambda row: order_row(row=row, key=row.number))),
                class_name="list orders-list",
                custom_attrs={"data-testid": "orders-list"},
            ),
            class_name="wide-table",
        ),
        _pager(),
        custom_attrs={"data-still": "true"},
    )


def _head(head: rx.Var[Head]) -> rx.Component:
    sign = rx.match(head.order, ("ascending", " ↑"), ("descending", " ↓"), "")
    label = rx.cond(
        head.href != "",
        rx.el.a(
            head.title,
            sign,
            href=head.href,
            class_name=rx.cond(head.order == "none", "", "on"),
            custom_attrs={"data-testid": "sort-" + head.key},
        ),
        rx.fragment(head.title),
    )
    return rx.el.th(
        label,
        scope="col",
        key=head.key,
        aria_sort=rx.cond(head.order != "", head.order, "none"),
        class_name=head.look,
    )


@rx.memo
def order_row(rest: rx.RestProp, *, row: rx.Var[OrderLine]) -> rx.Component:
    return rx.el.tr(rx.foreach(row.cells, _cell), rest, custom_attrs={"data-testid": "order-row"})


def _cell(cell: rx.Var[Cell]) -> rx.Component:
    return rx.match(
        cell.kind,
        ("link", rx.el.th(_number(cell), scope="row", key=cell.key)),
        ("mark", rx.el.td(_marks(cell), key=cell.key, class_name=cell.look)),
        ("tags", rx.el.td(_label(cell), rx.foreach(cell.tags, _tag), key=cell.key, class_name=cell.look)),
        rx.el.td(_label(cell), rx.el.span(cell.text, title=cell.hint), key=cell.key, class_name=cell.look),
    )


def _number(cell: rx.Var[Cell]) -> rx.Component:
    return rx.fragment(
        rx.el.a(
            cell.text,
            href="/orders/" + cell.text,
            class_name="row-link",
            custom_attrs={"data-row": "true", "data-testid": "order-row-" + cell.text},
        ),
        rx.el.span(cell.under, class_name="under"),
    )


def _marks(cell: rx.Var[Cell]) -> rx.Component:
    return rx.fragment(
        mark(cell.code, cell.text),
        rx.cond(cell.held, rx.el.span(shape("bars"), "Held", class_name="mark held also"), rx.fragment()),
    )


def _label(cell: rx.Var[Cell]) -> rx.Component:
    """The column's heading, on a phone, where there is no row of headings."""
    return rx.cond(
        (cell.label != "") & ((cell.text != "") | (cell.tags.length() > 0)),
        rx.el.span(cell.label, " ", class_name="muted only-phone"),
        rx.fragment(),
    )


def _tag(tag: rx.Var[str]) -> rx.Component:
    return rx.el.span(tag, key=tag, class_name="tag")


def _pager() -> rx.Component:
    return rx.cond(
        (OrdersState.previous_href != "") | (OrdersState.next_href != ""),
        rx.el.nav(
            _way("First page", OrdersState.first_href, "newest", ""),
            _way("Previous", OrdersState.previous_href, "previous", "p"),
            _way("Next", OrdersState.next_href, "next", "n"),
            class_name="pager",
            aria_label="Pages",
        ),
        rx.fragment(),
    )


def _way(label: str, href: rx.Var[str], testid: str, key: str) -> rx.Component:
    return rx.cond(
        href != "",
        rx.el.a(
            label,
            href=href,
            class_name="button",
            custom_attrs={"data-testid": testid} | ({"data-key": key} if key else {}),
        ),
        rx.el.span(label, class_name="button", aria_disabled="true"),
    )


def nothing() -> rx.Component:
    return empty(
        "search-x",
        "No order matches",
        "Take a part out of the search, or check the spelling. ",
        rx.el.a("Show all orders", href="/orders", class_name="link"),
    )


def waiting() -> rx.Component:
    return skeleton(12)
