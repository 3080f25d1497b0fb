"""For whom a search means the same, so that what one of them was answered serves the others."""

from dataclasses import dataclass

from backend.domain.search import Query
from dashboard.components.viewer import viewer
from dashboard.shell import sessions


@dataclass(frozen=True)
class Asker:
    """Everybody, unless a search says `mine`, or names days, which begin elsewhere in other time zones."""

    person: int = 0
    zone: str = ""


def asker(*queries: Query) -> Asker:
    """For whom all of these mean what they mean to whoever the running task is for."""
    return Asker(
        sessions.current().person.id if any(query.personal for query in queries) else 0,
        viewer().zone.key if any(query.dated for query in queries) else "",
    )
