"""Stock in the life of an order: reserved at once, taken when it leaves, given back when it does not."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import Session

from backend.domain.errors import NotPossible
from backend.domain.permissions import SYSTEM
from backend.services import actions, stock
from backend.services.run import in_unit_of_work
from backend.store import orders
from backend.store.tables import Order
from tests.conftest import Database
from tests.factories import created, item, new_order, staff, stocked

SKU = "LNT-STR-BRS"


def shelf(database: Database) -> list[tuple[object, ...]]:
    return database.execute("select sku, on_hand, reserved from inventory order by sku")


def reservations(database: Database) -> list[tuple[object, ...]]:
    return database.execute("select sku, quantity, state from reservations order by id")


def with_lock(order: Order, work: object, **kwargs: object) -> object:
    def run(session: Session) -> object:
        return work(session, orders.lock(session, order.id), actor=SYSTEM, **kwargs)  # type: ignore[operator]

    return in_unit_of_work(run)


def test_what_is_not_counted_is_neither_reserved_nor_missed(database: Database) -> None:
    created()
    assert (shelf(database), reservations(database)) == ([], [])
    assert database.execute("select count(*) from holds") == [(0,)]


def test_an_order_reserves_what_is_there(database: Database) -> None:
    stocked(SKU, 5)
    created()
    assert shelf(database) == [(SKU, 5, 2)]
    assert reservations(database) == [(SKU, 2, "reserved")]


def test_two_lines_of_one_article_share_its_shelf(database: Database) -> None:
    stocked(SKU, 3)
    created(new_order(item(), item(external_id="2")))
    assert shelf(database) == [(SKU, 3, 2)]
    ((reason,),) = database.execute("select reason from holds where kind = 'out_of_stock'")
    assert reason == f"{SKU}: 2 ordered, 1 free."


def test_a_line_that_is_not_there_in_full_holds_the_order_and_reserves_the_others(database: Database) -> None:
    stocked(SKU, 1)
    stocked("MUG", 9)
    created(new_order(item(), item(external_id="2", sku="MUG", quantity=4)))
    assert shelf(database) == [(SKU, 1, 0), ("MUG", 9, 4)]
    assert database.execute("select kind, reason from holds") == [("out_of_stock", f"{SKU}: 2 ordered, 1 free.")]
    assert database.execute("select kind from steps") == [("mail.staff_alert",)]


def retry(number: str, database: Database, number_of_person: int = 1) -> str:
    ((hold_id,),) = database.execute("select id from holds where kind = 'out_of_stock'")
    actor = staff(number=number_of_person)
    preview = in_unit_of_work(actions.preview_retry, number, hold_id, actor=actor)
    assert preview.effects == (
        "What is missing is reserved from stock, if it is there now.",
        "The order goes on from there.",
    )
    done = in_unit_of_work(actions.retry, number, hold_id, actor=actor, version=preview.version, token=preview.token)
    return done.sentence


def test_a_retry_while_the_shelf_is_still_empty_says_so_and_changes_nothing(database: Database) -> None:
    stocked(SKU, 1)
    order = created()
    with pytest.raises(NotPossible, match=f"There is still too little stock: {SKU}: 2 ordered, 1 free"):
        retry(order.number, database)
    assert shelf(database) == [(SKU, 1, 0)]
    assert database.execute("select closed_at from holds") == [(None,)]
    assert database.execute("select count(*) from audit") == [(0,)]


def test_a_retry_after_the_goods_came_reserves_them_and_the_order_goes_on(database: Database) -> None:
    stocked(SKU, 1)
    order = created()
    stocked(SKU, 6)
    assert retry(order.number, database) == "The missing stock is reserved; the order goes on."
    assert shelf(database) == [(SKU, 6, 2)]
    assert database.execute("select closed_how, closed_by from holds") == [("stock reserved on retry", "user:1")]
    assert database.execute("select state from steps where kind = 'payment.capture'") == [("ready",)]


def test_a_release_lets_the_order_go_on_without_reserving(database: Database) -> None:
    stocked(SKU, 1)
    order = created()
    ((hold_id,),) = database.execute("select id from holds")
    actor = staff()
    preview = in_unit_of_work(actions.preview_release, order.number, [hold_id], actor=actor)
    assert preview.effects == ("The order goes on with the stock there is; what is missing is not reserved.",)
    in_unit_of_work(actions.release, order.number, [hold_id], actor=actor, version=preview.version, token=preview.token)
    assert shelf(database) == [(SKU, 1, 0)]
    assert database.execute("select state from steps where kind = 'payment.capture'") == [("ready",)]


def test_goods_that_left_are_taken_once(database: Database) -> None:
    stocked(SKU, 5)
    order = created()
    for _ in range(2):
        with_lock(order, stock.consume)
    assert shelf(database) == [(SKU, 3, 0)]
    assert reservations(database) == [(SKU, 2, "consumed")]


def test_reserved_goods_become_free_again_and_goods_that_left_come_back_to_the_shelf(database: Database) -> None:
    stocked(SKU, 5)
    kept, shipped = created(), created()
    with_lock(shipped, stock.consume)
    assert shelf(database) == [(SKU, 3, 2)]
    assert with_lock(kept, stock.give_back) == 2
    assert shelf(database) == [(SKU, 3, 0)]
    assert with_lock(shipped, stock.give_back) == 2
    assert shelf(database) == [(SKU, 5, 0)]
    assert [with_lock(order, stock.give_back) for order in (kept, shipped)] == [0, 0]
    assert shelf(database) == [(SKU, 5, 0)]
    assert database.execute("select sum(on_hand_change), sum(reserved_change) from stock_movements") == [(5, 0)]


def test_only_the_named_lines_are_given_back(database: Database) -> None:
    stocked(SKU, 5)
    stocked("MUG", 5)
    order = created(new_order(item(), item(external_id="2", sku="MUG", quantity=1)))
    ((line_id,),) = database.execute("select id from order_items where sku = 'MUG'")

    def run(session: Session) -> int:
        found = orders.lock(session, order.id)
        return stock.give_back(session, found, actor=SYSTEM, pieces={line_id: 1})

    assert in_unit_of_work(run) == 1
    assert shelf(database) == [(SKU, 5, 2), ("MUG", 5, 0)]


def test_the_last_piece_goes_to_one_of_ten_who_want_it(database: Database) -> None:
    stocked(SKU, 2)
    together = threading.Barrier(10)

    def order(_: int) -> str:
        new = new_order()
        together.wait(20)
        return created(new).number

    with ThreadPoolExecutor(10) as pool:
        numbers = list(pool.map(order, range(10)))

    assert len(set(numbers)) == 10
    assert shelf(database) == [(SKU, 2, 2)]
    assert reservations(database) == [(SKU, 2, "reserved")]
    assert database.execute("select count(*) from holds where kind = 'out_of_stock'") == [(9,)]


def test_orders_for_the_same_goods_in_any_sequence_never_wait_for_each_other_in_a_circle(database: Database) -> None:
    stocked("A", 50)
    stocked("B", 50)
    together = threading.Barrier(8)

    def order(place: int) -> None:
        skus = ("A", "B") if place % 2 else ("B", "A")
        new = new_order(*(item(external_id=sku, sku=sku, quantity=1) for sku in skus))
        together.wait(20)
        created(new)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(order, range(8)))

    assert shelf(database) == [("A", 50, 8), ("B", 50, 8)]


def test_a_count_below_what_is_reserved_cannot_be_right(database: Database) -> None:
    stocked(SKU, 5)
    created()
    with pytest.raises(ValueError, match=f"{SKU}: 2 are reserved for orders, so 1 on hand cannot be right"):
        stocked(SKU, 1)
    assert shelf(database) == [(SKU, 5, 2)]
