"""The timeline: people, machine, provider and customer told apart, routine folded away, what was edited as old → new."""

import reflex as rx

from backend.domain.history import Show
from dashboard.pages.order.cards import Earlier, Edit, Entry
from dashboard.pages.order.state import OrderState
from dashboard.pages.order.team_notes import notes

LABELS: dict[Show, str] = {
    Show.EVERYTHING: "Everything",
    Show.PEOPLE: "People",
    Show.MACHINE: "Machine",
    Show.MONEY: "Money",
    Show.PARCELS: "Parcels",
    Show.NOTES: "Notes",
    Show.WEBHOOKS: "Webhooks",
}


def timeline() -> rx.Component:
    """Newest first, with the notes beside it."""
    happened = rx.el.section(
        rx.el.header(rx.el.h2("Timeline"), _fold()),
        _kinds(),
        rx.cond(
            OrderState.timeline.length() > 0,
            rx.el.ol(
                rx.foreach(OrderState.timeline, _entry), class_name="timeline", custom_attrs={"data-testid": "timeline"}
            ),
            rx.el.p("Nothing of this kind has happened yet.", class_name="body muted"),
        ),
        rx.cond(OrderState.more_lines, _older(), rx.fragment()),
        class_name="card",
    )
    return rx.el.div(happened, notes(), class_name="order-columns")


def _kinds() -> rx.Component:
    return rx.el.div(
        *[_kind(show, label) for show, label in LABELS.items()],
        role="group",
        aria_label="Show of the timeline",
        class_name="picks",
    )


def _kind(show: Show, label: str) -> rx.Component:
    chosen = OrderState.show == show.value
    return rx.el.button(
        label,
        type="button",
        class_name=rx.cond(chosen, "pick chosen", "pick"),
        aria_pressed=rx.cond(chosen, "true", "false"),
        on_click=OrderState.pick(show.value),
        custom_attrs={
            "data-testid": f"show-{show.value}",
            "data-address": f"show={show.value if show is not Show.EVERYTHING else ''}",
        },
    )


def _fold() -> rx.Component:
    return rx.cond(
        OrderState.routine_count > 0,
        rx.el.button(
            rx.cond(
                OrderState.routine_shown, "Hide routine", "Show routine (" + OrderState.routine_count.to_string() + ")"
            ),
            type="button",
            class_name="quiet",
            aria_pressed=rx.cond(OrderState.routine_shown, "true", "false"),
            on_click=OrderState.show_routine(~OrderState.routine_shown),
            custom_attrs={"data-testid": "routine"},
        ),
        rx.fragment(),
    )


def _older() -> rx.Component:
    return rx.el.p(
        rx.el.button(
            "Older",
            type="button",
            class_name="button",
            on_click=OrderState.show_older,
            custom_attrs={"data-testid": "older"},
        ),
        class_name="older",
    )


def _entry(entry: rx.Var[Entry]) -> rx.Component:
    return rx.el.li(
        rx.cond(entry.day != "", rx.el.h3(entry.day, class_name="day"), rx.fragment()),
        rx.el.div(
            rx.el.time(entry.time, title=entry.full),
            rx.el.span(_source(entry), title=entry.source_word, class_name="actor"),
            rx.el.div(
                rx.el.p(
                    entry.text, " ",
                    rx.el.span(
                        entry.who, rx.el.span(" (", entry.source_word, ")", class_name="sr"), class_name="muted"
                    ),
                ),
                rx.cond(
                    entry.trying != "",
                    rx.el.p(
                        entry.trying,
                        class_name="trying",
                        custom_attrs={"data-testid": "trying", "data-left": entry.left},
                    ),
                    rx.fragment(),
                ),
                rx.cond(
                    entry.edits.length() > 0,
                    rx.el.dl(rx.foreach(entry.edits, _edit), class_name="edits", custom_attrs={"data-testid": "edits"}),
                    rx.fragment(),
                ),
                rx.cond(entry.earlier.length() > 0, _earlier(entry), rx.fragment()),
                class_name="words",
            ),
            class_name="line",
        ),
        key=entry.id,
        class_name="entry " + entry.source + " " + entry.weight,
        custom_attrs={"data-testid": "entry"},
    )  # fmt: skip


def _source(entry: rx.Var[Entry]) -> rx.Component:
    """The shape of who did it; the word is beside it for who cannot see the shape."""
    return rx.match(
        entry.source,
        ("person", rx.icon("user", aria_hidden="true")),
        ("program", rx.icon("bot", aria_hidden="true")),
        ("customer", rx.icon("shopping-bag", aria_hidden="true")),
        ("provider", rx.icon("cloud", aria_hidden="true")),
        rx.icon("cog", aria_hidden="true"),
    )


def _edit(edit: rx.Var[Edit]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(edit.what),
        rx.el.dd(
            rx.el.del_(edit.old), rx.el.span(" → ", aria_hidden="true"), rx.el.span("became ", class_name="sr"),
            rx.el.ins(edit.new),
        ),
        key=edit.what,
    )  # fmt: skip


def _earlier(entry: rx.Var[Entry]) -> rx.Component:
    return rx.el.details(
        rx.el.summary(entry.earlier_text, class_name="quiet"),
        rx.el.ul(rx.foreach(entry.earlier, _folded), class_name="earlier"),
    )


def _folded(line: rx.Var[Earlier]) -> rx.Component:
    return rx.el.li(rx.el.span(line.time, class_name="muted"), " ", line.text)
