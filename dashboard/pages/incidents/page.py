"""`/incidents`: what goes wrong for many orders at once."""

import reflex as rx

from dashboard.components.marks import mark
from dashboard.components.states import empty, loaded, skeleton
from dashboard.pages.incidents.state import IncidentsState, OpenCard, PastRow
from dashboard.shell.frame import framed

ROUTE = "/incidents"
TITLE = "Incidents · Holdfast"
ON_LOAD = [IncidentsState.load, IncidentsState.follow]


@framed
def page() -> rx.Component:
    content = rx.el.div(
        rx.cond(IncidentsState.current.length() > 0, _current(), _nothing()),
        rx.cond(IncidentsState.past.length() > 0, _past(), rx.fragment()),
        class_name="stack",
    )
    return rx.fragment(
        rx.el.header(
            rx.el.h1("Incidents"), rx.el.p(IncidentsState.headline, class_name="soft"), class_name="page-head"
        ),
        rx.el.p(
            "One cause, many orders. While a provider is away its steps wait and use up no tries; nothing is held or lost,"
            " and they go on by themselves when it answers.",
            class_name="soft intro",
        ),
        loaded(IncidentsState.ready, IncidentsState.problem, content, skeleton(4, tall=True)),
    )


def _current() -> rx.Component:
    return rx.el.ul(
        rx.foreach(IncidentsState.current, _card), class_name="stack", custom_attrs={"data-testid": "incidents-open"}
    )


def _card(incident: rx.Var[OpenCard]) -> rx.Component:
    return rx.el.li(
        rx.el.header(
            rx.el.h2(mark(rx.Var.create("bad"), incident.title)),
            rx.el.span("for ", incident.since, title=incident.since_full, class_name="soft lasting"),
        ),
        rx.el.div(
            rx.el.p(rx.el.strong(incident.waits), _again(incident.again)),
            rx.el.p("Last asked ", incident.asked, " ago; it is asked again until it answers.", class_name="soft"),
            rx.el.p(
                "Nobody has to do anything for the orders. If it lasts, whoever runs Holdfast looks at the status page of ",
                incident.provider,
                " and checks its address and key with ",
                rx.el.code("holdfast doctor"),
                ".",
                class_name="advice",
            ),
            class_name="body",
        ),
        key=incident.id,
        class_name="card incident",
        custom_attrs={"data-testid": "incident"},
    )


def _again(text: rx.Var[str]) -> rx.Component:
    return rx.cond(text != "", rx.el.span(text, class_name="tag"), rx.fragment())


def _past() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Past incidents", id="past-title"),
        rx.el.table(
            rx.el.caption("Incidents that are over", class_name="sr"),
            rx.el.thead(
                rx.el.tr(
                    rx.el.th("Provider", scope="col"),
                    rx.el.th("What it was", scope="col"),
                    rx.el.th("Began", scope="col", class_name="num"),
                    rx.el.th("Lasted", scope="col", class_name="num"),
                )
            ),
            rx.el.tbody(rx.foreach(IncidentsState.past, _row)),
            class_name="list incidents-list",
            custom_attrs={"data-testid": "incidents-past"},
        ),
        aria_labelledby="past-title",
        class_name="stack tight",
    )


def _row(incident: rx.Var[PastRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(incident.provider, scope="row"),
        rx.el.td(incident.title, " ", _again(incident.again), class_name="full"),
        rx.el.td(rx.el.span(incident.began, title=incident.began_full), class_name="num"),
        rx.el.td(incident.lasted, class_name="num"),
        key=incident.id,
    )


def _nothing() -> rx.Component:
    return empty(
        "plug-zap",
        "Every provider answers",
        "When one stops answering it is told here once, with what waits for it, instead of order by order.",
    )
