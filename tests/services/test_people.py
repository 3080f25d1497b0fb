"""Who is signed in: those who look after the installation see it, and an administrator ends a session for a reason."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session

from backend import clock
from backend.domain.errors import NotAllowed, NotFound, ReasonMissing
from backend.domain.permissions import Actor, ActorKind, Role
from backend.domain.staff_sessions import PeopleHere, SignedInPeople
from backend.services import accounts, people, profile
from backend.services.run import in_unit_of_work
from backend.store.tables import StaffSession
from tests.conftest import Database
from tests.factories import colleague


def session_of(person: Actor, token: str, *, idle: timedelta = timedelta(), browser: str = "Firefox on Linux") -> str:
    """The person is signed in under this token; the session's name. Checking a password would only take time here."""

    def open_one(session: Session) -> None:
        now = clock.now()
        moments = {"created_at": now - idle, "last_seen_at": now - idle, "expires_at": now + accounts.ABSOLUTE}
        number = int(person.id.removeprefix("user:"))
        where = {"address": "203.0.113.9", "browser": browser}
        session.add(StaffSession(token_hash=accounts.hash_of(token), user_id=number, **where, **moments))

    in_unit_of_work(open_one)
    return accounts.session_id(accounts.hash_of(token))


def seen(actor: Actor) -> SignedInPeople:
    found: SignedInPeople = in_unit_of_work(people.signed_in, actor=actor)
    return found


@pytest.fixture
def ada(database: Database) -> Actor:
    return colleague("Ada Klein", Role.ADMIN)


@pytest.fixture
def tom(database: Database) -> Actor:
    return colleague("Tom Okafor", Role.QA)


def test_everybody_who_is_signed_in_is_listed_with_where_and_since_when(ada: Actor, tom: Actor) -> None:
    mine, theirs = session_of(ada, "a"), session_of(tom, "b")
    older = session_of(tom, "c", idle=timedelta(minutes=9), browser="Safari on iPhone")
    session_of(tom, "d", idle=accounts.IDLE)

    found = seen(ada)

    assert [(each.id, each.name, each.own) for each in found.sessions] == [
        (mine, "Ada Klein", True),
        (theirs, "Tom Okafor", False),
        (older, "Tom Okafor", False),
    ]
    last = found.sessions[2]
    assert (last.role, last.browser, last.address) == (Role.QA, "Safari on iPhone", "203.0.113.…")
    assert clock.now() - last.last_seen_at >= timedelta(minutes=9)
    assert found.people == in_unit_of_work(people.people_here, actor=ada) == PeopleHere(2, 2)


def test_who_has_left_is_not_listed(ada: Actor, tom: Actor, database: Database) -> None:
    session_of(tom, "b")
    database.execute("update users set active = false where name = 'Tom Okafor'")

    assert seen(ada) == SignedInPeople(PeopleHere(1, 0), ())


def test_a_token_of_ones_own_knows_ones_own_sessions(ada: Actor) -> None:
    session_of(ada, "a")
    robot = Actor(ActorKind.STAFF, "token:1", "robot", Role.ADMIN, person=ada.id)

    assert [each.own for each in seen(robot).sessions] == [True]
    assert [each.own for each in seen(replace(robot, person="")).sessions] == [False]


def test_an_administrator_ends_one_session_and_says_why(ada: Actor, tom: Actor, database: Database) -> None:
    lost, kept = session_of(tom, "b", browser="Safari on iPhone"), session_of(tom, "c")

    done = in_unit_of_work(people.end_session, lost, actor=ada, reason="  lost the phone ")

    assert done.sentence == "Tom Okafor is signed out there (Safari on iPhone)."
    assert [each.id for each in seen(ada).sessions] == [kept]
    assert in_unit_of_work(accounts.person, "b") is None
    audit = database.execute("select actor_id, action, reason, details from audit")
    details = {"session": lost, "user": int(tom.id.removeprefix("user:")), "browser": "Safari on iPhone"}
    assert audit == [(ada.id, "end_session_of", "lost the phone", details)]


def test_a_session_ends_once_and_only_for_a_reason(ada: Actor, tom: Actor, database: Database) -> None:
    theirs = session_of(tom, "b")
    with pytest.raises(ReasonMissing, match="it goes into the audit"):
        in_unit_of_work(people.end_session, theirs, actor=ada, reason=" - ")
    for wrong in ("", "%" * 16, theirs[:8], "0" * 16):
        with pytest.raises(NotFound, match="has ended already"):
            in_unit_of_work(people.end_session, wrong, actor=ada, reason="lost the phone")
    assert [each.id for each in seen(ada).sessions] == [theirs]
    assert database.execute("select * from audit") == []

    in_unit_of_work(people.end_session, theirs, actor=ada, reason="lost the phone")
    with pytest.raises(NotFound, match="has ended already"):
        in_unit_of_work(people.end_session, theirs, actor=ada, reason="lost the phone")
    assert database.execute("select count(*) from audit") == [(1,)]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_nobody_else_ends_a_session_and_most_do_not_even_see_them(role: Role, ada: Actor, database: Database) -> None:
    theirs, other = session_of(ada, "a"), colleague("Priya Nair", role)
    with pytest.raises(NotAllowed):
        in_unit_of_work(people.end_session, theirs, actor=other, reason="because I can")

    if role is Role.MANAGER:
        assert [each.id for each in seen(other).sessions] == [theirs]
    else:
        with pytest.raises(NotAllowed):
            seen(other)
    assert in_unit_of_work(accounts.person, "a") is not None
    assert database.execute("select * from audit") == []


def test_in_ones_own_settings_one_ends_ones_own_sessions_only(ada: Actor, tom: Actor, database: Database) -> None:
    theirs, mine = session_of(ada, "a"), session_of(tom, "b")

    in_unit_of_work(profile.end_session, theirs, actor=tom)
    assert [each.id for each in seen(ada).sessions] == [theirs, mine]
    in_unit_of_work(profile.end_session, mine, actor=tom)

    assert [each.id for each in seen(ada).sessions] == [theirs]
    assert database.execute("select action, details from audit") == [("end_session", {"session": mine})]
