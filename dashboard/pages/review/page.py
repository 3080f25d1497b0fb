"""`/review`: what one person must not do alone, and a second one decides."""

import reflex as rx

from dashboard.components.approvals import Request
from dashboard.components.marks import mark
from dashboard.components.states import empty, loaded, skeleton
from dashboard.pages.review.dialog import review_dialog
from dashboard.pages.review.state import ReviewState
from dashboard.shell.frame import framed

ROUTE = "/review"
TITLE = "Review · Holdfast"
ON_LOAD = [ReviewState.load, ReviewState.follow]


@framed
def page() -> rx.Component:
    content = rx.el.div(
        _part("to-decide", "For you to decide", ReviewState.to_decide, _nothing()),
        _part("mine", "Asked by you", ReviewState.mine),
        _part("others", "Waits for others", ReviewState.others),
        _part("decided", "Decided lately", ReviewState.decided),
        class_name="stack",
    )
    return rx.fragment(
        rx.el.header(
            rx.el.h1("Review"),
            rx.el.p(ReviewState.headline, class_name="soft", custom_attrs={"data-testid": "review-headline"}),
            class_name="page-head",
        ),
        rx.el.p(
            "Refunds above the limit, and orders that a colleague suspects of fraud, take two people. Nothing happens"
            " until the second one agrees; whoever asked cannot be the second.",
            class_name="soft intro",
        ),
        loaded(ReviewState.ready, ReviewState.problem, content, skeleton(6, tall=True)),
        review_dialog(),
    )


def _part(name: str, title: str, rows: rx.Var[list[Request]], otherwise: rx.Component | None = None) -> rx.Component:
    """One part of the queue; left out while it is empty, unless there is something to say then."""
    shown = rx.el.section(
        rx.el.h2(title, id=f"{name}-title"),
        rx.el.ul(
            rx.foreach(rows, _request), class_name="card requests", custom_attrs={"data-testid": f"review-{name}"}
        ),
        aria_labelledby=f"{name}-title",
        class_name="stack tight",
    )
    return rx.cond(rows.length() > 0, shown, otherwise or rx.fragment())


def _request(request: rx.Var[Request]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(
                rx.el.strong(request.what),
                rx.el.a(request.number, href=request.href, class_name="link"),
                rx.el.span(mark(request.mood, request.state)),
                class_name="what",
            ),
            rx.el.p(request.reason, class_name="reason"),
            rx.el.p(
                request.by,
                " · ",
                rx.el.span(request.age, " ago", title=request.age_full),
                rx.cond(request.ends != "", rx.el.span(" · ", request.ends), rx.fragment()),
                class_name="muted small",
            ),
        ),
        rx.el.strong(request.amount, class_name="amount num"),
        rx.cond(
            request.ends != "",
            rx.el.button(
                request.verb,
                rx.el.span(" ", request.what, " ", request.number, class_name="sr"),
                type="button",
                class_name=rx.cond(request.verb == "Decide", "button primary", "button"),
                on_click=ReviewState.look(request.id),
                custom_attrs={"data-testid": "review-open", "data-row": "true"},
            ),
            rx.fragment(),
        ),
        key=request.id.to_string(),
        class_name="request",
        custom_attrs={"data-testid": "review-row"},
    )


def _nothing() -> rx.Component:
    return empty(
        "users",
        "Nothing waits for you",
        "When a colleague asks for a second person and your role can be that person, it appears here at once.",
    )
