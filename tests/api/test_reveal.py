"""Personal data in what was said to a provider, asked for with an API token: by role, for a reason, and written down."""

import json

import pytest

from backend.domain.permissions import Role
from backend.ports.calls import Exchange, Original
from backend.store import originals
from tests import factories
from tests.api.client import Client
from tests.api.conftest import Token
from tests.conftest import Database

SAID = {"method": "POST", "url": "https://pay.test/", "status": 200, "response": "ok", "duration_ms": 5}
MASKED, PLAIN = {"name": "•••"}, {"name": "Greta Lindenau"}


@pytest.fixture
def order(database: Database) -> str:
    """The address of an order of which one call to a provider is kept with its original."""
    number = factories.created().number
    ((step_id,),) = database.execute("select id from steps where kind = 'payment.capture'")
    database.execute(
        "insert into attempts (step_id, fence, number, worker, asked_first, started_at, outcome, error, exchanges) "
        "values (%s, 1, 1, 'w1', false, now(), 'ok', '', %s) returning id",
        (step_id, json.dumps([SAID | {"request": MASKED}])),
    )
    original = Original(SAID["url"], PLAIN, SAID["response"])  # type: ignore[arg-type]
    kept = originals.to_keep([Exchange(**SAID, request=MASKED, original=original)])  # type: ignore[arg-type]
    assert kept is not None
    database.execute(
        "insert into attempt_originals (id, step_id, fence, exchanges, kept_until) "
        "values (%s, %s, 1, %s, now() + interval '1 day')",
        (kept.id, step_id, kept.sealed.blob),
    )
    return f"/admin/orders/{number}"


def attempt_of(client: Client, order: str, headers: dict[str, str]) -> int:
    found = client.get(order, headers=headers).json()
    assert "Greta Lindenau" not in json.dumps(found["steps"])
    ((attempt,),) = [step["tries"] for step in found["steps"] if step["tries"]]
    return int(attempt["id"])


def asked(database: Database) -> list[tuple[str, str]]:
    return database.execute(  # type: ignore[return-value]
        "select reason, actor_name from audit where action = 'reveal'"
    )


def test_it_is_shown_for_a_reason_and_who_asked_is_on_record(
    client: Client, token: Token, database: Database, order: str
) -> None:
    robot = token(Role.CUSTOMER_SERVICE)
    place = f"{order}/attempts/{attempt_of(client, order, robot)}/reveal"

    bare = client.post(place, json={"reason": " "}, headers=robot)
    assert (bare.status_code, bare.json()["code"], asked(database)) == (422, "reason_missing", [])
    shown = client.post(place, json={"reason": "the bank asks"}, headers=robot)

    assert shown.status_code == 200
    assert [(one["request"], one["status"]) for one in shown.json()] == [(PLAIN, 200)]
    assert asked(database) == [("the bank asks", "robot of customer_service")]
    ((text,),) = database.execute("select text from timeline where kind = 'personal_data:shown'")
    assert text.endswith("Reason: the bank asks")


@pytest.mark.parametrize("role", [Role.QA, Role.FINANCE])
def test_who_may_not_see_it_learns_nothing(
    client: Client, token: Token, database: Database, order: str, role: Role
) -> None:
    headers = token(role)
    attempt = attempt_of(client, order, headers)
    for place in (attempt, attempt + 1):
        refused = client.post(f"{order}/attempts/{place}/reveal", json={"reason": "curious"}, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert asked(database) == []


def test_what_is_not_kept_or_not_of_this_order_is_said_to_be_so(
    client: Client, token: Token, database: Database, order: str
) -> None:
    robot = token(Role.CUSTOMER_SERVICE)
    attempt = attempt_of(client, order, robot)
    other = f"/admin/orders/{factories.created().number}/attempts/{attempt}/reveal"
    assert client.post(other, json={"reason": "mistyped"}, headers=robot).status_code == 404
    database.execute("delete from attempt_originals")
    gone = client.post(f"{order}/attempts/{attempt}/reveal", json={"reason": "too late"}, headers=robot)
    assert (gone.status_code, gone.json()["code"]) == (409, "not_possible")
    assert asked(database) == []
