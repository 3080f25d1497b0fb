"""The order's tags: what the shop and colleagues called it, to be found by `tag:`; put on and taken off here."""

from typing import Any

import reflex as rx

from backend.domain.permissions import Area, Level
from backend.domain.tags import LONGEST
from backend.services.tags import add_tag, remove_tag
from dashboard.pages.order.state import OrderState
from dashboard.shell import notices
from dashboard.shell.calls import ask
from dashboard.shell.errors import explain
from dashboard.shell.needs import needs

_head = OrderState.head


class TagState(rx.State):
    """Changes of an order's tags; the page shows them by itself once they are made."""

    @rx.event(temporal=True)
    @needs(Area.ORDERS, Level.ACT)
    async def put_tag_on(self, form: dict[str, Any]):
        try:
            await ask(add_tag, str(form.get("number", "")), str(form.get("tag", "")))
        except Exception as error:
            return notices.problem(explain(error))
        return None

    @rx.event(temporal=True)
    @needs(Area.ORDERS, Level.ACT)
    async def take_tag_off(self, number: str, tag: str):
        try:
            await ask(remove_tag, str(number), str(tag))
        except Exception as error:
            return notices.problem(explain(error))
        return None


def tags() -> rx.Component:
    return rx.el.div(
        rx.el.h3("Tags"),
        rx.el.ul(
            rx.foreach(_head.tags, _tag),
            class_name="search-parts",
            aria_label="Tags",
            custom_attrs={"data-testid": "tags"},
        ),
        rx.cond(OrderState.may_note, _form(), rx.fragment()),
        class_name="stack tight",
    )


def _tag(tag: rx.Var[str]) -> rx.Component:
    take_off = rx.el.button(
        rx.icon("x", aria_hidden="true"),
        rx.el.span("Take off the tag ", tag, class_name="sr"),
        type="button",
        class_name="bare-button",
        on_click=TagState.take_tag_off(_head.number, tag),
        custom_attrs={"data-testid": "tag-off"},
    )
    return rx.el.li(rx.el.span(tag, rx.cond(OrderState.may_note, take_off, rx.fragment()), class_name="tag"), key=tag)


def _form() -> rx.Component:
    return rx.el.form(
        rx.el.input(type="hidden", name="number", value=_head.number, read_only=True),
        rx.el.input(
            name="tag",
            class_name="field",
            max_length=LONGEST,
            required=True,
            placeholder="vip",
            aria_label="A tag to put on",
            auto_complete="off",
            custom_attrs={"data-testid": "tag-text"},
        ),
        rx.el.button("Tag", type="submit", class_name="button", custom_attrs={"data-testid": "tag-on"}),
        on_submit=TagState.put_tag_on,
        reset_on_submit=True,
        class_name="tag-form",
    )
