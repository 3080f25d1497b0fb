"""Incidents: one sentence on every page while a provider is away, and a page that says what waits for it."""

import psycopg

from backend.services.run import in_unit_of_work
from backend.store import incidents
from dashboard.pages.incidents.state import IncidentsState
from dashboard.shell import live
from dashboard.shell.navigation import FrameState
from tests import factories
from tests.conftest import Database
from tests.dashboard.conftest import Tab

DOWN = "ShipEngine does not answer; its steps wait and go on by themselves when it does."


def begin() -> int | None:
    return in_unit_of_work(incidents.open_, "shipengine", "provider_down", DOWN, same_within=600.0)


def end() -> float | None:
    return in_unit_of_work(incidents.close, "shipengine", "provider_down", "ShipEngine did not answer for {} s.")


def test_while_every_provider_answers_nothing_is_said(tab: Tab, database: Database) -> None:
    frame, page = tab.send(FrameState.load, "/"), tab.send(IncidentsState.load, "/incidents")
    assert (frame.last("incident"), frame.last("incidents")) == ("", "")
    assert (page.last("ready"), page.last("current"), page.last("headline")) == (True, [], "")


def test_an_open_incident_is_told_on_every_page_and_says_what_waits(tab: Tab, database: Database) -> None:
    factories.stocked("LNT-STR-BRS", 100)
    order = factories.created()
    database.execute(
        "update steps set provider = 'shipengine', state = 'ready' where order_id = %s and kind = 'payment.capture'",
        (order.id,),
    )
    begin()

    frame = tab.send(FrameState.load, "/")
    assert (frame.last("incident"), frame.last("incidents")) == (DOWN, "1")
    page = tab.send(IncidentsState.load, "/incidents")
    (card,) = page.last("current")
    assert (card.provider, card.title, card.waits, card.again) == ("ShipEngine", DOWN, "1 step of 1 order waits", "")
    assert page.last("headline") == "1 provider does not answer"


def test_one_that_came_back_says_so_and_one_that_is_over_is_kept(tab: Tab, database: Database) -> None:
    begin()
    end()
    begin()
    (card,) = tab.send(IncidentsState.load, "/incidents").last("current")
    assert card.again == "came back 1 time"
    database.execute("update incidents set opened_at = opened_at - interval '125 seconds'")

    end()

    page = tab.send(IncidentsState.load, "/incidents")
    assert page.last("current") == []
    (row,) = page.last("past")
    assert (row.provider, row.lasted, row.again) == ("ShipEngine", "2 min", "came back 1 time")
    assert row.title == "ShipEngine did not answer for 2 min."


def test_open_pages_are_told_when_an_incident_begins_and_when_it_is_over(database: Database) -> None:
    with psycopg.connect(database.url, autocommit=True) as listener:
        listener.execute(f"listen {live.CHANNEL}")
        for change in (begin, end):
            change()
            assert [note.payload for note in listener.notifies(timeout=5, stop_after=1)] == ["incident"]
