"""How the strip of views looks, and the dialog that keeps, renames and deletes them."""

import reflex as rx

from backend.domain.views import LONGEST_NAME
from dashboard.pages.saved.state import Chip, ViewsState


def views_strip() -> rx.Component:
    """The views of this list with live counts; put above the list on its page."""
    return rx.fragment(
        rx.el.div(
            rx.el.nav(
                rx.foreach(ViewsState.chips, lambda chip: _chip(chip=chip, key=chip.key)),
                class_name="views",
                aria_label="Views",
                custom_attrs={"data-testid": "views"},
            ),
            rx.cond(ViewsState.changed | (ViewsState.chosen != ""), _tending(), rx.fragment()),
            class_name="views-line",
        ),
        _dialog(),
    )


@rx.memo
def _chip(rest: rx.RestProp, *, chip: rx.Var[Chip]) -> rx.Component:
    return rx.el.a(
        rx.el.span(chip.name),
        rx.cond(
            chip.mood == "shared",
            rx.fragment(rx.icon("users", aria_hidden="true"), rx.el.span(" (shared)", class_name="sr")),
            rx.fragment(),
        ),
        rx.el.span(chip.count, class_name="count", custom_attrs={"data-testid": "view-count-" + chip.key}),
        rest,
        href=chip.href,
        title=chip.hint,
        class_name=rx.cond(chip.chosen, "view on", "view"),
        aria_current=rx.cond(chip.chosen, "true", "false"),
        custom_attrs={"data-testid": "view-" + chip.key},
    )


def _tending() -> rx.Component:
    """What may be done with the view that is shown."""
    return rx.el.div(
        rx.cond(
            ViewsState.changed & (ViewsState.chosen != ""),
            rx.fragment(
                rx.el.span("Changed", class_name="muted", custom_attrs={"data-testid": "view-changed"}),
                rx.el.a(
                    "Undo", href=ViewsState.reset_href, class_name="quiet", custom_attrs={"data-testid": "view-undo"}
                ),
                rx.cond(
                    ViewsState.may_change,
                    _button("Keep changes", ViewsState.keep_changes, "view-keep"),
                    rx.fragment(),
                ),
            ),
            rx.fragment(),
        ),
        rx.cond(
            ViewsState.changed, _button("Save as a view", ViewsState.open_dialog("save"), "view-save"), rx.fragment()
        ),
        rx.cond(
            ViewsState.may_change & ~ViewsState.changed,
            rx.fragment(
                _button("Rename", ViewsState.open_dialog("rename"), "view-rename"),
                _button("Delete", ViewsState.open_dialog("delete"), "view-delete"),
            ),
            rx.fragment(),
        ),
        class_name="views-tending",
    )


def _button(label: str, on_click, testid: str) -> rx.Component:
    return rx.el.button(
        label, type="button", class_name="quiet", on_click=on_click, custom_attrs={"data-testid": testid}
    )


def _dialog() -> rx.Component:
    inside = rx.match(
        ViewsState.doing,
        ("save", _form("Save as a view", "Save", "", ViewsState.save, shared=False)),
        ("rename", _form("Rename the view", "Rename", ViewsState.chosen_name, ViewsState.rename, shared=True)),
        ("delete", _deleting()),
        rx.fragment(),
    )
    return rx.el.dialog(
        inside,
        aria_labelledby="view-dialog-title",
        custom_attrs={"data-open": rx.cond(ViewsState.doing != "", "true", "false"), "data-testid": "view-dialog"},
    )


def _form(title: str, verb: str, name: rx.Var[str] | str, on_submit, *, shared: bool) -> rx.Component:
    return rx.el.form(
        rx.el.h2(title, id="view-dialog-title"),
        _complaint(),
        rx.el.div(
            rx.el.label("Name", html_for="view-name"),
            rx.el.input(
                id="view-name",
                name="name",
                default_value=name,
                class_name="field",
                required=True,
                max_length=LONGEST_NAME,
                auto_complete="off",
                placeholder="What it shows, in a few words",
                custom_attrs={"data-focus": "true", "data-testid": "view-name"},
            ),
            class_name="stack tight",
        ),
        rx.cond(
            ViewsState.may_share,
            rx.el.label(
                rx.el.input(
                    type="checkbox",
                    name="shared",
                    default_checked=ViewsState.chosen_shared if shared else False,
                    custom_attrs={"data-testid": "view-shared"},
                ),
                "Share it with everybody who may see this list",
                class_name="tick",
            ),
            rx.fragment(),
        ),
        _choices(rx.el.button(verb, type="submit", class_name="button primary", custom_attrs=_GO)),
        on_submit=on_submit,
        class_name="inside",
        key=ViewsState.asked.to_string(),
    )


def _deleting() -> rx.Component:
    return rx.el.div(
        rx.el.h2("Delete the view “", ViewsState.chosen_name, "”?", id="view-dialog-title"),
        _complaint(),
        rx.el.p(
            rx.cond(
                ViewsState.chosen_shared,
                "It disappears for everybody. The orders it shows stay as they are.",
                "The orders it shows stay as they are.",
            )
        ),
        _choices(
            rx.el.button(
                "Delete", type="button", class_name="button primary", on_click=ViewsState.delete, custom_attrs=_GO
            )
        ),
        class_name="inside",
    )


_GO = {"data-testid": "view-go"}


def _complaint() -> rx.Component:
    return rx.cond(
        ViewsState.problem != "",
        rx.el.p(ViewsState.problem, class_name="complaint", role="alert", custom_attrs={"data-testid": "view-problem"}),
        rx.fragment(),
    )


def _choices(go: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.button(
            "Cancel",
            type="button",
            class_name="button",
            on_click=ViewsState.dismiss,
            custom_attrs={"data-dismiss": "true", "data-testid": "view-cancel"},
        ),
        go,
        class_name="choices",
    )
