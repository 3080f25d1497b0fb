"""One's own settings: name, password, how things are shown, and where one is signed in."""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any

import reflex as rx

from backend import clock
from backend.domain.errors import HoldfastError
from backend.domain.permissions import ROLE_NAMES
from backend.domain.preferences import NUMBERS, Preferences, zones
from backend.services import profile
from dashboard.components.money import money
from dashboard.components.times import age, full, moment
from dashboard.components.words import count
from dashboard.shell import live, notices, sessions
from dashboard.shell.calls import ask
from dashboard.shell.errors import explain
from dashboard.shell.needs import needs

LONGEST = 256


@dataclass
class SessionRow:
    id: str
    title: str
    about: str
    seen: str
    here: bool


@dataclass
class Choice:
    value: str
    label: str


class SettingsState(rx.State):
    ready: bool = False
    problem: str = ""
    name: str = ""
    email: str = ""
    role: str = ""
    time_zone: str = ""
    browser_zone: str = ""
    numbers: str = ""
    theme: str = ""
    mentions: str = ""
    sample: str = ""
    zone_choices: list[str] = []
    number_choices: list[Choice] = []
    signed_in: list[SessionRow] = []
    complaint: str = ""
    running: bool = False
    filled: int = 0
    """Rises with every saved form, so that its fields show what was saved."""

    @rx.event
    @needs(None)
    async def load(self):
        self.zone_choices = zones()
        self.number_choices = [Choice(tag, label) for tag, label in NUMBERS.items()]
        await self._read()

    @rx.event(temporal=True)
    @needs(None)
    async def rename(self, form: dict[str, Any]):
        """Change the name that others see."""
        try:
            await ask(profile.rename, str(form.get("name", ""))[:LONGEST])
        except HoldfastError as error:
            return notices.problem(error.sentence)
        await self._changed()
        return notices.done("Saved. Others see your new name from now on.")

    @rx.event(temporal=True)
    @needs(None)
    async def prefer(self, name: str, value: str):
        """Change one preference; everything on screen follows at once."""
        if name not in ("time_zone", "numbers", "theme", "mentions"):
            return None
        try:
            await ask(profile.set_preferences, **{name: str(value)[:LONGEST]})
        except HoldfastError as error:
            return notices.problem(error.sentence)
        await self._changed()
        return None

    @rx.event(temporal=True)
    @needs(None)
    async def change_password(self, form: dict[str, Any]):
        """Change the password, if the old one is right; other sessions end."""
        self.running, self.complaint = True, ""
        yield
        try:
            ended = await _change_password(form)
        except HoldfastError as error:
            self.complaint = error.sentence
            return
        finally:
            self.running = False
        sessions.forget_all()
        live.hub.publish_everything()
        await self._read()
        self.filled += 1
        others = f" {count(ended, 'other session')} ended." if ended else ""
        yield notices.done(f"Your password is changed.{others}")

    @rx.event(temporal=True)
    @needs(None)
    async def end_session(self, session_id: str):
        """Sign out somewhere else."""
        await ask(profile.end_session, str(session_id)[:LONGEST])
        await self._changed()
        return notices.done("That session has ended.")

    @rx.event(temporal=True)
    @needs(None)
    async def sign_out_everywhere(self):
        """End every session, also this one."""
        await ask(profile.sign_out_everywhere)
        sessions.forget_all()
        live.hub.publish_everything()  # every open tab of theirs looks, and says that it is signed out

    async def _changed(self) -> None:
        """Preferences, name and sessions count from the next look on, in every tab."""
        sessions.forget_all()
        await sessions.still_valid()
        live.hub.publish_everything()
        await self._read()

    async def _read(self) -> None:
        visit = sessions.current()
        try:
            found = await ask(profile.profile, token=visit.token)
        except Exception as error:
            self.problem = explain(error)
            return
        now = clock.now()
        chosen: Preferences = found.preferences
        self.name, self.email, self.role = found.name, found.email, ROLE_NAMES[found.role]
        self.time_zone, self.numbers, self.theme = chosen.time_zone, chosen.numbers, chosen.theme
        self.mentions = chosen.mentions
        self.browser_zone = (visit.zone or "the shop's").replace("_", " ")
        self.sample = f"{money(123456789, 'EUR')} · {moment(now)}"
        self.signed_in = [
            SessionRow(
                id=row.id,
                title=row.browser or "A browser",
                about=" · ".join(part for part in (row.address, f"since {full(row.since)}") if part),
                seen="this one" if row.here else f"seen {age(row.last_seen_at, now)} ago",
                here=row.here,
            )
            for row in found.sessions
        ]
        self.problem, self.ready = "", True


async def _change_password(form: dict[str, Any]) -> int:
    """Runs in a thread of its own: checking and hashing take a moment each."""
    visit = sessions.current()
    old, new = str(form.get("old", ""))[:1024], str(form.get("new", ""))[:1024]
    changed = partial(profile.change_password, visit.person.actor, old, new, token=visit.token)
    return await asyncio.to_thread(changed)
