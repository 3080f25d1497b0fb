"""My day in numbers, and whether the machinery runs."""

from zoneinfo import ZoneInfo

from sqlmodel import Session

from backend import clock, settings
from backend.domain.desk import Pulse, RunNews
from backend.domain.permissions import Actor, Area, Level
from backend.domain.steps import RULES
from backend.services import sending
from backend.store import pulse as store


def pulse(session: Session, *, actor: Actor) -> Pulse:
    """Counts of today (in the shop's time zone) and of what waits."""
    actor.require(Area.ORDERS, Level.VIEW, "see how things are")
    zone = ZoneInfo(settings.current().time_zone)
    midnight = clock.now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    documents = [str(kind) for kind, rule in RULES.items() if not rule.holds]
    found = store.read(session, since=midnight, documents=documents)
    found["approvals"] = tuple((action, party) for action, party in found["approvals"])
    found["runs"] = tuple(RunNews(*run) for run in found["runs"])
    return Pulse(**found, pause=sending.pause(session))
