"""Searching the held queue on the screen: the box, what its address keeps, columns, the export, and the selection."""

import csv
import io
from urllib.parse import quote, unquote

import pytest

from backend.domain import held_columns
from backend.domain.holds import HoldKind
from dashboard.pages.bulk.asking import BulkAskState
from dashboard.pages.held.address import Address
from dashboard.pages.held.search import HeldSearchState
from dashboard.pages.held.selection import SelectionState
from dashboard.pages.held.state import HeldState
from dashboard.shell import live
from tests.conftest import Database
from tests.dashboard.conftest import Answer, Tab
from tests.dashboard.test_export import export
from tests.dashboard.test_held import held, release

LARGE = f"/held?q={quote('amount:>150')}"


@pytest.fixture
def three(database: Database) -> list[str]:
    """Oldest first, of 104.70, 209.70 and 309.70 EUR; the second is held for fraud, the others for notes."""
    return [
        held(HoldKind.CUSTOMER_NOTE, "“Leave it next door.”", 180, database),
        held(HoldKind.FRAUD_RISK, "The shop marked it as risky.", 120, database, shipping_minor=10_990),
        held(HoldKind.CUSTOMER_NOTE, "“Leave it next door.”", 60, database, shipping_minor=20_990),
    ]


def numbers(answer: Answer) -> list[str]:
    return [row.number for row in answer.last("rows")]


def test_a_search_finds_and_all_of_the_page_says_so(tab: Tab, three: list[str]) -> None:
    answer = tab.send(HeldState.load, LARGE)

    assert numbers(answer) == three[1:]
    assert (answer.last("headline"), answer.last("stake")) == ("2 of 3 orders", "€519")
    assert [(tile.title, tile.orders) for tile in answer.last("causes")] == [
        ("Customer left a note", "1"),
        ("Risk of fraud", "1"),
    ]
    assert (answer.last("filtered"), answer.last("all_of_them")) == ("2 orders", "2 orders that match")
    assert {(scope.key, scope.orders, scope.href) for scope in answer.last("scopes")} == {
        ("all", "2", "/held?q=amount%3A%3E150"),
        ("mine", "0", "/held?q=amount%3A%3E150&mine=1"),
    }
    note = next(tile for tile in answer.last("causes") if tile.title == "Customer left a note")
    assert numbers(tab.send(HeldState.load, note.href)) == [three[2]]
    assert answer.last("all_href") == "/held"


def test_typing_leads_to_an_address_that_keeps_everything_else(tab: Tab, three: list[str]) -> None:
    tab.send(HeldState.load, "/held?sort=amount")
    answer = tab.send(HeldSearchState.search, "/held?sort=amount", text="  AMOUNT:>150 ")
    assert answer.redirects() == ["/held?q=amount%3A%3E150&sort=amount"]

    wrong = tab.send(HeldSearchState.search, "/held", text="status:helt")
    assert wrong.redirects() == []
    assert wrong.last("complaints")[0].startswith("In “status:helt”: “helt” is not one of them.")


def test_what_cannot_be_read_or_is_unknown_is_said_and_nothing_is_shown(tab: Tab, three: list[str]) -> None:
    unread = tab.send(HeldState.load, "/held?q=colour%3Ared")
    assert unread.last("complaints")[0].startswith("“colour:” is not an operator")
    assert (numbers(unread), unread.last("some"), unread.last("headline")) == ([], True, "3 orders")
    unknown = tab.send(HeldState.load, "/held?q=channel%3Aebay")
    assert unknown.last("complaints") == ["In “channel:ebay”: “ebay” is not a channel. There are generic, shopify."]
    lost = tab.send(HeldState.load, "/held?view=77")
    assert lost.last("complaints") == ["The view in this address was deleted, or is not shared with you."]
    assert numbers(lost) == three


def test_the_box_shows_the_search_taken_apart(tab: Tab, three: list[str]) -> None:
    answer = tab.send(HeldSearchState.load, f"/held?q={quote('greta amount:>150')}")

    assert answer.last("box") == "greta amount:>150"
    assert [(part.text, part.href) for part in answer.last("parts")] == [
        ("“greta”", "/held?q=amount%3A%3E150"),
        ("amount >150", "/held?q=greta"),
    ]


def test_what_happens_meanwhile_is_worked_into_what_was_found(tab: Tab, three: list[str], database: Database) -> None:
    tab.send(HeldState.load, LARGE)
    release(three[1])
    small = held(HoldKind.PO_BOX, "A box.", 30, database)
    large = held(HoldKind.PO_BOX, "A box.", 30, database, shipping_minor=50_000)
    live.hub.publish({live.ALL})

    answer = tab.follow(HeldState.follow, LARGE, until=lambda answer: bool(answer.values("rows")))

    assert [(row.number, row.state) for row in answer.last("rows")] == [
        (three[1], "gone"),
        (three[2], "open"),
        (large, "open"),
    ]
    assert small not in numbers(answer)
    assert answer.last("headline") == "2 of 4 orders"


def test_all_of_a_filter_is_what_a_bulk_run_takes(tab: Tab, three: list[str], database: Database) -> None:
    shown = tab.send(HeldState.load, LARGE)
    assert tab.send(SelectionState.take_all, LARGE).last("whole") is True

    question = tab.send(
        BulkAskState.ask_orders,
        LARGE,
        action="release",
        numbers=[],
        kind="",
        cluster="",
        q=shown.last("q"),
        scope="",
    ).last("question")

    assert question.words == "all held orders that match “amount:>150”"
    members = database.execute(
        "select number from bulk_members join orders on orders.id = order_id where run_id = %s order by number",
        (int(question.run),),
    )
    assert [number for (number,) in members] == three[1:]


def test_columns_are_chosen_put_in_order_and_remembered(tab: Tab, three: list[str]) -> None:
    usual = tab.send(HeldSearchState.load, "/held")
    assert usual.last("places")["--at-customer"] == "1"
    assert usual.last("look").split() == ["queue", "no-status", "no-since", "no-placed"]

    tab.send(HeldSearchState.show_column, "/held", key="advice", shown=False)
    tab.send(HeldSearchState.show_column, "/held", key="placed", shown=True)
    moved = tab.send(HeldSearchState.move_column, "/held", key="amount", by=-1)
    tab.send(HeldSearchState.show_column, "/held", key="number", shown=False)

    chosen = [choice.key for choice in moved.last("columns") if choice.shown]
    assert chosen[:3] == ["customer", "amount", "number"]
    assert (chosen[-1], "advice" in chosen) == ("placed", False)
    again = Tab(tab.session).send(HeldSearchState.load, "/held")
    assert [choice.key for choice in again.last("columns") if choice.shown] == chosen
    assert unquote(again.last("csv_href")).endswith(f"columns={','.join(chosen)}")
    reset = tab.send(HeldSearchState.usual_columns, "/held")
    assert [choice.key for choice in reset.last("columns") if choice.shown] == list(held_columns.COLUMNS.usual)


def test_columns_in_the_address_count_only_there(tab: Tab, three: list[str]) -> None:
    path = "/held?columns=amount%2Creason&q=greta"
    answer = tab.send(HeldSearchState.load, path)

    assert [choice.key for choice in answer.last("columns") if choice.shown] == ["number", "amount", "reason"]
    (href,) = tab.send(HeldSearchState.show_column, path, key="age", shown=True).redirects()
    assert unquote(href) == "/held?q=greta&columns=number,amount,reason,age"
    usual = Tab(tab.session).send(HeldSearchState.load, "/held")
    assert [choice.key for choice in usual.last("columns") if choice.shown] == list(held_columns.COLUMNS.usual)
    wrong = tab.send(HeldSearchState.load, "/held?columns=colour")
    assert wrong.last("complaints")[-1].startswith("There is no column 'colour'")


def test_the_file_has_what_the_screen_shows_in_the_readers_words(
    tab: Tab, three: list[str], database: Database
) -> None:
    database.execute(
        """update users set preferences = '{"time_zone": "Asia/Tokyo", "numbers": "de-DE"}' where email = 'sofia@shop.test'"""
    )
    path = "/held?q=amount%3A%3E150&sort=amount&dir=desc&columns=number%2Camount%2Cdue%2Cturn%2Cplaced"
    href = tab.send(HeldSearchState.load, path).last("csv_href")

    answer = export(tab.session, href)

    assert answer.headers["content-disposition"].startswith('attachment; filename="held-')
    head, *rows = csv.reader(io.StringIO(answer.text))
    assert head == [
        "Order", "Amount", "Currency", "Standing", "Business hours left", "Whose turn", "Placed"
    ]  # fmt: skip
    assert [row[:4] for row in rows] == [[three[2], "309,70", "EUR", "In time"], [three[1], "209,70", "EUR", "In time"]]
    assert [row[5:] for row in rows] == [["Our turn", "2026-01-31 18:30:00+09:00"]] * 2


def test_an_address_with_a_search_survives_there_and_back() -> None:
    asked = Address.of(
        {"q": "amount:>5", "cause": "po_box.0123456789", "mine": "1", "sort": "due", "columns": "number"}
    )

    assert asked.href() == "/held?q=amount%3A%3E5&cause=po_box.0123456789&mine=1&sort=due&columns=number"
    assert str(asked.shown.q) == "cluster:po_box.0123456789 is:mine amount:>5"
    wish = asked.wish(7)
    assert (wish.filter.cluster, wish.filter.person, str(wish.filter.query)) == ("po_box.0123456789", 7, "amount:>5")
