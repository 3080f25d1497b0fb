"""`/quarantine`: what came in and could not be used."""

import reflex as rx

from dashboard.components.states import empty, loaded, place, skeleton
from dashboard.pages.order.dialog import hidden
from dashboard.pages.quarantine.state import Choice, Message, QuarantineState, Wrong
from dashboard.shell.frame import framed

ROUTE = "/quarantine"
TITLE = "Quarantine · Holdfast"
ON_LOAD = [QuarantineState.load, QuarantineState.follow]


@framed
def page() -> rx.Component:
    content = rx.fragment(
        _filters(), rx.cond(QuarantineState.messages.length() > 0, _messages(), _nothing()), _refused()
    )
    return rx.fragment(
        rx.el.header(
            rx.el.h1("Quarantine"), rx.el.p(QuarantineState.headline, class_name="soft"), class_name="page-head"
        ),
        rx.el.p(
            "Messages from a known sender that could not be used. Nothing here has become an order; mend one and replay"
            " it, or discard it.",
            class_name="soft intro",
        ),
        loaded(QuarantineState.ready, QuarantineState.problem, content, skeleton(8)),
    )


def _filters() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            _choices(QuarantineState.views, "Which messages"),
            rx.cond(QuarantineState.channels.length() > 0, _choices(QuarantineState.channels, "Sender"), rx.fragment()),
            class_name="filters",
        ),
        rx.cond(
            QuarantineState.causes.length() > 0,
            rx.el.ul(
                rx.foreach(QuarantineState.causes, lambda choice: rx.el.li(_choice(choice))),
                class_name="cause-filter",
                aria_label="Cause",
                custom_attrs={"data-testid": "quarantine-causes"},
            ),
            rx.fragment(),
        ),
        rx.cond(
            (QuarantineState.cause != "")
            & QuarantineState.may_act
            & ~QuarantineState.discarded
            & (QuarantineState.messages.length() > 0),
            _replay_all(),
            rx.fragment(),
        ),
    )


def _choices(choices: rx.Var[list[Choice]], label: str) -> rx.Component:
    return rx.el.nav(rx.foreach(choices, _choice), class_name="choices-row", aria_label=label)


def _choice(choice: rx.Var[Choice]) -> rx.Component:
    return rx.el.a(
        rx.cond(choice.number != "", rx.el.strong(choice.number, " ", class_name="num"), rx.fragment()),
        rx.el.span(choice.label),
        href=choice.href,
        class_name=rx.cond(choice.on, "choice on", "choice"),
        aria_current=rx.cond(choice.on, "true", "false"),
    )


def _replay_all() -> rx.Component:
    """After the cause was mended elsewhere: in the shop's settings, or in ours."""
    return rx.el.form(
        hidden(cause=QuarantineState.cause, provider=QuarantineState.provider, token=QuarantineState.replay_token),
        rx.el.p(
            "Mended the cause elsewhere? Then all messages of this cause can be handled again as they came;"
            " those that still have problems stay here.",
            class_name="soft",
        ),
        rx.el.button(
            rx.cond(QuarantineState.running, "Working…", "Replay all of this cause"),
            type="submit",
            class_name="button",
            disabled=QuarantineState.running,
            custom_attrs={"data-testid": "replay-all"},
        ),
        on_submit=QuarantineState.replay_all,
        class_name="replay-all",
    )


def _messages() -> rx.Component:
    return rx.el.div(
        rx.el.ul(
            rx.foreach(QuarantineState.messages, _message),
            class_name="card messages",
            custom_attrs={"data-testid": "quarantine-list"},
        ),
        rx.cond(
            (QuarantineState.first_href != "") | (QuarantineState.next_href != ""),
            _pager(),
            rx.fragment(),
        ),
    )


def _message(message: rx.Var[Message]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.a(
                rx.el.strong(message.source),
                rx.el.span(" ", message.topic, class_name="muted"),
                href=message.href,
                class_name="row-link",
                custom_attrs={"data-testid": "open-message", "data-row": "true"},
            ),
            rx.cond(message.repeats != "", rx.el.span(message.repeats, class_name="tag"), rx.fragment()),
            rx.el.time(message.received, title=message.received_full, class_name="muted"),
            class_name="from",
        ),
        rx.el.ul(rx.foreach(message.problems, _problem), class_name="problems"),
        rx.cond(message.decided != "", rx.el.p(message.decided, class_name="soft small"), rx.fragment()),
        rx.el.p(rx.el.code(message.event), " · ", message.size, class_name="muted small"),
        key=message.id,
        custom_attrs={"data-testid": "quarantine-row"},
    )


def _problem(problem: rx.Var[Wrong]) -> rx.Component:
    return rx.el.li(problem.sentence, place(problem.path))


def _pager() -> rx.Component:
    links = (("First page", QuarantineState.first_href), ("Next", QuarantineState.next_href))
    return rx.el.nav(
        *[rx.cond(href != "", rx.el.a(label, href=href, class_name="button"), rx.fragment()) for label, href in links],
        class_name="pager",
        aria_label="Pages",
    )


def _refused() -> rx.Component:
    """What is not here and why: false messages are not believed, so there is nothing to replay."""
    return rx.cond(
        QuarantineState.refused.length() > 0,
        rx.el.section(
            rx.el.h2("Turned away in the last 7 days"),
            rx.el.p(
                "These messages were not authentic: their signature did not fit. They are not believed, so nothing of"
                " them is kept and they cannot be replayed. If they were yours, check the sender's secret.",
                class_name="soft",
            ),
            rx.el.ul(rx.foreach(QuarantineState.refused, lambda line: rx.el.li(line))),
            class_name="refused stack tight",
            custom_attrs={"data-testid": "refused"},
        ),
        rx.fragment(),
    )


def _nothing() -> rx.Component:
    return empty(
        "inbox",
        "The quarantine is empty",
        "Everything that came in could be used. A message that cannot be appears here with the reason.",
    )
