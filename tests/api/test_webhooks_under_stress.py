"""Many at once, and a database that is away, slow or full: never lost, never doubled, always answered in time."""

import socket
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from backend.clock import monotonic
from backend.store import db
from tests.api import senders
from tests.api.client import Client
from tests.conftest import Database
from tests.waiting import quick, until


@pytest.fixture
def silence() -> Iterator[str]:
    """The address of a database that takes connections and then says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"postgresql://nobody@127.0.0.1:{listener.getsockname()[1]}/none"


def test_the_same_message_twenty_times_at_once_is_one_order(client: Client, database: Database) -> None:
    answers = client.at_once([senders.generic(senders.order(order_id="A1"), event="one")] * 20)

    assert {answer.status_code for answer in answers} <= {200, 202}
    assert database.execute("select duplicates from inbox") == [(19,)]
    assert database.execute("select external_id from orders") == [("A1",)]


def test_one_order_in_twenty_deliveries_at_once_is_one_order(client: Client, database: Database) -> None:
    order = senders.order(order_id="A1")

    answers = client.at_once([senders.generic(order) for _ in range(20)])

    assert Counter(answer.json()["verdict"] for answer in answers) == {"accepted": 20}
    assert database.execute("select count(*) from inbox") == [(20,)]
    assert database.execute("select external_id from orders") == [("A1",)]


def test_a_database_that_is_away_is_answered_with_later(client: Client, database: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    db.configure(f"postgresql://nobody@127.0.0.1:{port}/none")
    message = senders.generic(senders.order())

    answer = client.post(**message)

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "5"
    db.configure(database.url)
    assert client.post(**message).json()["verdict"] == "accepted"


def test_a_database_that_says_nothing_is_given_up_within_three_seconds(client: Client, silence: str) -> None:
    db.configure(silence)
    began = monotonic()

    answers = client.at_once([senders.generic(senders.order()) for _ in range(30)])

    assert quick(monotonic() - began, 8)  # three on a quiet machine; a database that is waited for would take twenty
    assert {answer.status_code for answer in answers} == {503}


def test_a_forged_message_is_refused_even_while_the_database_says_nothing(client: Client, silence: str) -> None:
    db.configure(silence)
    began = monotonic()

    answers = client.at_once([senders.generic(senders.order(), secret="wrong-secret") for _ in range(40)])

    assert quick(monotonic() - began, 8)  # three on a quiet machine; a database that is waited for would take twenty
    assert {answer.status_code for answer in answers} == {401}


def test_a_flood_of_forged_messages_keeps_nobody_elses_waiting(client: Client, database: Database) -> None:
    forged = [senders.generic(senders.order(), secret="wrong-secret") for _ in range(200)]

    with psycopg.connect(database.url) as holder:
        holder.execute("lock table inbox_counters in access exclusive mode")
        answers = client.at_once([*forged, senders.generic(senders.order(order_id="A1"))])
        holder.rollback()

    assert Counter(answer.status_code for answer in answers) == {401: 200, 200: 1}
    assert database.execute("select external_id from orders") == [("A1",)]


def test_a_locked_inbox_is_answered_with_later_and_nothing_is_doubled(client: Client, database: Database) -> None:
    message = senders.generic(senders.order(order_id="A1"))

    with psycopg.connect(database.url) as holder:
        holder.execute("lock table inbox in access exclusive mode")
        answer = client.post(**message)
        holder.rollback()

    assert answer.status_code == 503
    assert client.post(**message).status_code in (200, 202)
    kept = "select external_id from orders"
    until(lambda: database.execute(kept) == [("A1",)], what="the order is there, once")  # 202: it is being handled


def test_more_than_can_wait_are_turned_away_at_once(client: Client, database: Database) -> None:
    with psycopg.connect(database.url) as holder:
        holder.execute("lock table inbox in access exclusive mode")
        answers = client.at_once([senders.generic(senders.order()) for _ in range(300)])
        holder.rollback()

    assert {answer.status_code for answer in answers} == {503}


def test_a_bug_while_handling_loses_nothing(
    client: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("a bug")

    message = senders.generic(senders.order())
    with monkeypatch.context() as patch:
        patch.setattr("backend.services.intake.create_order", broken)
        answer = client.post(**message)

    assert (answer.status_code, answer.json()["verdict"]) == (202, "received")
    assert "ZeroDivisionError" not in answer.text
    assert database.execute("select verdict from inbox") == [("received",)]
    assert client.post(**message).json()["verdict"] == "accepted"
    assert database.execute("select verdict from inbox") == [("accepted",)]
