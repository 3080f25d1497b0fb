"""Who is signed in, for whoever looks after the installation, and ending somebody's session for them."""

import logging

from sqlmodel import Session

from backend import clock
from backend.domain.desk import ActionDone
from backend.domain.errors import NotFound
from backend.domain.permissions import Actor, Area, Level, Role
from backend.domain.staff_sessions import PeopleHere, SignedIn, SignedInPeople, masked_address
from backend.services import audit, clicks
from backend.services.accounts import IDLE, session_id
from backend.store import accounts
from backend.store.tables import StaffSession, User

log = logging.getLogger(__name__)


def people_here(session: Session, *, actor: Actor) -> PeopleHere:
    """How many there are, and how many of them are signed in."""
    actor.require(Area.SETTINGS, Level.VIEW, "see who is signed in")
    return _counted(session)


def signed_in(session: Session, *, actor: Actor) -> SignedInPeople:
    """Everybody who is signed in, and where: exactly those that `people_here` counts, by name, the latest seen first."""
    actor.require(Area.SETTINGS, Level.VIEW, "see who is signed in")
    found = accounts.sessions_since(session, clock.now() - IDLE)
    return SignedInPeople(_counted(session), tuple(_view(row, user, actor) for row, user in found))


def end_session(session: Session, named: str, *, actor: Actor, reason: str) -> ActionDone:
    """Sign a colleague out in one place, at once and for a reason, which goes into the audit.

    Raises `ReasonMissing`, and `NotFound` for a session that is over already.
    """
    actor.require(Area.SETTINGS, Level.ACT, "end the sessions of colleagues")
    why = clicks.reasoned(reason, "end somebody's session", kept_in="the audit")
    found = accounts.named_session(session, named)
    if found is None:
        raise NotFound("There is no such session: it has ended already.")
    row, user = found
    accounts.end_session(session, row.token_hash)
    details = {"session": named, "user": user.id, "browser": row.browser}
    audit.write_down(session, "end_session_of", actor=actor, reason=why, details=details)
    log.info("%s ended a session of person %d", actor.id, user.id)
    return ActionDone(f"{user.name} is signed out there ({row.browser or 'a browser'}).")


def _counted(session: Session) -> PeopleHere:
    return PeopleHere(*accounts.people_since(session, clock.now() - IDLE))


def _view(row: StaffSession, user: User, actor: Actor) -> SignedIn:
    return SignedIn(
        id=session_id(row.token_hash),
        person_id=user.id,
        name=user.name,
        email=user.email,
        role=Role(user.role),
        browser=row.browser,
        address=masked_address(row.address),
        since=row.created_at,
        last_seen_at=row.last_seen_at,
        own=actor.party == f"user:{user.id}",
    )
