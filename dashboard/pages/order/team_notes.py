"""Notes on the shown order: a form that says for whom a note is, and the notes with mentions and earlier words."""

import reflex as rx

from dashboard.pages.order.dialog import hidden
from dashboard.pages.order.state import OrderState
from dashboard.pages.order.team_notes_present import NoteRow, Part, Person
from dashboard.pages.order.teamwork_state import CUSTOMER, INTERNAL, PUBLIC, TeamState

LONGEST = 5000
KINDS = (
    (INTERNAL, "For colleagues", "lock"),
    (PUBLIC, "For the customer to see", "eye"),
    (CUSTOMER, "From the customer", "message-square"),
)


def notes() -> rx.Component:
    return rx.el.section(
        rx.el.header(rx.el.h2("Notes")),
        rx.el.div(
            rx.cond(TeamState.may_note & (TeamState.number == OrderState.head.number), _form(), rx.fragment()),
            rx.cond(
                TeamState.number == OrderState.head.number,
                rx.el.ul(rx.foreach(TeamState.notes, _note), class_name="notes", custom_attrs={"data-testid": "notes"}),
                rx.fragment(),
            ),
            _known_people(),
            class_name="body stack",
        ),
        class_name="card",
    )


def _form() -> rx.Component:
    return rx.el.form(
        hidden(number=TeamState.number, token=TeamState.note_token),
        rx.el.div(
            rx.el.textarea(
                name="text",
                required=True,
                max_length=LONGEST,
                aria_label="A note",
                placeholder="A note; @ mentions a colleague",
                custom_attrs={"data-testid": "note-text", "data-mentions": "people"},
            ),
            class_name="with-mentions",
        ),
        rx.el.div(
            rx.el.label(
                rx.el.span("For whom the note is", class_name="sr"),
                rx.el.select(
                    *[rx.el.option(label, value=value) for value, label, _ in KINDS],
                    name="kind",
                    default_value=INTERNAL,
                    custom_attrs={"data-testid": "note-kind"},
                ),
            ),
            rx.el.button("Add note", type="submit", class_name="button", custom_attrs={"data-testid": "add-note"}),
            class_name="note-foot",
        ),
        on_submit=TeamState.write_note,
        class_name="note-form",
        key=TeamState.number + TeamState.written.to_string(),
    )


def _note(note: rx.Var[NoteRow]) -> rx.Component:
    return rx.el.li(
        rx.cond(TeamState.editing == note.id, _editor(note), _words(note)),
        key=note.id.to_string(),
        class_name="note " + note.kind,
        custom_attrs={"data-testid": "note", "data-kind": note.kind},
    )


def _words(note: rx.Var[NoteRow]) -> rx.Component:
    marks = [
        (value, rx.el.span(rx.icon(icon, aria_hidden="true"), label.lower(), class_name="tag note-kind " + value))
        for value, label, icon in KINDS
    ]
    return rx.fragment(
        rx.el.p(rx.foreach(note.parts, _part), class_name="words"),
        rx.el.p(
            rx.match(note.kind, *marks, rx.fragment()), " ", note.author, " · ", rx.el.span(note.at, title=note.full),
            rx.cond(
                note.mine,
                rx.el.button(
                    "Edit",
                    rx.el.span(" this note", class_name="sr"),
                    type="button",
                    class_name="quiet",
                    on_click=TeamState.edit_note(note.id),
                    custom_attrs={"data-testid": "edit-note"},
                ),
                rx.fragment(),
            ),
            class_name="muted small",
        ),
        rx.cond(
            note.edited != "",
            rx.el.details(
                rx.el.summary(note.edited, class_name="muted small", custom_attrs={"data-testid": "note-earlier"}),
                rx.foreach(note.earlier, lambda text: rx.el.p(text, class_name="words was")),
            ),
            rx.fragment(),
        ),
    )  # fmt: skip


def _part(part: rx.Var[Part]) -> rx.Component:
    return rx.cond(part.mention, rx.el.mark(part.text, class_name="mention"), rx.el.span(part.text))


def _editor(note: rx.Var[NoteRow]) -> rx.Component:
    return rx.el.form(
        hidden(number=TeamState.number, note=note.id.to_string()),
        rx.el.div(
            rx.el.textarea(
                name="text",
                required=True,
                max_length=LONGEST,
                default_value=note.text,
                aria_label="The note's words",
                auto_focus=True,
                custom_attrs={"data-testid": "edit-text", "data-mentions": "people"},
            ),
            class_name="with-mentions",
        ),
        rx.el.div(
            rx.el.button("Cancel", type="button", class_name="quiet", on_click=TeamState.edit_note(0)),
            rx.el.button("Save", type="submit", class_name="button", custom_attrs={"data-testid": "save-note"}),
            class_name="note-foot",
        ),
        on_submit=TeamState.save_note,
        class_name="note-form",
    )


def _known_people() -> rx.Component:
    """Whom `@` may name: read by the script that completes mentions."""
    return rx.el.datalist(rx.foreach(TeamState.people, _known), id="people")


def _known(person: rx.Var[Person]) -> rx.Component:
    return rx.el.option(
        value=person.handle,
        custom_attrs={"data-name": person.name, "data-about": person.about},
        key=person.id.to_string(),
    )
