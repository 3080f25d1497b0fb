"""Users, sessions, API tokens and failed sign-ins. Tokens are looked up by their SHA-256."""

from datetime import datetime

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, delete, select

from backend.store.tables import ApiToken, SignInFailure, StaffSession, User

SESSION_ID_LETTERS = 16
"""So much of its token's hash names a session."""


def user_by_email(session: Session, email: str) -> User | None:
    return session.exec(select(User).where(User.email == email)).first()


def active_user(session: Session, user_id: int) -> User | None:
    """A colleague who still works here."""
    statement = select(User).where(User.id == user_id, col(User.active)).execution_options(populate_existing=True)
    return session.exec(statement).first()


def session_and_user(session: Session, token_hash: str) -> tuple[StaffSession, User] | None:
    found = session.exec(
        select(StaffSession, User)
        .join(User, col(User.id) == col(StaffSession.user_id))
        .where(StaffSession.token_hash == token_hash)
    ).first()
    return None if found is None else (found[0], found[1])


def end_session(session: Session, token_hash: str) -> None:
    session.exec(delete(StaffSession).where(col(StaffSession.token_hash) == token_hash))


def end_sessions_of(session: Session, user_id: int, *, but: str = "") -> int:
    """Sign a user out everywhere, or everywhere but in one session; how many sessions ended."""
    ended = session.exec(
        delete(StaffSession).where(col(StaffSession.user_id) == user_id, col(StaffSession.token_hash) != but)
    )
    return int(ended.rowcount)


def sessions_of(session: Session, user_id: int, *, after: datetime) -> list[StaffSession]:
    """Where a user is signed in and was seen since then."""
    statement = select(StaffSession).where(
        StaffSession.user_id == user_id, StaffSession.last_seen_at > after, StaffSession.expires_at > func.now()
    )
    return list(session.exec(statement).all())


def sessions_since(session: Session, after: datetime) -> list[tuple[StaffSession, User]]:
    """Where everybody is signed in and was seen since then, by the person's name, the latest seen first."""
    statement = (
        select(StaffSession, User)
        .join(User, col(User.id) == StaffSession.user_id)
        .where(*_going_on(after))
        .order_by(func.lower(User.name), col(User.id), col(StaffSession.last_seen_at).desc())
    )
    return [(row, user) for row, user in session.exec(statement).all()]


def named_session(session: Session, begins_with: str) -> tuple[StaffSession, User] | None:
    """The session whose token's hash begins like this, and whose it is; locked until the transaction ends."""
    if len(begins_with) != SESSION_ID_LETTERS or not (begins_with.isascii() and begins_with.isalnum()):
        return None
    found = session.exec(
        select(StaffSession, User)
        .join(User, col(User.id) == StaffSession.user_id)
        .where(col(StaffSession.token_hash).startswith(begins_with))
        .with_for_update(of=StaffSession)
    ).first()
    return None if found is None else (found[0], found[1])


def _going_on(after: datetime) -> tuple[ColumnElement[bool], ...]:
    """Of a session and its user: the person may still sign in, was seen since then, and the session is not over."""
    return (
        col(User.active).is_(True),
        col(StaffSession.last_seen_at) > after,
        col(StaffSession.expires_at) > func.now(),
    )


def people_since(session: Session, after: datetime) -> tuple[int, int]:
    """How many people may sign in, and how many of them are signed in and were seen since then."""
    everybody = select(func.count()).select_from(User).where(col(User.active))
    here = (
        select(func.count(func.distinct(StaffSession.user_id)))
        .join(User, col(User.id) == StaffSession.user_id)
        .where(*_going_on(after))
    )
    return int(session.exec(everybody).one()), int(session.exec(here).one())


def api_token(session: Session, token_hash: str) -> ApiToken | None:
    return session.exec(
        select(ApiToken).where(ApiToken.token_hash == token_hash, col(ApiToken.revoked_at).is_(None))
    ).first()


def valid_token(session: Session, token_id: int) -> ApiToken | None:
    """An API token that was not revoked."""
    statement = select(ApiToken).where(ApiToken.id == token_id, col(ApiToken.revoked_at).is_(None))
    return session.exec(statement.execution_options(populate_existing=True)).first()


def failures_since(session: Session, subject: str, since: datetime) -> tuple[int, datetime | None]:
    """How many sign-ins failed for an account or address lately, and when the last one did."""
    row = session.exec(
        select(func.count(), func.max(SignInFailure.at)).where(
            SignInFailure.subject == subject, SignInFailure.at > since
        )
    ).one()
    return int(row[0]), row[1]


def note_failure(session: Session, subjects: list[str], at: datetime) -> None:
    session.add_all([SignInFailure(subject=subject, at=at) for subject in subjects])


def forget_failures(session: Session, subject: str, before: datetime) -> None:
    """A good sign-in clears the account's failures; everybody's old ones go with it."""
    session.exec(
        delete(SignInFailure).where((col(SignInFailure.subject) == subject) | (col(SignInFailure.at) < before))
    )
