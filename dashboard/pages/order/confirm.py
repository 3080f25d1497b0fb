"""The confirmation before a click: what exactly will happen, which holds remain, a reason where one is needed.

The dialog carries the version and token of its preview. When the facts have moved meanwhile the click is refused, and
the dialog shows the new preview instead; a click that was carried out already does nothing a second time.
"""

import secrets
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from typing import Any

import reflex as rx

from backend.domain.desk import ActionDone, Preview
from backend.domain.errors import AlreadyDone, HoldfastError, PreviewOutdated
from backend.domain.permissions import Area, Level
from backend.services import actions, cancellations
from dashboard.components.money import told
from dashboard.pages.order import after
from dashboard.pages.order.state import DIALOGS, WHEN_CHANGED, OrderState
from dashboard.shell import notices
from dashboard.shell.calls import ask
from dashboard.shell.needs import needs

RETRY, RELEASE, ASK, RETRY_STEP, HOLD, CANCEL = "retry", "release", "ask", "retry_step", "hold", "cancel"
VERBS = {
    RETRY: "Retry",
    RELEASE: "Release",
    ASK: "Ask the provider",
    RETRY_STEP: "Run again",
    HOLD: "Hold",
    CANCEL: "Cancel the order",
}
ASKS = "Ask a second person"
KEYS = {RETRY: "r", RELEASE: "l", ASK: "a", CANCEL: "c", HOLD: "h"}
"""The key that does what the button does."""
LONGEST_REASON = 500
MOVED = "The order has changed since this preview. Confirming shows you the new one first; nothing is done before."


@dataclass
class Question:
    """What the dialog asks. `subject` is the id of the hold or step that is acted on; 0 when it is the order itself.

    `restock` is asked when an order is cancelled: whether its goods go back to stock.
    """

    action: str = ""
    subject: int = 0
    number: str = ""
    verb: str = ""
    title: str = ""
    effects: list[str] = field(default_factory=list)
    remaining: list[str] = field(default_factory=list)
    needs_reason: bool = False
    restock: bool = False
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
        """Preview a retry or release of one hold, or what its provider would be asked."""
        if action in (RETRY, RELEASE, ASK):
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
        self.question = Question(
            HOLD,
            number=str(number),
            verb=VERBS[HOLD],
            title="Hold this order",
            effects=effects,
            needs_reason=True,
            token=secrets.token_urlsafe(18),
        )
        self.news, self.running, self.open = "", False, True
        self.asked += 1

    @rx.event
    @needs(Area.ORDERS, Level.ACT)
    async def ask_cancel(self, number: str, restock: bool):
        """Preview cancelling the order; `restock` is what is proposed for its goods."""
        return await self._preview(CANCEL, str(number), int(bool(restock)))

    @rx.event
    @needs(Area.ORDERS, Level.ACT)
    async def choose_restock(self, number: str, restock: bool):
        """Preview the cancellation with the other choice for the goods; what was typed stays."""
        return await self._preview(CANCEL, str(number), int(bool(restock)), same=True)

    @rx.event
    @needs(None)
    async def dismiss(self):
        self.open = False

    @rx.event
    @needs(None)
    async def renew(self):
        """The order has changed while the dialog is open: say so. What is confirmed stays what was previewed."""
        question = self.question
        if self.open and not self.running and question.version:
            again = _preview(question.action, question.number, int(question.restock) or question.subject)
            news, left = await outdated(again, question.version, question.remaining, self.news)
            if (news, left) != (self.news, question.remaining):
                self.news, self.question = news, replace(question, remaining=left)

    @rx.event(temporal=True)
    @needs(Area.ORDERS, Level.ACT)
    async def confirm(self, form: dict[str, Any]):
        """Carry out what the dialog asked. All that decides comes with the form, so a forgotten tab decides nothing."""
        self.running = True
        yield
        try:
            done = await _carry_out(form)
        except PreviewOutdated as error:
            self.running, self.news = False, told(error.sentence)
            yield await self._preview(
                str(form.get("action")), str(form.get("number")), _subject(form), told(error.sentence), same=True
            )
            return
        except HoldfastError as error:
            self.running = False
            self.open = self.open and not isinstance(error, AlreadyDone)
            self.news = told(error.sentence)
            yield notices.problem(error.sentence)
            yield OrderState.refresh
            return
        finally:
            self.running = False
        self.open = False
        if not done.repeated:
            yield notices.done(done.sentence)
        yield after.events(str(form.get("number", "")), str(form.get("action", "")))

    async def _preview(self, action: str, number: str, subject: int, news: str = "", same: bool = False) -> Any:
        """Show what the click would do; `same`: it is still the same question, so the reason that was typed stays."""
        try:
            preview = await _preview(action, number, subject)
        except HoldfastError as error:
            self.open = False
            return notices.problem(error.sentence)
        self.question = Question(
            action=action,
            subject=subject,
            number=number,
            verb=ASKS if preview.asks else VERBS[action],
            title=_title(action, preview),
            effects=[told(effect) for effect in preview.effects],
            remaining=_remaining(preview),
            needs_reason=preview.needs_reason,
            restock=action == CANCEL and bool(subject),
            refusal=told(preview.refusal),
            version=preview.version,
            token=preview.token,
        )
        self.news, self.running, self.open = news, False, True
        self.asked += 0 if same else 1
        return None


async def outdated(again: Awaitable[Preview], version: int, remaining: list[str], news: str) -> tuple[str, list[str]]:
    """What an open dialog says when its order has changed, and the holds that would remain now.

    The version and the effects stay those that the person has read: confirming them is refused, and previews anew.
    """
    try:
        preview = await again
    except HoldfastError as error:
        return told(error.sentence), remaining
    if preview.version == version:
        return news, remaining
    return told(preview.refusal) or MOVED, _remaining(preview)


def _remaining(preview: Preview) -> list[str]:
    return [told(hold) for hold in preview.remaining_holds]


def _title(action: str, preview: Preview) -> str:
    if action == CANCEL:
        return f"Cancel order {preview.number}"
    return f"{VERBS[action]}: {preview.title}" if preview.title else f"{VERBS[action]} for order {preview.number}"


async def _preview(action: str, number: str, subject: int) -> Preview:
    if action == RETRY:
        return await ask(actions.preview_retry, number, subject)
    if action == ASK:
        return await ask(actions.preview_ask, number, subject)
    if action == RELEASE:
        return await ask(actions.preview_release, number, [subject])
    if action == CANCEL:
        return await ask(cancellations.preview_cancel, number, restock=bool(subject))
    return await ask(actions.preview_retry_step, number, subject)


async def _carry_out(form: dict[str, Any]) -> ActionDone:
    action, number, subject = str(form.get("action", "")), str(form.get("number", "")), _subject(form)
    reason = str(form.get("reason", "")).strip()[:LONGEST_REASON]
    token = str(form.get("token", ""))[:64]
    if action == HOLD:
        fraud = bool(form.get("fraud"))
        return await ask(actions.hold, number, reason=reason, token=token, fraud=fraud)
    carried = {"version": _whole(form, "version"), "token": token, "reason": reason}
    if action == CANCEL:
        return await ask(cancellations.cancel, number, restock=bool(subject), **carried)
    if action == RETRY:
        return await ask(actions.retry, number, subject, **carried)
    if action == ASK:
        return await ask(actions.ask, number, subject, **carried)
    if action == RELEASE:
        return await ask(actions.release, number, [subject], **carried)
    return await ask(actions.retry_step, number, subject, **carried)


def _subject(form: dict[str, Any]) -> int:
    """The id of the hold or step; for a cancellation, whether the goods go back to stock."""
    return int(bool(form.get("restock"))) if form.get("action") == CANCEL else _whole(form, "subject")


def _whole(form: dict[str, Any], name: str) -> int:
    text = str(form.get(name, ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


WHEN_CHANGED.append(ConfirmState.renew)
DIALOGS.append(ConfirmState)
