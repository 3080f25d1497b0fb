"""Who is signed in, with an API token: an administrator's lists them and ends a session, others' learn nothing."""

from backend.domain.permissions import SYSTEM, Role
from backend.services import accounts
from backend.services.run import in_unit_of_work
from tests.api.client import Client
from tests.api.conftest import Token
from tests.conftest import Database

PASSWORD = "amber lantern over quiet water"


def test_an_administrators_token_lists_sessions_and_ends_one(client: Client, database: Database, token: Token) -> None:
    boss, desk = token(Role.ADMIN), token(Role.CUSTOMER_SERVICE)
    known = {"email": "sofia@shop.test", "name": "Sofia Marin", "role": Role.CUSTOMER_SERVICE}
    in_unit_of_work(accounts.add_user, **known, password=PASSWORD, actor=SYSTEM)
    hers = accounts.sign_in("sofia@shop.test", PASSWORD, address="203.0.113.9", browser="Firefox on Linux").token

    found = client.get("/admin/sessions", headers=boss).json()

    (session,) = found["sessions"]
    assert found["people"] == {"all": 1, "here": 1}
    assert (session["name"], session["address"], session["browser"]) == (
        "Sofia Marin",
        "203.0.113.…",
        "Firefox on Linux",
    )
    assert client.get("/admin/sessions", headers=desk).json()["code"] == "not_allowed"
    ending = f"/admin/sessions/{session['id']}/end"
    assert client.post(ending, json={"reason": "lost the phone"}, headers=desk).status_code == 403
    assert client.post(ending, json={"reason": ""}, headers=boss).json()["code"] == "reason_missing"
    assert in_unit_of_work(accounts.person, hers) is not None

    done = client.post(ending, json={"reason": "lost the phone"}, headers=boss)

    assert (done.status_code, done.json()["sentence"]) == (200, "Sofia Marin is signed out there (Firefox on Linux).")
    assert in_unit_of_work(accounts.person, hers) is None
    assert client.post(ending, json={"reason": "lost the phone"}, headers=boss).status_code == 404
    assert client.get("/admin/sessions", headers=boss).json()["sessions"] == []
