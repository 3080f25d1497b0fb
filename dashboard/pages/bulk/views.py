"""How bulk runs look: the list, and one run with its progress and what became of every order."""

import reflex as rx

from dashboard.components.marks import mark
from dashboard.components.states import empty, skeleton
from dashboard.pages.bulk.asking import BulkAskState
from dashboard.pages.bulk.present import ResultRow, ResultTile, RunCard
from dashboard.pages.bulk.state import BulkRunState, BulkState

_card = BulkRunState.card


def runs() -> rx.Component:
    return rx.el.table(
        rx.el.caption("Bulk runs", class_name="sr"),
        rx.el.thead(
            rx.el.tr(
                rx.el.th("Run", scope="col"),
                rx.el.th("What", scope="col"),
                rx.el.th("How far", scope="col"),
                rx.el.th("By", scope="col"),
                rx.el.th("Started", scope="col", class_name="num"),
            )
        ),
        rx.el.tbody(rx.foreach(BulkState.runs, _run)),
        class_name="list bulk-list",
        custom_attrs={"data-testid": "bulk-runs"},
    )


def _run(run: rx.Var[RunCard]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            rx.el.a(
                run.id,
                href=run.href,
                class_name="row-link",
                aria_label="Bulk run " + run.id,
                custom_attrs={"data-row": "true", "data-testid": "bulk-run-" + run.id},
            ),
            scope="row",
        ),
        rx.el.td(
            rx.el.span(run.title, class_name="why"),
            rx.el.span(run.words, class_name="under first-up"),
            class_name="full",
        ),
        rx.el.td(
            mark(run.mark, run.state),
            _bar(run),
            rx.el.span(run.counted, class_name="under"),
            class_name="full how-far",
        ),
        rx.el.td(run.by),
        rx.el.td(rx.el.span(run.started, title=run.started_full), class_name="num"),
        key=run.id,
        custom_attrs={"data-testid": "bulk-run"},
    )


def _bar(run: rx.Var[RunCard]) -> rx.Component:
    return rx.el.span(
        rx.el.i(style={"width": run.done}),
        rx.el.i(style={"width": run.skipped}, class_name="skipped"),
        rx.el.i(style={"width": run.failed}, class_name="failed"),
        class_name="bulk-bar",
        aria_hidden="true",
    )


def no_runs() -> rx.Component:
    return empty(
        "list-checks",
        "No bulk runs yet",
        "Choose a cause in the held queue, then “Bulk action for this cause”. A run does one order first, then ten, then"
        " the rest, and stops where something fails.",
    )


def run_head() -> rx.Component:
    """Which run, how it stands, and what can be done about it."""
    return rx.el.header(
        rx.el.div(
            rx.el.h1("Bulk run ", BulkRunState.run, ": ", _card.title),
            rx.el.p(
                _card.words,
                rx.cond(_card.by != "", " · started by " + _card.by, ""),
                rx.cond(_card.started != "", ", " + _card.started, ""),
                class_name="soft first-up",
                title=_card.started_full,
            ),
            rx.cond(
                BulkRunState.reason != "", rx.el.p("Reason: ", BulkRunState.reason, class_name="soft"), rx.fragment()
            ),
            class_name="stack tight",
        ),
        _run_buttons(),
        class_name="page-head bulk-head",
    )


def _run_buttons() -> rx.Component:
    return rx.el.div(
        _button("Pause", BulkRunState.may_pause, BulkRunState.pause_run(BulkRunState.run), "bulk-pause"),
        _button(
            "Resume",
            BulkRunState.may_resume,
            BulkRunState.resume_run(BulkRunState.run),
            "bulk-resume",
            "button primary",
        ),
        _button("Stop", BulkRunState.may_stop, BulkRunState.stop_run(BulkRunState.run), "bulk-stop"),
        _button(
            "Preview the failed ones again…",
            BulkRunState.may_again,
            BulkAskState.ask_again(_card.action, BulkRunState.run),
            "bulk-again",
        ),
        rx.el.button(
            "Export CSV",
            type="button",
            class_name="button",
            on_click=BulkRunState.export(BulkRunState.run),
            custom_attrs={"data-testid": "bulk-export"},
        ),
        class_name="bulk-buttons",
    )


def _button(label: str, shown: rx.Var[bool], on_click, testid: str, look: str = "button") -> rx.Component:
    return rx.cond(
        shown,
        rx.el.button(label, type="button", class_name=look, on_click=on_click, custom_attrs={"data-testid": testid}),
        rx.fragment(),
    )


def progress() -> rx.Component:
    return rx.el.section(
        rx.el.p(
            mark(_card.mark, _card.state),
            rx.cond(BulkRunState.wave != "", rx.el.span(BulkRunState.wave, class_name="soft"), rx.fragment()),
            rx.el.span(_card.lasted, class_name="soft lasting"),
            class_name="bulk-state",
            role="status",
            custom_attrs={"data-testid": "bulk-state"},
        ),
        rx.el.div(
            _bar(_card),
            role="progressbar",
            aria_label="How far the run is",
            aria_valuetext=_card.counted,
        ),
        rx.cond(
            _card.why != "",
            rx.el.p(_card.why, class_name="complaint", custom_attrs={"data-testid": "bulk-why"}),
            rx.fragment(),
        ),
        rx.cond(BulkRunState.stake != "", rx.el.p("At stake: ", BulkRunState.stake, class_name="soft"), rx.fragment()),
        aria_label="Progress",
        class_name="card bulk-progress",
    )


def results() -> rx.Component:
    return rx.fragment(
        rx.el.nav(
            rx.el.div(rx.foreach(BulkRunState.tiles, _tile), class_name="choices-row"),
            aria_label="Results",
            class_name="filters",
        ),
        rx.el.table(
            rx.el.caption("Orders of this run", class_name="sr"),
            rx.el.thead(
                rx.el.tr(
                    rx.el.th("Order", scope="col"),
                    rx.el.th("Result", scope="col"),
                    rx.el.th("What happened", scope="col"),
                    rx.el.th("Amount", scope="col", class_name="num"),
                    rx.el.th("When", scope="col", class_name="num"),
                )
            ),
            rx.el.tbody(rx.foreach(BulkRunState.rows, lambda row: result(row=row, key=row.number))),
            class_name="list bulk-results",
            custom_attrs={"data-testid": "bulk-results"},
        ),
        _pager(),
    )


def _tile(tile: rx.Var[ResultTile]) -> rx.Component:
    return rx.el.a(
        tile.word,
        " ",
        rx.el.strong(tile.orders),
        href=tile.href,
        key=tile.word,
        class_name=rx.cond(tile.chosen, "choice on", "choice"),
        aria_current=rx.cond(tile.chosen, "true", "false"),
        custom_attrs={"data-testid": "bulk-show-" + tile.word.lower()},
    )


@rx.memo
def result(rest: rx.RestProp, *, row: rx.Var[ResultRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            rx.el.a(row.number, href="/orders/" + row.number, class_name="row-link", custom_attrs={"data-row": "true"}),
            scope="row",
        ),
        rx.el.td(mark(row.mark, row.word)),
        rx.el.td(row.result, class_name="full soft"),
        rx.el.td(row.amount, class_name="num amount"),
        rx.el.td(rx.el.span(row.at, title=row.at_full), class_name="num"),
        rest,
        custom_attrs={"data-testid": "bulk-result"},
    )


def _pager() -> rx.Component:
    return rx.cond(
        BulkRunState.page_text != "",
        rx.el.nav(
            rx.el.span(BulkRunState.page_text, aria_live="polite"),
            _step("Previous", BulkRunState.previous_href),
            _step("Next", BulkRunState.next_href),
            class_name="pager",
            aria_label="Pages",
        ),
        rx.fragment(),
    )


def _step(label: str, href: rx.Var[str]) -> rx.Component:
    return rx.cond(
        href != "",
        rx.el.a(label, href=href, class_name="button"),
        rx.el.span(label, class_name="button", aria_disabled="true"),
    )


def waiting() -> rx.Component:
    return rx.el.div(skeleton(1, tall=True), skeleton(8), class_name="stack")
