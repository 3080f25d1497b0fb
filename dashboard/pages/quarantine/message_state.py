"""One quarantined message: its payload, what is wrong in it and where, and the clicks that settle it.

What the form says when it is sent counts; a payload is checked anew by the same rules before it is replayed.
"""

import re
from dataclasses import dataclass
from typing import Any

import reflex as rx

from backend import wiring
from backend.domain.errors import AlreadyDone, HoldfastError, InvalidInput
from backend.domain.payload_words import in_words
from backend.domain.permissions import Area, Level
from backend.domain.quarantine import Problem, QuarantineView
from backend.services import quarantine
from dashboard.components.money import told
from dashboard.components.times import full, moment
from dashboard.components.words import number, word
from dashboard.pages.order.confirm import LONGEST_REASON
from dashboard.pages.quarantine.state import decision
from dashboard.shell import notices, sessions
from dashboard.shell.calls import ask
from dashboard.shell.followed import FollowedPage, keep_current
from dashboard.shell.needs import needs

_ID = re.compile(r"/quarantine/([0-9a-f-]{36})/?")
REPLAY, DISCARD, RESTORE, CHECK = "replay", "discard", "restore", "check"
_STANDS = {
    "quarantined": ("held", "In quarantine"),
    "discarded": ("cancelled", "Discarded"),
    "received": ("moving", "Being handled"),
    "parked": ("waiting", "Waits for what it is about"),
    "accepted": ("good", "Accepted"),
    "ignored": ("idle", "Noted, nothing to do"),
}


@dataclass
class Flaw:
    """A problem and the line it is about; `line` is empty where it is about none. `path`: the same for programmers."""

    sentence: str
    line: str
    top: str
    path: str = ""


@dataclass
class Head:
    id: str = ""
    source: str = ""
    topic: str = ""
    event: str = ""
    received: str = ""
    received_full: str = ""
    size: str = ""
    repeats: str = ""
    mood: str = "held"
    stand: str = ""
    verdict: str = ""
    order: str = ""


class MessageState(FollowedPage, rx.State):
    """`text` is the payload that the editor begins with; what is typed stays in the browser until a click."""

    title: str = "Quarantine · Holdfast"
    head: Head = Head()
    text: str = ""
    lines: int = 1
    received: str = ""
    flaws: list[Flaw] = []
    effects: list[str] = []
    checked: bool = False
    """Whether the flaws and effects are of what was typed, not of what came in."""
    decisions: list[str] = []
    masked: bool = False
    open: bool = False
    """Whether it can still be mended."""
    may_act: bool = False
    running: bool = False
    news: str = ""
    version: int = 0
    token: str = ""
    shown: int = 0
    """Rises when another payload is put into the editor."""
    _id: str = ""

    @rx.event
    @needs(Area.QUARANTINE)
    async def load(self):
        """Show the message that the address names."""
        match = _ID.fullmatch(self.router.url.path.lower())
        message_id = match[1] if match else ""
        if message_id != self._id:
            self._id, self.ready, self.checked, self.news = message_id, False, False, ""
            self.shown += 1
        self.may_act = sessions.current().person.actor.may(Area.QUARANTINE, Level.ACT)
        await self._read()

    @rx.event(background=True)
    @needs(Area.QUARANTINE)
    async def follow(self):
        await keep_current(self)

    @rx.event(temporal=True)
    @needs(Area.QUARANTINE, Level.ACT)
    async def settle_message(self, form: dict[str, Any]):
        """What the pressed button says: check what was typed, or settle the message."""
        wish, message_id = str(form.get("wish", "")), str(form.get("message", ""))[:36]
        self.running, self.news = True, ""
        yield
        try:
            if wish == CHECK:
                await self._check(message_id, str(form.get("payload", "")))
                return
            done = await _carry_out(wish, message_id, form)
        except InvalidInput as error:
            await self._check(message_id, str(form.get("payload", "")))
            self.news = "Nothing was replayed: the message still has problems." if self.flaws else told(error.sentence)
            return
        except HoldfastError as error:
            self.news = told(error.sentence)
            yield notices.problem(error.sentence)
            if isinstance(error, AlreadyDone):
                self.checked = False
                await self._read()
            return
        finally:
            self.running = False
        self.checked = False
        if not done.repeated:
            yield notices.done(done.sentence)
        await self._read()

    async def _check(self, message_id: str, text: str) -> None:
        """Say what is wrong with what was typed, at its lines; the text itself stays where it was typed."""
        try:
            found = await ask(quarantine.check, message_id, text, adapters=wiring.adapters())
        except InvalidInput as error:
            self.flaws, self.effects, self.checked = [_flaw(Problem(one)) for one in error.problems], [], True
            return
        self.flaws = [_flaw(one) for one in found.problems]
        self.effects, self.checked = [told(effect) for effect in found.effects], True

    async def _fetch(self) -> None:
        self._show(await ask(quarantine.message, self._id))

    def _show(self, found: QuarantineView) -> None:
        """A new version replaces what the editor holds; while nothing was decided, what is being typed stays."""
        shown: dict[str, Any] = {
            "title": f"{word(found.provider)} message · Holdfast",
            "head": _head(found),
            "received": found.received if found.received != found.text else "",
            "decisions": [decision(made) for made in found.decisions],
            "masked": found.masked,
            "open": found.verdict == "quarantined",
        }
        if found.text != self.text:
            shown |= {"text": found.text, "lines": found.text.count("\n") + 1, "shown": self.shown + 1}
        if found.version != self.version or not self.token:
            shown |= {"version": found.version, "token": found.token}
        if not self.checked:
            shown |= {"flaws": [_flaw(one) for one in found.problems], "effects": []}
        for name, value in shown.items():
            if getattr(self, name) != value:
                setattr(self, name, value)


def _head(found: QuarantineView) -> Head:
    mood, stand = _STANDS.get(found.verdict, ("idle", word(found.verdict)))
    return Head(
        id=found.id,
        source=word(found.provider),
        topic=found.topic,
        event=found.event_id,
        received=moment(found.received_at),
        received_full=full(found.received_at),
        size=f"{number(found.body_bytes)} bytes",
        repeats=f"sent {number(found.duplicates + 1)} times" if found.duplicates else "",
        mood=mood,
        stand=stand,
        verdict=found.verdict,
        order=found.order_number,
    )


def _flaw(problem: Problem) -> Flaw:
    line = str(problem.line) if problem.line else ""
    found = in_words(problem.sentence)
    return Flaw(told(found.sentence), line, str(problem.line - 1) if line else "", found.path)


async def _carry_out(wish: str, message_id: str, form: dict[str, Any]) -> Any:
    version = str(form.get("version", ""))
    carried = {
        "version": int(version) if version.isascii() and version.isdigit() and len(version) < 9 else -1,
        "token": str(form.get("token", ""))[:64],
        "reason": str(form.get("reason", "")).strip()[:LONGEST_REASON],
    }
    if wish == DISCARD:
        return await ask(quarantine.discard, message_id, **carried)
    if wish == RESTORE:
        return await ask(quarantine.restore, message_id, **carried)
    text = str(form.get("payload", ""))
    return await ask(quarantine.replay, message_id, adapters=wiring.adapters(), text=text, **carried)
