"""Notes and colleagues, ready to be shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from backend.domain.desk import NoteView
from backend.domain.teamwork import Colleague, pieces
from dashboard.components.times import full, moment
from dashboard.components.words import count, role_name


@dataclass
class Part:
    """A piece of a note; `mention`: it names a colleague."""

    text: str = ""
    mention: bool = False


@dataclass
class NoteRow:
    """A note. `kind` is internal, public or customer; `mine`: the reader wrote it and may change it."""

    id: int = 0
    author: str = ""
    at: str = ""
    full: str = ""
    text: str = ""
    kind: str = "internal"
    parts: list[Part] = field(default_factory=list)
    mine: bool = False
    edited: str = ""
    earlier: list[str] = field(default_factory=list)


@dataclass
class Person:
    """A colleague. `label` tells them apart in a list, `handle` is what `@` names them by; `may`: they may be given held
    orders."""

    id: int = 0
    name: str = ""
    label: str = ""
    about: str = ""
    handle: str = ""
    may: bool = False
    me: bool = False


def note_rows(notes: Sequence[NoteView], staff: Sequence[Colleague], me: str) -> list[NoteRow]:
    return [
        NoteRow(
            id=note.id,
            author=note.author,
            at=moment(note.created_at),
            full=full(note.created_at),
            text=note.text,
            kind="public" if note.public else "customer" if note.from_customer else "internal",
            parts=[Part(piece.text, piece.mention) for piece in pieces(note.text, staff)],
            mine=note.author_id == me,
            edited=_edited(note),
            earlier=list(note.earlier),
        )
        for note in notes
    ]


def _edited(note: NoteView) -> str:
    if note.edited_at is None:
        return ""
    return f"changed {moment(note.edited_at)}, {count(len(note.earlier), 'earlier version')}"


def people(staff: Sequence[Colleague], me: int) -> list[Person]:
    """Colleagues by name, oneself first; of two with the same name the e-mail address tells which one is meant."""
    names = [person.name for person in staff]
    found = [
        Person(
            id=person.id,
            name=person.name,
            label=f"{person.name} ({role_name(person.role) if names.count(person.name) == 1 else person.email})",
            about=f"{role_name(person.role)} · {person.email}",
            handle=person.name if names.count(person.name) == 1 else person.email,
            may=person.may_act,
            me=person.id == me,
        )
        for person in staff
    ]
    return sorted(found, key=lambda person: (not person.me, person.name.casefold()))
