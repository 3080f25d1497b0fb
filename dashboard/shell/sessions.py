"""Who is signed in: from the session cookie to the person, remembered for a few seconds per web process."""

import asyncio
import contextvars
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from backend.clock import monotonic
from backend.services import accounts
from backend.services.run import in_unit_of_work

COOKIE = "holdfast_session"
REMEMBERED_SECONDS = 5.0
"""How long a session that was ended elsewhere may still be honoured by this process."""
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True)
class Visit:
    """A signed-in person and the session token they came with."""

    token: str
    person: accounts.Person


_visit: contextvars.ContextVar[Visit | None] = contextvars.ContextVar("visit", default=None)


@dataclass(frozen=True)
class _Known:
    """An answer of the database. `touched`: the question counted as activity of the person."""

    until: float
    person: accounts.Person | None
    touched: bool


_remembered: dict[str, _Known] = {}


async def person_of(token: str, *, touch: bool = True) -> accounts.Person | None:
    """The person whose session `token` is, or None when there is none or it has ended.

    `touch` counts as activity; what a page does by itself must not, or an open tab would never be signed out.
    """
    if not token:
        return None
    known = _remembered.get(token)
    if known and known.until > monotonic() and (known.touched or not touch):
        return known.person
    person = await asyncio.to_thread(in_unit_of_work, accounts.person, token, touch=touch)
    if len(_remembered) >= _MOST_REMEMBERED:
        _remembered.clear()
    _remembered[token] = _Known(monotonic() + REMEMBERED_SECONDS, person, touch)
    return person


def forget(token: str) -> None:
    """Ask the database again at the next look, after a sign-out or a change of the person's rights."""
    _remembered.pop(token, None)


def forget_all() -> None:
    _remembered.clear()


def cookie_token(header: str) -> str:
    """The session token in a `Cookie` header, or an empty string."""
    try:
        morsel = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def enter(visit: Visit | None) -> None:
    """Set whose event is being handled; visible to the handler and to everything it awaits."""
    _visit.set(visit)


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
        enter(Visit(visit.token, person))
    return True
