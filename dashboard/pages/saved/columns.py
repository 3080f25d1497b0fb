"""Choosing the columns of a list: which are shown, and in which order they stand side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx


@dataclass
class ColumnChoice:
    key: str
    title: str
    shown: bool
    fixed: bool


def choices(known: Mapping[str, Any], shown: Sequence[str], always: str) -> list[ColumnChoice]:
    """The columns that are shown in their order, then the others; `known` says the titles."""
    keys = [*shown, *[key for key in known if key not in shown]]
    return [ColumnChoice(key, known[key].title, key in shown, key == always) for key in keys]


def with_column(shown: Sequence[str], key: str, wanted: bool) -> list[str]:
    """With one more column at the end, or without it."""
    rest = [each for each in shown if each != key]
    return [*rest, key] if wanted else rest


def moved(shown: Sequence[str], key: str, by: int) -> list[str]:
    """With one column moved to the front or to the end, by so many places."""
    if key not in shown:
        return list(shown)
    place = list(shown).index(key)
    rest = [each for each in shown if each != key]
    at = min(max(0, place + by), len(rest))
    return [*rest[:at], key, *rest[at:]]


def columns_drop(
    columns: rx.Var[list[ColumnChoice]], version: rx.Var[int], show: Any, move: Any, reset: Any
) -> rx.Component:
    """The button and the list behind it; `show(key, shown)`, `move(key, by)` and `reset` are the page's own events."""
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
            rx.el.ol(rx.foreach(columns, lambda choice: _line(choice, version, show, move))),
            rx.el.button(
                "The usual columns",
                type="button",
                class_name="quiet",
                on_click=reset,
                custom_attrs={"data-testid": "columns-usual"},
            ),
            class_name="column-choices",
        ),
        class_name="drop right",
    )


def _line(choice: rx.Var[ColumnChoice], version: rx.Var[int], show: Any, move: Any) -> rx.Component:
    tick = rx.el.label(
        rx.el.input(
            type="checkbox",
            default_checked=choice.shown,
            key=choice.key + version.to_string(),
            disabled=choice.fixed,
            on_change=lambda shown: show(choice.key, shown),
            custom_attrs={"data-testid": "column-" + choice.key},
        ),
        choice.title,
        class_name="tick",
    )
    movers = rx.el.span(
        _mover("arrow-up", "Move forwards: ", choice, "up", move(choice.key, -1)),
        _mover("arrow-down", "Move back: ", choice, "down", move(choice.key, 1)),
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
