"""The desk's round: what changes about held orders by itself. Every worker process makes it again and again.

Snoozed orders come back, claims run out, the turn follows a provider that is back, and orders whose holds the desk does
not know of (loaded in bulk, or reckoned by working hours that have changed since) are reckoned. Rows that somebody else
has in hand are left to the next round.
"""

from sqlmodel import Session

from backend import clock
from backend.domain.permissions import SYSTEM
from backend.domain.timeline import TimelineKind
from backend.services import hold_clock, snoozes
from backend.store import teamwork, timeline, viewers


def go_round(session: Session) -> int:
    """What is due at any moment; how much there was to do. Nothing while another process goes round."""
    if not teamwork.alone(session):
        return 0
    woken = snoozes.wake_due(session)
    ended = _end_claims(session)
    turned = teamwork.turned(session)
    hold_clock.reckon_many(session, turned)
    return woken + ended + len(turned)


def catch_up(session: Session, *, limit: int = 500) -> int:
    """Reckon orders that the desk is behind with, and forget tabs that are gone; how many orders there were."""
    if not teamwork.alone(session):
        return 0
    viewers.forget_gone(session)
    found = teamwork.behind(session, hold_clock.current().key, limit)
    hold_clock.reckon_many(session, found)
    return len(found)


def _end_claims(session: Session) -> int:
    ended = teamwork.ended_claims(session)
    for work in ended:
        hold_clock.give_up(work)
        work.version += 1
        session.add(work)
        if work.held:
            words = "The claim ran out: nothing was done with the order for half an hour."
            timeline.add(session, work.order_id, TimelineKind.DESK_ASSIGNED, words, actor=SYSTEM, at=clock.now())
    return len(ended)
