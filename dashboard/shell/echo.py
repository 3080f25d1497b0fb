"""The way to the server and back, with nothing done there: the floor under every click, for whoever measures.

It is on every page, shown to nobody, and as real as any other click: session, guard, handler and update are all in it.
"""

import reflex as rx

from dashboard.shell.needs import needs


class EchoState(rx.State):
    """How often this tab has called."""

    heard: int = 0

    @rx.event
    @needs(None)
    async def call(self):
        self.heard += 1


def echo() -> rx.Component:
    return rx.el.button(
        type="button",
        tab_index=-1,
        aria_hidden="true",
        on_click=EchoState.call,
        class_name="sr",
        custom_attrs={"data-testid": "echo", "data-heard": EchoState.heard},
    )
