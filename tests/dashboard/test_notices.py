"""The page of all notices: one's own, a page at a time, read and unread."""

from collections.abc import Callable

import pytest

from backend.domain.permissions import Actor, Role
from backend.domain.teamwork import NoticeKind
from backend.services import desk_notices, notes
from backend.services.run import in_unit_of_work
from dashboard.components.told import Told
from dashboard.pages.notices.state import InboxState
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


def load(tab: Tab, query: str = "") -> Answer:
    return Tab(tab.session).send(InboxState.load, f"/notices{query}")


def told(answer: Answer) -> list[Told]:
    return list(answer.last("told"))


def mention(number: str, priya: Actor, times: int) -> None:
    for place in range(times):
        in_unit_of_work(notes.add_note, number, f"@Sofia Marin {place}", actor=priya)


def test_nobody_was_told_anything_yet(tab: Tab) -> None:
    answer = load(tab)
    assert told(answer) == []
    assert (answer.last("ready"), answer.last("headline")) == (True, "You have read everything")


def test_everything_ever_told_is_there_page_by_page(
    tab: Tab, number: str, priya: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_notices, "SHOWN", 2)
    mention(number, priya, 5)
    seen, query = [], ""
    for _ in range(3):
        answer = load(tab, query)
        seen += [one.id for one in told(answer)]
        query = answer.values("older_href")[-1].removeprefix("/notices") if answer.values("older_href") else ""
    assert seen == sorted(seen, reverse=True)
    assert (len(seen), query) == (5, "")
    assert answer.last("newest_href") == "/notices"
    assert answer.last("headline") == "5 unread notices"
    (last,) = told(answer)
    assert (last.number, last.who, last.text, last.href) == (
        number, "Priya Nair", "mentions you in a note", f"/orders/{number}",
    )  # fmt: skip


def test_one_is_marked_read_and_unread_again_and_all_at_once(tab: Tab, number: str, priya: Actor) -> None:
    mention(number, priya, 3)
    first = told(load(tab))[0].id
    read = tab.send(InboxState.set_read, "/notices", notice_id=first, read=True)
    assert [one.unread for one in told(read)] == [False, True, True]
    assert [one.id for one in told(load(tab, "?show=unread"))] == [one.id for one in told(read)[1:]]
    assert load(tab, "?show=unread").last("headline") == "2 unread notices"
    unread = tab.send(InboxState.set_read, "/notices", notice_id=first, read=False)
    assert [one.unread for one in told(unread)] == [True, True, True]
    answer = tab.send(InboxState.read_all, "/notices")
    assert (answer.last("headline"), answer.last("some_unread")) == ("You have read everything", False)


def test_it_follows_what_is_told_meanwhile(tab: Tab, number: str, priya: Actor) -> None:
    mention(number, priya, 1)
    answer = tab.follow(InboxState.follow, "/notices", until=lambda answer: any(answer.values("told")))
    assert len(told(answer)) == 1


def test_nobody_sees_or_marks_what_others_were_told(
    tab: Tab, number: str, priya: Actor, database: Database, sign_in: SignIn
) -> None:
    mention(number, priya, 1)
    (mine,) = told(load(tab))
    other = Tab(sign_in(Role.ADMIN, "Ada Klein"))
    assert told(load(other)) == []
    other.send(InboxState.set_read, "/notices", notice_id=mine.id, read=True)
    other.send(InboxState.read_all, "/notices")
    assert [one.unread for one in told(load(tab))] == [True]
    tab.send(InboxState.read_all, "/notices")
    other.send(InboxState.set_read, "/notices", notice_id=mine.id, read=False)
    assert [one.unread for one in told(load(tab))] == [False]


@pytest.mark.parametrize("query", ["?before=x", "?before=-1", "?before=99999999999999999999", "?show=everything"])
def test_an_address_that_makes_no_sense_begins_at_the_newest(tab: Tab, number: str, priya: Actor, query: str) -> None:
    mention(number, priya, 1)
    assert [one.kind for one in told(load(tab, query))] == [NoticeKind.MENTION]
