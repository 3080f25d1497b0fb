"""Sharing held orders from the order page: the strip, notes, who else looks, and the bell."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from backend.domain.permissions import SYSTEM, Actor, Role
from backend.domain.teamwork import person_topic
from backend.services import accounts, actions, desk_notices, notes, presence, teamwork
from backend.services.run import in_unit_of_work
from dashboard.components.teamwork import WorkCell, initials
from dashboard.pages.order import teamwork_state
from dashboard.pages.order.state import OrderState
from dashboard.pages.order.teamwork_state import Standing, TeamState
from dashboard.shell import bell, calls, live, sessions
from dashboard.shell.bell import BellState
from tests import factories
from tests.conftest import Database
from tests.dashboard.conftest import Answer, Tab

SignIn = Callable[..., str]


@pytest.fixture
def number(database: Database) -> str:
    return factories.created(factories.new_order(shipping=None)).number


@pytest.fixture
def priya(database: Database) -> Actor:
    return factories.colleague("Priya Nair", Role.MANAGER)


def look(tab: Tab, number: str) -> Answer:
    """Open the order, and close the tab when it shows what is shared about it."""
    path = f"/orders/{number}"
    tab.send(OrderState.load, path)
    return tab.follow(TeamState.follow, path, until=lambda answer: number in answer.values("number"))


def me(database: Database) -> int:
    ((person,),) = database.execute("select id from users where email = 'sofia@shop.test'")
    return int(person)


def work_in(answer: Answer) -> WorkCell:
    cell = answer.last("work")
    assert isinstance(cell, WorkCell)
    return cell


def test_the_strip_says_whose_it_is_whose_turn_and_how_it_stands(tab: Tab, number: str) -> None:
    answer = look(tab, number)

    cell = work_in(answer)
    assert answer.last("number") == number
    assert (cell.held, cell.assignee, cell.assigned, cell.turn, cell.turn_word) == (
        True, "", "Nobody has it", "us", "Our turn",
    )  # fmt: skip
    assert cell.due.endswith(" left")
    assert cell.bucket == "ok"


def test_a_claim_from_here_is_seen_here_and_a_second_one_is_refused_by_name(
    tab: Tab, number: str, priya: Actor, sign_in: SignIn
) -> None:
    look(tab, number)
    answer = tab.send(TeamState.claim, f"/orders/{number}", number=number)
    assert (work_in(answer).assignee, work_in(answer).mine) == ("Sofia Marin", True)
    assert answer.texts()[0].startswith(f"Order {number} is yours for half an hour")

    late = Tab(sign_in(name="Ben Ito"))
    answer = late.send(TeamState.claim, f"/orders/{number}", number=number)
    assert "was already claimed by Sofia Marin" in answer.texts()[0]
    assert (work_in(answer).assignee, work_in(answer).mine) == ("Sofia Marin", False)

    cell = work_in(tab.send(TeamState.let_go, f"/orders/{number}", number=number, version=2))
    assert cell.assignee == ""


def test_an_order_is_given_to_a_colleague_who_is_told(tab: Tab, number: str, priya: Actor, database: Database) -> None:
    look(tab, number)
    assert tab.send(TeamState.ask_assign, f"/orders/{number}", number=number).last("dialog") == "assign"

    form = {"number": number, "version": "1", "person": priya.id.removeprefix("user:")}
    answer = tab.send(TeamState.give, f"/orders/{number}", form=form)

    assert (work_in(answer).assignee, answer.last("dialog")) == ("Priya Nair", "")
    assert in_unit_of_work(desk_notices.unread, actor=priya) == 1
    stale = tab.send(TeamState.give, f"/orders/{number}", form=form | {"person": str(me(database))})
    assert "has changed since you looked at it: Sofia Marin: “Assigned to Priya Nair”" in stale.texts()[0]


def test_a_snooze_is_chosen_shown_and_ended(tab: Tab, number: str, priya: Actor) -> None:
    look(tab, number)
    asked = tab.send(TeamState.ask_snooze, f"/orders/{number}", number=number)
    assert [choice.value for choice in asked.last("choices")] == [
        "answer", "payment", "soon", "morning", "week",
    ]  # fmt: skip
    for wrong in ({"until": "own", "own": "yesterday"}, {"until": "own", "own": "2020-01-01T09:00"}, {"until": "x"}):
        refused = tab.send(TeamState.put_away, f"/orders/{number}", form={"number": number, "version": "1"} | wrong)
        assert refused.texts() != []
        assert all(not cell.snoozed for cell in refused.values("work"))

    form = {"number": number, "version": "1", "until": "answer"}
    cell = work_in(tab.send(TeamState.put_away, f"/orders/{number}", form=form))
    assert cell.snoozed
    assert cell.snooze.startswith("until the customer answers or a colleague writes a note, at the latest ")
    assert (cell.turn, cell.due) == ("customer", "stopped")
    cell = work_in(tab.send(TeamState.bring_back, f"/orders/{number}", number=number, version=2))
    assert (cell.snoozed, cell.woken) == (False, "Snooze ended: Sofia Marin brought it back")
    cell = work_in(tab.send(TeamState.put_away, f"/orders/{number}", form=form | {"version": "3", "until": "morning"}))
    assert cell.snoozed


def test_whose_turn_it_is_can_be_said_and_taken_back(tab: Tab, number: str) -> None:
    look(tab, number)

    cell = work_in(tab.send(TeamState.say_turn, f"/orders/{number}", number=number, turn="provider", version=1))
    assert (cell.turn, cell.by_hand, cell.bucket) == ("provider", True, "paused")
    assert cell.turn_hint == "Provider's turn, as Sofia Marin says; the clock stands still meanwhile"
    cell = work_in(tab.send(TeamState.say_turn, f"/orders/{number}", number=number, turn="", version=2))
    assert (cell.turn, cell.by_hand) == ("us", False)


def test_notes_say_for_whom_they_are_mention_colleagues_and_keep_earlier_words(
    tab: Tab, number: str, priya: Actor
) -> None:
    look(tab, number)
    path = f"/orders/{number}"
    form = {"number": number, "kind": "internal", "text": "@Priya Nair, is this fraud?"}
    answer = tab.send(TeamState.write_note, path, form=form)
    (note,) = answer.last("notes")
    assert [(part.text, part.mention) for part in note.parts] == [("@Priya Nair", True), (", is this fraud?", False)]
    assert (note.kind, note.author, note.mine, answer.last("written")) == ("internal", "Sofia Marin", True, 1)

    tab.send(TeamState.edit_note, path, note_id=note.id)
    changed = {"number": number, "note": str(note.id), "text": "@Priya Nair, surely fraud"}
    (note,) = tab.send(TeamState.save_note, path, form=changed).last("notes")
    assert (note.text, note.earlier) == ("@Priya Nair, surely fraud", ["@Priya Nair, is this fraud?"])
    assert note.edited.endswith("1 earlier version")

    kinds = []
    for kind in ("public", "customer", "made up"):
        found = tab.send(TeamState.write_note, path, form={"number": number, "kind": kind, "text": "x"})
        kinds.append(found.last("notes")[0].kind)
    assert kinds == ["public", "customer", "internal"]
    assert tab.send(TeamState.write_note, path, form={"number": number, "text": "  "}).values("notes") == []


def test_who_else_looks_is_seen(tab: Tab, number: str, priya: Actor) -> None:
    in_unit_of_work(presence.arrive, number, "hers", actor=priya)

    cell = work_in(look(tab, number))

    assert (cell.viewers, cell.viewers_short) == ("Priya Nair", "PN")


def test_a_tab_that_is_closed_while_it_arrives_leaves_all_the_same(
    sign_in: SignIn, number: str, database: Database
) -> None:
    token = sign_in()

    async def close_at_once() -> None:
        person = await sessions.person_of(token)
        assert person is not None
        sessions.enter(sessions.Visit(token, person))
        here = Standing("tab")
        arriving = asyncio.ensure_future(here.stand_at(number))
        while here.arrival is None:
            await asyncio.sleep(0)
        arriving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await arriving
        await here.leave()

    asyncio.run(close_at_once())
    assert database.execute("select name from desk_viewers") == []


def test_who_may_only_look_is_offered_no_acts_and_can_do_none(sign_in: SignIn, number: str, database: Database) -> None:
    qa = Tab(sign_in(Role.QA, "Tom Okafor"))
    answer = look(qa, number)
    assert answer.values("may_share")[-1:] in ([], [False])

    path = f"/orders/{number}"
    qa.send(TeamState.claim, path, number=number)
    qa.send(TeamState.put_away, path, form={"number": number, "version": "1", "until": "answer"})
    qa.send(TeamState.write_note, path, form={"number": number, "text": "no"})

    assert database.execute("select assignee_id, snoozed_at, version from desk_work") == [(None, None, 1)]
    assert database.execute("select count(*) from notes") == [(0,)]


def test_an_order_that_nothing_holds_has_no_strip_but_notes(tab: Tab, database: Database) -> None:
    number = factories.created().number

    answer = look(tab, number)

    assert answer.last("number") == number
    assert [cell.held for cell in answer.values("work")] in ([], [False])


def test_the_bell_counts_what_is_unread_and_leads_to_the_order(
    tab: Tab, number: str, priya: Actor, database: Database
) -> None:
    in_unit_of_work(notes.add_note, number, "@Sofia Marin please", actor=priya)
    in_unit_of_work(teamwork.assign, number, me(database), actor=priya)
    assert tab.follow(BellState.follow, "/", until=lambda a: any(a.values("unread"))).last("unread") == "2"

    told = tab.send(BellState.toggle, "/").last("told")
    assert [(line.text, line.who, line.href, line.unread) for line in told] == [
        ("is yours now", "Priya Nair", f"/orders/{number}", True),
        ("mentions you in a note", "Priya Nair", f"/orders/{number}", True),
    ]
    answer = tab.send(BellState.read_all, "/")
    assert answer.last("unread") == ""
    assert [line.unread for line in answer.last("told")] == [False, False]


def test_opening_an_order_reads_what_one_was_told_of_it(tab: Tab, number: str, priya: Actor) -> None:
    in_unit_of_work(notes.add_note, number, "@Sofia Marin please", actor=priya)
    look(tab, number)

    assert tab.send(BellState.toggle, "/").last("told")[0].unread is False


def test_a_hold_by_a_colleague_is_seen_in_the_strip(tab: Tab, database: Database, priya: Actor) -> None:
    number = factories.created().number
    tab.send(OrderState.load, f"/orders/{number}")
    in_unit_of_work(actions.hold, number, actor=priya, reason="wait for me")

    def shown(answer: Answer) -> bool:
        return any(cell.held for cell in answer.values("work"))

    assert work_in(tab.follow(TeamState.follow, f"/orders/{number}", until=shown)).turn == "us"


def test_initials_are_of_the_first_and_last_name() -> None:
    assert [initials(name) for name in ("Sofia Marin", "Ana de la Cruz", "priya", "")] == ["SM", "AC", "P", ""]


def test_who_has_left_is_no_colleague_any_more(database: Database, sign_in: SignIn) -> None:
    sign_in()
    people = in_unit_of_work(teamwork.colleagues, actor=factories.staff(Role.ADMIN))
    in_unit_of_work(accounts.disable_user, email="sofia@shop.test", actor=SYSTEM)

    assert [(person.name, person.may_act) for person in people] == [("Sofia Marin", True)]
    assert in_unit_of_work(teamwork.colleagues, actor=factories.staff(Role.ADMIN)) == ()


def test_a_note_that_is_sent_twice_is_one_note(tab: Tab, number: str, database: Database) -> None:
    token = look(tab, number).last("note_token")
    form = {"number": number, "kind": "internal", "text": "They called.", "token": token}

    first = tab.send(TeamState.write_note, f"/orders/{number}", form=form)
    second = tab.send(TeamState.write_note, f"/orders/{number}", form=form)

    assert database.execute("select text from notes") == [("They called.",)]
    assert (first.texts(), second.texts()) == (["Note added."], [])
    fresh = first.last("note_token")
    assert fresh != token
    tab.send(TeamState.write_note, f"/orders/{number}", form=form | {"token": fresh})
    assert database.execute("select count(*) from notes") == [(2,)]


class Failing:
    """The way to the services, which fails once and then works again; the follower is told of news at once."""

    def __init__(self, topic: str) -> None:
        self.topic, self.failed = topic, False

    async def ask(self, *given: Any, **more: Any) -> Any:
        if self.failed:
            return await calls.ask(*given, **more)
        self.failed = True
        live.hub.publish({self.topic})
        raise OperationalError("select 1", None, Exception("gone"))


def test_what_is_shared_is_followed_on_after_a_reading_that_failed(
    tab: Tab, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Failing(live.tab_topic("tab"))
    monkeypatch.setattr(teamwork_state, "ask", failing.ask)
    assert look(tab, number).last("number") == number
    assert failing.failed


def test_the_bell_goes_on_counting_after_a_reading_that_failed(
    tab: Tab, number: str, priya: Actor, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_unit_of_work(teamwork.assign, number, me(database), actor=priya)
    failing = Failing(person_topic(me(database)))
    monkeypatch.setattr(bell, "ask", failing.ask)
    assert tab.follow(BellState.follow, "/", until=lambda answer: "1" in answer.values("unread")).last("unread") == "1"
    assert failing.failed
