"""How the confirmation looks: effects first, then what remains, then the reason; the focus starts on Cancel."""

import reflex as rx

from dashboard.pages.order.confirm import CANCEL, HOLD, LONGEST_REASON, ConfirmState

_question = ConfirmState.question


def confirm_dialog() -> rx.Component:
    inside = rx.el.form(
        hidden(
            action=_question.action,
            number=_question.number,
            subject=_question.subject.to_string(),
            version=_question.version.to_string(),
            token=_question.token,
        ),
        rx.el.h2(_question.title, id="confirm-title"),
        told(ConfirmState.news),
        rx.cond(_question.refusal != "", refused(_question.refusal), _what()),
        _choices(),
        on_submit=ConfirmState.confirm,
        class_name="inside",
        key=ConfirmState.asked.to_string(),
    )
    return rx.el.dialog(
        rx.cond(ConfirmState.open, inside, rx.fragment()),
        aria_labelledby="confirm-title",
        custom_attrs={"data-open": rx.cond(ConfirmState.open, "true", "false"), "data-testid": "confirm"},
    )


def _what() -> rx.Component:
    return rx.fragment(
        effects(_question.effects),
        remaining(_question.remaining),
        rx.cond(_question.action == CANCEL, _restock(), rx.fragment()),
        rx.cond(_question.action == HOLD, _fraud(), rx.fragment()),
        reason("reason", _question.needs_reason),
    )


def _restock() -> rx.Component:
    return tick_box(
        "The goods go back to stock",
        "restock",
        _question.restock,
        lambda ticked: ConfirmState.choose_restock(_question.number, ticked),
    )


def _fraud() -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", name="fraud", custom_attrs={"data-testid": "fraud"}),
        "I suspect fraud: two people release the order again",
        class_name="tick",
    )


def _choices() -> rx.Component:
    leave = rx.cond(_question.refusal != "", "Close", rx.cond(_question.action == CANCEL, "Keep the order", "Cancel"))
    return choices(
        leave,
        _question.verb,
        ConfirmState.dismiss,
        running=ConfirmState.running,
        possible=_question.refusal == "",
        grave=_question.action == CANCEL,
    )


def hidden(**values: rx.Var[str]) -> rx.Component:
    """What the click carries; the server trusts none of it."""
    return rx.fragment(
        *[rx.el.input(type="hidden", name=name, value=value, read_only=True) for name, value in values.items()]
    )


def told(news: rx.Var[str]) -> rx.Component:
    """Why the preview is not the one that was confirmed."""
    return rx.cond(news != "", rx.el.p(news, class_name="complaint", role="alert"), rx.fragment())


def refused(sentence: rx.Var[str]) -> rx.Component:
    return rx.el.p(sentence, class_name="complaint", role="alert", custom_attrs={"data-testid": "refusal"})


def effects(sentences: rx.Var[list[str]]) -> rx.Component:
    return rx.el.div(
        rx.el.h3("What will happen"),
        rx.el.ul(rx.foreach(sentences, lambda text: rx.el.li(text)), class_name="effects"),
        class_name="stack tight",
        custom_attrs={"data-testid": "effects"},
    )


def remaining(holds: rx.Var[list[str]]) -> rx.Component:
    return rx.cond(
        holds.length() > 0,
        rx.el.div(
            rx.el.h3("The order stays held by"),
            rx.el.ul(rx.foreach(holds, lambda text: rx.el.li(text)), class_name="effects rest"),
            class_name="stack tight",
            custom_attrs={"data-testid": "remaining"},
        ),
        rx.fragment(),
    )


def reason(field_id: str, needed: rx.Var[bool] | bool) -> rx.Component:
    """Why; `field_id` tells the fields of two dialogs on one page apart."""
    return rx.el.div(
        rx.el.label(rx.cond(needed, "Reason", "Reason (optional)"), html_for=field_id),
        rx.el.textarea(
            id=field_id,
            name="reason",
            max_length=LONGEST_REASON,
            required=needed,
            min_length=3,
            placeholder="Goes into the order's timeline",
            custom_attrs={"data-testid": "reason"},
        ),
        class_name="stack tight",
    )


def tick_box(label: rx.Component | str, name: str, ticked: rx.Var[bool], on_change) -> rx.Component:
    """`ticked` is how it is at first; from then on the browser keeps it, so that it answers a click at once."""
    return rx.el.label(
        rx.el.input(
            type="checkbox", name=name, default_checked=ticked, on_change=on_change, custom_attrs={"data-testid": name}
        ),
        label,
        class_name="tick",
    )


def choices(
    leave: rx.Var[str] | str,
    verb: rx.Var[str] | str,
    dismiss,
    *,
    running,
    possible,
    grave: rx.Var[bool] | bool = False,
) -> rx.Component:
    """The way out, where the focus starts, and the click itself, which is there only where it is possible.

    `grave` clicks, which nobody can take back, look different from the others.
    """
    return rx.el.div(
        rx.el.button(
            leave,
            type="button",
            class_name="button",
            on_click=dismiss,
            custom_attrs={"data-dismiss": "true", "data-focus": "true", "data-testid": "cancel"},
        ),
        rx.cond(
            possible,
            rx.el.button(
                rx.cond(running, "Working…", verb),
                type="submit",
                class_name=rx.cond(grave, "button primary grave", "button primary"),
                disabled=running,
                custom_attrs={"data-testid": "confirm-go"},
            ),
            rx.fragment(),
        ),
        class_name="choices",
    )
