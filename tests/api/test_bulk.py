"""Bulk runs with an API token: previewed, started once, watched and stopped; refused as a whole above the guard."""

import pytest

from backend import settings
from backend.domain.permissions import Role
from backend.services import bulk_turns
from tests.api.client import Client
from tests.api.conftest import Token
from tests.bulk_runs import REASON, on_terms
from tests.conftest import Database

TERMS = {"action": "release", "kind": "payment_terms"}


def test_a_script_previews_starts_and_watches_a_run(client: Client, database: Database, token: Token) -> None:
    numbers = on_terms(2)
    desk = token(Role.CUSTOMER_SERVICE)
    shown = client.post("/admin/bulk", json={"action": "release", "numbers": numbers}, headers=desk)
    assert (shown.status_code, shown.json()["acting"], shown.json()["needs_reason"]) == (201, 2, True)
    run = f"/admin/bulk/{shown.json()['run_id']}"
    assert client.get(run, headers=desk).status_code == 404, "nobody has started it"

    start = {"token": shown.json()["token"], "reason": REASON}
    assert client.post(f"{run}/start", json=start, headers=desk).json()["repeated"] is False
    assert client.post(f"{run}/start", json=start, headers=desk).json()["repeated"] is True
    while bulk_turns.take_turn(shown.json()["run_id"]):
        pass

    found = client.get(run, headers=desk).json()
    assert (found["run"]["state"], found["run"]["counts"]) == ("done", {"done": 2})
    assert sorted(row["number"] for row in found["rows"]) == numbers
    table = client.get(f"{run}/results.csv", headers=desk)
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(table.text.splitlines()) == 3
    assert [each["id"] for each in client.get("/admin/bulk", headers=desk).json()] == [shown.json()["run_id"]]


def test_a_run_is_paused_resumed_and_stopped(client: Client, database: Database, token: Token) -> None:
    on_terms(2)
    desk = token(Role.CUSTOMER_SERVICE)
    shown = client.post("/admin/bulk", json=TERMS, headers=desk).json()
    run = f"/admin/bulk/{shown['run_id']}"
    assert client.post(f"{run}/pause", headers=desk).json()["code"] == "not_possible"
    client.post(f"{run}/start", json={"token": shown["token"], "reason": REASON}, headers=desk)
    for act, state in (("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        assert client.post(f"{run}/{act}", headers=desk).status_code == 200
        assert client.get(run, headers=desk).json()["run"]["state"] == state


def test_too_many_orders_are_refused_with_a_code(
    client: Client, database: Database, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_terms(2)
    monkeypatch.setenv("HOLDFAST_BULK_LIMIT", "1")
    settings.current.cache_clear()
    answer = client.post("/admin/bulk", json=TERMS, headers=token(Role.CUSTOMER_SERVICE))
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many")
    assert database.execute("select count(*) from bulk_runs") == [(0,)]


def test_a_role_that_may_not_act_gets_no_preview(client: Client, database: Database, token: Token) -> None:
    on_terms(1)
    for role in (Role.QA, Role.FINANCE):
        assert client.post("/admin/bulk", json=TERMS, headers=token(role)).json()["code"] == "not_allowed"
    assert database.execute("select count(*) from bulk_runs") == [(0,)]
