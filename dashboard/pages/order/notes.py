"""The notes of an order: what colleagues wrote, and a field to write another one."""

import reflex as rx

from dashboard.pages.order.cards import NoteCard
from dashboard.pages.order.state import OrderState


def notes() -> rx.Component:
    return rx.el.section(
        rx.el.header(rx.el.h2("Notes")),
        rx.el.div(
            rx.cond(
                OrderState.may_note,
                rx.el.form(
                    rx.el.textarea(
                        name="text",
                        required=True,
                        max_length=5000,
                        aria_label="A note for your colleagues",
                        placeholder="A note for your colleagues",
                        custom_attrs={"data-testid": "note-text"},
                    ),
                    rx.el.button(
                        "Add note", type="submit", class_name="button", custom_attrs={"data-testid": "add-note"}
                    ),
                    on_submit=OrderState.add_note,
                    reset_on_submit=True,
                    class_name="note-form",
                ),
                rx.fragment(),
            ),
            rx.el.ul(rx.foreach(OrderState.notes, _note), class_name="notes", custom_attrs={"data-testid": "notes"}),
            class_name="body stack",
        ),
        class_name="card",
    )


def _note(note: rx.Var[NoteCard]) -> rx.Component:
    return rx.el.li(
        rx.el.p(note.text, class_name="words"),
        rx.el.p(
            note.author, " · ", note.at,
            rx.cond(note.public, rx.el.span("seen by the customer", class_name="tag"), rx.fragment()),
            class_name="muted small",
        ),
    )  # fmt: skip
