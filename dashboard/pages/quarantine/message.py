"""`/quarantine/{message}`: one payload, what is wrong beside it, and the clicks that settle it."""

import reflex as rx

from dashboard.components.marks import mark
from dashboard.components.states import loaded, place, skeleton
from dashboard.pages.order.dialog import hidden
from dashboard.pages.quarantine.message_state import CHECK, DISCARD, REPLAY, RESTORE, Flaw, MessageState
from dashboard.shell.frame import framed

ROUTE = "/quarantine/[message]"
TITLE = MessageState.title
ON_LOAD = [MessageState.load, MessageState.follow]

_head = MessageState.head


@framed
def page() -> rx.Component:
    content = rx.fragment(_top(), _form(), _history())
    return loaded(MessageState.ready, MessageState.problem, content, skeleton(12), "Message in quarantine")


def _top() -> rx.Component:
    return rx.el.header(
        rx.el.p(rx.el.a("Quarantine", href="/quarantine", class_name="link"), class_name="small"),
        rx.el.div(
            rx.el.h1(_head.source, " ", rx.el.span(_head.topic, class_name="muted")),
            rx.el.span(mark(_head.mood, _head.stand), custom_attrs={"data-testid": "message-stand"}),
            rx.cond(
                _head.order != "",
                rx.el.a(
                    _head.order,
                    href="/orders/" + _head.order,
                    class_name="link",
                    custom_attrs={"data-testid": "message-order"},
                ),
                rx.fragment(),
            ),
            class_name="page-head",
        ),
        rx.el.p(
            "Received ",
            rx.el.time(_head.received, title=_head.received_full),
            " · ",
            rx.el.code(_head.event),
            " · ",
            _head.size,
            rx.cond(_head.repeats != "", rx.fragment(" · ", _head.repeats), rx.fragment()),
            class_name="muted small",
        ),
    )


def _form() -> rx.Component:
    return rx.el.form(
        hidden(message=_head.id, version=MessageState.version.to_string(), token=MessageState.token),
        rx.el.input(type="hidden", name="wish", default_value=CHECK),
        rx.el.section(_editor(), class_name="payload-side"),
        rx.el.section(_flaws(), _settle(), class_name="flaws-side stack"),
        on_submit=MessageState.settle_message,
        class_name="mending",
        key=MessageState.shown.to_string(),
    )


def _editor() -> rx.Component:
    """Plain text with numbered lines; the stripes behind it mark the lines that something is wrong with."""
    return rx.fragment(
        rx.el.label("What was sent", html_for="payload", class_name="editor-label"),
        rx.el.div(
            rx.el.div(class_name="gutter", aria_hidden="true", custom_attrs={"data-gutter": "true"}),
            rx.el.div(
                rx.foreach(MessageState.flaws, _stripe),
                rx.el.textarea(
                    id="payload",
                    name="payload",
                    default_value=MessageState.text,
                    rows=MessageState.lines.to_string(),
                    wrap="off",
                    spell_check=False,
                    auto_complete="off",
                    read_only=~(MessageState.open & MessageState.may_act),
                    custom_attrs={"data-testid": "payload", "data-lines": "true"},
                ),
                class_name="sheet",
            ),
            class_name="editor",
            custom_attrs={"data-editor": "true"},
        ),
        rx.cond(
            MessageState.masked,
            rx.el.p(
                "Personal data is hidden: your role may look at messages, not mend them.",
                class_name="muted small",
                custom_attrs={"data-testid": "masked"},
            ),
            rx.fragment(),
        ),
    )


def _stripe(flaw: rx.Var[Flaw]) -> rx.Component:
    stripe = rx.el.i(class_name="stripe", style={"--line": flaw.top}, aria_hidden="true")
    return rx.cond(flaw.line != "", stripe, rx.fragment())


def _flaws() -> rx.Component:
    found = rx.el.div(
        rx.el.h2(rx.cond(MessageState.checked, "Still wrong", "What is wrong")),
        rx.el.ol(rx.foreach(MessageState.flaws, _flaw), class_name="flaws", custom_attrs={"data-testid": "flaws"}),
        class_name="stack tight",
    )
    fine = rx.el.div(
        rx.el.h2("Nothing is wrong any more"),
        rx.el.p("When it is replayed:"),
        rx.el.ul(rx.foreach(MessageState.effects, lambda text: rx.el.li(text)), class_name="effects"),
        class_name="stack tight",
        custom_attrs={"data-testid": "payload-fine"},
    )
    return rx.el.div(
        rx.cond(
            MessageState.news != "",
            rx.el.p(MessageState.news, class_name="complaint", role="alert", custom_attrs={"data-testid": "mend-news"}),
            rx.fragment(),
        ),
        rx.cond(
            MessageState.flaws.length() > 0,
            found,
            rx.cond(MessageState.checked, fine, rx.fragment()),
        ),
        aria_live="polite",
        class_name="stack",
    )


def _flaw(flaw: rx.Var[Flaw]) -> rx.Component:
    return rx.el.li(
        rx.cond(
            flaw.line != "",
            rx.el.button(
                rx.el.span("Line ", flaw.line, class_name="tag"),
                " ",
                flaw.sentence,
                place(flaw.path),
                type="button",
                class_name="flaw",
                custom_attrs={"data-jump": flaw.line, "data-testid": "flaw"},
            ),
            rx.el.span(flaw.sentence, place(flaw.path), class_name="flaw", custom_attrs={"data-testid": "flaw"}),
        )
    )


def _settle() -> rx.Component:
    mend = rx.fragment(
        _reason("Reason", "Needed when you change or discard it"),
        rx.el.div(
            _wish("Check", CHECK, "button"),
            _wish("Replay", REPLAY, "button primary"),
            _wish("Discard", DISCARD, "button"),
            class_name="clicks",
        ),
        rx.el.p(
            "Check stores nothing. Replay keeps what was received as it came, stores your version beside it, and has it"
            " handled like any other message, once.",
            class_name="muted small",
        ),
    )
    back = rx.fragment(
        _reason("Reason (optional)", "Goes into the history of the message"),
        rx.el.div(_wish("Restore", RESTORE, "button primary"), class_name="clicks"),
    )
    return rx.cond(
        MessageState.may_act,
        rx.cond(MessageState.open, mend, rx.cond(_head.verdict == "discarded", back, rx.fragment())),
        rx.fragment(),
    )


def _reason(label: str, hint: str) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for="mend-reason"),
        rx.el.input(
            id="mend-reason",
            name="reason",
            max_length=500,
            placeholder=hint,
            auto_complete="off",
            class_name="field",
            custom_attrs={"data-testid": "mend-reason"},
        ),
        class_name="stack tight",
    )


def _wish(label: str, wish: str, look: str) -> rx.Component:
    """The form's hidden `wish` takes the pressed button's word just before the form is sent."""
    return rx.el.button(
        label,
        type="submit",
        class_name=look,
        disabled=MessageState.running,
        custom_attrs={"data-wish": wish, "data-testid": "mend-" + wish},
    )


def _history() -> rx.Component:
    return rx.fragment(
        rx.cond(
            MessageState.decisions.length() > 0,
            rx.el.section(
                rx.el.h2("What was decided"),
                rx.el.ul(rx.foreach(MessageState.decisions, lambda line: rx.el.li(line)), class_name="decided"),
                class_name="stack tight after",
                custom_attrs={"data-testid": "decisions"},
            ),
            rx.fragment(),
        ),
        rx.cond(
            MessageState.received != "",
            rx.el.details(
                rx.el.summary("As it was received", class_name="quiet"),
                rx.el.pre(MessageState.received, class_name="payload", custom_attrs={"data-testid": "as-received"}),
                class_name="after",
            ),
            rx.fragment(),
        ),
    )
