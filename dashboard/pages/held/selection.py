"""Orders selected in the held queue: by hand, or all that fit the filter. Kept while the queue is paged through.

What can be done with a selection is given to `selection_bar`, which appears once something is selected. A click reads
`SelectionState`: `numbers`, or, where `whole` is set, every order that fits `_filter`.
"""

import reflex as rx

from backend.domain.permissions import Area
from backend.domain.queue import Filter
from dashboard.components.words import count
from dashboard.shell.needs import needs

MOST_BY_HAND = 500


class SelectionState(rx.State):
    """`numbers` are the orders ticked by hand; `whole`: every order that fits the filter is selected instead."""

    numbers: list[str] = []
    whole: bool = False
    some: bool = False
    text: str = ""
    _filter: Filter = Filter()

    def _limit_to(self, wanted: Filter) -> None:
        """The queue shows these orders now; what was selected under another filter is let go of."""
        if wanted != self._filter:
            self._filter = wanted
            self._select([])

    @rx.event
    @needs(Area.HOLDS)
    async def toggle(self, number: str, ticked: bool):
        rest = [each for each in self.numbers if each != number]
        self._select([*rest, str(number)[:40]][:MOST_BY_HAND] if ticked else rest)

    @rx.event
    @needs(Area.HOLDS)
    async def take_all(self):
        """Every order that fits the filter, on this page or another."""
        self._select([], whole=True)

    @rx.event
    @needs(Area.HOLDS)
    async def clear(self):
        self._select([])

    def _select(self, numbers: list[str], *, whole: bool = False) -> None:
        self.numbers, self.whole, self.some = numbers, whole, whole or bool(numbers)
        self.text = f"{count(len(numbers), 'order')} selected"


def selection_bar(all_of_them: rx.Var[str], *actions: rx.Component) -> rx.Component:
    """`all_of_them` says in words what `whole` means at the moment, `214 orders of this cause`."""
    says = rx.cond(SelectionState.whole, "All " + all_of_them, SelectionState.text)
    return rx.el.section(
        rx.el.strong(says, aria_live="polite", custom_attrs={"data-testid": "selected"}),
        rx.cond(
            SelectionState.whole | (all_of_them == ""),
            rx.fragment(),
            rx.el.button(
                "Select all ",
                all_of_them,
                type="button",
                class_name="quiet",
                on_click=SelectionState.take_all,
                custom_attrs={"data-testid": "select-all"},
            ),
        ),
        rx.el.span(*actions, _clear(), class_name="ends"),
        hidden=~SelectionState.some,
        class_name="selection",
        aria_label="Selection",
        custom_attrs={"data-testid": "selection"},
    )


def _clear() -> rx.Component:
    return rx.el.button(
        rx.icon("x", aria_hidden="true"),
        type="button",
        class_name="icon-button",
        aria_label="Clear the selection",
        title="Clear the selection",
        on_click=SelectionState.clear,
        custom_attrs={"data-testid": "clear-selection"},
    )
