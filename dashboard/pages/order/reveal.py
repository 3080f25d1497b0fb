"""Asking to see the personal data in what was said to a provider: with a reason, written down, for this view only."""

from typing import Any

import reflex as rx

from backend.domain.errors import HoldfastError
from backend.domain.permissions import Area, Level
from backend.services.reveal import reveal_attempt
from dashboard.pages.order.confirm import LONGEST_REASON
from dashboard.pages.order.dialog import choices, hidden, reason, told
from dashboard.pages.order.state import DIALOGS, OrderState
from dashboard.shell.calls import ask
from dashboard.shell.needs import needs


class RevealState(rx.State):
    """The dialog that asks why."""

    open: bool = False
    running: bool = False
    news: str = ""
    asked: int = 0
    number: str = ""
    attempt: int = 0

    @rx.event
    @needs(Area.ORDERS, Level.ACT)
    async def ask_reveal(self, number: str, attempt: int):
        self.number, self.attempt = str(number)[:40], int(attempt)
        self.open, self.running, self.news = True, False, ""
        self.asked += 1

    @rx.event
    @needs(None)
    async def dismiss(self):
        self.open = False

    @rx.event(temporal=True)
    @needs(Area.ORDERS, Level.ACT)
    async def reveal(self, form: dict[str, Any]):
        """Show it, if the order is still the one in view."""
        self.running = True
        yield
        why = str(form.get("reason", "")).strip()[:LONGEST_REASON]
        try:
            said = await ask(reveal_attempt, self.number, self.attempt, reason=why)
        except HoldfastError as error:
            self.news = error.sentence
            return
        finally:
            self.running = False
        self.open = False
        shown = await self.get_state(OrderState)
        await shown._reveal(self.number, self.attempt, said)


def reveal_dialog() -> rx.Component:
    inside = rx.el.form(
        hidden(attempt=RevealState.attempt.to_string()),
        rx.el.h2("Show personal data", id="reveal-title"),
        told(RevealState.news),
        rx.el.p(
            "What was sent and answered is shown with names, addresses and the like; secrets stay hidden. It is written "
            "into the order's timeline that you looked, and why. It is shown until you leave this tab."
        ),
        reason("reveal-reason", True),
        choices("Cancel", "Show", RevealState.dismiss, running=RevealState.running, possible=True),
        on_submit=RevealState.reveal,
        class_name="inside",
        key=RevealState.asked.to_string(),
    )
    return rx.el.dialog(
        rx.cond(RevealState.open, inside, rx.fragment()),
        aria_labelledby="reveal-title",
        custom_attrs={"data-open": rx.cond(RevealState.open, "true", "false"), "data-testid": "reveal-dialog"},
    )


DIALOGS.append(RevealState)
