"""The held queue's state, from the database to what the browser is sent."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from backend import clock
from backend.domain.holds import HoldKind, HoldSource
from backend.services import holds
from backend.services.run import in_unit_of_work
from backend.store import orders
from dashboard.pages.held.state import CauseTile, HeldState, Query, _folded
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


def test_it_opens_with_how_many_why_and_how_old(tab: Tab, three: list[str]) -> None:
    answer = tab.send(HeldState.load, "/held")
    assert answer.last("headline") == "3 orders"
    assert answer.last("oldest") == "3 h"
    causes = {tile.kind: (tile.title, tile.orders, tile.stake) for tile in answer.last("causes")}
    assert causes == {
        "fraud_risk": ("Risk of fraud", "2", "€1,204"),
        "customer_note": ("Customer left a note", "1", "€105"),
    }


def test_each_row_says_who_how_much_why_what_to_do_and_since_when(tab: Tab, three: list[str]) -> None:
    rows = tab.send(HeldState.load, "/held").last("rows")
    assert [row.number for row in rows] == three
    row = rows[1]
    assert (row.customer, row.channel, row.amount, row.age) == ("Greta Lindenau", "Signed JSON", "€104.70", "2 h 5 min")
    assert (row.title, row.reason) == ("Customer left a note", "“Leave it next door.”")
    assert row.advice.startswith("Read the note")


def test_a_cause_in_the_address_filters_and_its_tile_leads_back(tab: Tab, three: list[str]) -> None:
    answer = tab.send(HeldState.load, "/held?kind=fraud_risk")
    assert [row.number for row in answer.last("rows")] == [three[0], three[2]]
    assert answer.last("headline") == "3 orders"
    assert answer.last("shown") == "2 orders"
    assert {tile.kind: tile.href for tile in answer.last("causes")} == {
        "fraud_risk": "/held",
        "customer_note": "/held?kind=customer_note",
    }


def test_it_sorts_by_amount_and_by_age_both_ways(tab: Tab, three: list[str]) -> None:
    by_amount = tab.send(HeldState.load, "/held?sort=amount&order=desc")
    assert by_amount.last("rows")[0].number == three[2]
    assert (by_amount.last("amount_order"), by_amount.last("age_order")) == ("descending", "none")
    youngest_first = tab.send(HeldState.load, "/held?order=desc")
    assert [row.number for row in youngest_first.last("rows")] == three[::-1]
    assert youngest_first.last("age_href") == "/held"


def test_nothing_held_says_so(tab: Tab) -> None:
    answer = tab.send(HeldState.load, "/held")
    assert answer.last("ready") is True
    assert (answer.last("headline"), answer.values("rows")[-1:]) == ("0 orders", [[]])


@pytest.mark.parametrize(
    ("parameters", "query"),
    [
        ({}, Query()),
        ({"kind": "po_box", "sort": "amount", "order": "desc", "page": "3"}, Query("po_box", "amount", True, 3)),
        ({"kind": "'; drop table holds", "sort": "1; select 1", "page": "-2"}, Query()),
        ({"page": "٣"}, Query()),
        ({"page": "9" * 30}, Query()),
    ],
)
def test_an_address_is_believed_only_where_it_makes_sense(parameters: dict[str, str], query: Query) -> None:
    assert Query.of(parameters) == query


def tiles(many: int, chosen: int = -1) -> list[CauseTile]:
    return [CauseTile(f"kind{n}", f"Cause {n}", "1", "", "2%", "", n == chosen) for n in range(many)]


@pytest.mark.parametrize(
    ("many", "chosen", "shown", "folded"),
    [
        (10, -1, list(range(10)), []),
        (12, -1, list(range(10)), [10, 11]),
        (12, 3, list(range(10)), [10, 11]),
        (12, 11, [*range(9), 11], [9, 10]),
    ],
)
def test_small_causes_are_folded_away_but_never_the_chosen_one(
    many: int, chosen: int, shown: list[int], folded: list[int]
) -> None:
    visible, rest = _folded(tiles(many, chosen))
    assert [tile.kind for tile in visible] == [f"kind{n}" for n in shown]
    assert [tile.kind for tile in rest] == [f"kind{n}" for n in folded]


def test_an_address_survives_there_and_back() -> None:
    query = Query("po_box", "amount", True, 1)
    assert query.href() == "/held?kind=po_box&sort=amount&order=desc"
    assert query.href(page=2, desc=True) == "/held?kind=po_box&sort=amount&order=desc&page=2"


def test_choosing_the_sort_again_turns_it_round() -> None:
    assert Query(sort="age").sort_href("age") == "/held?order=desc"
    assert Query(sort="age").sort_href("amount") == "/held?sort=amount&order=desc"
    assert Query(sort="amount", desc=True).sort_href("amount") == "/held?sort=amount"
