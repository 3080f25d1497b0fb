"""What a colleague may change of themselves: name, password, preferences; and where they are signed in.

Everything here is about the person who asks; nobody changes somebody else's.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from backend import clock
from backend.domain.errors import InvalidInput, NotPossible
from backend.domain.passwords import password_problem
from backend.domain.permissions import Actor, Role
from backend.domain.preferences import Preferences
from backend.services import accounts, audit
from backend.services.run import in_unit_of_work
from backend.store import accounts as store
from backend.store.tables import User

MAX_NAME = 80


@dataclass(frozen=True)
class SessionView:
    """One place where somebody is signed in; `id` is a part of its token's hash, good for naming it and nothing else."""

    id: str
    browser: str
    address: str
    since: datetime
    last_seen_at: datetime
    here: bool


@dataclass(frozen=True)
class Profile:
    name: str
    email: str
    role: Role
    preferences: Preferences
    sessions: tuple[SessionView, ...]


def profile(session: Session, *, actor: Actor, token: str = "") -> Profile:
    """The actor's own; `token` is the cookie's, so that its session is told from the others."""
    user = _own(session, actor)
    here = accounts.hash_of(token)
    found = [
        SessionView(
            accounts.session_id(row.token_hash),
            row.browser,
            row.address,
            row.created_at,
            row.last_seen_at,
            row.token_hash == here,
        )
        for row in store.sessions_of(session, user.id, after=clock.now() - accounts.IDLE)
    ]
    found.sort(key=lambda view: (not view.here, -view.last_seen_at.timestamp()))
    return Profile(user.name, user.email, Role(user.role), Preferences.read(user.preferences), tuple(found))


def rename(session: Session, name: str, *, actor: Actor) -> None:
    """Change the name that others see; what is written in timelines stays as it was."""
    user = _own(session, actor)
    words = " ".join(name.split())
    if not 2 <= len(words) <= MAX_NAME or not words.isprintable():
        raise InvalidInput([f"Use a name of 2 to {MAX_NAME} letters, as colleagues know you."])
    before, user.name = user.name, words
    session.add(user)
    audit.write_down(session, "rename", actor=actor, details={"from": before, "to": words})


def set_preferences(session: Session, *, actor: Actor, **wanted: str) -> Preferences:
    """Change some preferences and keep the others; raises `InvalidInput`."""
    user = _own(session, actor)
    chosen = Preferences.read(user.preferences).changed(**wanted)
    user.preferences = {**user.preferences, **chosen.kept()}
    session.add(user)
    return chosen


def change_password(actor: Actor, old: str, new: str, *, token: str) -> int:
    """Change the actor's password and end all their sessions but this one; how many ended.

    Raises `TooManyAttempts`, `SignInRefused` for a wrong old password, `InvalidInput` for a new one that is too weak.
    Checking a password takes a moment, so this manages its own short transactions.
    """
    user = in_unit_of_work(_own, actor)
    problem = password_problem(new, user.email)
    if problem:
        raise InvalidInput([problem])
    if new == old:
        raise InvalidInput(["This is the old password. Choose another one."])
    accounts.check_password(user.email, old)
    return in_unit_of_work(_set_password, user.id, accounts.hashed(new), actor, token)


def _set_password(session: Session, user_id: int, hashed: str, actor: Actor, token: str) -> int:
    user = _own(session, actor)
    user.password_hash = hashed
    session.add(user)
    ended = store.end_sessions_of(session, user_id, but=accounts.hash_of(token))
    audit.write_down(session, "change_password", actor=actor, details={"sessions_ended": ended})
    return ended


def end_session(session: Session, session_id: str, *, actor: Actor) -> None:
    """Sign out somewhere else; a session that is over already is no error."""
    user = _own(session, actor)
    found = store.named_session(session, session_id)
    if found is not None and found[1].id == user.id:
        store.end_session(session, found[0].token_hash)
        audit.write_down(session, "end_session", actor=actor, details={"session": session_id})


def sign_out_everywhere(session: Session, *, actor: Actor) -> int:
    """End every session of the actor, also this one; how many there were."""
    user = _own(session, actor)
    ended = store.end_sessions_of(session, user.id)
    audit.write_down(session, "sign_out_everywhere", actor=actor, details={"sessions_ended": ended})
    return ended


def _own(session: Session, actor: Actor) -> User:
    """The user who asks; API tokens and the system have no profile."""
    kind, _, number = actor.id.partition(":")
    user = store.active_user(session, int(number)) if kind == "user" and number.isdigit() else None
    if user is None:
        raise NotPossible("Only a colleague who is signed in has a profile.")
    return user
