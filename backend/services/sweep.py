"""The sweep: what makes every promise come true although the queue may lose any wake-up.

Every worker process runs it in a loop. It finds steps that are due and that nobody was told of lately, messages that
were kept but not handled, and parked messages whose order exists by now; and it says that it lives.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from backend.store import inbox, steps, workers

PARKED_DAYS = 3
"""How long news may wait for an order that it belongs to."""


@dataclass(frozen=True)
class Found:
    step_ids: list[int]
    message_ids: list[UUID]


def sweep(session: Session, worker: str) -> Found:
    """One look; marks what it hands out, so the next look does not hand it out again at once."""
    workers.swept(session, worker)
    inbox.unpark_answered(session)
    inbox.give_up_parked(session, after_days=PARKED_DAYS)
    return Found(steps.take_due(session), inbox.take_unhandled(session))


def leave(session: Session, worker: str) -> None:
    """A worker process ends in good order."""
    workers.gone(session, worker)
