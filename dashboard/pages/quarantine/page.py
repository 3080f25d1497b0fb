"""`/quarantine`: what came in and could not be used."""

import reflex as rx

from dashboard.components.states import empty, loaded, skeleton
from dashboard.pages.quarantine.state import Message, QuarantineState
from dashboard.shell.frame import framed

ROUTE = "/quarantine"
TITLE = "Quarantine · Holdfast"
ON_LOAD = [QuarantineState.load, QuarantineState.follow]


@framed
def page() -> rx.Component:
    content = rx.cond(QuarantineState.messages.length() > 0, _messages(), _nothing())
    return rx.fragment(
        rx.el.header(
            rx.el.h1("Quarantine"), rx.el.p(QuarantineState.headline, class_name="soft"), class_name="page-head"
        ),
        rx.el.p(
            "Messages from a known sender that could not be used. Nothing here has become an order.",
            class_name="soft intro",
        ),
        loaded(QuarantineState.ready, QuarantineState.problem, content, skeleton(8)),
    )


def _messages() -> rx.Component:
    return rx.el.div(
        rx.el.ul(
            rx.foreach(QuarantineState.messages, _message),
            class_name="card messages",
            custom_attrs={"data-testid": "quarantine-list"},
        ),
        rx.cond(QuarantineState.page_text != "", _pager(), rx.fragment()),
    )


def _message(message: rx.Var[Message]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.strong(message.source),
            rx.el.span(message.topic, class_name="muted"),
            rx.cond(message.repeats != "", rx.el.span(message.repeats, class_name="tag"), rx.fragment()),
            rx.el.time(message.received, title=message.received_full, class_name="muted"),
            class_name="from",
        ),
        rx.el.ul(rx.foreach(message.problems, lambda problem: rx.el.li(problem)), class_name="problems"),
        rx.el.p(rx.el.code(message.event), " · ", message.size, class_name="muted small"),
        key=message.id,
        custom_attrs={"data-testid": "quarantine-row"},
    )


def _pager() -> rx.Component:
    links = (("Previous", QuarantineState.previous_href), ("Next", QuarantineState.next_href))
    return rx.el.nav(
        rx.el.span(QuarantineState.page_text),
        *[rx.cond(href != "", rx.el.a(label, href=href, class_name="button"), rx.fragment()) for label, href in links],
        class_name="pager",
        aria_label="Pages",
    )


def _nothing() -> rx.Component:
    return empty(
        "inbox",
        "The quarantine is empty",
        "Everything that came in could be used. A message that cannot be appears here with the reason.",
    )
