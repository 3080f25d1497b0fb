"""What takes two people, with API tokens: the action asks, somebody else's token decides, and it counts once."""

import pytest

from backend import settings
from backend.domain.permissions import SYSTEM, Role
from backend.services import accounts
from backend.services.run import in_unit_of_work
from backend.store.tables import Order
from tests import factories
from tests.api.client import Client
from tests.api.conftest import Token
from tests.conftest import Database

Headers = dict[str, str]
STATES = "select state from approvals"


@pytest.fixture(autouse=True)
def limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """One person pays back 50 EUR of an order alone."""
    monkeypatch.setenv("HOLDFAST_REFUND_LIMIT", "50")
    settings.current.cache_clear()


@pytest.fixture
def paid(database: Database) -> Order:
    """104.70 EUR, all captured."""
    factories.stocked("LNT-STR-BRS", 100)
    return factories.paid()


def ask(client: Client, order: Order, headers: Headers) -> int:
    preview = client.get(
        f"/admin/orders/{order.number}/refund/preview", params={"full": "true"}, headers=headers
    ).json()
    body = {"full": True, "version": preview["version"], "token": preview["token"], "reason": "came broken"}
    answer = client.post(f"/admin/orders/{order.number}/refund", json=body, headers=headers)
    assert (answer.status_code, answer.json()["asked"], preview["asks"]) == (200, True, True)
    return int(client.get("/admin/approvals", headers=headers).json()["mine"][0]["id"])


def decide(client: Client, approval_id: int, decision: str, headers: Headers, **more: str) -> tuple[int, str]:
    shown = client.get(f"/admin/approvals/{approval_id}", headers=headers).json()["preview"]
    body = {"token": shown["token"]} | ({"version": shown["version"]} if decision == "approve" else {}) | more
    answer = client.post(f"/admin/approvals/{approval_id}/{decision}", json=body, headers=headers)
    told = answer.json()
    return answer.status_code, told.get("code", told.get("sentence"))


def test_somebody_elses_token_approves_once(client: Client, database: Database, token: Token, paid: Order) -> None:
    service, manager = token(Role.CUSTOMER_SERVICE), token(Role.MANAGER)
    approval_id = ask(client, paid, service)
    assert database.execute("select count(*) from refunds") == [(0,)]
    (waiting,) = client.get("/admin/approvals", headers=manager).json()["to_decide"]
    assert (waiting["id"], waiting["amount_minor"], waiting["currency"]) == (approval_id, 10470, "EUR")
    (on_order,) = client.get(f"/admin/orders/{paid.number}/approvals", headers=manager).json()
    assert on_order["id"] == approval_id

    assert decide(client, approval_id, "approve", manager) == (200, "Approved. 104.70 EUR is being paid back.")
    assert decide(client, approval_id, "approve", token(Role.ADMIN)) == (409, "already_done")

    assert database.execute("select amount_minor from refunds") == [(10470,)]


def test_a_persons_own_token_is_that_person(client: Client, database: Database, paid: Order) -> None:
    factories.colleague("Priya Nair", Role.MANAGER)

    def own(role: Role) -> Headers:
        bearer = in_unit_of_work(accounts.create_token, role=role, name="", actor=SYSTEM, owner="priya@shop.test")
        return {"Authorization": f"Bearer {bearer}"}

    approval_id = ask(client, paid, own(Role.CUSTOMER_SERVICE))

    assert decide(client, approval_id, "approve", own(Role.ADMIN)) == (403, "own_request")
    assert decide(client, approval_id, "decline", own(Role.MANAGER), reason="no no") == (403, "own_request")
    assert database.execute(STATES) == [("pending",)]
    assert decide(client, approval_id, "withdraw", own(Role.MANAGER)) == (200, "Withdrawn. Nothing was done.")


def test_a_token_ends_with_the_colleague_it_was_made_for(client: Client, database: Database) -> None:
    factories.colleague("Priya Nair", Role.MANAGER)
    bearer = in_unit_of_work(accounts.create_token, role=Role.MANAGER, name="", actor=SYSTEM, owner="Priya@shop.test")
    headers = {"Authorization": f"Bearer {bearer}"}
    assert client.get("/admin/approvals", headers=headers).status_code == 200
    in_unit_of_work(accounts.disable_user, email="priya@shop.test", actor=SYSTEM)
    assert client.get("/admin/approvals", headers=headers).status_code == 401


def test_declining_says_why(client: Client, database: Database, token: Token, paid: Order) -> None:
    approval_id, finance = ask(client, paid, token(Role.CUSTOMER_SERVICE)), token(Role.FINANCE)
    assert decide(client, approval_id, "decline", finance, reason=" ") == (422, "reason_missing")
    assert decide(client, approval_id, "decline", finance, reason="Ask first.")[0] == 200
    assert database.execute("select state, decided_reason from approvals") == [("declined", "Ask first.")]
    assert database.execute("select count(*) from refunds") == [(0,)]


def test_a_role_without_the_right_learns_not_even_whether_a_request_exists(
    client: Client, database: Database, token: Token, paid: Order
) -> None:
    approval_id, qa = ask(client, paid, token(Role.CUSTOMER_SERVICE)), token(Role.QA)
    bodies = {"approve": {"version": 1, "token": "x"}, "decline": {"reason": "because"}, "withdraw": {}}
    for decision, body in bodies.items():
        there = client.post(f"/admin/approvals/{approval_id}/{decision}", json=body, headers=qa)
        absent = client.post(f"/admin/approvals/{approval_id + 1}/{decision}", json=body, headers=qa)
        assert (
            (there.status_code, there.json()["detail"])
            == (absent.status_code, absent.json()["detail"])
            == (
                403,
                there.json()["detail"],
            )
        )
    assert database.execute(STATES) == [("pending",)]


def test_holding_for_suspected_fraud_is_released_by_two(
    client: Client, database: Database, token: Token, paid: Order
) -> None:
    service, manager = token(Role.CUSTOMER_SERVICE), token(Role.MANAGER)
    held = client.post(
        f"/admin/orders/{paid.number}/hold", json={"reason": "three cards", "fraud": True}, headers=service
    )
    assert held.status_code == 200
    ((hold_id,),) = database.execute("select id from holds where kind = 'fraud_suspected'")
    chosen = {"hold_ids": [hold_id]}
    preview = client.get(f"/admin/orders/{paid.number}/release/preview", params=chosen, headers=manager).json()
    body = chosen | {"version": preview["version"], "token": preview["token"], "reason": "spoke to her"}
    answer = client.post(f"/admin/orders/{paid.number}/release", json=body, headers=manager)
    assert answer.json()["asked"] is True
    assert database.execute("select closed_at from holds") == [(None,)]
