"""The confirmation before a click: what exactly will happen, which holds remain, a reason where one is needed.

The dialog carries the version and token of its preview. When the facts have moved meanwhile the click is refused, and
the dialog shows the new preview instead; a click that was carried out already does nothing a second time.
"""

from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from backend.domain.desk import ActionDone, Preview
from backend.domain.errors import AlreadyDone, HoldfastError, PreviewOutdated
from backend.domain.permissions import Area, Level
from backend.services import actions
from dashboard.pages.order.state import OrderState
from dashboard.shell import notices
from dashboard.shell.calls import ask
from dashboard.shell.needs import needs

RETRY, RELEASE, RETRY_STEP, HOLD = "retry", "release", "retry_step", "hold"
VERBS = {RETRY: "Retry", RELEASE: "Release", RETRY_STEP: "Run again", HOLD: "Hold"}
LONGEST_REASON = 500


@dataclass
class Question:
    """What the dialog asks. `subject` is the id of the hold or step that is acted on; 0 when it is the order itself."""

    action: str = ""
    subject: int = 0
    number: str = ""
    verb: str = ""
    title: str = ""
    effects: list[str] = field(default_factory=list)
    remaining: list[str] = field(default_factory=list)
    needs_reason: bool = False
    refusal: str = ""
    version: int = 0
    token: str = ""


class ConfirmState(rx.State):
    """One dialog for every click on an order."""

    open: bool = False
    running: bool = False
    news: str = ""
    asked: int = 0
    """Rises with every new question, so that no reason typed for another one is left in the field."""
    question: Question = Question()

    @rx.event
    @needs(Area.HOLDS, Level.ACT)
    async def ask_hold(self, action: str, number: str, hold_id: int):
        """Preview a retry or release of one hold."""
        if action in (RETRY, RELEASE):
            return await self._preview(action, str(number), int(hold_id))
        return None

    @rx.event
    @needs(Area.ORDERS, Level.ACT)
    async def ask_step(self, number: str, step_id: int):
        """Preview running a failed document or message again."""
        return await self._preview(RETRY_STEP, str(number), int(step_id))

    @rx.event
    @needs(Area.HOLDS, Level.ACT)
    async def ask_stop(self, number: str):
        """Ask for the reason why an order is to be held."""
        effects = [
            "The order stops where it is; what is under way outside is still noted.",
            "Only a person can release it again.",
        ]
        self.question = Question(HOLD, 0, str(number), VERBS[HOLD], "Hold this order", effects, needs_reason=True)
        self.news, self.running, self.open = "", False, True
        self.asked += 1

    @rx.event
    @needs(None)
    async def dismiss(self):
        self.open = False

    @rx.event(temporal=True)
    @needs(Area.ORDERS, Level.ACT)
    async def confirm(self, form: dict[str, Any]):
        """Carry out what the dialog asked. All that decides comes with the form, so a forgotten tab decides nothing."""
        self.running = True
        yield
        try:
            done = await _carry_out(form)
        except PreviewOutdated as error:
            self.running, self.news = False, error.sentence
            yield await self._preview(
                str(form.get("action")), str(form.get("number")), _whole(form, "subject"), error.sentence
            )
            return
        except HoldfastError as error:
            self.running = False
            self.open = self.open and not isinstance(error, AlreadyDone)
            self.news = error.sentence
            yield notices.problem(error.sentence)
            yield OrderState.refresh
            return
        finally:
            self.running = False
        self.open = False
        if not done.repeated:
            yield notices.done(done.sentence)
        yield OrderState.refresh

    async def _preview(self, action: str, number: str, subject: int, news: str = "") -> Any:
        try:
            preview = await _preview(action, number, subject)
        except HoldfastError as error:
            self.open = False
            return notices.problem(error.sentence)
        self.question = Question(
            action=action,
            subject=subject,
            number=number,
            verb=VERBS[action],
            title=_title(action, preview),
            effects=list(preview.effects),
            remaining=list(preview.remaining_holds),
            needs_reason=preview.needs_reason,
            refusal=preview.refusal,
            version=preview.version,
            token=preview.token,
        )
        self.news, self.running, self.open = news, False, True
        self.asked += 0 if news else 1
        return None


def _title(action: str, preview: Preview) -> str:
    return f"{VERBS[action]}: {preview.title}" if preview.title else f"{VERBS[action]} for order {preview.number}"


async def _preview(action: str, number: str, subject: int) -> Preview:
    if action == RETRY:
        return await ask(actions.preview_retry, number, subject)
    if action == RELEASE:
        return await ask(actions.preview_release, number, [subject])
    return await ask(actions.preview_retry_step, number, subject)


async def _carry_out(form: dict[str, Any]) -> ActionDone:
    action, number, subject = str(form.get("action", "")), str(form.get("number", "")), _whole(form, "subject")
    reason = str(form.get("reason", "")).strip()[:LONGEST_REASON]
    if action == HOLD:
        return await ask(actions.hold, number, reason=reason)
    carried = {"version": _whole(form, "version"), "token": str(form.get("token", ""))[:64], "reason": reason}
    if action == RETRY:
        return await ask(actions.retry, number, subject, **carried)
    if action == RELEASE:
        return await ask(actions.release, number, [subject], **carried)
    return await ask(actions.retry_step, number, subject, **carried)


def _whole(form: dict[str, Any], name: str) -> int:
    text = str(form.get(name, ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
