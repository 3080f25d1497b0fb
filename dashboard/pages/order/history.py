"""What happened to the order: the timeline, and every attempt with what was sent and answered."""

import reflex as rx

from dashboard.components.marks import mark
from dashboard.pages.order.cards import Entry, Exchange, StepCard, Try
from dashboard.pages.order.confirm import ConfirmState
from dashboard.pages.order.state import OrderState


def timeline() -> rx.Component:
    """Newest first; people and machine told apart, routine folded away."""
    return rx.el.section(
        rx.el.header(rx.el.h2("Timeline"), _fold()),
        rx.el.ol(
            rx.foreach(OrderState.timeline, _entry), class_name="timeline", custom_attrs={"data-testid": "timeline"}
        ),
        class_name="card",
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


def _entry(entry: rx.Var[Entry]) -> rx.Component:
    return rx.el.li(
        rx.cond(entry.day != "", rx.el.h3(entry.day, class_name="day"), rx.fragment()),
        rx.el.div(
            rx.el.time(entry.time, title=entry.full),
            rx.el.span(
                rx.cond(entry.person, rx.icon("user", aria_hidden="true"), rx.icon("cog", aria_hidden="true")),
                class_name="actor",
            ),
            rx.el.p(entry.text, " ", rx.el.span(entry.who, class_name="muted")),
            class_name="line",
        ),
        key=entry.id.to_string(),
        class_name=rx.cond(entry.person, "entry person ", "entry machine ") + entry.weight,
        custom_attrs={"data-testid": "entry"},
    )


def steps() -> rx.Component:
    """Every promised call, with its attempts; opening one shows requests and answers, secrets masked."""
    return rx.el.section(
        rx.el.header(rx.el.h2("Steps and attempts")),
        rx.el.ul(rx.foreach(OrderState.steps, _step), class_name="steps", custom_attrs={"data-testid": "steps"}),
        class_name="card",
    )


def _step(step: rx.Var[StepCard]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.button(
                rx.icon("chevron-right", aria_hidden="true"),
                rx.el.span(step.label, class_name="label"),
                rx.el.span(step.provider, class_name="muted provider"),
                type="button",
                class_name="opener",
                aria_expanded=rx.cond(step.open, "true", "false"),
                on_click=OrderState.open_step(step.id),
                custom_attrs={"data-testid": "step"},
            ),
            rx.el.span(mark(step.mood, step.state), class_name="state"),
            rx.el.span(step.used, rx.cond(step.next_try != "", " · " + step.next_try, ""), class_name="muted used"),
            _run_again(step),
            class_name="step-line",
        ),
        rx.cond(step.error != "", rx.el.p(step.error, class_name="step-error"), rx.fragment()),
        rx.cond(step.open, _tries(step), rx.fragment()),
        key=step.id.to_string(),
        class_name="step",
    )


def _run_again(step: rx.Var[StepCard]) -> rx.Component:
    return rx.cond(
        step.can_retry & OrderState.may_note,
        rx.el.button(
            "Run again",
            rx.el.span(" ", step.label, class_name="sr"),
            type="button",
            class_name="button",
            disabled=ConfirmState.running,
            on_click=ConfirmState.ask_step(OrderState.head.number, step.id),
            custom_attrs={"data-testid": "run-again"},
        ),
        rx.fragment(),
    )


def _tries(step: rx.Var[StepCard]) -> rx.Component:
    return rx.el.div(
        rx.el.p("Key ", rx.el.code(step.key), class_name="muted"),
        rx.foreach(step.tries, _try),
        rx.cond(step.tries.length() == 0, rx.el.p("Not tried yet.", class_name="muted"), rx.fragment()),
        class_name="tries",
        custom_attrs={"data-testid": "attempts"},
    )


def _try(attempt: rx.Var[Try]) -> rx.Component:
    return rx.el.section(
        rx.el.h3(attempt.title, mark(attempt.mood, attempt.outcome), rx.el.span(attempt.at, class_name="muted")),
        rx.cond(attempt.error != "", rx.el.p(attempt.error, class_name="soft"), rx.fragment()),
        rx.foreach(attempt.exchanges, _exchange),
        key=attempt.title,
    )


def _exchange(exchange: rx.Var[Exchange]) -> rx.Component:
    return rx.el.div(
        rx.el.p(
            rx.el.code(exchange.line),
            rx.el.span(exchange.status, " ", exchange.took, class_name="muted"),
            class_name="call",
        ),
        rx.el.div(_payload("Request", exchange.request), _payload("Answer", exchange.response), class_name="pair"),
        class_name="exchange",
    )


def _payload(label: str, text: rx.Var[str]) -> rx.Component:
    return rx.cond(
        text != "",
        rx.el.figure(rx.el.figcaption(label, class_name="muted"), rx.el.pre(text, class_name="payload", tab_index=0)),
        rx.fragment(),
    )
