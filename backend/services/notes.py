"""Notes on an order: for colleagues, for the customer to see, or what the customer answered; with mentions and earlier words."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from backend import clock
from backend.domain.desk import NoteView
from backend.domain.errors import InvalidInput, NotFound, NotPossible
from backend.domain.permissions import Actor, Area, Level
from backend.domain.teamwork import CLAIM_LASTS, Colleague, mentioned
from backend.domain.timeline import TimelineKind, Weight
from backend.services import clicks, desk_notices, hold_clock
from backend.store import orders, teamwork, timeline
from backend.store.tables import Note, NoteMention, NoteVersion, Order

MAX_LETTERS = 5_000


def add_note(
    session: Session,
    number: str,
    text: str,
    *,
    actor: Actor,
    public: bool = False,
    from_customer: bool = False,
    token: str = "",
) -> int:
    """Write a note and tell whom it mentions; the timeline says that there is one, the note itself keeps the words.

    A `public` note is for the customer, and from then on it is the customer's turn; with what came `from_customer` it is
    ours again. Returns the note's id, or 0 when this very note was written before (by its `token`).
    """
    actor.require(Area.ORDERS, Level.ACT, "write notes")
    words = _checked(text)
    if public and from_customer:
        raise InvalidInput(["A note is either for the customer or from the customer."])
    order = orders.lock_by_number(session, number)
    if token and clicks.carried_out(session, order, "note", token, actor):
        return 0
    note = _written(session, order, words, actor, public=public, from_customer=from_customer)
    said = "wrote down what the customer answered" if from_customer else "left a note"
    said += " that the customer may see" if public else ""
    _tell(session, order, TimelineKind.NOTE_ADDED, f"{actor.name} {said}.", actor, note)
    _mention(session, order, note, actor)
    if token:
        clicks.audit(session, order, "note", actor=actor, token=token)
    elif person := teamwork.user_id(actor):
        teamwork.renew_claim(session, order.id, person, clock.now() + CLAIM_LASTS)
    if public or from_customer:
        hold_clock.reckon(session, order.id, anew=True)
    return note.id


def _written(session: Session, order: Order, words: str, actor: Actor, *, public: bool, from_customer: bool) -> Note:
    note = Note(
        order_id=order.id,
        author_id=actor.id,
        author_name=actor.name,
        text=words,
        public=public,
        from_customer=from_customer,
        created_at=clock.now(),
    )
    session.add(note)
    session.flush()
    return note


def edit_note(session: Session, number: str, note_id: int, text: str, *, actor: Actor) -> None:
    """Change a note of one's own; what it said before is kept beside it. Nothing happens when the words are the same."""
    actor.require(Area.ORDERS, Level.ACT, "write notes")
    words = _checked(text)
    order = orders.lock_by_number(session, number)
    note = session.exec(
        select(Note).where(Note.id == note_id, Note.order_id == order.id).execution_options(populate_existing=True)
    ).first()
    if note is None:
        raise NotFound(f"Order {number} has no such note.")
    if note.author_id != actor.id:
        raise NotPossible(f"This note is {note.author_name}'s; only who wrote a note may change it.")
    if note.text == words:
        return
    now = clock.now()
    session.add(NoteVersion(note_id=note.id, text=note.text, public=note.public, until=now))
    note.text, note.edited_at = words, now
    session.add(note)
    _tell(session, order, TimelineKind.NOTE_EDITED, f"{actor.name} changed a note.", actor, note)
    _mention(session, order, note, actor)


def of_order(session: Session, order_id: int) -> tuple[NoteView, ...]:
    """The order's notes, newest first, each with its earlier words, the last ones first."""
    found = session.exec(select(Note).where(Note.order_id == order_id).order_by(col(Note.id).desc())).all()
    edited = [note.id for note in found if note.edited_at is not None]
    earlier: dict[int, list[str]] = {}
    if edited:
        versions = select(NoteVersion).where(col(NoteVersion.note_id).in_(edited)).order_by(col(NoteVersion.id).desc())
        for version in session.exec(versions).all():
            earlier.setdefault(version.note_id, []).append(version.text)
    return tuple(
        NoteView(
            author=note.author_name,
            text=note.text,
            public=note.public,
            created_at=note.created_at,
            id=note.id,
            author_id=note.author_id,
            from_customer=note.from_customer,
            edited_at=note.edited_at,
            earlier=tuple(earlier.get(note.id, ())),
        )
        for note in found
    )


def _checked(text: str) -> str:
    words = text.strip()
    if not words:
        raise InvalidInput(["The note is empty. Write what your colleagues should know."])
    if len(words) > MAX_LETTERS:
        raise InvalidInput([f"The note has {len(words)} letters; at most {MAX_LETTERS} fit."])
    return words


def _mention(session: Session, order: Order, note: Note, actor: Actor) -> None:
    """Tell whom the note names; who was named in it before has been told."""
    if "@" not in note.text:
        return
    told = set(session.exec(select(NoteMention.user_id).where(NoteMention.note_id == note.id)).all())
    for person in mentioned(note.text, _people(session)):
        if person not in told:
            session.add(NoteMention(note_id=note.id, user_id=person))
            if person != teamwork.user_id(actor):
                desk_notices.tell_of_mention(session, person, order, note.id, actor=actor)


def _people(session: Session) -> Sequence[Colleague]:
    return [teamwork.colleague(user, may_act=False) for user in teamwork.people(session)]


def _tell(session: Session, order: Order, kind: TimelineKind, words: str, actor: Actor, note: Note) -> None:
    told = {"note_id": note.id}
    timeline.add(session, order.id, kind, words, actor=actor, at=clock.now(), weight=Weight.MILESTONE, data=told)
