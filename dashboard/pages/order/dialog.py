"""How the confirmation looks: effects first, then what remains, then the reason; the focus starts on Cancel."""

import reflex as rx

from dashboard.pages.order.confirm import LONGEST_REASON, ConfirmState

_question = ConfirmState.question


def confirm_dialog() -> rx.Component:
    return rx.el.dialog(
        rx.el.form(
            _hidden(),
            rx.el.h2(_question.title, id="confirm-title"),
            rx.cond(
                ConfirmState.news != "", rx.el.p(ConfirmState.news, class_name="complaint", role="alert"), rx.fragment()
            ),
            rx.cond(_question.refusal != "", _refused(), _effects()),
            _choices(),
            on_submit=ConfirmState.confirm,
            class_name="inside",
            key=ConfirmState.asked.to_string(),
        ),
        aria_labelledby="confirm-title",
        custom_attrs={"data-open": rx.cond(ConfirmState.open, "true", "false"), "data-testid": "confirm"},
    )


def _hidden() -> rx.Component:
    """What the click carries; the server trusts none of it."""
    values = {
        "action": _question.action,
        "number": _question.number,
        "subject": _question.subject.to_string(),
        "version": _question.version.to_string(),
        "token": _question.token,
    }
    return rx.fragment(
        *[rx.el.input(type="hidden", name=name, value=value, read_only=True) for name, value in values.items()]
    )


def _refused() -> rx.Component:
    return rx.el.p(_question.refusal, class_name="complaint", role="alert", custom_attrs={"data-testid": "refusal"})


def _effects() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.h3("What will happen"),
            rx.el.ul(rx.foreach(_question.effects, lambda text: rx.el.li(text)), class_name="effects"),
            class_name="stack tight",
            custom_attrs={"data-testid": "effects"},
        ),
        rx.cond(
            _question.remaining.length() > 0,
            rx.el.div(
                rx.el.h3("The order stays held by"),
                rx.el.ul(rx.foreach(_question.remaining, lambda text: rx.el.li(text)), class_name="effects rest"),
                class_name="stack tight",
                custom_attrs={"data-testid": "remaining"},
            ),
            rx.fragment(),
        ),
        _reason(),
    )


def _reason() -> rx.Component:
    return rx.el.div(
        rx.el.label(rx.cond(_question.needs_reason, "Reason", "Reason, if it helps others"), html_for="reason"),
        rx.el.textarea(
            id="reason",
            name="reason",
            max_length=LONGEST_REASON,
            required=_question.needs_reason,
            min_length=3,
            placeholder="Goes into the order's timeline",
            custom_attrs={"data-testid": "reason"},
        ),
        class_name="stack tight",
    )


def _choices() -> rx.Component:
    return rx.el.div(
        rx.el.button(
            rx.cond(_question.refusal != "", "Close", "Cancel"),
            type="button",
            class_name="button",
            on_click=ConfirmState.dismiss,
            custom_attrs={"data-dismiss": "true", "data-focus": "true", "data-testid": "cancel"},
        ),
        rx.cond(
            _question.refusal == "",
            rx.el.button(
                rx.cond(ConfirmState.running, "Working…", _question.verb),
                type="submit",
                class_name="button primary",
                disabled=ConfirmState.running,
                custom_attrs={"data-testid": "confirm-go"},
            ),
            rx.fragment(),
        ),
        class_name="choices",
    )
