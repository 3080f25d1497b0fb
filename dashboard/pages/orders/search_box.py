"""The search box of the orders list: what was typed, what cannot be read in it, and the filters that write it."""

from typing import Any

import reflex as rx

from backend.domain.search import OPERATORS
from dashboard.pages.orders.filters import CODED, Part, options
from dashboard.pages.orders.state import OrdersState

_TITLES = {"status": "Status", "payment": "Payment", "shipping": "Shipping", "cause": "Why it is held"}


def search_box() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            box(
                "Search orders",
                "Number, name, e-mail, phone, tracking … or status:held amount:>100",
                OrdersState.box,
                OrdersState.box_key,
                OrdersState.search,
            ),
            _filters(),
            how_to_search(),
            class_name="search-line",
        ),
        complaints(OrdersState.complaints),
        taken_apart(OrdersState.parts),
        class_name="search",
        aria_label="Search and filters",
    )


def box(label: str, example: str, value: rx.Var[str], version: rx.Var[int], on_search: Any) -> rx.Component:
    """The box; `version` rises when it has to begin anew with `value`."""
    return rx.el.div(
        rx.icon("search", aria_hidden="true"),
        rx.el.input(
            id="list-search",
            type="search",
            class_name="field",
            placeholder=example,
            aria_label=label,
            aria_describedby="search-complaints",
            default_value=value,
            key=version.to_string(),
            on_change=on_search.debounce(250),
            auto_complete="off",
            spell_check=False,
            custom_attrs={"data-testid": "search"},
        ),
        class_name="box",
    )


def complaints(sentences: rx.Var[list[str]]) -> rx.Component:
    return rx.el.div(
        rx.foreach(sentences, lambda sentence: rx.el.p(sentence, key=sentence)),
        id="search-complaints",
        class_name="search-complaints",
        role="status",
        custom_attrs={"data-testid": "search-complaints"},
    )


def taken_apart(parts: rx.Var[list[Part]]) -> rx.Component:
    """Each part of the search with a way to take it out."""
    return rx.cond(
        parts.length() > 0,
        rx.el.ul(rx.foreach(parts, _part), class_name="search-parts", aria_label="Searched for"),
        rx.fragment(),
    )


def _part(part: rx.Var[Part]) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            part.text,
            rx.icon("x", aria_hidden="true"),
            rx.el.span(" (remove)", class_name="sr"),
            href=part.href,
            class_name="tag",
            custom_attrs={"data-testid": "search-part"},
        ),
        key=part.text,
    )


def _filters() -> rx.Component:
    found = OrdersState.filters
    return rx.el.details(
        rx.el.summary(
            rx.icon("sliders-horizontal", aria_hidden="true"),
            "Filters",
            rx.cond(found.active > 0, rx.el.span(found.active, class_name="count"), rx.fragment()),
            class_name="button",
            custom_attrs={"data-testid": "filters"},
        ),
        rx.el.div(
            *[_select(operator) for operator in CODED],
            _text("channel", "Channel", found.channel, "shopify"),
            _text("tag", "Tag", found.tag, "vip"),
            _range("created", "Placed", "date", found.created_from, found.created_to),
            _range("delivered", "Delivered", "date", found.delivered_from, found.delivered_to),
            _range("amount", "Amount", "text", found.amount_from, found.amount_to),
            rx.el.p(
                rx.el.a("Clear all", href="/orders", class_name="link", custom_attrs={"data-testid": "filters-clear"})
            ),
            class_name="filter-fields",
        ),
        class_name="drop right",
    )


def _select(operator: str) -> rx.Component:
    value = getattr(OrdersState.filters, operator)
    several = rx.cond(value.contains(","), rx.el.option("Several: ", value, value=value), rx.fragment())
    return rx.el.label(
        rx.el.span(_TITLES[operator]),
        rx.el.select(
            rx.el.option("Any", value=""),
            *[rx.el.option(option.label, value=option.code) for option in options(operator)],
            several,
            value=value,
            on_change=lambda text: OrdersState.filter_by(operator, text),
            custom_attrs={"data-testid": f"filter-{operator}"},
        ),
    )


def _text(operator: str, label: str, value: rx.Var[str], example: str) -> rx.Component:
    return rx.el.label(
        rx.el.span(label),
        rx.el.input(
            default_value=value,
            key=f"{operator}-" + value,
            class_name="field",
            placeholder=example,
            auto_complete="off",
            on_blur=lambda text: OrdersState.filter_by(operator, text),
            custom_attrs={"data-testid": f"filter-{operator}"},
        ),
    )


def _range(operator: str, label: str, kind: str, low: rx.Var[str], high: rx.Var[str]) -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(label),
        _end(operator, "from", label, kind, low),
        rx.el.span("to", class_name="muted", aria_hidden="true"),
        _end(operator, "to", label, kind, high),
    )


def _end(operator: str, end: str, label: str, kind: str, value: rx.Var[str]) -> rx.Component:
    return rx.el.input(
        type=kind,
        input_mode="decimal" if kind == "text" else "text",
        default_value=value,
        key=f"{operator}-{end}-" + value,
        class_name="field",
        aria_label=f"{label} {end}",
        auto_complete="off",
        on_blur=lambda text: OrdersState.limit_to(operator, end, text),
        custom_attrs={"data-testid": f"filter-{operator}-{end}"},
    )


def how_to_search() -> rx.Component:
    rows = [
        rx.el.li(rx.el.code(operator.example), rx.el.span(operator.title), key=name)
        for name, operator in OPERATORS.items()
    ]
    return rx.el.details(
        rx.el.summary(
            rx.icon("circle-help", aria_hidden="true"),
            rx.el.span("How to search", class_name="only-wide"),
            rx.el.span("How to search", class_name="sr only-phone"),
            title="How to search",
            class_name="button",
            custom_attrs={"data-testid": "search-help"},
        ),
        rx.el.div(
            rx.el.p(
                "Words find numbers, names, e-mail addresses, phone and tracking numbers. All parts must match; a minus in "
                "front leaves out what matches, and a comma means either."
            ),
            rx.el.ul(*rows),
            class_name="search-help",
        ),
        class_name="drop right",
    )
