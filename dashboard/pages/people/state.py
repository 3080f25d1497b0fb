"""Who is signed in, and where; an administrator signs a colleague out, for a reason."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import reflex as rx

from backend import clock
from backend.domain.errors import HoldfastError
from backend.domain.permissions import ROLE_NAMES, Area, Level
from backend.domain.staff_sessions import SignedIn, SignedInPeople
from backend.services import people
from backend.services.accounts import hash_of, session_id
from dashboard.components.times import age, full, moment
from dashboard.components.words import count, number
from dashboard.shell import live, notices, sessions
from dashboard.shell.calls import ask
from dashboard.shell.followed import FollowedPage, keep_current
from dashboard.shell.needs import needs

LONGEST_REASON = 500
_LONGEST_ID = 40


@dataclass
class PlaceRow:
    """One place where somebody is signed in, ready to be shown. `here`: it is the session of whoever looks."""

    id: str = ""
    person: str = ""
    email: str = ""
    role: str = ""
    browser: str = ""
    address: str = ""
    since: str = ""
    since_full: str = ""
    seen: str = ""
    seen_full: str = ""
    own: bool = False
    here: bool = False


class PeopleState(FollowedPage, rx.State):
    headline: str = ""
    rows: list[PlaceRow] = []
    may_end: bool = False
    open: bool = False
    running: bool = False
    news: str = ""
    """Why the last try did nothing."""
    asked: PlaceRow = PlaceRow()
    """Whose session the dialog is about."""

    @rx.event
    @needs(Area.SETTINGS)
    async def load(self):
        self.open = False
        await self._read()

    @rx.event(background=True)
    @needs(Area.SETTINGS)
    async def follow(self):
        await keep_current(self)

    @rx.event
    @needs(Area.SETTINGS, Level.ACT)
    async def ask_end(self, named: str):
        """Say whose session would end, and ask why."""
        row = next((row for row in self.rows if row.id == named), None)
        if row is None:
            return notices.problem("That session has ended already.")
        self.asked, self.news, self.running, self.open = row, "", False, True
        return None

    @rx.event
    @needs(None)
    async def dismiss(self):
        self.open = False

    @rx.event(temporal=True)
    @needs(Area.SETTINGS, Level.ACT)
    async def end_for(self, form: dict[str, Any]):
        """Sign somebody out there. All that decides comes with the form, so a forgotten tab decides nothing."""
        self.running = True
        yield
        named, reason = str(form.get("id", ""))[:_LONGEST_ID], str(form.get("reason", "")).strip()[:LONGEST_REASON]
        try:
            done = await ask(people.end_session, named, reason=reason)
        except HoldfastError as error:
            self.news = error.sentence
            yield notices.problem(error.sentence)
            await self._read()
            return
        finally:
            self.running = False
        self.open = False
        sessions.forget_all()
        live.hub.publish_everything()  # every open tab of theirs looks, and says that it is signed out
        await self._read()
        yield notices.done(done.sentence)

    async def _fetch(self) -> None:
        found = await ask(people.signed_in)
        visit, now = sessions.current(), clock.now()
        here = session_id(hash_of(visit.token))
        rows = [_row(each, here, now) for each in found.sessions]
        if rows != self.rows:
            self.rows = rows
        self.headline = _headline(found)
        self.may_end = visit.person.actor.may(Area.SETTINGS, Level.ACT)


def _headline(found: SignedInPeople) -> str:
    people_here, places = found.people, len(found.sessions)
    places_said = f", in {count(places, 'place')}" if places > people_here.here else ""
    return f"{number(people_here.here)} of {count(people_here.all, 'colleague')}{places_said}"


def _row(found: SignedIn, here: str, now: datetime) -> PlaceRow:
    return PlaceRow(
        id=found.id,
        person=found.name,
        email=found.email,
        role=ROLE_NAMES[found.role],
        browser=found.browser or "A browser",
        address=found.address,
        since=moment(found.since),
        since_full=full(found.since),
        seen=f"{age(found.last_seen_at, now)} ago",
        seen_full=full(found.last_seen_at),
        own=found.own,
        here=found.id == here,
    )
