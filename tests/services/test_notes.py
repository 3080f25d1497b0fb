"""Notes: who sees them, who is told of them, and what they said before."""

import pytest

from backend.domain.errors import InvalidInput, NotFound, NotPossible
from backend.domain.permissions import Actor, Role
from backend.services import desk_notices, notes, orders
from backend.services.run import in_unit_of_work
from tests import factories
from tests.conftest import Database


@pytest.fixture
def sofia(database: Database) -> Actor:
    return factories.colleague("Sofia Marin")


@pytest.fixture
def priya(database: Database) -> Actor:
    return factories.colleague("Priya Nair", Role.MANAGER)


@pytest.fixture
def number(database: Database) -> str:
    return factories.created().number


def add(number: str, text: str, actor: Actor, **more: object) -> int:
    return in_unit_of_work(notes.add_note, number, text, actor=actor, **more)


def shown(number: str, actor: Actor):  # type: ignore[no-untyped-def]
    return in_unit_of_work(orders.order_view, number, actor=actor).notes


def unread(actor: Actor) -> int:
    return in_unit_of_work(desk_notices.unread, actor=actor)


def test_whom_a_note_mentions_is_told_once_and_nobody_of_what_they_wrote_themselves(
    number: str, sofia: Actor, priya: Actor
) -> None:
    note = add(number, "@Priya Nair and @Sofia Marin: see @priya nair", sofia)
    assert (unread(priya), unread(sofia)) == (1, 0)

    in_unit_of_work(notes.edit_note, number, note, "@Priya Nair, please", actor=sofia)
    inbox = in_unit_of_work(desk_notices.inbox, actor=priya)

    assert [(n.number, n.kind, n.text, n.actor, n.read) for n in inbox.notices] == [
        (number, "mention", "mentions you in a note", "Sofia Marin", False)
    ]


def test_people_read_their_own_notices_and_nobody_elses(number: str, sofia: Actor, priya: Actor) -> None:
    add(number, "@Priya Nair", sofia)
    add(number, "@priya@shop.test", sofia)
    first, _ = [notice.id for notice in in_unit_of_work(desk_notices.inbox, actor=priya).notices]

    in_unit_of_work(desk_notices.mark_read, [first], actor=sofia)
    assert unread(priya) == 2
    in_unit_of_work(desk_notices.mark_read, [first], actor=priya)
    assert unread(priya) == 1
    in_unit_of_work(desk_notices.mark_read, actor=priya)
    assert unread(priya) == 0


def test_a_changed_note_keeps_what_it_said_before(database: Database, number: str, sofia: Actor, priya: Actor) -> None:
    note = add(number, "Send it to the neighbour", sofia)
    for text in ("Send it to number 12", "Send it to number 14", "Send it to number 14"):
        in_unit_of_work(notes.edit_note, number, note, text, actor=sofia)

    (seen,) = shown(number, priya)
    assert seen.text == "Send it to number 14"
    assert seen.earlier == ("Send it to number 12", "Send it to the neighbour")
    assert seen.edited_at is not None
    with pytest.raises(NotPossible, match="This note is Sofia Marin's"):
        in_unit_of_work(notes.edit_note, number, note, "no", actor=priya)
    with pytest.raises(NotFound):
        in_unit_of_work(notes.edit_note, factories.created().number, note, "no", actor=sofia)
    with pytest.raises(InvalidInput):
        in_unit_of_work(notes.edit_note, number, note, "  ", actor=sofia)
    assert shown(number, priya)[0].text == "Send it to number 14"
    said = database.execute("select text from timeline where kind in ('note:added', 'note:edited') order by id")
    assert said == [("Sofia Marin left a note.",)] + [("Sofia Marin changed a note.",)] * 2


def test_a_note_says_for_whom_it_is(number: str, sofia: Actor) -> None:
    add(number, "for us", sofia)
    add(number, "for you", sofia, public=True)
    add(number, "from them", sofia, from_customer=True)
    with pytest.raises(InvalidInput):
        add(number, "both", sofia, public=True, from_customer=True)

    assert [(note.text, note.public, note.from_customer) for note in shown(number, sofia)] == [
        ("from them", False, True),
        ("for you", True, False),
        ("for us", False, False),
    ]


def test_a_note_sent_twice_is_written_once(number: str, sofia: Actor) -> None:
    assert add(number, "once", sofia, token="t") > 0
    assert add(number, "once", sofia, token="t") == 0

    assert [note.text for note in shown(number, sofia)] == ["once"]
