"""Acting with an API token: previews, one effect per action, nothing on stale facts, and only for roles that may."""

from typing import Any

import pytest
from sqlmodel import Session

from backend.domain.holds import HoldKind, HoldSource
from backend.domain.permissions import Role
from backend.services import holds
from backend.services.run import in_unit_of_work
from backend.store import orders
from backend.store.tables import Order
from tests import factories
from tests.api.client import Client
from tests.api.conftest import Token
from tests.conftest import Database

OPEN = "select kind from holds where closed_at is null order by kind"
AUDIT = "select action, actor_role, reason from audit where action <> 'create_token' order by id"


@pytest.fixture
def service(token: Token) -> dict[str, str]:
    return token(Role.CUSTOMER_SERVICE)


@pytest.fixture
def held(database: Database) -> Order:
    """An order that two checks hold: it has no address, and its payment is suspected."""
    order = factories.created(factories.new_order(shipping=None))

    def suspect(session: Session) -> None:
        row = orders.lock_by_number(session, order.number)
        holds.place(session, row, HoldKind.FRAUD_RISK, "The shop calls it high.", source=HoldSource.CHECK)

    in_unit_of_work(suspect)
    return order


@pytest.fixture
def short_of_stock(database: Database) -> Order:
    """An order of two lanterns of which one is there."""
    factories.stocked("LNT-STR-BRS", 1)
    return factories.created()


def at(order: Order, rest: str) -> str:
    return f"/admin/orders/{order.number}{rest}"


def open_holds(client: Client, order: Order, headers: dict[str, str]) -> dict[str, int]:
    return {hold["kind"]: hold["id"] for hold in client.get(at(order, ""), headers=headers).json()["holds"]}


def test_a_release_does_what_its_preview_said(
    client: Client, database: Database, service: dict[str, str], held: Order
) -> None:
    kinds = open_holds(client, held, service)
    preview = client.get(
        at(held, "/release/preview"), params={"hold_ids": list(kinds.values())}, headers=service
    ).json()
    body = {"hold_ids": list(kinds.values()), "version": preview["version"], "token": preview["token"]}

    answer = client.post(at(held, "/release"), json=body | {"reason": "The customer called."}, headers=service)

    assert (preview["refusal"], preview["remaining_holds"], preview["needs_reason"]) == ("", [], True)
    assert len(preview["effects"]) == 2
    assert (answer.status_code, answer.json()) == (
        200,
        {"sentence": "Released. The order goes on.", "repeated": False, "asked": False},
    )
    assert database.execute(OPEN) == []
    assert database.execute(AUDIT) == [("release", "customer_service", "The customer called.")]


@pytest.mark.parametrize("by", ["token", "key"])
def test_an_action_sent_again_is_carried_out_once(
    client: Client, database: Database, service: dict[str, str], held: Order, by: str
) -> None:
    kinds = open_holds(client, held, service)
    one = [kinds["address_missing"]]
    version = client.get(at(held, ""), headers=service).json()["version"]
    body: dict[str, Any] = {"hold_ids": one, "version": version, "reason": "It is a gift card."}
    headers = service | ({"Idempotency-Key": "click-1"} if by == "key" else {})
    body |= {"token": "from-the-preview"} if by == "token" else {}

    answers = client.at_once([{"url": at(held, "/release"), "json": body, "headers": headers}] * 5)

    assert [answer.status_code for answer in answers] == [200] * 5
    assert sorted(answer.json()["repeated"] for answer in answers) == [False, True, True, True, True]
    assert database.execute(OPEN) == [("fraud_risk",)]
    assert len(database.execute(AUDIT)) == 1


def test_a_key_used_for_one_hold_does_not_stand_for_another(
    client: Client, database: Database, service: dict[str, str], held: Order
) -> None:
    headers = service | {"Idempotency-Key": "k"}
    for hold_id in open_holds(client, held, service).values():
        version = client.get(at(held, ""), headers=service).json()["version"]
        body = {"hold_ids": [hold_id], "version": version, "reason": "Looked at."}

        assert client.post(at(held, "/release"), json=body, headers=headers).json()["repeated"] is False

    assert database.execute(OPEN) == []


def test_an_action_without_a_key_is_guarded_by_the_version(
    client: Client, database: Database, service: dict[str, str], held: Order
) -> None:
    kinds = open_holds(client, held, service)
    version = client.get(at(held, ""), headers=service).json()["version"]
    body = {"hold_ids": [kinds["fraud_risk"]], "version": version, "reason": "Checked by phone."}

    answers = [client.post(at(held, "/release"), json=body, headers=service) for _ in range(2)]

    assert [(answer.status_code, answer.json().get("code")) for answer in answers] == [
        (200, None),
        (409, "already_done"),
    ]
    assert len(database.execute(AUDIT)) == 1


def test_an_action_decided_on_old_facts_is_refused(
    client: Client, database: Database, service: dict[str, str], held: Order
) -> None:
    kinds = open_holds(client, held, service)
    version = client.get(at(held, ""), headers=service).json()["version"]
    body = {"hold_ids": [kinds["fraud_risk"]], "version": version - 1, "reason": "Checked by phone."}

    answer = client.post(at(held, "/release"), json=body, headers=service)

    assert (answer.status_code, answer.json()["code"]) == (409, "preview_outdated")
    assert "Nothing was done" in answer.json()["detail"]
    assert database.execute(OPEN) == [("address_missing",), ("fraud_risk",)]
    assert database.execute(AUDIT) == []


def test_a_retry_is_refused_while_its_cause_is_there_and_done_when_it_has_gone(
    client: Client, database: Database, service: dict[str, str], short_of_stock: Order
) -> None:
    order = short_of_stock
    hold_id = open_holds(client, order, service)["out_of_stock"]
    preview = client.get(at(order, "/retry/preview"), params={"hold_id": hold_id}, headers=service).json()
    body = {"hold_id": hold_id, "version": preview["version"], "token": preview["token"]}

    too_early = client.post(at(order, "/retry"), json=body, headers=service)
    factories.stocked("LNT-STR-BRS", 5)
    answer = client.post(at(order, "/retry"), json=body, headers=service)

    assert (too_early.status_code, too_early.json()["code"]) == (409, "not_possible")
    assert answer.json() == {
        "sentence": "The missing stock is reserved; the order goes on.",
        "repeated": False,
        "asked": False,
    }
    assert database.execute(OPEN) == []
    assert [row[0] for row in database.execute(AUDIT)] == ["retry"]


def test_what_cannot_be_retried_is_refused_with_what_to_do_instead(
    client: Client, service: dict[str, str], held: Order
) -> None:
    hold_id = open_holds(client, held, service)["address_missing"]
    preview = client.get(at(held, "/retry/preview"), params={"hold_id": hold_id}, headers=service).json()

    answer = client.post(at(held, "/retry"), json={"hold_id": hold_id, "version": preview["version"]}, headers=service)

    assert (answer.status_code, answer.json()["code"]) == (409, "not_possible")
    assert answer.json()["detail"] == preview["refusal"]


def test_a_release_that_needs_a_reason_is_refused_without_one(
    client: Client, database: Database, service: dict[str, str], held: Order
) -> None:
    kinds = open_holds(client, held, service)
    version = client.get(at(held, ""), headers=service).json()["version"]
    body = {"hold_ids": [kinds["fraud_risk"]], "version": version, "reason": " ok "}

    answer = client.post(at(held, "/release"), json=body, headers=service)

    assert (answer.status_code, answer.json()["code"]) == (422, "reason_missing")
    assert len(database.execute(OPEN)) == 2


def test_a_person_holds_an_order_once(client: Client, database: Database, service: dict[str, str]) -> None:
    order = factories.created()
    body = {"reason": "The customer wants to change the colour."}

    answers = [client.post(at(order, "/hold"), json=body, headers=service) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[0].json()["sentence"] == f"Order {order.number} is held."
    assert "robot of customer_service" in answers[1].json()["detail"]
    assert database.execute(OPEN) == [("by_staff",)]
    assert database.execute(AUDIT) == [("hold", "customer_service", body["reason"])]


@pytest.mark.parametrize("by", ["token", "key"])
def test_a_hold_sent_again_is_the_same_hold(
    client: Client, database: Database, service: dict[str, str], by: str
) -> None:
    order = factories.created()
    body = {"reason": "Wait for a call."} | ({"token": "mine"} if by == "token" else {})
    headers = service | ({"Idempotency-Key": "click-1"} if by == "key" else {})

    answers = client.at_once([{"url": at(order, "/hold"), "json": body, "headers": headers}] * 5)

    assert [answer.status_code for answer in answers] == [200] * 5
    assert sorted(answer.json()["repeated"] for answer in answers) == [False, True, True, True, True]
    assert len(database.execute(AUDIT)) == 1


def test_a_failed_document_can_be_previewed_only_where_it_is(client: Client, service: dict[str, str]) -> None:
    order = factories.created()

    answer = client.get(at(order, "/steps/999/retry/preview"), headers=service)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_step_that_runs_by_itself_is_not_run_again(
    client: Client, database: Database, service: dict[str, str]
) -> None:
    order = factories.created()
    told = client.get(at(order, ""), headers=service).json()
    step = told["steps"][0]

    answer = client.post(at(order, f"/steps/{step['id']}/retry"), json={"version": told["version"]}, headers=service)

    assert (answer.status_code, answer.json()["code"]) == (409, "not_possible")
    assert database.execute("select count(*) from steps where id = %s", [step["id"]]) == [(1,)]


def test_a_note_is_written_as_it_was_sent(client: Client, database: Database, service: dict[str, str]) -> None:
    order = factories.created()
    text = "Ask @mila <b>today</b>\n👍"

    answer = client.post(at(order, "/notes"), json={"text": text}, headers=service)

    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(at(order, ""), headers=service).json()["notes"][0]["text"] == text
    assert database.execute("select author_name from notes") == [("robot of customer_service",)]


ACTIONS: dict[str, dict[str, Any]] = {
    "/retry": {"hold_id": 1, "version": 1},
    "/ask": {"hold_id": 1, "version": 1},
    "/release": {"hold_ids": [1], "version": 1, "reason": "Because."},
    "/steps/1/retry": {"version": 1},
    "/hold": {"reason": "Because."},
    "/cancel": {"restock": True, "version": 1, "reason": "Because."},
    "/notes": {"text": "Hello."},
}
MAY_ACT = {Role.CUSTOMER_SERVICE, Role.MANAGER, Role.ADMIN}


@pytest.mark.parametrize("role", list(Role))
def test_only_roles_that_may_act_do(client: Client, database: Database, token: Token, role: Role) -> None:
    order = factories.created()
    headers = token(role)

    answers = {rest: client.post(at(order, rest), json=body, headers=headers) for rest, body in ACTIONS.items()}
    previews = [
        client.get(at(order, rest), headers=headers)
        for rest in (
            "/retry/preview?hold_id=1",
            "/release/preview?hold_ids=1",
            "/steps/1/retry/preview",
            "/cancel/preview?restock=true",
        )
    ]

    codes = {answer.json()["code"] for answer in [*answers.values(), *previews] if answer.status_code == 403}
    if role in MAY_ACT:
        assert codes == set()
    else:
        assert {answer.status_code for answer in [*answers.values(), *previews]} == {403}
        assert codes == {"not_allowed"}
        assert database.execute("select (select count(*) from notes), (select count(*) from holds)") == [(0, 0)]


def test_nobody_acts_without_a_token_or_with_a_cookie(client: Client, database: Database) -> None:
    order = factories.created()

    answers = [
        client.post(at(order, rest), json=body, headers=headers)
        for rest, body in ACTIONS.items()
        for headers in ({}, {"Cookie": "holdfast_session=x"}, {"Authorization": "Bearer hf_x"})
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert database.execute("select (select count(*) from notes), (select count(*) from holds)") == [(0, 0)]


@pytest.mark.parametrize(
    ("body", "mistake"),
    [
        ({}, {"pointer": "#/hold_ids", "sentence": "hold_ids is missing. GET"}),
        ({"hold_ids": [1]}, {"pointer": "#/version", "sentence": "version is missing. "}),
        ({"hold_ids": [], "version": 1}, {"pointer": "#/hold_ids", "sentence": "hold_ids: "}),
        ({"hold_ids": ["1"], "version": 1}, {"pointer": "#/hold_ids/0", "sentence": "hold_ids.0: "}),
        ({"hold_ids": [True], "version": 1}, {"pointer": "#/hold_ids/0", "sentence": "hold_ids.0: "}),
        ({"hold_ids": [2**63], "version": 1}, {"pointer": "#/hold_ids/0", "sentence": "hold_ids.0: "}),
        ({"hold_ids": {"a": 1}, "version": 1}, {"pointer": "#/hold_ids", "sentence": "hold_ids: "}),
        ({"hold_ids": [1], "version": None}, {"pointer": "#/version", "sentence": "version: "}),
        ({"hold_ids": [1], "version": 1.5}, {"pointer": "#/version", "sentence": "version: "}),
        ({"hold_ids": [1], "version": 1, "actor": "x"}, {"pointer": "#/actor", "sentence": "actor is not known here."}),
        ({"hold_ids": [1], "version": 1, "reason": "x" * 1001}, {"pointer": "#/reason", "sentence": "reason: "}),
        ([1], {"pointer": "#", "sentence": "body: "}),
    ],
)
def test_a_body_that_does_not_fit_is_refused_with_the_place(
    client: Client, service: dict[str, str], body: Any, mistake: dict[str, str]
) -> None:
    answer = client.post("/admin/orders/ORD-20260131-00001/release", json=body, headers=service)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    found = answer.json()["errors"][0]
    assert found["pointer"] == mistake["pointer"]
    assert found["sentence"].startswith(mistake["sentence"].strip())


def test_a_missing_version_is_explained(client: Client, service: dict[str, str]) -> None:
    answer = client.post("/admin/orders/ORD-20260131-00001/retry", json={"hold_id": 1}, headers=service)

    assert "GET /admin/orders/{number}" in answer.json()["detail"]


@pytest.mark.parametrize(
    "content", [b"{", b'{"reason": NaN}', b'{"reason": "a", "reason": "b"}', b"[" * 9000, b'{"reason": "\\ud800"}']
)
def test_a_body_that_is_no_acceptable_json_is_refused(
    client: Client, database: Database, service: dict[str, str], content: bytes
) -> None:
    order = factories.created()
    headers = service | {"Content-Type": "application/json"}

    answer = client.post(at(order, "/hold"), content=content, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert answer.json()["detail"].startswith("The ")
    assert database.execute(OPEN) == []


def test_a_body_over_the_limit_is_refused(client: Client, service: dict[str, str]) -> None:
    answer = client.post("/admin/orders/X/notes", json={"text": "x" * 300_000}, headers=service)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
