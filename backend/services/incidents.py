"""What goes wrong for many orders at once, for staff."""

from dataclasses import asdict

from sqlmodel import Session

from backend.domain.incidents import IncidentView, PastIncident
from backend.domain.permissions import Actor, Area, Level
from backend.domain.providers import provider_name
from backend.store import incidents as store


def open_incidents(session: Session, *, actor: Actor) -> tuple[IncidentView, ...]:
    """Incidents that are not over, the newest first."""
    actor.require(Area.HOLDS, Level.VIEW, "see incidents")
    return tuple(
        IncidentView(provider_name=provider_name(row.provider), **asdict(row)) for row in store.all_open(session)
    )


def past_incidents(session: Session, *, actor: Actor, limit: int = 50) -> tuple[PastIncident, ...]:
    """Incidents that are over, the latest first."""
    actor.require(Area.HOLDS, Level.VIEW, "see incidents")
    return tuple(
        PastIncident(provider_name=provider_name(row.provider), **asdict(row)) for row in store.past(session, limit)
    )
