"""The quarantine, my day and the search box."""

from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from dashboard.pages.home.state import HomeState
from dashboard.pages.quarantine.state import QuarantineState
from dashboard.shell.navigation import FrameState
from tests import factories
from tests.conftest import Database
from tests.dashboard.conftest import Tab


@pytest.fixture
def numbers(database: Database) -> list[str]:
    factories.stocked("LNT-STR-BRS", 100)
    return [factories.created().number for _ in range(3)]


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
    assert [wrong.sentence for wrong in message.problems] == [
        "The currency 'XBT' is unknown.",
        "The totals do not add up.",
    ]
    assert (message.size, message.repeats) == ("2,314 bytes", "sent 3 times")


def test_my_day_says_what_needs_somebody(tab: Tab, numbers: list[str]) -> None:
    answer = tab.send(HomeState.load, "/")
    figures = {figure.key: (figure.value, figure.mood) for figure in answer.last("figures")}
    assert figures["orders-today"] == ("3", "idle")
    assert figures["quarantined"] == ("0", "good")
    assert figures["sweep"] == ("never", "bad")
    assert answer.last("greeting").endswith(", Sofia")
    assert answer.values("held_some")[-1:] in ([], [False])
