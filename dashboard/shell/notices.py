"""Short messages after an action, as text in a live region: nothing is evaluated in the browser."""

import asyncio
import itertools
from dataclasses import dataclass

import reflex as rx
from reflex.event import EventSpec

from dashboard.components.money import told
from dashboard.shell.needs import needs

SHOWN_SECONDS = {"done": 6.0, "problem": 20.0}
MOST_SHOWN = 4
_numbers = itertools.count(1)


@dataclass
class Notice:
    """One message; `kind` is `done` or `problem`."""

    id: int
    kind: str
    text: str


class NoticeState(rx.State):
    notices: list[Notice] = []

    @rx.event
    @needs(None)
    async def show(self, kind: str, text: str):
        if kind not in SHOWN_SECONDS:
            return None
        notice = Notice(next(_numbers), kind, told(str(text)[:400]))
        self.notices = [*self.notices[1 - MOST_SHOWN :], notice]
        return NoticeState.expire(notice.id, kind)

    @rx.event(background=True)
    @needs(None)
    async def expire(self, notice_id: int, kind: str):
        await asyncio.sleep(SHOWN_SECONDS.get(kind, 6.0))
        async with self:
            self.notices = [notice for notice in self.notices if notice.id != notice_id]

    @rx.event
    @needs(None)
    async def dismiss(self, notice_id: int):
        self.notices = [notice for notice in self.notices if notice.id != notice_id]


def done(text: str) -> EventSpec:
    """Say that something was done: `return notices.done("…")` from a handler."""
    return NoticeState.show("done", text)


def problem(text: str) -> EventSpec:
    """Say that something could not be done, and why."""
    return NoticeState.show("problem", text)


def region() -> rx.Component:
    """Where notices appear; read aloud as they come."""
    return rx.el.div(
        rx.foreach(NoticeState.notices, _notice),
        class_name="notices",
        aria_live="polite",
        custom_attrs={"data-testid": "notices"},
    )


def _notice(notice: rx.Var[Notice]) -> rx.Component:
    return rx.el.div(
        rx.el.p(notice.text),
        rx.el.button("Dismiss", type="button", class_name="quiet", on_click=NoticeState.dismiss(notice.id)),
        key=notice.id.to_string(),
        class_name="notice " + notice.kind,
        role=rx.cond(notice.kind == "problem", "alert", "status"),
        custom_attrs={"data-testid": "notice"},
    )
