"""Snoozed orders come back: on their date, with the event they wait for, or because their holds have changed."""

from sqlmodel import Session

from backend import clock
from backend.domain.permissions import SYSTEM, Actor
from backend.domain.providers import provider_name
from backend.domain.teamwork import WOKEN_WORDS, NoticeKind, SnoozeEvent
from backend.domain.timeline import TimelineKind, Weight
from backend.services import desk_notices, hold_clock
from backend.store import teamwork, timeline
from backend.store.tables import DeskWork


def wake_due(session: Session) -> int:
    """Bring back every snoozed order whose date or event has come; how many there were. Worked by the desk's round."""
    found = teamwork.due_snoozes(session)
    now = clock.now()
    for work in found:
        came = work.snooze_event and teamwork.seen(session, work.order_id) > work.snooze_seen
        if came:
            wake(session, work, _came(work))
        elif work.snooze_event and work.snooze_until is not None and now >= work.snooze_until:
            wake(session, work, "the time is up, and what it waited for has not come")
        else:
            wake(session, work, "the time is up")
    return len(found)


def _came(work: DeskWork) -> str:
    event = SnoozeEvent(work.snooze_event)
    if event is SnoozeEvent.PROVIDER and work.snooze_provider:
        return f"{provider_name(work.snooze_provider)} answers again"
    return WOKEN_WORDS[event]


def wake(session: Session, work: DeskWork, why: str, *, actor: Actor = SYSTEM) -> None:
    """End a snooze, say why, and tell whoever snoozed it and whose it is. `work` is locked."""
    now = clock.now()
    told = {person for person in (_number(work.snoozed_by), work.assignee_id or 0) if person}
    hold_clock.end_snooze(work)
    work.woken_at, work.woken_why, work.turn_by = now, f"Snooze ended: {why}", ""
    work.version += 1
    session.add(work)
    words = f"Back in the queue: {why}."
    timeline.add(session, work.order_id, TimelineKind.DESK_WOKEN, words, actor=actor, at=now, weight=Weight.MILESTONE)
    for person in told - {teamwork.user_id(actor)}:
        desk_notices.tell(session, person, NoticeKind.WOKEN, work.order_id, f"is back: {why}", actor=actor)
    hold_clock.reckon(session, work.order_id)


def holds_changed(session: Session, order_id: int, why: str, *, actor: Actor) -> None:
    """A hold was opened or closed: the clock is set by what is there now, and a snoozed order that is still held is back."""
    work = hold_clock.reckon(session, order_id, anew=True)
    if work is not None and work.held and work.snoozed_at is not None:
        wake(session, work, why, actor=actor)


def _number(actor_id: str) -> int:
    kind, _, number = actor_id.partition(":")
    return int(number) if kind == "user" and number.isdigit() else 0
