"""What waits for a second person: mine to decide, mine asked, others', and what was decided lately."""

from typing import Any

import reflex as rx

from backend import clock
from backend.domain.errors import AlreadyDone, HoldfastError, PreviewOutdated
from backend.domain.permissions import Area, Level
from backend.services import approvals
from dashboard.components.approvals import Opened, Request, opened, request
from dashboard.components.money import told
from dashboard.components.words import count
from dashboard.shell import notices, sessions
from dashboard.shell.calls import ask
from dashboard.shell.followed import FollowedPage, keep_current
from dashboard.shell.needs import needs

LONGEST_REASON = 500


class ReviewState(FollowedPage, rx.State):
    headline: str = ""
    to_decide: list[Request] = []
    mine: list[Request] = []
    others: list[Request] = []
    decided: list[Request] = []
    open: bool = False
    running: bool = False
    declining: bool = False
    news: str = ""
    opened: Opened = Opened()

    @rx.event
    @needs(Area.MONEY)
    async def load(self):
        await self._read()

    @rx.event(background=True)
    @needs(Area.MONEY)
    async def follow(self):
        await keep_current(self)

    @rx.event
    @needs(Area.MONEY)
    async def look(self, approval_id: int):
        """Open one request: what it would do now."""
        return await self._open(int(approval_id))

    @rx.event
    @needs(None)
    async def dismiss(self):
        self.open = False

    @rx.event
    @needs(Area.MONEY, Level.ACT)
    async def begin_to_decline(self):
        """Ask for the reason."""
        self.declining = True

    @rx.event(temporal=True)
    @needs(Area.MONEY, Level.ACT)
    async def decide(self, form: dict[str, Any]):
        """Approve, decline or withdraw. All that decides comes with the form, so a forgotten tab decides nothing."""
        self.running = True
        yield
        approval_id = _whole(form, "id")
        try:
            done = await _decide(form, approval_id)
        except PreviewOutdated as error:
            yield await self._open(approval_id, told(error.sentence))
            return
        except HoldfastError as error:
            self.news = told(error.sentence)
            self.open = self.open and not isinstance(error, AlreadyDone)
            yield notices.problem(error.sentence)
            await self._read()
            return
        finally:
            self.running = False
        self.open = False
        if not done.repeated:
            yield notices.done(done.sentence)
        await self._read()

    async def _open(self, approval_id: int, news: str = "") -> Any:
        try:
            found = await ask(approvals.preview, approval_id)
        except HoldfastError as error:
            self.open = False
            return notices.problem(error.sentence)
        may_act = sessions.current().person.actor.may(Area.MONEY, Level.ACT)
        self.opened = opened(found, may_act, clock.now())
        self.news, self.declining, self.running, self.open = news, False, False, True
        return None

    async def _fetch(self) -> None:
        found = await ask(approvals.review)
        now = clock.now()
        waiting = len(found.to_decide)
        self.headline = f"{count(waiting, 'request')} for you to decide" if waiting else "Nothing for you to decide"
        for name in ("to_decide", "mine", "others", "decided"):
            rows = [request(view, now) for view in getattr(found, name)]
            if getattr(self, name) != rows:
                setattr(self, name, rows)


async def _decide(form: dict[str, Any], approval_id: int) -> Any:
    token = str(form.get("token", ""))[:64]
    match form.get("decision"):
        case "approve":
            return await ask(approvals.approve, approval_id, version=_whole(form, "version"), token=token)
        case "decline":
            reason = str(form.get("reason", "")).strip()[:LONGEST_REASON]
            return await ask(approvals.decline, approval_id, token=token, reason=reason)
        case _:
            return await ask(approvals.withdraw, approval_id, token=token)


def _whole(form: dict[str, Any], name: str) -> int:
    text = str(form.get(name, ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
