"""Notes that colleagues leave on an order."""

from sqlmodel import Session

from backend import clock
from backend.domain.errors import InvalidInput
from backend.domain.permissions import Actor, Area, Level
from backend.domain.timeline import TimelineKind, Weight
from backend.store import orders, timeline
from backend.store.tables import Note

MAX_LETTERS = 5_000


def add_note(session: Session, number: str, text: str, *, actor: Actor, public: bool = False) -> None:
    """Write a note; the timeline tells that there is one, and the note itself keeps the words."""
    actor.require(Area.ORDERS, Level.ACT, "write notes")
    words = text.strip()
    if not words:
        raise InvalidInput(["The note is empty. Write what your colleagues should know."])
    if len(words) > MAX_LETTERS:
        raise InvalidInput([f"The note has {len(words)} letters; at most {MAX_LETTERS} fit."])
    order = orders.lock_by_number(session, number)
    now = clock.now()
    session.add(
        Note(order_id=order.id, author_id=actor.id, author_name=actor.name, text=words, public=public, created_at=now)
    )
    timeline.add(
        session,
        order.id,
        TimelineKind.NOTE_ADDED,
        f"{actor.name} left a note.",
        actor=actor,
        at=now,
        weight=Weight.MILESTONE,
    )
