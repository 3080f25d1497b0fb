"""What keeps open pages current sends what changed, and nothing else; it begins when the page is there."""

import asyncio
from collections.abc import Callable

import pytest

from backend.domain.holds import HoldKind
from backend.domain.permissions import Role
from backend.domain.queue import Wish
from backend.services import accounts
from backend.services.run import in_unit_of_work
from dashboard.dashboard import PAGES, app
from dashboard.pages.held.state import HeldState
from dashboard.pages.order.teamwork_state import TeamState
from dashboard.shell import followers, live, sessions, summary
from dashboard.shell.navigation import FrameState
from dashboard.shell.summary import Held, How
from tests.conftest import Database
from tests.dashboard.conftest import Tab
from tests.dashboard.test_held import held

LOADED = dict(app._load_events)


def test_a_change_that_alters_nothing_on_the_page_sends_nothing(
    tab: Tab, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = held(HoldKind.PO_BOX, "The address is a PO box.", 1, database)
    loaded = tab.send(HeldState.load, "/held")
    assert [row.number for row in loaded.last("rows")] == [number]
    readings, read = [], summary.held

    async def reading(wish: Wish, how: How) -> Held:
        readings.append(await read(wish, how))
        live.hub.publish({live.ALL})
        if len(readings) == 3:
            await asyncio.to_thread(_sign_out, tab.session)
        return readings[-1]

    monkeypatch.setattr(summary, "held", reading)
    answer = tab.send(HeldState.follow, "/held")
    assert len({each.page.read_at for each in readings}) == 3
    assert answer.deltas == []


def test_opening_the_same_page_again_sends_its_rows_only_if_they_changed(tab: Tab, database: Database) -> None:
    number = held(HoldKind.PO_BOX, "The address is a PO box.", 125, database)
    first = tab.send(HeldState.load, "/held")
    assert tab.send(HeldState.load, "/held").values("rows") == []
    other = held(HoldKind.PO_BOX, "The address is a PO box.", 62, database)
    rows = tab.send(HeldState.load, "/held").last("rows")
    assert [row.number for row in rows] == [number, other]
    assert rows[0] == first.last("rows")[0]
    assert [row.fresh for row in rows] == [False, False]


def test_numbers_in_the_rail_are_sent_when_they_change_and_not_otherwise(tab: Tab, database: Database) -> None:
    assert tab.send(FrameState.load, "/held").last("held") == ""
    held(HoldKind.PO_BOX, "The address is a PO box.", 1, database)
    assert tab.send(FrameState.load, "/held").last("held") == "1"
    again = tab.send(FrameState.load, "/held")
    assert [again.values(name) for name in ("held", "reviews", "zone", "bulk", "incident")] == [[]] * 5


def test_nothing_that_follows_changes_begins_before_its_page_is_there() -> None:
    pages = [events for events in LOADED.values() if events]
    assert len(pages) == len(PAGES)
    for *loading, last in pages:
        assert [event for event in loading if event.is_background] == []
        assert last.handler.fn.__name__ == "begin_following"
    names = [event.fn.__qualname__ for event in followers.of("/held")]
    of_page = ["ViewsState.follow", "HeldState.follow", "OrderState.follow", "TeamState.follow"]
    assert names == [*of_page, "FrameState.follow", "BellState.follow"]


def test_once_it_is_there_it_is_followed(tab: Tab, database: Database) -> None:
    number = held(HoldKind.PO_BOX, "The address is a PO box.", 1, database)
    answer = tab.follow(
        FrameState.begin_following, "/held", until=lambda answer: any(answer.values("rows")), route="/held"
    )
    assert [row.number for row in answer.last("rows")] == [number]
    assert tab.send(FrameState.begin_following, "/held", route="nowhere").deltas == []


def test_two_people_share_what_was_read_and_each_sees_their_own_side_of_it(
    database: Database, sign_in: Callable[..., str]
) -> None:
    sofia, ben = Tab(sign_in()), Tab(sign_in(Role.CUSTOMER_SERVICE, "Ben Ito"))
    hers = held(HoldKind.PO_BOX, "The address is a PO box.", 125, database)
    free = held(HoldKind.PO_BOX, "The address is a PO box.", 62, database)
    sofia.send(TeamState.claim, f"/orders/{hers}", number=hers)
    shown = {each: each.send(HeldState.load, "/held").last("rows") for each in (sofia, ben)}
    assert [[(row.number, row.work.assignee, row.work.mine) for row in shown[each]] for each in (sofia, ben)] == [
        [(hers, "Sofia Marin", True), (free, "", False)],
        [(hers, "Sofia Marin", False), (free, "", False)],
    ]
    assert shown[sofia][1] is shown[ben][1]


def test_a_queue_that_was_left_is_not_drawn_again_before_it_is_read_anew(tab: Tab, database: Database) -> None:
    number = held(HoldKind.PO_BOX, "The address is a PO box.", 1, database)
    there = tab.send(HeldState.load, f"/held?order={number}")
    assert (there.last("ready"), there.last("chosen")) == (True, number)
    left = tab.send(HeldState.forget, "/orders")
    assert (left.last("ready"), left.last("rows"), left.last("chosen")) == (False, [], "")
    assert tab.send(HeldState.forget, "/").values("rows") == []
    again = tab.send(HeldState.load, "/held")
    assert [row.number for row in again.last("rows")] == [number]
    assert True in again.values("ready")


def test_who_looks_at_an_order_of_the_queue_comes_back_to_it_as_it_was(tab: Tab, database: Database) -> None:
    number = held(HoldKind.PO_BOX, "The address is a PO box.", 1, database)
    tab.send(HeldState.load, "/held")
    assert tab.send(HeldState.forget, f"/orders/{number}").values("rows") == []


def test_every_page_but_the_queue_itself_forgets_the_queue() -> None:
    forgetting = {page.ROUTE for page in PAGES if HeldState.forget in followers.of(page.ROUTE)}
    assert forgetting == {page.ROUTE for page in PAGES} - {"/held"}


def _sign_out(token: str) -> None:
    in_unit_of_work(accounts.sign_out, token)
    sessions.forget(token)
