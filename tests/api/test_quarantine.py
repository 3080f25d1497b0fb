"""The quarantine with an API token: look, check, replay mended or as received, discard, restore; once each, by who may."""

import json
from typing import Any
from uuid import uuid4

import pytest

from backend.domain.permissions import Role
from tests.api import senders
from tests.api.client import Client
from tests.api.conftest import Token
from tests.conftest import Database

DECIDED = "select (select count(*) from inbox_decisions), (select count(*) from orders), (select verdict from inbox)"
UNTOUCHED = [(0, 0, "quarantined")]


@pytest.fixture
def service(token: Token) -> dict[str, str]:
    return token(Role.CUSTOMER_SERVICE)


@pytest.fixture
def spoilt(client: Client) -> dict[str, Any]:
    """An order whose total does not add up came in."""
    order = senders.order(total_minor=99900)
    assert client.post(**senders.generic(order)).json()["verdict"] == "quarantined"
    return order


def mended(order: dict[str, Any], **changes: Any) -> str:
    return json.dumps(order | {"total_minor": 10470} | changes)


def first(client: Client, headers: dict[str, str]) -> dict[str, Any]:
    """The message as it is looked at."""
    [row] = client.get("/admin/quarantine", headers=headers).json()["messages"]
    found: dict[str, Any] = client.get(f"/admin/quarantine/{row['id']}", headers=headers).json()
    return found


def at(message: dict[str, Any], act: str = "") -> str:
    return f"/admin/quarantine/{message['id']}{act}"


def decided(message: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"version": message["version"], "reason": "typo in the shop"} | more


def test_a_payload_is_checked_mended_and_replayed_once(
    client: Client, database: Database, service: dict[str, str], spoilt: dict[str, Any]
) -> None:
    message = first(client, service)
    assert message["problems"][0]["sentence"].startswith("The total does not add up")
    assert message["text"].splitlines()[message["problems"][0]["line"] - 1].strip() == '"total_minor": 99900'
    left = client.post(at(message, "/check"), json={"payload": mended(spoilt, currency="XXX")}, headers=service).json()
    assert (len(left["problems"]), left["effects"]) == (1, [])
    fine = client.post(at(message, "/check"), json={"payload": mended(spoilt)}, headers=service).json()
    assert fine["problems"] == []
    assert database.execute(DECIDED) == UNTOUCHED

    body = decided(message, payload=mended(spoilt), token=message["token"])
    answers = client.at_once([{"url": at(message, "/replay"), "json": body, "headers": service}] * 4)

    assert [answer.status_code for answer in answers] == [200] * 4
    assert sorted(answer.json()["repeated"] for answer in answers) == [False, True, True, True]
    assert database.execute("select kind, reason from inbox_decisions") == [("mended", "typo in the shop")]
    again = client.post(at(message, "/replay"), json=decided(message, payload=mended(spoilt)), headers=service)
    assert (again.status_code, again.json()["code"]) == (409, "already_done")
    assert database.execute("select count(*) from inbox_decisions") == [(1,)]


def test_a_message_is_discarded_found_again_and_restored_each_once(
    client: Client, database: Database, service: dict[str, str], spoilt: dict[str, Any]
) -> None:
    message = first(client, service)
    nothing_said = client.post(at(message, "/discard"), json={"version": 0}, headers=service)
    assert (nothing_said.status_code, nothing_said.json()["code"]) == (422, "reason_missing")
    headers = service | {"Idempotency-Key": "away"}

    twice = [client.post(at(message, "/discard"), json=decided(message), headers=headers) for _ in range(2)]

    assert [(answer.status_code, answer.json()["repeated"]) for answer in twice] == [(200, False), (200, True)]
    assert client.get("/admin/quarantine", headers=service).json()["total"] == 0
    replayed = client.post(at(message, "/replay"), json=decided(message), headers=service)
    assert (replayed.status_code, replayed.json()["code"]) == (409, "already_done")
    assert "discarded by robot of customer_service" in replayed.json()["detail"]
    [kept] = client.get("/admin/quarantine", params={"discarded": True}, headers=service).json()["messages"]
    assert kept["id"] == message["id"]
    back = client.post(at(message, "/restore"), json=decided(message, version=1), headers=service)
    assert back.json()["sentence"] == "The message is in quarantine again."
    assert database.execute("select kind from inbox_decisions order by id") == [("discarded",), ("restored",)]
    assert database.execute("select verdict from inbox") == [("quarantined",)]


def test_all_of_one_cause_are_handled_anew_where_nothing_is_wrong_any_more(
    client: Client, database: Database, service: dict[str, str], spoilt: dict[str, Any]
) -> None:
    [cause] = client.get("/admin/quarantine", headers=service).json()["causes"]
    body = {"cause": cause["cause"], "provider": "generic"}

    answers = [
        client.post("/admin/quarantine", json=body, headers=service | {"Idempotency-Key": "all"}) for _ in range(2)
    ]

    assert [answer.json()["repeated"] for answer in answers] == [False, True]
    assert answers[0].json()["sentence"] == "0 of 1 are handled again. 1 still has problems and stays here."
    assert database.execute(DECIDED) == UNTOUCHED


@pytest.mark.parametrize(
    ("act", "body", "status", "code"),
    [
        ("/replay", {}, 422, "invalid_input"),
        ("/replay", {"version": 0}, 422, "invalid_input"),
        ("/replay", {"version": 3, "payload": "{}", "reason": "a typo"}, 409, "not_possible"),
        ("/replay", {"version": 0, "payload": "{", "reason": "a typo"}, 422, "invalid_input"),
        ("/replay", {"version": 0, "payload": "[]", "reason": "a typo"}, 422, "invalid_input"),
        ("/replay", {"version": 0, "payload": {"total_minor": 1}, "reason": "a typo"}, 422, "invalid_input"),
        ("/replay", {"version": "0", "payload": "{}"}, 422, "invalid_input"),
        ("/replay", {"version": 0, "payload": "{}", "force": True}, 422, "invalid_input"),
        ("/discard", {"version": 0, "reason": "no"}, 422, "reason_missing"),
        ("/discard", {"version": 0, "reason": "x" * 1001}, 422, "invalid_input"),
        ("/restore", {"version": 0, "reason": "was right"}, 409, "not_possible"),
        ("/check", {}, 422, "invalid_input"),
        ("/check", {"payload": None}, 422, "invalid_input"),
    ],
)
def test_what_cannot_be_decided_is_refused_and_nothing_is_changed(
    client: Client,
    database: Database,
    service: dict[str, str],
    spoilt: dict[str, Any],
    act: str,
    body: dict[str, Any],
    status: int,
    code: str,
) -> None:
    answer = client.post(at(first(client, service), act), json=body, headers=service)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert database.execute(DECIDED) == UNTOUCHED


def test_a_message_that_is_not_there_is_not_found_whatever_is_asked_of_it(
    client: Client, service: dict[str, str], spoilt: dict[str, Any]
) -> None:
    wrong = {"id": str(uuid4())}
    body = {"version": 0, "reason": "a typo"}
    answers = [client.get(at(wrong), headers=service)]
    answers += [client.post(at(wrong, act), json=body, headers=service) for act in ("/replay", "/discard", "/restore")]
    answers += [client.post(at(wrong, "/check"), json={"payload": "{}"}, headers=service)]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not_found")] * 5
    assert client.get("/admin/quarantine/1", headers=service).status_code == 422


@pytest.mark.parametrize("role", list(Role))
def test_who_may_only_look_sees_no_customer_and_decides_nothing(
    client: Client, database: Database, token: Token, service: dict[str, str], spoilt: dict[str, Any], role: Role
) -> None:
    headers, message = token(role), first(client, service)
    seen = client.get(at(message), headers=headers)
    acts = {
        "/check": {"payload": mended(spoilt)},
        "/replay": decided(message, version=9),
        "/discard": decided(message, version=9),
        "/restore": decided(message, version=9),
    }

    answers = [client.post(at(message, act), json=body, headers=headers) for act, body in acts.items()]
    answers.append(client.post("/admin/quarantine", json={"cause": "x"}, headers=headers))

    refused = [answer.status_code for answer in answers].count(403)
    if role in (Role.CUSTOMER_SERVICE, Role.MANAGER, Role.ADMIN):
        assert (refused, "Lindenau" in seen.text) == (0, True)
    else:
        assert (refused, "Lindenau" in seen.text) == (5, False)
    assert database.execute(DECIDED) == UNTOUCHED


def test_nobody_looks_or_decides_without_a_token(
    client: Client, database: Database, service: dict[str, str], spoilt: dict[str, Any]
) -> None:
    message = first(client, service)
    answers = [client.get(at(message)), client.post(at(message, "/discard"), json=decided(message))]
    answers += [client.post(at(message, "/replay"), json=decided(message), headers={"Cookie": "holdfast_session=x"})]
    assert [answer.status_code for answer in answers] == [401] * 3
    assert "Lindenau" not in "".join(answer.text for answer in answers)
    assert database.execute(DECIDED) == UNTOUCHED
