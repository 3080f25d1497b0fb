"""Searching the held queue: what is found, counted and summed up, and that a bulk run takes exactly that."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlmodel import Session

from backend.domain import search
from backend.domain.bulk import BulkAction, Choice
from backend.domain.errors import InvalidInput
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.permissions import Actor, ActorKind, Role
from backend.domain.queue import Filter, Parts, Sort, Wish
from backend.services import bulk_previews, holds, queue
from backend.services.run import in_unit_of_work
from backend.store import orders
from tests.conftest import Database
from tests.factories import created, new_order, staff, stocked

ANNA = staff(number=1)


def held(**changes: object) -> str:
    """An order with a hold; its number."""
    stocked("LNT-STR-BRS", 1000)
    order = created(new_order(**changes))

    def place(session: Session) -> None:
        locked = orders.lock_by_number(session, order.number)
        holds.place(session, locked, HoldKind.CUSTOMER_NOTE, "“Ring twice.”", source=HoldSource.CHECK)

    in_unit_of_work(place)
    return order.number


def put_away(number: str, database: Database) -> None:
    database.execute(
        "update desk_work set snoozed_at = now(), snooze_until = now() + interval '1 day' "
        "where order_id = (select id from orders where number = %s)",
        (number,),
    )


@pytest.fixture
def three(database: Database) -> list[str]:
    """Of 104.70, 209.70 and 309.70 EUR; the second came by Shopify. One more is not held."""
    found = [held(), held(shipping_minor=10_990, channel="shopify"), held(shipping_minor=20_990)]
    created()
    return found


def found(q: str, actor: Actor = ANNA, **more: object) -> list[str]:
    wanted = Parts(rest=search.parse(q)).filter(1)
    page = in_unit_of_work(queue.held_page, Wish(wanted, **more), actor=actor)
    assert page.orders == in_unit_of_work(queue.held_count, q, actor=actor)
    return [row.number for row in page.rows]


def test_the_queue_is_searched_like_the_list_of_orders(three: list[str]) -> None:
    assert found("amount:>150") == three[1:]
    assert found("amount:>150 channel:shopify") == [three[1]]
    assert found("greta -channel:shopify") == [three[0], three[2]]
    assert found(three[2][-5:]) == [three[2]]
    assert found("nobody") == []
    assert found("amount:>150", sort=Sort.AMOUNT, desc=True) == [three[2], three[1]]


def test_pages_of_a_search_follow_each_other(three: list[str]) -> None:
    wanted = Filter(query=search.parse("amount:>150"))

    front = in_unit_of_work(queue.held_page, Wish(wanted, size=1), actor=ANNA)
    behind = in_unit_of_work(queue.held_page, Wish(wanted, size=1, after=front.next), actor=ANNA)

    assert [(page.rows[0].number, page.orders, page.first) for page in (front, behind)] == [
        (three[1], 2, 1),
        (three[2], 2, 2),
    ]
    assert behind.next is None


def test_what_stands_above_the_rows_is_of_what_was_found(three: list[str]) -> None:
    told = in_unit_of_work(queue.held_summary, search.parse("amount:>150"), actor=ANNA)

    assert (told.orders, [money.amount_minor for money in told.money]) == (2, [20_970 + 30_970])
    assert [(cause.kind, cause.orders) for cause in told.causes] == [("customer_note", 2)]
    assert in_unit_of_work(queue.held_summary, actor=ANNA).orders == 3


def test_a_cause_can_be_named_by_its_key(three: list[str]) -> None:
    (cause,) = in_unit_of_work(queue.held_summary, actor=ANNA).causes

    assert found(f"cluster:{cause.cluster} amount:<150") == [three[0]]
    assert found("cluster:po_box.0123456789") == []


def test_what_is_put_away_is_found_only_by_who_asks_for_it(three: list[str], database: Database) -> None:
    put_away(three[1], database)

    assert found("amount:>150") == [three[2]]
    assert found("amount:>150 is:snoozed") == [three[1]]


def test_an_unknown_channel_is_said_to_be_unknown(three: list[str]) -> None:
    with pytest.raises(InvalidInput, match=r"“ebay” is not a channel\. There are generic, shopify"):
        in_unit_of_work(queue.held_count, "channel:ebay", actor=ANNA)
    with pytest.raises(InvalidInput, match="not the key of a cause"):
        search.parse("cluster:po_box")
    with pytest.raises(InvalidInput, match="“XYZ” is not a currency"):
        search.parse("currency:xyz")


def test_days_begin_where_the_person_is(three: list[str], database: Database) -> None:
    placed = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    database.execute("update orders set placed_at = %s where number = %s", (placed, three[0]))
    in_tokyo = Actor(ActorKind.STAFF, "user:1", "Anna", Role.CUSTOMER_SERVICE, zone="Asia/Tokyo")

    assert found("created:2026-03-02") == [three[0]]
    assert found("created:2026-03-02", in_tokyo) == []
    assert found("created:2026-03-03", in_tokyo) == [three[0]]


@pytest.fixture
def members(database: Database) -> Callable[..., list[str]]:
    def frozen(**choice: object) -> list[str]:
        shown = in_unit_of_work(bulk_previews.preview, BulkAction.RELEASE, Choice(**choice), actor=ANNA)
        rows = database.execute(
            "select number from bulk_members join orders on orders.id = order_id where run_id = %s order by number",
            (shown.run_id,),
        )
        return [number for (number,) in rows]

    return frozen


def test_a_bulk_run_takes_exactly_what_the_filter_shows(
    three: list[str], members: Callable[..., list[str]], database: Database
) -> None:
    assert members(whole=True, query="amount:>150") == three[1:]
    assert members(kind="customer_note", query="channel:shopify") == [three[1]]
    put_away(three[2], database)
    assert members(whole=True, query="amount:>150") == [three[1]]
    assert members(whole=True, snoozed=True) == [three[2]]
    with pytest.raises(InvalidInput, match="No held order matches that filter any more"):
        members(whole=True, query="amount:>9000")
