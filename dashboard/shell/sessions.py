"""Who is signed in: from the session cookie to the person, remembered for a few seconds per web process."""

import asyncio
import contextvars
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import unquote

from backend.clock import monotonic
from backend.domain.preferences import Preferences, known_zone
from backend.services import accounts
from backend.services.run import in_unit_of_work
from dashboard.components.viewer import show_for

COOKIE = "holdfast_session"
ZONE_COOKIE = "holdfast_zone"
"""Written by the browser itself: where it is."""
THEME_COOKIE = "holdfast_theme"
"""Left for the browser at sign-in: the theme that the person had elsewhere."""
REMEMBERED_SECONDS = 5.0
"""How long a session that was ended elsewhere may still be honoured by this process."""
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True)
class Visit:
    """A signed-in person, the session token they came with, and the time zone that their browser is in."""

    token: str
    person: accounts.Person
    zone: str = ""


_visit: contextvars.ContextVar[Visit | None] = contextvars.ContextVar("visit", default=None)


@dataclass(frozen=True)
class _Known:
    """An answer of the database. `touched`: the question counted as activity of the person."""

    until: float
    person: accounts.Person | None
    touched: bool


_remembered: dict[str, _Known] = {}
_asked: dict[tuple[str, bool], "asyncio.Future[accounts.Person | None]"] = {}
"""Questions on their way: a person's ten open pages ask one of them, not ten."""


async def person_of(token: str, *, touch: bool = True) -> accounts.Person | None:
    """The person whose session `token` is, or None when there is none or it has ended.

    `touch` counts as activity; what a page does by itself must not, or an open tab would never be signed out.
    """
    if not token:
        return None
    known = _remembered.get(token)
    if known and known.until > monotonic() and (known.touched or not touch):
        return known.person
    asked = _asked.get((token, touch))
    if asked is None:
        asked = _asked[token, touch] = asyncio.ensure_future(_look_up(token, touch))
    return await asyncio.shield(asked)


async def _look_up(token: str, touch: bool) -> accounts.Person | None:
    """What the database says; remembered unless it was to be forgotten while it was on its way."""
    me = asyncio.current_task()
    try:
        person = await asyncio.to_thread(in_unit_of_work, accounts.person, token, touch=touch)
        if _asked.get((token, touch)) is me:
            if len(_remembered) >= _MOST_REMEMBERED:
                _remembered.clear()
            _remembered[token] = _Known(monotonic() + REMEMBERED_SECONDS, person, touch)
        return person
    finally:
        if _asked.get((token, touch)) is me:
            del _asked[token, touch]


def forget(token: str) -> None:
    """Ask the database again at the next look, after a sign-out or a change of the person's rights."""
    _remembered.pop(token, None)
    for touch in (False, True):
        _asked.pop((token, touch), None)


def forget_all() -> None:
    _remembered.clear()
    _asked.clear()


def cookie_token(header: str) -> str:
    """The session token in a `Cookie` header, or an empty string."""
    return _cookie(header, COOKIE)


def cookie_zone(header: str) -> str:
    """The time zone that the browser told in a `Cookie` header, if it is one, or an empty string."""
    return known_zone(unquote(_cookie(header, ZONE_COOKIE)))


def _cookie(header: str, name: str) -> str:
    try:
        morsel = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def enter(visit: Visit | None) -> None:
    """Set whose event is being handled; visible to the handler and to everything it awaits."""
    _visit.set(visit)
    show_for(Preferences.read(visit.person.preferences) if visit else None, visit.zone if visit else "")


def current() -> Visit:
    """Whose event is being handled. The event guard lets no handler of ours run without one."""
    visit = _visit.get()
    if visit is None:
        raise LookupError("no one is signed in")
    return visit


async def still_valid() -> bool:
    """Whether the session of the running event has not ended meanwhile; for handlers that run for long.

    Asking is no activity. Rights that have changed meanwhile count from now on.
    """
    visit = current()
    person = await person_of(visit.token, touch=False)
    if person is None or person.id != visit.person.id:
        return False
    if person != visit.person:
        enter(Visit(visit.token, person, visit.zone))
    return True
