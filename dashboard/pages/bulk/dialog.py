"""How the question before a bulk run looks, and the buttons that ask it. Mount `bulk_dialog()` once on a page."""

import reflex as rx

from backend.domain.bulk import RULES, BulkAction
from dashboard.pages.bulk.asking import LONGEST_REASON, OFFERED, BulkAskState, Line, Option
from dashboard.pages.order.dialog import choices, hidden, refused

_question = BulkAskState.question
CHOICES = {BulkAction.CANCEL: "Cancel orders"}
"""Words of a choice where the action's verb alone could be taken for the way out of the dialog."""


def search_button(q: rx.Var[str]) -> rx.Component:
    """Asks about every order that a search finds; without a search there is nothing to ask about."""
    return rx.cond(
        q != "",
        rx.el.button(
            rx.icon("list-checks", aria_hidden="true"),
            "Bulk action…",
            type="button",
            class_name="button",
            on_click=BulkAskState.ask_search(q),
            custom_attrs={"data-testid": "bulk-search"},
        ),
        rx.fragment(),
    )


def bulk_dialog() -> rx.Component:
    inside = rx.el.form(
        hidden(run=_question.run, token=_question.token),
        rx.el.h2(rx.cond(_question.title != "", _question.title, "Looking at the orders…"), id="bulk-title"),
        rx.cond(_question.words != "", rx.el.p(_question.words, class_name="soft first-up"), rx.fragment()),
        _actions(),
        _choose(BulkAction.ASSIGN, "To whom", "to", BulkAskState.people),
        _choose(BulkAction.SNOOZE, "Until", "until", BulkAskState.moments),
        rx.el.div(
            rx.cond(
                BulkAskState.looking,
                rx.el.p("Every order is looked at one by one…", class_name="soft", role="status"),
                rx.cond(
                    _question.missing != "",
                    rx.el.p(_question.missing, class_name="soft", custom_attrs={"data-testid": "bulk-missing"}),
                    rx.cond(_question.refusal != "", _refused(), _what()),
                ),
            ),
            class_name="bulk-what",
            aria_live="polite",
        ),
        choices(
            rx.cond(BulkAskState.action == str(BulkAction.CANCEL), "Keep the orders", "Cancel"),
            _question.verb,
            BulkAskState.dismiss,
            running=BulkAskState.starting | BulkAskState.looking,
            possible=(_question.refusal == "") & (_question.run != ""),
            grave=BulkAskState.action == str(BulkAction.CANCEL),
        ),
        on_submit=BulkAskState.start_run,
        class_name="inside",
        key=BulkAskState.asked.to_string(),
    )
    return rx.el.dialog(
        rx.cond(BulkAskState.open, inside, rx.fragment()),
        aria_labelledby="bulk-title",
        class_name="bulk-dialog",
        custom_attrs={"data-open": rx.cond(BulkAskState.open, "true", "false"), "data-testid": "bulk-dialog"},
    )


def _actions() -> rx.Component:
    """What is to be done to all of them; another choice is previewed anew."""
    return rx.el.fieldset(
        rx.el.legend("What to do", class_name="sr"),
        *[
            rx.el.button(
                CHOICES.get(action, RULES[action].verb),
                type="button",
                class_name=rx.cond(BulkAskState.action == str(action), "choice on", "choice"),
                aria_pressed=rx.cond(BulkAskState.action == str(action), "true", "false"),
                on_click=BulkAskState.choose_action(str(action)),
                custom_attrs={"data-testid": f"bulk-action-{action}"},
            )
            for action in OFFERED
        ],
        class_name="choices-row",
    )


def _choose(action: BulkAction, label: str, name: str, options: rx.Var[list[Option]]) -> rx.Component:
    """What the action needs to know beside the orders."""
    return rx.cond(
        BulkAskState.action == str(action),
        rx.el.div(
            rx.el.label(label, html_for=f"bulk-{name}"),
            rx.el.select(
                rx.el.option("Choose…", value=""),
                rx.foreach(options, lambda option: rx.el.option(option.label, value=option.value)),
                id=f"bulk-{name}",
                name=name,
                default_value="",
                on_change=lambda value: BulkAskState.choose_option(name, value),
                custom_attrs={"data-testid": f"bulk-{name}"},
            ),
            class_name="stack tight",
        ),
        rx.fragment(),
    )


def _what() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.h3("What will happen to ", rx.el.span(_question.acting, custom_attrs={"data-testid": "bulk-acting"})),
            _sentences(_question.effects, "bulk-effects"),
            rx.cond(
                _question.unseen != "",
                rx.el.p(_question.unseen, class_name="soft", custom_attrs={"data-testid": "bulk-unseen"}),
                rx.fragment(),
            ),
            rx.el.p(
                "One order first, then ten, then the rest; each wave waits until the one before has ended well, and the"
                " run stops at the first failure.",
                class_name="soft small",
            ),
            class_name="stack tight",
        ),
        rx.el.dl(
            rx.el.dt(_question.money_label),
            rx.el.dd(_question.money, custom_attrs={"data-testid": "bulk-money"}),
            class_name="facts",
        ),
        rx.cond(_question.still_held != "", rx.el.p(_question.still_held, class_name="soft"), rx.fragment()),
        rx.cond(_question.left_out != "", _left_out(), rx.fragment()),
        rx.cond(_question.asks_restock, _restock(), rx.fragment()),
        rx.cond(_question.asks_reason, _reason(), rx.fragment()),
    )


def _refused() -> rx.Component:
    """Why it cannot be started, and why each order is left out."""
    return rx.fragment(
        refused(_question.refusal),
        rx.cond(_question.refused.length() > 0, _sentences(_question.refused, "bulk-refused"), rx.fragment()),
    )


def _left_out() -> rx.Component:
    return rx.el.details(
        rx.el.summary(_question.left_out, class_name="quiet", custom_attrs={"data-testid": "bulk-left-out"}),
        _sentences(_question.refused, "bulk-refused"),
        class_name="more",
    )


def _sentences(lines: rx.Var[list[Line]], testid: str) -> rx.Component:
    return rx.el.ul(
        rx.foreach(
            lines, lambda line: rx.el.li(rx.el.span(line.text), rx.el.span("× ", line.orders, class_name="times"))
        ),
        class_name="effects counted",
        custom_attrs={"data-testid": testid},
    )


def _restock() -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            name="restock",
            default_checked=_question.restock,
            on_change=BulkAskState.choose_return,
            custom_attrs={"data-testid": "bulk-restock"},
        ),
        "The goods go back to stock",
        class_name="tick",
    )


def _reason() -> rx.Component:
    return rx.el.div(
        rx.el.label(
            rx.cond(_question.needs_reason, "Reason", "Reason (optional)"),
            html_for="bulk-reason",
        ),
        rx.el.textarea(
            id="bulk-reason",
            name="reason",
            max_length=LONGEST_REASON,
            required=_question.needs_reason,
            min_length=3,
            placeholder="Goes into every order's timeline",
            custom_attrs={"data-testid": "bulk-reason"},
        ),
        class_name="stack tight",
    )
