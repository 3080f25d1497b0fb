"""The dialog of one request: what was asked and why, what it would do now, and the decision."""

import reflex as rx

from dashboard.pages.order.dialog import effects, hidden, remaining, told
from dashboard.pages.review.state import LONGEST_REASON, ReviewState

_opened = ReviewState.opened


def review_dialog() -> rx.Component:
    inside = rx.el.form(
        hidden(
            id=_opened.id.to_string(),
            version=_opened.version.to_string(),
            token=_opened.token,
            decision=rx.cond(
                ReviewState.declining, "decline", rx.cond(_opened.may_withdraw, "withdraw", "approve")
            ).to(str),
        ),
        rx.el.h2(_opened.what, id="review-title"),
        told(ReviewState.news),
        rx.el.p(
            "Order ", rx.el.a(_opened.number, href="/orders/" + _opened.number, class_name="link"), ". ", _opened.asked,
            ": “", _opened.reason, "”",
            custom_attrs={"data-testid": "review-asked"},
        ),
        rx.cond(
            _opened.changes != "",
            rx.el.p("Since then: ", _opened.changes, ".", class_name="soft", custom_attrs={"data-testid": "review-moved"}),
            rx.fragment(),
        ),
        rx.cond(
            _opened.refusal != "",
            rx.el.p(_opened.refusal, class_name="complaint", role="alert", custom_attrs={"data-testid": "refusal"}),
            rx.fragment(),
        ),
        rx.cond(_opened.effects.length() > 0, effects(_opened.effects), rx.fragment()),
        remaining(_opened.remaining),
        rx.cond(ReviewState.declining, _why_not(), rx.fragment()),
        _choices(),
        on_submit=ReviewState.decide,
        class_name="inside",
        key=_opened.token,
    )  # fmt: skip
    return rx.el.dialog(
        rx.cond(ReviewState.open, inside, rx.fragment()),
        aria_labelledby="review-title",
        custom_attrs={"data-open": rx.cond(ReviewState.open, "true", "false"), "data-testid": "review-dialog"},
    )


def _why_not() -> rx.Component:
    return rx.el.div(
        rx.el.label("Reason for declining", html_for="decline-reason"),
        rx.el.textarea(
            id="decline-reason",
            name="reason",
            max_length=LONGEST_REASON,
            min_length=3,
            required=True,
            placeholder="The colleague who asked sees it",
            custom_attrs={"data-testid": "reason"},
        ),
        class_name="stack tight",
    )


def _choices() -> rx.Component:
    return rx.el.div(
        rx.el.button(
            "Close",
            type="button",
            class_name="button",
            on_click=ReviewState.dismiss,
            custom_attrs={"data-dismiss": "true", "data-focus": "true", "data-testid": "cancel"},
        ),
        rx.cond(
            _opened.may_decline & ~ReviewState.declining,
            rx.el.button(
                "Decline…",
                type="button",
                class_name="button",
                on_click=ReviewState.begin_to_decline,
                custom_attrs={"data-testid": "decline"},
            ),
            rx.fragment(),
        ),
        rx.cond(ReviewState.declining, _submit("Decline", "confirm-decline"), rx.fragment()),
        rx.cond(_opened.may_approve & ~ReviewState.declining, _submit("Approve", "approve"), rx.fragment()),
        rx.cond(_opened.may_withdraw, _submit("Withdraw", "withdraw"), rx.fragment()),
        class_name="choices",
    )


def _submit(label: str, name: str) -> rx.Component:
    return rx.el.button(
        rx.cond(ReviewState.running, "Working…", label),
        type="submit",
        class_name="button primary",
        disabled=ReviewState.running,
        custom_attrs={"data-testid": name},
    )
