"""The held queue's state, from the database to what the browser is sent."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session

from backend import clock
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.queue import Place, Sort
from backend.services import holds
from backend.services.run import in_unit_of_work
from backend.store import holds as open_holds
from backend.store import orders
from dashboard.pages.held import address
from dashboard.pages.held.address import Address
from dashboard.pages.held.selection import SelectionState
from dashboard.pages.held.state import HeldState
from dashboard.pages.held.tiles import CauseTile, folded
from dashboard.shell import live
from tests import factories
from tests.conftest import Database
from tests.dashboard.conftest import Tab


def held(kind: HoldKind, reason: str, minutes_ago: int, database: Database, **changes: object) -> str:
    """An order with one open hold of that age."""
    factories.stocked("LNT-STR-BRS", 100)
    order = factories.created(factories.new_order(**changes))

    def place(session: Session) -> None:
        holds.place(session, orders.lock_by_number(session, order.number), kind, reason, source=HoldSource.CHECK)

    in_unit_of_work(place)
    moment = clock.now() - timedelta(minutes=minutes_ago)
    database.execute("update holds set placed_at = %s where order_id = %s", (moment, order.id))
    return order.number


@pytest.fixture
def three(database: Database) -> list[str]:
    """Oldest first: fraud of three hours, note of two, fraud of one; the last is the largest."""
    return [
        held(HoldKind.FRAUD_RISK, "The shop marked it as risky.", 180, database),
        held(HoldKind.CUSTOMER_NOTE, "“Leave it next door.”", 125, database),
        held(HoldKind.FRAUD_RISK, "The shop marked it as risky.", 61, database, shipping_minor=99_990),
    ]


def test_it_opens_with_how_many_why_how_old_and_what_is_at_stake(tab: Tab, three: list[str]) -> None:
    answer = tab.send(HeldState.load, "/held")
    assert (answer.last("headline"), answer.last("oldest"), answer.last("stake")) == ("3 orders", "3 h", "€1,309")
    causes = [(tile.title, tile.label, tile.orders, tile.stake, tile.share) for tile in answer.last("causes")]
    assert causes == [
        ("Risk of fraud", "The shop marked it as risky.", "2", "€1,204", "67%"),
        ("Customer left a note", "", "1", "€105", "33%"),
    ]


def test_each_row_says_who_how_much_why_what_to_do_and_since_when(tab: Tab, three: list[str]) -> None:
    rows = tab.send(HeldState.load, "/held").last("rows")
    assert [row.number for row in rows] == three
    row = rows[1]
    assert (row.customer, row.channel, row.amount) == ("Greta Lindenau", "Signed JSON", "€104.70")
    assert row.since.endswith(", 2 h 5 min ago")
    assert (row.work.held, row.work.turn_word, row.work.assignee) == (True, "Our turn", "")
    assert (row.title, row.reason) == ("Customer left a note", "“Leave it next door.”")
    assert row.advice.startswith("Read the note")
    assert (row.state, row.fresh) == ("open", False)


def test_a_cause_in_the_address_filters_and_its_tile_leads_back(tab: Tab, three: list[str]) -> None:
    fraud, note = tab.send(HeldState.load, "/held").last("causes")
    assert note.href == f"/held?cause={note.key}"
    answer = tab.send(HeldState.load, f"/held?cause={fraud.key}")
    assert [row.number for row in answer.last("rows")] == [three[0], three[2]]
    assert (answer.last("filtered"), answer.last("all_of_them")) == ("2 orders", "2 orders of this cause")
    assert [(tile.href, tile.chosen) for tile in answer.last("causes")] == [("/held", True), (note.href, False)]
    by_kind = tab.send(HeldState.load, "/held?kind=customer_note")
    assert [row.number for row in by_kind.last("rows")] == [three[1]]


def test_it_sorts_by_amount_and_by_age_both_ways(tab: Tab, three: list[str]) -> None:
    by_amount = tab.send(HeldState.load, "/held?sort=amount&dir=desc")
    assert by_amount.last("rows")[0].number == three[2]
    assert [(choice.key, choice.order) for choice in by_amount.last("sorts")] == [
        ("age", "none"),
        ("due", "none"),
        ("amount", "descending"),
    ]
    youngest_first = tab.send(HeldState.load, "/held?dir=desc")
    assert [row.number for row in youngest_first.last("rows")] == three[::-1]
    assert youngest_first.last("sorts")[0].href == "/held"


def test_pages_follow_each_other_by_place_and_begin_with_the_order_in_front(
    tab: Tab, three: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "SIZE", 2)
    front = tab.send(HeldState.load, "/held")
    assert (front.last("position"), front.last("previous_href")) == ("1–2 of 3", "")
    behind = tab.send(HeldState.load, front.last("next_href"))
    assert [row.number for row in behind.last("rows")] == [three[2]]
    assert (behind.last("position"), behind.last("next_href"), behind.last("chosen")) == ("3–3 of 3", "", three[2])
    back = tab.send(HeldState.load, behind.last("previous_href"))
    assert ([row.number for row in back.last("rows")], back.last("chosen")) == (three[:2], three[1])


def test_nothing_held_says_so(tab: Tab) -> None:
    answer = tab.send(HeldState.load, "/held")
    assert answer.last("ready") is True
    assert answer.last("headline") == "0 orders"
    assert answer.last("some") is False


def test_an_order_is_shown_beside_the_list_and_a_stranger_number_only_there(tab: Tab, three: list[str]) -> None:
    answer = tab.send(HeldState.load, f"/held?order={three[1]}")
    assert answer.last("chosen") == three[1]
    assert answer.last("head").number == three[1]
    chosen = tab.send(HeldState.show_beside, "/held", form={"number": three[0].lower()})
    assert (chosen.last("chosen"), chosen.last("head").number) == (three[0], three[0])
    for nonsense in ("'; drop table orders", "../x", "x" * 50):
        assert tab.send(HeldState.show_beside, "/held", form={"number": nonsense}).last("chosen") == ""
        tab.send(HeldState.show_beside, "/held", form={"number": three[0]})


def test_after_an_action_the_next_order_is_there(tab: Tab, three: list[str]) -> None:
    tab.send(HeldState.load, f"/held?order={three[0]}")
    release(three[0])
    answer = tab.send(HeldState.acted, "/held", number=three[0], action="release")
    assert (answer.last("chosen"), answer.last("head").number) == (three[1], three[1])
    assert [row.number for row in answer.last("rows")] == three[1:]
    release(three[2])
    tab.send(HeldState.show_beside, "/held", form={"number": three[2]})
    assert tab.send(HeldState.acted, "/held", number=three[2], action="release").last("chosen") == three[1]


def test_an_order_that_is_still_held_after_an_action_stays(tab: Tab, three: list[str]) -> None:
    tab.send(HeldState.load, f"/held?order={three[0]}")
    assert tab.send(HeldState.acted, "/held", number=three[0], action="refund").values("chosen") == []
    assert tab.send(HeldState.acted, "/held", number=three[0], action="cancel").last("chosen") == three[1]


def test_what_happens_meanwhile_is_worked_in_without_moving_anything(
    tab: Tab, three: list[str], database: Database
) -> None:
    tab.send(HeldState.load, f"/held?order={three[1]}")
    release(three[0])
    older = held(HoldKind.PO_BOX, "A box.", 500, database)
    live.hub.publish({live.ALL})
    answer = tab.follow(HeldState.follow, "/held", until=lambda answer: bool(answer.values("rows")))
    rows = [(row.number, row.state, row.fresh) for row in answer.last("rows")]
    assert rows == [
        (three[0], "gone", False),
        (older, "open", True),
        (three[1], "open", False),
        (three[2], "open", False),
    ]
    assert answer.last("news") == "1 new"
    moved_on = tab.send(HeldState.show_beside, "/held", form={"number": older})
    assert [row.number for row in moved_on.last("rows")] == [older, *three[1:]]
    assert moved_on.last("news") == ""


def test_a_selection_lasts_from_page_to_page_and_ends_with_the_filter(tab: Tab, three: list[str]) -> None:
    tab.send(HeldState.load, "/held")
    tab.send(SelectionState.toggle, "/held", number=three[0], ticked=True)
    two = tab.send(SelectionState.toggle, "/held", number=three[2], ticked=True)
    assert (two.last("numbers"), two.last("text")) == ([three[0], three[2]], "2 orders selected")
    one = tab.send(SelectionState.toggle, "/held", number=three[0], ticked=False)
    assert one.last("numbers") == [three[2]]
    assert tab.send(HeldState.load, "/held?sort=amount").values("numbers") == []
    everything = tab.send(SelectionState.take_all, "/held")
    assert (everything.last("whole"), everything.last("numbers")) == (True, [])
    elsewhere = tab.send(HeldState.load, "/held?kind=po_box")
    assert (elsewhere.last("whole"), elsewhere.last("some")) == (False, False)


def release(number: str) -> None:
    def lift(session: Session) -> None:
        order = orders.lock_by_number(session, number)
        for hold in open_holds.open_of(session, order.id):
            holds.lift(session, order, hold, "released", actor=factories.staff())

    in_unit_of_work(lift)


PLACE = "1764000000000000~7"


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, Address()),
        (
            {"cause": "po_box.0123456789", "sort": "amount", "dir": "desc", "after": PLACE, "order": "ORD-1"},
            Address("po_box.0123456789", "", Sort.AMOUNT, True, PLACE, "", "ORD-1"),
        ),
        ({"mine": "1", "snoozed": "yes", "sort": "due"}, Address(sort=Sort.DUE, mine=True)),
        ({"kind": "po_box", "before": PLACE, "order": "last"}, Address(kind="po_box", before=PLACE, order="last")),
        ({"after": PLACE, "before": PLACE}, Address(after=PLACE)),
        (
            {"kind": "'; drop table holds", "cause": "x.y", "sort": "1; select 1", "after": "-2", "order": "<b>"},
            Address(),
        ),
        ({"before": "٣~1"}, Address()),
        ({"after": "9" * 30}, Address()),
    ],
)
def test_an_address_is_believed_only_where_it_makes_sense(parameters: dict[str, str], expected: Address) -> None:
    assert Address.of(parameters) == expected


def tiles(many: int, chosen: int = -1) -> list[CauseTile]:
    return [CauseTile(f"kind{n}", f"Cause {n}", "", "1", "", "2%", "", n == chosen) for n in range(many)]


@pytest.mark.parametrize(
    ("many", "chosen", "shown", "rest"),
    [
        (6, -1, list(range(6)), []),
        (8, -1, list(range(5)), [5, 6, 7]),
        (8, 3, list(range(5)), [5, 6, 7]),
        (8, 7, [*range(4), 7], [4, 5, 6]),
    ],
)
def test_small_causes_are_folded_away_but_never_the_chosen_one(
    many: int, chosen: int, shown: list[int], rest: list[int]
) -> None:
    visible, away = folded(tiles(many, chosen))
    assert [tile.key for tile in visible] == [f"kind{n}" for n in shown]
    assert [tile.key for tile in away] == [f"kind{n}" for n in rest]


def test_an_address_survives_there_and_back() -> None:
    asked = Address("po_box.0123456789", "", Sort.AMOUNT, True)
    assert asked.href() == "/held?cause=po_box.0123456789&sort=amount&dir=desc"
    assert asked.href(after=PLACE, order="first") == asked.href() + f"&after={PLACE}&order=first"
    assert replace(asked, after=PLACE).wish(7).after == Place(1_764_000_000_000_000, 7)


def test_choosing_the_sort_again_turns_it_round() -> None:
    assert Address().sorted_by(Sort.AGE) == "/held?dir=desc"
    assert Address().sorted_by(Sort.AMOUNT) == "/held?sort=amount&dir=desc"
    assert Address(sort=Sort.AMOUNT, desc=True).sorted_by(Sort.AMOUNT) == "/held?sort=amount"
