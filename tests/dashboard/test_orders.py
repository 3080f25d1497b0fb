"""The orders list on the screen: search, filters, pages, columns, and what its address keeps."""

from urllib.parse import quote, unquote

import pytest

from backend.domain import order_columns
from dashboard.components.times import moment
from dashboard.pages.home.state import HomeState
from dashboard.pages.orders.rows import OrderLine
from dashboard.pages.orders.state import OrdersState
from tests import factories
from tests.conftest import Database
from tests.dashboard.conftest import Answer, Tab


@pytest.fixture
def numbers(database: Database) -> list[str]:
    factories.stocked("LNT-STR-BRS", 100)
    return [factories.created().number for _ in range(3)]


def load(tab: Tab, path: str = "/orders") -> Answer:
    return tab.send(OrdersState.load, path)


def shown(tab: Tab, q: str) -> list[str]:
    return [row.number for row in load(tab, f"/orders?q={quote(q)}").last("rows")]


def texts(row: OrderLine) -> dict[str, str]:
    return {cell.key: cell.text for cell in row.cells}


def test_orders_are_found_by_operators_and_words(tab: Tab, numbers: list[str], database: Database) -> None:
    database.execute("update orders set status = 'shipped' where number = %s", (numbers[1],))

    assert sorted(row.number for row in load(tab).last("rows")) == numbers
    assert shown(tab, "status:shipped") == [numbers[1]]
    assert shown(tab, numbers[2][-8:]) == [numbers[2]]
    assert shown(tab, "99999") == []


def test_addresses_of_before_still_open(tab: Tab, numbers: list[str], database: Database) -> None:
    database.execute("update orders set status = 'shipped' where number = %s", (numbers[1],))

    answer = load(tab, "/orders?status=shipped&query=greta")

    assert [row.number for row in answer.last("rows")] == [numbers[1]]
    assert answer.last("box") == "greta status:shipped"


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

    assert shown(tab, "is:unsent") == [numbers[0]]
    figures = {figure.key: figure for figure in tab.send(HomeState.load, "/").last("figures")}
    assert figures["failed-documents"].value == "1"
    answer = load(Tab(tab.session), figures["failed-documents"].href)
    assert [row.number for row in answer.last("rows")] == [numbers[0]]


def test_a_row_says_status_payment_and_shipping_in_words(tab: Tab, numbers: list[str]) -> None:
    cells = texts(load(tab).last("rows")[0])

    assert cells == {
        "number": numbers[2],
        "customer": "Greta Lindenau",
        "status": "Pending",
        "payment": "Authorized",
        "shipping": "Not shipped",
        "total": "€104.70",
        "placed": moment(factories.PLACED_AT),
    }


def test_a_long_list_is_paged_both_ways(tab: Tab, numbers: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.pages.orders.state.SIZE", 2)

    first = load(tab)
    second = load(tab, first.last("next_href"))
    back = load(tab, second.last("previous_href"))

    pages = [[row.number for row in answer.last("rows")] for answer in (first, second, back)]
    assert pages == [numbers[:0:-1], numbers[:1], numbers[:0:-1]]
    assert second.last("first_href") == "/orders"
    assert second.last("next_href") == ""
    assert back.last("previous_href") == ""


def test_what_cannot_be_read_is_said_under_the_box(tab: Tab, numbers: list[str]) -> None:
    answer = load(tab, f"/orders?q={quote('colour:red status:helt')}")

    assert [sentence.split("”")[0] for sentence in answer.last("complaints")] == ["“colour:", "In “status:helt"]
    assert answer.last("box") == "colour:red status:helt"
    assert answer.values("rows")[-1:] in ([], [[]])
    assert load(tab, "/orders?after=1~drop").last("complaints") == [
        "The cursor is not one we gave out; begin again without it."
    ]


def test_typing_leads_to_an_address_that_keeps_the_search(tab: Tab, numbers: list[str]) -> None:
    answer = tab.send(OrdersState.search, "/orders?sort=amount", text=" STATUS:Shipped  0001 ")
    assert answer.redirects() == ["/orders?q=status%3Ashipped+0001&sort=amount"]

    wrong = tab.send(OrdersState.search, "/orders", text="status:")
    assert wrong.redirects() == []
    assert wrong.last("complaints") == ["“status:” needs a value, as in status:held."]


def test_what_is_typed_stays_as_it_is_while_it_is_typed(tab: Tab, numbers: list[str]) -> None:
    before = load(tab).last("box_key")
    tab.send(OrdersState.search, "/orders", text="Greta  ")

    assert load(tab, "/orders?q=Greta").values("box_key") == []
    assert load(tab, "/orders?q=other").last("box_key") == before + 1


def test_filters_write_the_search_and_show_it(tab: Tab, numbers: list[str]) -> None:
    path = f"/orders?q={quote('greta status:held amount:50..200 created:2026-01')}"
    answer = load(tab, path)
    found = answer.last("filters")

    assert (found.status, found.amount_from, found.amount_to) == ("held", "50", "200")
    assert (found.created_from, found.created_to) == ("2026-01-01", "2026-01-31")
    assert [part.text for part in answer.last("parts")] == [
        "“greta”",
        "status Held",
        "amount 50..200",
        "created 2026-01",
    ]
    assert unquote(answer.last("parts")[2].href) == "/orders?q=greta+status:held+created:2026-01"

    def leads_to(handler: object, **given: str) -> str:
        (href,) = tab.send(handler, path, **given).redirects()
        return unquote(href).replace("+", " ").removeprefix("/orders?q=")

    assert leads_to(OrdersState.filter_by, operator="status", text="") == "greta amount:50..200 created:2026-01"
    assert leads_to(OrdersState.filter_by, operator="tag", text="VIP guest").endswith('tag:"vip guest"')
    assert leads_to(OrdersState.limit_to, operator="amount", end="to", text="") == (
        "greta status:held created:2026-01 amount:>=50"
    )
    assert leads_to(OrdersState.limit_to, operator="created", end="from", text="2025-12-24").endswith(
        "created:2025-12-24..2026-01-31"
    )
    for wrong in (
        tab.send(OrdersState.limit_to, path, operator="amount", end="from", text="lots"),
        tab.send(OrdersState.limit_to, path, operator="number", end="from", text="1"),
        tab.send(OrdersState.filter_by, path, operator="colour", text="red"),
    ):
        assert wrong.redirects() == []
        assert len(wrong.last("complaints")) == 1


def test_headings_put_the_list_in_order(tab: Tab, numbers: list[str], database: Database) -> None:
    database.execute("update orders set total_minor = 99900 where number = %s", (numbers[0],))
    heads = {head.key: head for head in load(tab).last("heads")}
    assert (heads["placed"].order, heads["total"].order) == ("descending", "none")

    largest = load(tab, heads["total"].href)
    assert largest.last("rows")[0].number == numbers[0]
    smallest = load(tab, {head.key: head for head in largest.last("heads")}["total"].href)
    assert smallest.last("rows")[-1].number == numbers[0]


def test_columns_are_chosen_put_in_order_and_remembered(tab: Tab, numbers: list[str]) -> None:
    load(tab)
    tab.send(OrdersState.show_column, "/orders", key="email", shown=True)
    tab.send(OrdersState.show_column, "/orders", key="payment", shown=False)
    answer = tab.send(OrdersState.move_column, "/orders", key="total", by=-1)
    tab.send(OrdersState.show_column, "/orders", key="number", shown=False)

    columns = ["number", "customer", "status", "total", "shipping", "placed", "email"]
    assert list(texts(answer.last("rows")[0])) == columns
    assert [head.key for head in answer.last("heads")] == columns
    again = load(Tab(tab.session))
    assert list(texts(again.last("rows")[0])) == columns
    assert texts(again.last("rows")[0])["email"] == "greta.lindenau@example.org"
    assert [choice.key for choice in again.last("columns")][: len(columns) + 1] == [*columns, "external"]
    assert unquote(again.last("csv_href")).endswith(f"columns={','.join(columns)}")
    tab.send(OrdersState.show_column, "/orders", key="password_hash", shown=True)
    assert list(texts(load(Tab(tab.session)).last("rows")[0])) == columns
    usual = tab.send(OrdersState.usual_columns, "/orders")
    assert [choice.key for choice in usual.last("columns") if choice.shown] == list(order_columns.COLUMNS.usual)


def test_the_address_may_name_the_columns_and_their_order(tab: Tab, numbers: list[str]) -> None:
    path = "/orders?columns=total,tags"
    answer = load(tab, path)

    assert list(texts(answer.last("rows")[0])) == ["number", "total", "tags"]
    chosen = tab.send(OrdersState.show_column, path, key="tags", shown=False)
    moved = tab.send(OrdersState.move_column, path, key="tags", by=-1)
    usual = tab.send(OrdersState.usual_columns, path)
    assert [unquote(href) for each in (chosen, moved, usual) for href in each.redirects()] == [
        "/orders?columns=number,total",
        "/orders?columns=number,tags,total",
        f"/orders?columns={','.join(order_columns.COLUMNS.usual)}",
    ]
    wrong = load(tab, "/orders?columns=nothing")
    assert wrong.last("complaints")[0].startswith("There is no column 'nothing'")
    assert list(texts(wrong.last("rows")[0])) == list(order_columns.COLUMNS.usual)


def test_the_number_of_orders_follows_and_changes_appear(tab: Tab, numbers: list[str], database: Database) -> None:
    load(tab, "/orders?q=status%3Aheld")

    answer = tab.follow(OrdersState.follow, "/orders", until=lambda answer: bool(answer.values("count")))

    assert answer.last("count") == "0"
