"""The orders list, the quarantine, my day and the search box."""

from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from dashboard.pages.home.state import HomeState
from dashboard.pages.orders.state import OrdersState
from dashboard.pages.quarantine.state import QuarantineState
from dashboard.shell.navigation import FrameState
from tests import factories
from tests.conftest import Database
from tests.dashboard.conftest import Tab


@pytest.fixture
def numbers(database: Database) -> list[str]:
    factories.stocked("LNT-STR-BRS", 100)
    return [factories.created().number for _ in range(3)]


def shown(tab: Tab, path: str) -> list[str]:
    return [row.number for row in tab.send(OrdersState.load, path).last("rows")]


def test_orders_are_found_by_status_and_by_part_of_a_number(tab: Tab, numbers: list[str], database: Database) -> None:
    database.execute("update orders set status = 'shipped' where number = %s", (numbers[1],))
    assert sorted(shown(tab, "/orders")) == numbers
    assert shown(tab, "/orders?status=shipped") == [numbers[1]]
    assert shown(tab, f"/orders?query={numbers[2][-8:]}") == [numbers[2]]
    assert tab.send(OrdersState.load, "/orders?query=99999").values("rows")[-1:] == [[]]


def test_failed_documents_lead_to_their_orders(tab: Tab, numbers: list[str], database: Database) -> None:
    step = (
        "insert into steps (order_id, kind, subject, generation, key, state, due_at, allowed, created_at, data, result, "
        "provider, lease_until, fence, attempts, in_doubt, restore_epoch, outcome, error, category, requested_by) "
        "select id, %s, '', %s, number || %s, %s, now(), 8, now(), '{}', '{}', '', null, 0, 8, false, 0, '', '', '', "
        "'system' from orders where number = %s"
    )
    database.execute(step, ("invoice.send", 1, ":failed", "parked", numbers[0]))
    database.execute(step, ("invoice.send", 1, ":first", "parked", numbers[1]))
    database.execute(step, ("invoice.send", 2, ":again", "done", numbers[1]))
    database.execute(step, ("shipment.create", 7, ":holds", "parked", numbers[2]))
    assert shown(tab, "/orders?failed=1") == [numbers[0]]
    chosen = [choice for choice in tab.send(OrdersState.load, "/orders?failed=1").last("choices") if choice.chosen]
    assert [(choice.label, choice.href) for choice in chosen] == [("Documents failed", "/orders")]
    figures = {figure.key: figure for figure in tab.send(HomeState.load, "/").last("figures")}
    assert (figures["failed-documents"].value, figures["failed-documents"].href) == ("1", "/orders?failed=1")


def test_a_row_says_status_payment_and_shipping_in_words(tab: Tab, numbers: list[str]) -> None:
    row = tab.send(OrdersState.load, "/orders").last("rows")[0]
    assert (row.customer, row.total, row.channel) == ("Greta Lindenau", "€104.70", "Signed JSON")
    assert (row.status_word, row.payment_word, row.shipping_word) == ("Pending", "Authorized", "Not shipped")


def test_a_long_list_goes_on_where_the_page_ended(
    tab: Tab, numbers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.pages.orders.state.SIZE", 2)
    first = tab.send(OrdersState.load, "/orders")
    assert first.values("first_href")[-1:] in ([], [""])
    second = tab.send(OrdersState.load, first.last("next_href"))
    assert second.last("first_href") == "/orders"
    found = [row.number for answer in (first, second) for row in answer.last("rows")]
    assert sorted(found) == numbers


def test_a_cursor_that_is_not_ours_is_explained(tab: Tab, database: Database) -> None:
    problem = tab.send(OrdersState.load, "/orders?cursor=1~drop").last("problem")
    assert problem == "The cursor is not one we gave out; begin again without it."


def test_typing_in_the_search_leads_to_an_address_that_keeps_it(tab: Tab, database: Database) -> None:
    answer = tab.send(OrdersState.search, "/orders?status=shipped", text=" 0001 ")
    assert answer.redirects() == ["/orders?status=shipped&query=0001"]


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("ord-20260131-00001", ["/orders/ORD-20260131-00001"]),
        ("  Lindenau ", ["/orders?query=Lindenau"]),
        ("a&status=x", ["/orders?query=a%26status%3Dx"]),
        ("   ", []),
    ],
)
def test_the_search_box_opens_the_order_or_the_list(tab: Tab, database: Database, typed: str, path: list[str]) -> None:
    assert tab.send(FrameState.find, form={"number": typed}).redirects() == path


def test_the_quarantine_says_in_words_what_is_wrong(tab: Tab, database: Database) -> None:
    database.execute(
        "insert into inbox (id, area, provider, event_id, topic, headers, body_bytes, body_hash, verdict, problems,"
        " parked_for, duplicates, failures, due_at, received_at) values (%s, 'channels', 'shopify', 'evt-1',"
        " 'orders/create', '{}', 2314, 'x', 'quarantined', %s, '', 2, 0, now(), now())",
        (uuid4(), Jsonb(["The currency 'XBT' is unknown.", "The totals do not add up."])),
    )
    message = tab.send(QuarantineState.load, "/quarantine").last("messages")[0]
    assert (message.source, message.topic, message.event) == ("Shopify", "orders/create", "evt-1")
    assert message.problems == ["The currency 'XBT' is unknown.", "The totals do not add up."]
    assert (message.size, message.repeats) == ("2,314 bytes", "sent 3 times")


def test_my_day_says_what_needs_somebody(tab: Tab, numbers: list[str]) -> None:
    answer = tab.send(HomeState.load, "/")
    figures = {figure.key: (figure.value, figure.mood) for figure in answer.last("figures")}
    assert figures["orders-today"] == ("3", "idle")
    assert figures["quarantined"] == ("0", "good")
    assert figures["sweep"] == ("never", "bad")
    assert answer.last("greeting").endswith(", Sofia")
    assert answer.values("held_some")[-1:] in ([], [False])
