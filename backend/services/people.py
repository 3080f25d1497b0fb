"""Who works here, in numbers, for whoever looks after the installation."""

from dataclasses import dataclass

from sqlmodel import Session

from backend import clock
from backend.domain.permissions import Actor, Area, Level
from backend.services.accounts import IDLE
from backend.store import accounts


@dataclass(frozen=True)
class PeopleHere:
    """How many colleagues may sign in, and how many have done something lately in a session that goes on."""

    all: int
    here: int


def people_here(session: Session, *, actor: Actor) -> PeopleHere:
    actor.require(Area.SETTINGS, Level.VIEW, "see who is signed in")
    return PeopleHere(*accounts.people_since(session, clock.now() - IDLE))
