"""Who works here: sign-in and sessions, API tokens, users.

Passwords are hashed with Argon2id and take a moment to check, so `sign_in` manages its own short transactions around
that. Tokens are 256 random bits, kept as SHA-256. Limits: OWASP ASVS 5.0, sections 6.2, 6.3 and 7.3.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from email_validator import EmailNotValidError, validate_email
from pwdlib import PasswordHash
from sqlmodel import Session

from backend import clock
from backend.domain.errors import InvalidInput, NotFound, NotSignedIn, SignInRefused, TokenRefused, TooManyAttempts
from backend.domain.passwords import password_problem
from backend.domain.permissions import Actor, ActorKind, Area, Level, Role
from backend.domain.preferences import Preferences, known_zone
from backend.services import audit
from backend.services.run import in_unit_of_work
from backend.store import accounts
from backend.store.tables import ApiToken, StaffSession, User

T = TypeVar("T")

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
WINDOW = timedelta(minutes=15)
FAILURES_PER_ACCOUNT = 5
FAILURES_PER_ADDRESS = 20
_SEEN_EVERY = timedelta(seconds=30)

_hasher = PasswordHash.recommended()
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$bQP/kzDkHz2kX0XAO0O9MQ$MtE5ocjDDnsXO4O4KpXqIVc2DI46ZHxEwFDDa+zdAr8"
"""Checked for unknown accounts, so that they take as long as known ones. It is of chance letters that nobody has kept,
and written down here because to make it costs every command a sixth of a second."""


@dataclass(frozen=True)
class SignedIn:
    """`token` goes into the cookie and nowhere else."""

    token: str
    expires_at: datetime
    preferences: Preferences = field(default_factory=Preferences)


@dataclass(frozen=True)
class Person:
    """Who is signed in."""

    id: int
    email: str
    name: str
    role: Role
    preferences: dict[str, Any] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        zone = Preferences.read(self.preferences).time_zone
        return Actor(ActorKind.STAFF, f"user:{self.id}", self.name, self.role, zone=zone)


def sign_in(email: str, password: str, *, address: str, browser: str = "") -> SignedIn:
    """Check a password and open a session. Raises `SignInRefused` or `TooManyAttempts`; never says which part was wrong."""
    account = email.strip().casefold()[:254]
    subjects = [f"account:{account}", f"address:{address}"]
    _check(account, password, subjects)
    return in_unit_of_work(_open_session, account, subjects[0], address, browser)


def check_password(email: str, password: str) -> None:
    """Raise `SignInRefused` unless this is the colleague's password; guesses count as those at the door do."""
    _check(email, password, [f"account:{email}"])


def hashed(password: str) -> str:
    """How a password is stored; takes a moment."""
    return _hasher.hash(password)


def _check(account: str, password: str, subjects: list[str]) -> None:
    stored = in_unit_of_work(_stored_hash, account, subjects)
    good = _hasher.verify(password[:1024], stored or _NOBODY) and stored is not None
    if not good:
        in_unit_of_work(accounts.note_failure, subjects, clock.now())
        raise SignInRefused


def _stored_hash(session: Session, account: str, subjects: list[str]) -> str | None:
    now = clock.now()
    for subject, limit in zip(subjects, (FAILURES_PER_ACCOUNT, FAILURES_PER_ADDRESS), strict=False):
        count, last = accounts.failures_since(session, subject, now - WINDOW)
        if count >= limit and last is not None:
            # The pause grows with every further failure but ends with the window: no outsider locks an account for good.
            pause = min(timedelta(seconds=15) * 2 ** min(count - limit, 5), WINDOW)
            if now < last + pause:
                raise TooManyAttempts(max(1, round((last + pause - now).total_seconds())))
    user = accounts.user_by_email(session, account)
    return user.password_hash if user is not None and user.active else None


def _open_session(session: Session, account: str, subject: str, address: str, browser: str) -> SignedIn:
    now = clock.now()
    user = accounts.user_by_email(session, account)
    if user is None or not user.active:
        raise SignInRefused
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(
            token_hash=hash_of(token),
            user_id=user.id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + ABSOLUTE,
            address=address[:60],
            browser=browser[:60],
        )
    )
    user.last_sign_in_at = now
    session.add(user)
    accounts.forget_failures(session, subject, now - timedelta(days=1))
    return SignedIn(token, now + ABSOLUTE, Preferences.read(user.preferences))


def person(session: Session, token: str, *, touch: bool = True) -> Person | None:
    """Who a cookie's token belongs to; None when it is unknown, ended, idle for too long, or its user was disabled.

    `touch` counts the question as activity. A page that only keeps itself current asks without, so that a tab left
    open does not keep its session alive.
    """
    if not token or len(token) > 200:
        return None
    found = accounts.session_and_user(session, hash_of(token))
    if found is None:
        return None
    staff_session, user = found
    now = clock.now()
    if not user.active or now >= staff_session.expires_at or now >= staff_session.last_seen_at + IDLE:
        return None
    if touch and now >= staff_session.last_seen_at + _SEEN_EVERY:
        staff_session.last_seen_at = now
        session.add(staff_session)
    return Person(user.id, user.email, user.name, Role(user.role), dict(user.preferences))


def sign_out(session: Session, token: str) -> None:
    """End a session; ending it twice is no error."""
    accounts.end_session(session, hash_of(token))


def api_actor(session: Session, bearer: str) -> Actor | None:
    """Whom an API token stands for; None when it is unknown or revoked."""
    if not bearer or len(bearer) > 200:
        return None
    token = accounts.api_token(session, hash_of(bearer))
    if token is None:
        return None
    now = clock.now()
    if token.last_used_at is None or now >= token.last_used_at + _SEEN_EVERY:
        token.last_used_at = now
        session.add(token)
    return _token_actor(session, token)


def _token_actor(session: Session, token: ApiToken) -> Actor | None:
    """None when the colleague it was made for has left: a token ends with its person."""
    if token.user_id is not None and accounts.active_user(session, token.user_id) is None:
        return None
    person = f"user:{token.user_id}" if token.user_id is not None else ""
    return Actor(ActorKind.STAFF, f"token:{token.id}", token.name, Role(token.role), person)


def actor_now(session: Session, actor_id: str) -> Actor | None:
    """A colleague or API token by the actor's id, with the rights they have now; None when they may not sign in any more."""
    kind, _, number = actor_id.partition(":")
    if not number.isdigit():
        return None
    if kind == "user" and (user := accounts.active_user(session, int(number))) is not None:
        return Actor(ActorKind.STAFF, actor_id, user.name, Role(user.role))
    if kind == "token" and (token := accounts.valid_token(session, int(number))) is not None:
        return _token_actor(session, token)
    return None


def for_token(session: Session, bearer: str, service: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run a service for whoever holds an API token, in the same transaction; raises `TokenRefused`."""
    actor = api_actor(session, bearer)
    if actor is None:
        raise TokenRefused
    return service(session, *args, actor=actor, **kwargs)


def for_session(
    session: Session, cookie: str, service: Callable[..., T], *args: Any, browser_zone: str = "", **kwargs: Any
) -> T:
    """Run a service for whoever's session this is, with the rights they have now; raises `NotSignedIn`.

    Their days begin where they chose to live, or else where their browser is (`browser_zone`).
    """
    found = person(session, cookie, touch=False)
    if found is None:
        raise NotSignedIn
    actor = found.actor
    if not actor.zone:
        actor = replace(actor, zone=known_zone(browser_zone))
    return service(session, *args, actor=actor, **kwargs)


def add_user(session: Session, *, email: str, name: str, role: Role, password: str, actor: Actor) -> int:
    """Add a colleague. Raises `InvalidInput` for a bad address, a weak password or a taken address."""
    actor.require(Area.SETTINGS, Level.ACT, "add users")
    try:
        address = validate_email(email, check_deliverability=False, test_environment=True).normalized.casefold()
    except EmailNotValidError as error:
        raise InvalidInput([f"The e-mail address {email!r} is not valid: {error}"]) from error
    problem = password_problem(password, address)
    if problem:
        raise InvalidInput([problem])
    if accounts.user_by_email(session, address) is not None:
        raise InvalidInput([f"There is a user {address} already."])
    user = User(
        email=address,
        name=name.strip() or address,
        role=str(role),
        password_hash=_hasher.hash(password),
        created_at=clock.now(),
    )
    session.add(user)
    session.flush()
    audit.write_down(session, "add_user", actor=actor, details={"user": user.id, "role": str(role)})
    return user.id


def disable_user(session: Session, *, email: str, actor: Actor) -> None:
    """A leaver: no sign-in any more, and every open session ends at once. Raises `NotFound`."""
    actor.require(Area.SETTINGS, Level.ACT, "disable users")
    user = accounts.user_by_email(session, email.strip().casefold())
    if user is None:
        raise NotFound(f"There is no user {email}.")
    user.active = False
    session.add(user)
    accounts.end_sessions_of(session, user.id)
    audit.write_down(session, "disable_user", actor=actor, details={"user": user.id})


def create_token(session: Session, *, role: Role, name: str, actor: Actor, owner: str = "") -> str:
    """A new bearer token for the HTTP API; it is returned once and cannot be read again.

    `owner`: the e-mail address of the colleague whose it is. It ends with them, and where two people must agree it counts
    as that person. Raises `NotFound` where there is no such colleague.
    """
    actor.require(Area.SETTINGS, Level.ACT, "create API tokens")
    user = accounts.user_by_email(session, owner.strip().casefold()) if owner else None
    if owner and (user is None or not user.active):
        raise NotFound(f"There is no user {owner}.")
    token = "hf_" + secrets.token_urlsafe(32)
    row = ApiToken(
        name=name.strip() or (user.name if user else str(role)),
        role=str(role),
        token_hash=hash_of(token),
        created_at=clock.now(),
        user_id=user.id if user else None,
    )
    session.add(row)
    session.flush()
    audit.write_down(session, "create_token", actor=actor, details={"token": row.id, "role": str(role)})
    return token


def session_id(token_hash: str) -> str:
    """How a session is called where people see it: a part of its token's hash, good for naming it and nothing else."""
    return token_hash[: accounts.SESSION_ID_LETTERS]


def hash_of(token: str) -> str:
    """How a token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()
