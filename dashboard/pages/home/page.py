"""`/`: my day."""

import reflex as rx

from dashboard.components.marks import mark, shape
from dashboard.components.states import loaded, skeleton
from dashboard.pages.home.own import Figure
from dashboard.pages.home.state import CauseLine, HomeState
from dashboard.shell.frame import framed

ROUTE = "/"
TITLE = "My day · Holdfast"
ON_LOAD = [HomeState.load, HomeState.follow]


@framed
def page() -> rx.Component:
    content = rx.fragment(
        rx.el.header(rx.el.h1(HomeState.greeting), rx.el.p(HomeState.today, class_name="soft"), class_name="page-head"),
        _own(),
        rx.el.div(_held(), _figures(), class_name="day"),
    )
    return loaded(
        HomeState.ready, HomeState.problem, content, rx.el.div(skeleton(2, tall=True), skeleton(6), class_name="stack")
    )


def _own() -> rx.Component:
    """What is this person's to do, before what the shop is about."""
    return rx.el.section(
        rx.el.ul(rx.foreach(HomeState.own, lambda figure: _figure(figure, "own-")), class_name="figures own"),
        aria_label="Your work",
        custom_attrs={"data-testid": "own-work"},
    )


def _held() -> rx.Component:
    return rx.el.section(
        rx.cond(HomeState.held_some, _some(), _none()), class_name="card held-card", aria_label="Held orders"
    )


def _some() -> rx.Component:
    return rx.fragment(
        rx.el.a(
            rx.el.p(rx.el.span(shape("bars"), "Held", class_name="mark held")),
            rx.el.p(rx.el.strong(HomeState.held, class_name="figure", custom_attrs={"data-testid": "day-held"})),
            rx.el.p(HomeState.stake, " at stake", class_name="soft", custom_attrs={"data-testid": "day-stake"}),
            rx.el.p("oldest waits ", HomeState.oldest, class_name="soft"),
            href="/held",
            class_name="lead",
            custom_attrs={"data-testid": "open-held"},
        ),
        rx.el.ul(rx.foreach(HomeState.causes, _cause), class_name="cause-lines"),
        rx.cond(
            HomeState.more_causes != "",
            rx.el.p(rx.el.a(HomeState.more_causes, href="/held", class_name="link"), class_name="rest"),
            rx.fragment(),
        ),
    )


def _none() -> rx.Component:
    return rx.el.div(
        rx.el.p(mark(rx.Var.create("good"), "Nothing is held")),
        rx.el.p("Every order is on its way by itself.", class_name="soft"),
        class_name="lead",
    )


def _cause(cause: rx.Var[CauseLine]) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            rx.el.span(
                cause.title,
                rx.cond(cause.label != "", rx.el.span(" ", cause.label, class_name="label"), rx.fragment()),
                title=cause.label,
                class_name="title",
            ),
            rx.el.span(cause.stake, class_name="muted stake"),
            rx.el.span(cause.orders, class_name="orders"),
            rx.el.span(rx.el.i(style={"width": cause.share}), class_name="share", aria_hidden="true"),
            href=cause.href,
            custom_attrs={"data-testid": "day-cause-" + cause.kind},
        ),
        key=cause.kind,
    )


def _figures() -> rx.Component:
    return rx.el.ul(
        rx.foreach(HomeState.figures, lambda figure: _figure(figure, "figure-")),
        class_name="figures",
    )


def _figure(figure: rx.Var[Figure], prefix: str) -> rx.Component:
    """`prefix` is what its test id begins with."""
    inside = rx.fragment(
        rx.el.span(figure.label, class_name="label"),
        rx.el.strong(figure.value, class_name="figure"),
        rx.el.span(mark(figure.mood, figure.hint), class_name="hint-line"),
    )
    return rx.el.li(
        rx.cond(
            figure.href != "",
            rx.el.a(inside, href=figure.href, class_name="card tile"),
            rx.el.div(inside, class_name="card tile"),
        ),
        key=figure.key,
        custom_attrs={"data-testid": prefix + figure.key},
    )
