"""Who looks at an order now: kept for all processes, gone soon after the tab is."""

from collections.abc import Iterator

import psycopg
import pytest

from backend.domain.permissions import Actor, Role
from backend.services import desk_notices, desk_round, notes, presence, teamwork
from backend.services.run import in_unit_of_work
from tests import factories
from tests.conftest import Database


@pytest.fixture
def sofia(database: Database) -> Actor:
    return factories.colleague("Sofia Marin")


@pytest.fixture
def priya(database: Database) -> Actor:
    return factories.colleague("Priya Nair", Role.MANAGER)


@pytest.fixture
def number(database: Database) -> str:
    return factories.created(factories.new_order(shipping=None)).number


@pytest.fixture
def news(database: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("listen holdfast_orders")
        yield connection


def heard(news: psycopg.Connection) -> list[str]:
    return [note.payload for note in news.notifies(timeout=0.2)]


def others(order_id: int, actor: Actor) -> list[str]:
    return [viewer.name for viewer in in_unit_of_work(presence.others, order_id, actor=actor)]


def test_each_sees_the_other_once_however_many_tabs_are_open(number: str, sofia: Actor, priya: Actor) -> None:
    order_id = in_unit_of_work(presence.arrive, number, "one", actor=sofia)
    in_unit_of_work(presence.arrive, number, "two", actor=sofia)
    in_unit_of_work(presence.arrive, number, "three", actor=priya)
    assert (others(order_id, priya), others(order_id, sofia)) == (["Sofia Marin"], ["Priya Nair"])

    in_unit_of_work(presence.leave, order_id, "one", actor=sofia)
    assert others(order_id, priya) == ["Sofia Marin"]
    in_unit_of_work(presence.leave, order_id, "two", actor=sofia)
    assert others(order_id, priya) == []


def test_a_tab_that_went_without_a_word_is_gone_after_a_while(
    database: Database, number: str, sofia: Actor, priya: Actor
) -> None:
    order_id = in_unit_of_work(presence.arrive, number, "one", actor=sofia)
    database.execute("update desk_viewers set seen_at = now() - interval '41 seconds'")
    assert others(order_id, priya) == []

    in_unit_of_work(presence.still_there, order_id, "one", actor=sofia)
    assert others(order_id, priya) == ["Sofia Marin"]
    database.execute("update desk_viewers set seen_at = now() - interval '10 minutes'")
    in_unit_of_work(desk_round.catch_up)
    assert database.execute("select count(*) from desk_viewers") == [(0,)]


def test_listeners_hear_of_coming_and_going_and_not_of_every_heartbeat(
    number: str, sofia: Actor, news: psycopg.Connection
) -> None:
    order_id = in_unit_of_work(presence.arrive, number, "one", actor=sofia)
    assert heard(news) == ["~viewers", f"~viewers:{order_id}"]
    in_unit_of_work(presence.still_there, order_id, "one", actor=sofia)
    assert heard(news) == []
    in_unit_of_work(presence.leave, order_id, "one", actor=sofia)
    assert heard(news) == ["~viewers", f"~viewers:{order_id}"]
    in_unit_of_work(presence.leave, order_id, "one", actor=sofia)
    assert heard(news) == []


def test_opening_an_order_reads_its_notices_and_keeps_a_claim_but_looking_on_does_not(
    database: Database, number: str, sofia: Actor, priya: Actor
) -> None:
    in_unit_of_work(teamwork.claim, number, actor=sofia)
    in_unit_of_work(notes.add_note, number, "@Sofia Marin", actor=priya)
    database.execute("update desk_work set claim_until = now() + interval '1 minute'")
    soon = "select claim_until < now() + interval '2 minutes' from desk_work"

    order_id = database.execute("select id from orders")[0][0]
    in_unit_of_work(presence.still_there, order_id, "one", actor=sofia)
    assert database.execute(soon) == [(True,)]
    assert in_unit_of_work(desk_notices.unread, actor=sofia) == 1
    in_unit_of_work(presence.arrive, number, "one", actor=sofia)

    assert database.execute(soon) == [(False,)]
    assert in_unit_of_work(desk_notices.unread, actor=sofia) == 0
