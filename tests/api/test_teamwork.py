"""Sharing held orders with an API token: what the dashboard can do, with the same refusals."""

from datetime import timedelta

import pytest

from backend import clock
from backend.domain.permissions import Role
from tests import factories
from tests.api.client import Client
from tests.api.conftest import Token
from tests.conftest import Database


@pytest.fixture
def robot(token: Token) -> dict[str, str]:
    return token(Role.CUSTOMER_SERVICE)


@pytest.fixture
def desk(database: Database) -> str:
    """The address of an order that is held, with two colleagues who could take it."""
    factories.colleague("Sofia Marin")
    factories.colleague("Priya Nair", Role.MANAGER)
    return f"/admin/orders/{factories.created(factories.new_order(shipping=None)).number}"


def test_an_order_is_claimed_once_and_the_second_is_told_by_whom(
    client: Client, robot: dict[str, str], desk: str
) -> None:
    sofia = {"json": {"person": "sofia@shop.test"}, "headers": robot | {"Idempotency-Key": "a"}}

    first, again = client.post(f"{desk}/claim", **sofia), client.post(f"{desk}/claim", **sofia)
    other = client.post(f"{desk}/claim", json={"person": "priya@shop.test"}, headers=robot)

    assert (first.status_code, first.json()["repeated"], again.json()["repeated"]) == (200, False, True)
    assert (other.status_code, other.json()["code"]) == (409, "already_done")
    assert "was already claimed by Sofia Marin" in other.json()["detail"]
    work = client.get(f"{desk}/desk", headers=robot).json()
    assert (work["assignee"], work["turn"], work["bucket"]) == ("Sofia Marin", "us", "ok")


def test_an_order_is_given_snoozed_and_brought_back_on_the_version_that_was_seen(
    client: Client, robot: dict[str, str], desk: str
) -> None:
    seen = client.get(f"{desk}/desk", headers=robot).json()["version"]
    given = client.post(f"{desk}/assign", json={"person": "priya@shop.test", "version": seen}, headers=robot)
    stale = client.post(f"{desk}/snooze", json={"event": "answer", "version": seen}, headers=robot)
    until = (clock.now() + timedelta(days=2)).isoformat()
    away = client.post(f"{desk}/snooze", json={"until": until, "version": seen + 1}, headers=robot)
    snoozed = client.get(f"{desk}/desk", headers=robot).json()
    back = client.post(f"{desk}/unsnooze", json={}, headers=robot)

    assert [answer.status_code for answer in (given, stale, away, back)] == [200, 409, 200, 200]
    assert stale.json()["code"] == "preview_outdated"
    assert (snoozed["snoozed"], snoozed["assignee"]) == (True, "Priya Nair")
    assert client.get(f"{desk}/desk", headers=robot).json()["snoozed"] is False


@pytest.mark.parametrize(
    ("act", "body", "status"),
    [
        ("snooze", {}, 422),
        ("snooze", {"until": 1_900_000_000}, 422),
        ("snooze", {"until": "2020-01-01T09:00:00Z"}, 422),
        ("snooze", {"event": "weather"}, 422),
        ("snooze", {"event": "provider"}, 409),
        ("assign", {"person": "nobody@shop.test"}, 422),
        ("turn", {"turn": "theirs"}, 422),
        ("claim", {}, 422),
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    client: Client, database: Database, robot: dict[str, str], desk: str, act: str, body: dict[str, object], status: int
) -> None:
    assert client.post(f"{desk}/{act}", json=body, headers=robot).status_code == status
    assert database.execute("select version, assignee_id, snoozed_at, turn_by from desk_work") == [(1, None, None, "")]


def test_the_turn_is_said_notes_are_written_and_only_their_author_changes_them(
    client: Client, token: Token, robot: dict[str, str], desk: str
) -> None:
    assert client.post(f"{desk}/turn", json={"turn": "provider"}, headers=robot).status_code == 200
    note = {"text": "Number 14, @priya@shop.test", "from_customer": True}
    assert client.post(f"{desk}/notes", json=note, headers=robot).status_code == 204
    (written,) = client.get(desk, headers=robot).json()["notes"]
    place = f"{desk}/notes/{written['id']}"

    mine = client.request("PUT", place, json={"text": "Number 41"}, headers=robot)
    others = client.request("PUT", place, json={"text": "no"}, headers=token(Role.MANAGER))

    assert (mine.status_code, others.status_code) == (204, 409)
    (changed,) = client.get(desk, headers=robot).json()["notes"]
    assert (changed["text"], changed["earlier"]) == ("Number 41", [note["text"]])
    assert client.get(f"{desk}/desk", headers=robot).json()["turn"] == "us"


def test_colleagues_are_listed_and_who_may_not_act_shares_nothing(client: Client, token: Token, desk: str) -> None:
    finance = token(Role.FINANCE)

    people = client.get("/admin/colleagues", headers=finance).json()
    refused = client.post(f"{desk}/claim", json={"person": "sofia@shop.test"}, headers=finance)

    assert [(person["name"], person["may_act"]) for person in people] == [("Priya Nair", True), ("Sofia Marin", True)]
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
