"""`/people`: who is signed in, for whoever looks after the installation."""

import reflex as rx

from dashboard.components.states import loaded, skeleton
from dashboard.pages.order.dialog import choices, hidden, told
from dashboard.pages.people.state import LONGEST_REASON, PeopleState, PlaceRow
from dashboard.shell.frame import framed

ROUTE = "/people"
TITLE = "Signed in · Holdfast"
ON_LOAD = [PeopleState.load, PeopleState.follow]

_asked = PeopleState.asked


@framed
def page() -> rx.Component:
    return rx.fragment(
        rx.el.header(
            rx.el.h1("Signed in"),
            rx.el.p(PeopleState.headline, class_name="soft", custom_attrs={"data-testid": "people-headline"}),
            class_name="page-head",
        ),
        rx.el.p(
            "Everybody who did something in the last half hour, in a session that has not ended. Of an address only the"
            " network is shown.",
            class_name="soft intro",
        ),
        loaded(PeopleState.ready, PeopleState.problem, _table(), skeleton(6)),
        _dialog(),
    )


def _table() -> rx.Component:
    heads = ("Person", "Role", "Browser", "Network")
    return rx.el.table(
        rx.el.caption("Who is signed in, and where", class_name="sr"),
        rx.el.thead(
            rx.el.tr(
                *[rx.el.th(head, scope="col") for head in heads],
                rx.el.th("Signed in", scope="col", class_name="num"),
                rx.el.th("Last seen", scope="col", class_name="num"),
                rx.el.th(rx.el.span("End", class_name="sr"), scope="col"),
            )
        ),
        rx.el.tbody(rx.foreach(PeopleState.rows, _row)),
        class_name="list people-list",
        custom_attrs={"data-testid": "people-list"},
    )


def _row(row: rx.Var[PlaceRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            rx.el.span(row.person, title=row.email),
            rx.cond(row.own, rx.el.span(rx.cond(row.here, "you, here", "you"), class_name="tag"), rx.fragment()),
            scope="row",
        ),
        rx.el.td(row.role),
        rx.el.td(row.browser),
        rx.el.td(row.address, class_name="mono"),
        rx.el.td(_label("signed in "), rx.el.span(row.since, title=row.since_full), class_name="num"),
        rx.el.td(_label("seen "), rx.el.span(row.seen, title=row.seen_full), class_name="num"),
        rx.el.td(rx.cond(PeopleState.may_end & ~row.here, _end(row), rx.fragment()), class_name="act"),
        key=row.id,
        custom_attrs={"data-testid": "people-row"},
    )


def _label(words: str) -> rx.Component:
    """The column's heading, on a phone, where there is no row of headings."""
    return rx.el.span(words, class_name="muted only-phone")


def _end(row: rx.Var[PlaceRow]) -> rx.Component:
    return rx.el.button(
        "End…",
        rx.el.span(" the session of ", row.person, ", ", row.browser, class_name="sr"),
        type="button",
        class_name="button",
        on_click=PeopleState.ask_end(row.id),
        custom_attrs={"data-testid": "end-for"},
    )


def _dialog() -> rx.Component:
    inside = rx.el.form(
        hidden(id=_asked.id),
        rx.el.h2("End the session of ", _asked.person, "?", id="end-title"),
        told(PeopleState.news),
        rx.el.p(
            _asked.browser,
            ", signed in ",
            _asked.since,
            ", seen ",
            _asked.seen,
            ". They are signed out there at once; what they had not saved is lost, and they may sign in again.",
        ),
        rx.el.div(
            rx.el.label("Reason", html_for="end-reason"),
            rx.el.textarea(
                id="end-reason",
                name="reason",
                max_length=LONGEST_REASON,
                min_length=3,
                required=True,
                placeholder="Goes into the audit",
                custom_attrs={"data-testid": "reason"},
            ),
            class_name="stack tight",
        ),
        choices("Cancel", "End the session", PeopleState.dismiss, running=PeopleState.running, possible=True),
        on_submit=PeopleState.end_for,
        class_name="inside",
        key=_asked.id,
    )
    return rx.el.dialog(
        rx.cond(PeopleState.open, inside, rx.fragment()),
        aria_labelledby="end-title",
        custom_attrs={"data-open": rx.cond(PeopleState.open, "true", "false"), "data-testid": "end-session-dialog"},
    )
