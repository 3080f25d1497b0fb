"""Every promised call, with its attempts: what was sent and answered, secrets and personal data masked."""

import reflex as rx

from dashboard.components.marks import mark
from dashboard.pages.order.cards import Exchange, StepCard, Try
from dashboard.pages.order.listing import run_again
from dashboard.pages.order.reveal import RevealState
from dashboard.pages.order.state import OrderState


def attempts() -> rx.Component:
    """Every promised call, with its attempts; opening one shows requests and answers, secrets masked."""
    return rx.el.section(
        rx.el.header(rx.el.h2("Calls and attempts")),
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
            rx.el.span(
                step.used,
                rx.cond(step.next_try != "", " · " + step.next_try, ""),
                class_name="muted used",
                custom_attrs={"data-left": step.left},
            ),
            run_again(step),
            class_name="step-line",
        ),
        rx.cond(step.error != "", rx.el.p(step.error, class_name="step-error"), rx.fragment()),
        rx.cond(step.open, _tries(step), rx.fragment()),
        key=step.id.to_string(),
        class_name="step",
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
        rx.el.h3(
            attempt.title,
            mark(attempt.mood, attempt.outcome),
            rx.el.span(attempt.at, " · by ", attempt.worker, class_name="muted"),
            _personal(attempt),
        ),
        rx.cond(attempt.error != "", rx.el.p(attempt.error, class_name="soft"), rx.fragment()),
        rx.foreach(attempt.exchanges, _exchange),
        key=attempt.id.to_string(),
        class_name=rx.cond(attempt.revealed, "try revealed", "try"),
        custom_attrs={"data-testid": "attempt"},
    )


def _personal(attempt: rx.Var[Try]) -> rx.Component:
    """Personal data is shown to who asks for it and may see it, as long as the original is kept."""
    show = rx.el.button(
        "Show personal data",
        type="button",
        class_name="quiet",
        title=attempt.kept,
        on_click=RevealState.ask_reveal(OrderState.head.number, attempt.id),
        custom_attrs={"data-testid": "reveal"},
    )
    put_away = rx.el.button(
        "Hide again",
        type="button",
        class_name="quiet",
        on_click=OrderState.hide_again,
        custom_attrs={"data-testid": "hide-again"},
    )
    return rx.cond(attempt.revealed, put_away, rx.cond(attempt.revealable & OrderState.may_note, show, rx.fragment()))


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
