"""The lab's clock over HTTP: no address where there is no lab, QA and administrators only, and it says what it reached."""

from collections.abc import Iterator
from typing import Any

import pytest

from backend import settings, wiring
from backend.api.app import create_api
from backend.domain.permissions import Role
from tests import factories
from tests.api.client import HERE, Client
from tests.api.conftest import Token
from tests.conftest import Database

TOKEN = "hf_lab_0123456789abcdefg"
CLOCK = "/admin/lab/clock"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
MOVES = "select actor_id, actor_role, order_id, details from audit where action = 'move_clock'"


@pytest.fixture
def lab(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client of a product that runs beside the sandbox."""
    monkeypatch.setenv("HOLDFAST_LAB_TOKEN", TOKEN)
    monkeypatch.setenv("HOLDFAST_STRIPE_API_KEY", "sk_test_1")
    monkeypatch.setenv("HOLDFAST_STRIPE_API_BASE", "http://127.0.0.1:9/stripe")
    settings.current.cache_clear()
    wiring.adapters.cache_clear()
    api = create_api()
    yield Client(api, HERE)
    api.state.threads.close()
    wiring.adapters.cache_clear()


def test_without_a_lab_there_is_nothing_at_this_address(client: Client, token: Token) -> None:
    for headers in (token(Role.ADMIN), token(Role.QA), BEARER, {}):
        answer = client.post(CLOCK, json={"seconds": 60}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert CLOCK not in client.get("/openapi.json").json()["paths"]


def test_the_labs_own_token_moves_the_clock_and_is_in_the_audit(lab: Client, database: Database) -> None:
    order = factories.created()
    database.execute("update steps set due_at = clock_timestamp() + interval '90 s'")

    moved = lab.post(CLOCK, json={"seconds": 60, "order": order.number}, headers=BEARER)

    assert (moved.status_code, moved.json()) == (200, {"steps": 1, "leases": 0, "breakers": 0, "messages": 0})
    ((left,),) = database.execute("select extract(epoch from due_at - clock_timestamp()) from steps")
    assert 0 < left <= 30
    details = {"seconds": 60, "steps": 1, "leases": 0, "breakers": 0, "messages": 0}
    assert database.execute(MOVES) == [("token:lab", "qa", order.id, details)]


@pytest.mark.parametrize("role", [Role.QA, Role.ADMIN])
def test_qa_and_administrators_may_move_it_with_a_token_of_their_own(lab: Client, token: Token, role: Role) -> None:
    assert lab.post(CLOCK, json={"seconds": None}, headers=token(role)).status_code == 200


@pytest.mark.parametrize("role", [Role.CUSTOMER_SERVICE, Role.FINANCE, Role.MANAGER])
def test_nobody_else_may(lab: Client, database: Database, token: Token, role: Role) -> None:
    factories.created()
    database.execute("update steps set due_at = clock_timestamp() + interval '1 h'")

    answer = lab.post(CLOCK, json={"seconds": None}, headers=token(role))

    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert database.execute("select count(*) from steps where due_at < clock_timestamp()") == [(0,)]
    assert database.execute(MOVES) == []


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer hf_wrong"}, {"Authorization": "Bearer ü"}], ids=str)
def test_a_false_token_is_refused(lab: Client, headers: dict[str, str]) -> None:
    answer = lab.post(CLOCK, json={"seconds": 60}, headers={name: value.encode() for name, value in headers.items()})

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "body",
    [{}, {"seconds": 0}, {"seconds": -5}, {"seconds": 31 * 24 * 3600 + 1}, {"seconds": "60"}, {"seconds": 60, "x": 1}],
    ids=str,
)
def test_a_move_that_makes_no_sense_is_refused(lab: Client, body: dict[str, Any]) -> None:
    assert lab.post(CLOCK, json=body, headers=BEARER).status_code == 422


def test_an_order_that_does_not_exist_is_said_so(lab: Client) -> None:
    answer = lab.post(CLOCK, json={"seconds": 60, "order": "ORD-20200101-00001"}, headers=BEARER)

    assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")
