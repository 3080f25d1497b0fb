"""Choosing the columns of a list: which are shown, and in which order they stand side by side.

A choice is kept in the address where that names a view or columns, and for the person from now on where it does not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from backend.domain.errors import InvalidInput
from backend.domain.list_columns import COLUMNS
from backend.domain.views import ListPage
from backend.services import views
from dashboard.pages.saved.address import Shown
from dashboard.shell.calls import ask
from dashboard.shell.needs import needs


@dataclass
class ColumnChoice:
    key: str
    title: str
    shown: bool
    fixed: bool


@dataclass(frozen=True)
class Said:
    """What an address says of columns: `keys` with commas between, empty where the person's own choice counts.

    `kept_in` is the address that names other ones; None where a choice is the person's from now on.
    """

    keys: str
    kept_in: Callable[[str], str] | None


class ColumnsState(rx.State, mixin=True):
    """The columns of a list, for the state of its page, which says where it stands and shows what was chosen."""

    columns: list[ColumnChoice] = []
    columns_key: int = 0
    """Rises when the ticks of the columns are others than the browser shows by itself."""
    csv_href: str = ""
    xlsx_href: str = ""
    _ticked: tuple[str, ...] = ()

    def _list(self) -> ListPage:
        raise NotImplementedError

    async def _said(self) -> Said:
        """What the tab's address says of columns."""
        raise NotImplementedError

    async def _columns_changed(self) -> None:
        """Show the list with what the person has just chosen."""
        raise NotImplementedError

    @rx.event
    @needs(None)
    async def show_column(self, key: str, shown: bool):
        """Show a column or not."""
        said = await self._said()
        before = await self._columns(said.keys)
        wanted = COLUMNS[self._list()].ticked(before, str(key), shown is True)
        self._ticked = wanted
        return await self._want(wanted, said) if wanted != before else None

    @rx.event
    @needs(None)
    async def move_column(self, key: str, by: int):
        """One place to the front, or to the end."""
        said = await self._said()
        shown = await self._columns(said.keys)
        return await self._want(COLUMNS[self._list()].moved(shown, str(key), 1 if by == 1 else -1), said)

    @rx.event
    @needs(None)
    async def usual_columns(self):
        """As the list shows itself to whoever has chosen nothing."""
        return await self._want((), await self._said())

    async def _want(self, wanted: tuple[str, ...], said: Said) -> Any:
        if said.kept_in is not None:
            return rx.redirect(said.kept_in(",".join(COLUMNS[self._list()].chosen(wanted))))
        await ask(views.remember_columns, self._list(), list(wanted))
        return await self._columns_changed()

    async def _columns(self, named: str) -> tuple[str, ...]:
        """The columns to show; the person's own choice where there are none of those that an address names."""
        try:
            if named:
                return COLUMNS[self._list()].chosen(named.split(","))
        except InvalidInput:
            pass
        return await ask(views.columns_of, self._list())

    def _show_choice(self, chosen: tuple[str, ...], shown: Shown) -> None:
        """Offer the columns and the files of the list that is `shown`."""
        if chosen != self._ticked:
            self._ticked, self.columns_key = chosen, self.columns_key + 1
        known = COLUMNS[self._list()]
        keys = [*chosen, *[key for key in known.by_key if key not in chosen]]
        self.columns = [ColumnChoice(key, known.by_key[key].title, key in chosen, key == known.always) for key in keys]
        said = urlencode({"q": shown.q, "sort": shown.sort, "columns": ",".join(chosen)})
        self.csv_href, self.xlsx_href = (f"/export/{self._list()}.{form}?{said}" for form in ("csv", "xlsx"))


def columns_problem(page: ListPage, named: str) -> list[str]:
    """A sentence for an address that names columns which there are none of."""
    try:
        COLUMNS[page].chosen(named.split(","))
    except InvalidInput as error:
        return error.problems
    return []


def columns_drop(state: type[ColumnsState]) -> rx.Component:
    """The button and the list behind it, for a page whose state chooses columns."""
    return rx.el.details(
        rx.el.summary(
            rx.icon("columns-3", aria_hidden="true"),
            "Columns",
            title="Columns",
            class_name="button",
            custom_attrs={"data-testid": "columns"},
        ),
        rx.el.fieldset(
            rx.el.legend("Columns", class_name="sr"),
            rx.el.ol(rx.foreach(state.columns, lambda choice: _line(state, choice))),
            rx.el.button(
                "The usual columns",
                type="button",
                class_name="quiet",
                on_click=state.usual_columns,
                custom_attrs={"data-testid": "columns-usual"},
            ),
            class_name="column-choices",
        ),
        class_name="drop right",
    )


def _line(state: type[ColumnsState], choice: rx.Var[ColumnChoice]) -> rx.Component:
    tick = rx.el.label(
        rx.el.input(
            type="checkbox",
            default_checked=choice.shown,
            key=choice.key + state.columns_key.to_string(),
            disabled=choice.fixed,
            on_change=lambda shown: state.show_column(choice.key, shown),
            custom_attrs={"data-testid": "column-" + choice.key},
        ),
        choice.title,
        class_name="tick",
    )
    movers = rx.el.span(
        _mover("arrow-up", "Move forwards: ", choice, "up", state.move_column(choice.key, -1)),
        _mover("arrow-down", "Move back: ", choice, "down", state.move_column(choice.key, 1)),
        class_name="movers",
    )
    return rx.el.li(tick, rx.cond(choice.shown, movers, rx.fragment()), key=choice.key)


def _mover(icon: str, words: str, choice: rx.Var[ColumnChoice], way: str, on_click: Any) -> rx.Component:
    return rx.el.button(
        rx.icon(icon, aria_hidden="true"),
        rx.el.span(words, choice.title, class_name="sr"),
        type="button",
        class_name="bare-button",
        on_click=on_click,
        custom_attrs={"data-testid": f"column-{way}-" + choice.key},
    )
