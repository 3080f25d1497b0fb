"""The sweep: what makes every promise come true although the queue may lose any wake-up.

Every worker process runs it in a loop. It finds steps that are due and that nobody was told of lately, one step to ask
whether a provider that was down is back, messages that were kept but not handled, and parked messages whose order
exists by now; it deletes what was kept long enough; and it says that it lives.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from backend.services import second_person
from backend.store import breakers, inbox, originals, steps, workers

PARKED_DAYS = 3
"""How long news may wait for an order that it belongs to."""
SLOWEST = 0.1
"""Seconds a wake-up in the queue takes at the slowest: that much later is a step behind it taken for forgotten."""


@dataclass(frozen=True)
class Found:
    step_ids: list[int]
    message_ids: list[UUID]


def sweep(session: Session, worker: str, *, queued: int = 0) -> Found:
    """One look; marks what it hands out, so the next look does not hand it out again at once.

    `queued`: how many wake-ups the queue holds. What waits its turn behind many others is not forgotten.
    """
    workers.swept(session, worker)
    inbox.unpark_answered(session)
    inbox.give_up_parked(session, after_days=PARKED_DAYS)
    originals.forget_old(session)
    second_person.expire(session)
    forgotten = steps.FORGOTTEN_AFTER + queued * SLOWEST
    due = breakers.call_for_probes(session) + steps.take_due(session, forgotten=forgotten)
    return Found(due, inbox.take_unhandled(session))


def leave(session: Session, worker: str) -> None:
    """A worker process ends in good order."""
    workers.gone(session, worker)
