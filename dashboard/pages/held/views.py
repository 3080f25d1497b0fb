"""How the held queue looks: the answer first, then its causes, then the orders, one card each."""

from typing import Any

import reflex as rx

from dashboard.components.marks import shape
from dashboard.components.states import empty, skeleton
from dashboard.components.teamwork import assignee_mark, due_mark, turn_mark, viewers_mark
from dashboard.pages.bulk.asking import BulkAskState
from dashboard.pages.held.rows import Row
from dashboard.pages.held.search import HeldSearchState
from dashboard.pages.held.searching import nothing_fits
from dashboard.pages.held.selection import SelectionState, selection_bar
from dashboard.pages.held.state import HeldState
from dashboard.pages.held.tiles import CauseTile, Scope, SortChoice


def answer() -> rx.Component:
    """How many are held, how long the oldest has waited, and what is at stake."""
    return rx.el.header(
        rx.el.h1(
            rx.el.span(HeldState.headline, class_name="figure", custom_attrs={"data-testid": "held-total"}), " held"
        ),
        rx.el.p(
            rx.cond(
                HeldState.oldest != "",
                rx.el.span(
                    "oldest ",
                    rx.el.strong(HeldState.oldest, custom_attrs={"data-testid": "held-oldest"}),
                ),
                rx.fragment(),
            ),
            _standing("overdue", shape("triangle"), HeldState.overdue),
            _standing("at-risk", shape("half"), HeldState.at_risk),
            rx.el.span(
                rx.el.strong(HeldState.stake, custom_attrs={"data-testid": "held-stake"}),
                " at stake",
                class_name="at-stake",
            ),
            class_name="soft facts-line",
        ),
        class_name="page-head answer",
    )


def _standing(name: str, sign: rx.Component, orders: rx.Var[str]) -> rx.Component:
    """How many are overdue, or at risk; nothing when none is."""
    words = name.replace("-", " ")
    return rx.cond(
        orders != "",
        rx.el.a(
            sign, rx.el.strong(orders), " ", words,
            href=HeldState.due_href,
            class_name=f"standing {name}",
            custom_attrs={"data-testid": f"held-{name}"},
        ),
        rx.fragment(),
    )  # fmt: skip


def causes() -> rx.Component:
    """One line per cause; choosing one filters, choosing it again shows all."""
    return rx.el.nav(
        rx.el.div(rx.foreach(HeldState.causes, _cause), class_name="causes"),
        rx.cond(
            HeldState.more_causes.length() > 0,
            rx.el.details(
                rx.el.summary(HeldState.more_text, class_name="quiet", custom_attrs={"data-testid": "more-causes"}),
                rx.el.div(rx.foreach(HeldState.more_causes, _cause), class_name="causes"),
                class_name="more",
            ),
            rx.fragment(),
        ),
        aria_label="Causes",
        class_name="causes-card",
    )


def _cause(cause: rx.Var[CauseTile]) -> rx.Component:
    return rx.el.a(
        rx.el.span(cause.title, class_name="title"),
        rx.el.span(cause.orders, rx.el.span(" orders", class_name="sr"), class_name="orders"),
        rx.el.span(cause.label, class_name="label", title=cause.label),
        rx.el.span(cause.stake, class_name="stake"),
        rx.el.span(rx.el.i(style={"width": cause.share}), class_name="share", aria_hidden="true"),
        href=cause.href,
        key=cause.key,
        class_name=rx.cond(cause.chosen, "cause chosen", "cause"),
        aria_current=rx.cond(cause.chosen, "true", "false"),
        custom_attrs={"data-testid": "cause-" + cause.key},
    )


def orders() -> rx.Component:
    return rx.el.section(
        rx.el.div(_scopes(), _sorts(), class_name="list-head"),
        _filtered(),
        selection_bar(HeldState.all_of_them, _for_these()),
        _news(),
        rx.el.ol(
            rx.foreach(HeldState.rows, lambda row: _row_of(row)),
            class_name=HeldSearchState.look,
            aria_label="Held orders",
            custom_attrs={"data-testid": "held-list", "style": HeldSearchState.places},
        ),
        rx.cond(HeldState.rows.length() == 0, nothing_fits(), rx.fragment()),
        pager(),
        custom_attrs={"data-still": "true"},
    )


def _for_these() -> rx.Component:
    """Asks what to do with what is selected; a whole selection is named by the filter, never by its rows."""
    numbers = rx.cond(SelectionState.whole, [], SelectionState.numbers)
    return rx.el.button(
        "Bulk action…",
        type="button",
        class_name="button primary",
        on_click=_ask(numbers),
        custom_attrs={"data-testid": "bulk-selection", "data-key": "b"},
    )


def _ask(numbers: rx.Var[list[str]] | list[str]) -> Any:
    """Ask what to do for these; for none, what to do for all that the filter shows."""
    return BulkAskState.ask_orders("", numbers, HeldState.kind, HeldState.cause, HeldState.q, HeldState.scope)


def _filtered() -> rx.Component:
    return rx.cond(
        HeldState.filtered != "",
        rx.el.p(
            rx.el.strong(HeldState.filtered, custom_attrs={"data-testid": "held-filtered"}), " ", HeldState.filter_words, ". ",
            rx.el.a("Show all", href=HeldState.all_href, class_name="link", custom_attrs={"data-testid": "show-all"}), " ",
            rx.cond(
                HeldState.rows.length() > 0,
                rx.el.button(
                    "Bulk action for ",
                    rx.cond(HeldState.filter_words == "of this cause", "this cause…", "all of these…"),
                    type="button",
                    class_name="quiet",
                    on_click=_ask([]),
                    custom_attrs={"data-testid": "bulk-cause"},
                ),
                rx.fragment(),
            ),
            class_name="filtered soft",
        ),
        rx.fragment(),
    )  # fmt: skip


def _scopes() -> rx.Component:
    return rx.el.nav(rx.foreach(HeldState.scopes, _scope), class_name="choices-row", aria_label="Whose orders")


def _scope(scope: rx.Var[Scope]) -> rx.Component:
    return rx.el.a(
        scope.label,
        " ",
        rx.el.span(scope.orders, class_name="muted"),
        href=scope.href,
        key=scope.key,
        class_name=rx.cond(scope.chosen, "choice on", "choice"),
        aria_current=rx.cond(scope.chosen, "true", "false"),
        custom_attrs={"data-testid": "scope-" + scope.key},
    )


def _sorts() -> rx.Component:
    return rx.el.nav(rx.foreach(HeldState.sorts, _sort), class_name="choices-row", aria_label="Order of the queue")


def _sort(choice: rx.Var[SortChoice]) -> rx.Component:
    sign = rx.match(choice.order, ("ascending", " ↑"), ("descending", " ↓"), "")
    return rx.el.a(
        choice.label,
        rx.el.span(sign, aria_hidden="true"),
        rx.el.span(
            rx.match(choice.order, ("ascending", ", ascending"), ("descending", ", descending"), ""), class_name="sr"
        ),
        href=choice.href,
        key=choice.key,
        class_name=rx.cond(choice.order == "none", "choice", "choice on"),
        aria_current=rx.cond(choice.order == "none", "false", "true"),
        custom_attrs={"data-testid": "sort-" + choice.key},
    )


def _news() -> rx.Component:
    """What came while the page was open; a click leads there and takes the marks away."""
    return rx.el.div(
        rx.cond(
            HeldState.news != "",
            rx.el.button(
                HeldState.news,
                type="button",
                class_name="news",
                on_click=HeldState.look_at_news,
                custom_attrs={"data-testid": "news", "data-to-news": "true"},
            ),
            rx.fragment(),
        ),
        role="status",
        class_name="news-line",
    )


def _row_of(row: rx.Var[Row]) -> rx.Component:
    return held_row(
        row=row,
        ticked=SelectionState.whole | SelectionState.numbers.contains(row.number),
        chosen=HeldState.chosen == row.number,
        key=row.number,
    )


@rx.memo
def held_row(rest: rx.RestProp, *, row: rx.Var[Row], ticked: rx.Var[bool], chosen: rx.Var[bool]) -> rx.Component:
    return rx.el.li(
        rx.el.input(
            type="checkbox",
            checked=ticked,
            on_change=lambda on: SelectionState.toggle(row.number, on),
            aria_label="Select " + row.number,
            class_name="picker",
            tab_index=-1,
            custom_attrs={"data-pick": "true", "data-testid": "pick-" + row.number},
        ),
        _link(row, chosen),
        rx.el.span(row.number, class_name="number cell at-number", aria_hidden="true"),
        rx.el.span(row.amount, class_name="amount cell at-amount"),
        _reason(row),
        rx.el.span(row.age, title=row.since, class_name="age cell at-age"),
        rx.el.span(row.advice, class_name="advice cell at-advice", title=row.advice),
        rx.el.span(row.channel, class_name="small cell at-channel"),
        rx.el.span(row.external, class_name="small cell at-external"),
        *_desk(row),
        *[_fact(words, key, getattr(row, key)) for key, words in FACTS.items()],
        rest,
        class_name=rx.cond(row.state == "gone", "row gone", "row")
        + rx.cond(row.fresh, " fresh", "")
        + rx.cond(chosen, " chosen", "")
        + rx.cond(ticked, " ticked", ""),
        custom_attrs={
            "data-testid": "held-row",
            "data-line": "true",
            "data-fresh": rx.cond(row.fresh, "true", "false"),
        },
    )


FACTS = {"status": "Status", "held": "Held since", "placed": "Placed"}
"""What a row shows only for whoever wants it, behind these words."""


def _link(row: rx.Var[Row], chosen: rx.Var[bool]) -> rx.Component:
    """The whole row is its link, also where the customer's name is left out of it."""
    return rx.el.a(
        rx.el.span(row.customer, class_name="who"),
        rx.el.span(" ", row.number, class_name="sr"),
        href="/orders/" + row.number,
        class_name="row-link cell at-customer",
        aria_current=rx.cond(chosen, "true", "false"),
        custom_attrs={"data-row": row.number, "data-testid": "held-row-" + row.number},
    )


def _reason(row: rx.Var[Row]) -> rx.Component:
    return rx.el.span(
        rx.cond(
            row.state == "gone",
            rx.el.span(shape("tick"), "No longer held", class_name="mark good why"),
            rx.el.span(shape("bars"), row.title, class_name="mark held why"),
        ),
        rx.el.span(row.reason, class_name="said", title=row.reason),
        rx.cond(row.others != "", rx.el.span(row.others, class_name="tag"), rx.fragment()),
        class_name="line cell at-reason",
    )


def _desk(row: rx.Var[Row]) -> list[rx.Component]:
    """The desk's side of it: how it stands against its target, whose turn, who looks at it, whose it is."""
    work = row.work
    due = due_mark(bucket=work.bucket, word=work.bucket_word, due=work.due, hint=work.due_hint)
    turn = turn_mark(turn=work.turn, word=work.turn_word, hint=work.turn_hint)
    snoozed = rx.el.span("Snoozed ", work.snooze, class_name="muted snoozed")
    return [
        rx.el.span(
            rx.cond(work.held, due, rx.fragment()),
            rx.cond(work.snoozed, snoozed, rx.fragment()),
            class_name="cell at-due",
        ),
        rx.el.span(rx.cond(work.held, turn, rx.fragment()), class_name="cell at-turn"),
        rx.el.span(viewers_mark(short=work.viewers_short, people=work.viewers), class_name="cell at-viewers"),
        rx.el.span(
            assignee_mark(name=work.assignee, letters=work.initials, mine=work.mine, hint=work.assigned),
            class_name="cell at-assignee",
        ),
    ]


def _fact(words: str, key: str, value: rx.Var[str]) -> rx.Component:
    return rx.el.span(
        rx.el.span(words, " ", class_name="muted"),
        value,
        class_name=f"small cell at-{'since' if key == 'held' else key}",
    )


def pager() -> rx.Component:
    return rx.cond(
        HeldState.position != "",
        rx.el.nav(
            rx.el.span(HeldState.position, aria_live="polite", custom_attrs={"data-testid": "page"}),
            step_link("Previous", HeldState.previous_href, "p"),
            step_link("Next", HeldState.next_href, "n"),
            class_name="pager",
            aria_label="Pages",
        ),
        rx.fragment(),
    )


def step_link(label: str, href: rx.Var[str], key: str) -> rx.Component:
    """A link to a neighbouring page, or its greyed word where there is none."""
    return rx.cond(
        href != "",
        rx.el.a(
            label,
            href=href,
            class_name="button",
            custom_attrs={"data-testid": label.lower(), "data-key": key, "data-turn": label.lower()},
        ),
        rx.el.span(label, class_name="button", aria_disabled="true"),
    )


def nothing() -> rx.Component:
    return empty(
        "circle-check",
        "Nothing is held",
        "Every order is on its way by itself. When one is stopped it appears here at once; there is no need to reload.",
    )


def waiting() -> rx.Component:
    return rx.el.div(
        rx.el.div(rx.el.h1("Held"), skeleton(1, tall=True), skeleton(12), class_name="stack"),
        rx.el.div(skeleton(2, tall=True), skeleton(8), class_name="stack only-desk"),
        class_name="cockpit",
    )
