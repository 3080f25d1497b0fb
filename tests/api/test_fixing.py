"""Fixing a held order with an API token: the form, what a correction would do, and the correction, once, by who may."""

from typing import Any

import pytest

from backend.domain.permissions import Role
from backend.services import actions
from backend.services.run import in_unit_of_work
from backend.store.tables import Order
from tests import factories
from tests.api.client import Client
from tests.api.conftest import Token
from tests.conftest import Database

GOOD = {"postal_code": "10119"}
BAD = "The postcode is not valid. In DE it looks like 26133."
LEFT = (
    "select (select count(*) from holds where closed_at is null), (select count(*) from order_amendments), "
    "(select count(*) from audit where action like 'fix%')"
)


@pytest.fixture
def service(token: Token) -> dict[str, str]:
    return token(Role.CUSTOMER_SERVICE)


@pytest.fixture
def held(database: Database) -> Order:
    """An order that a check holds because its postcode cannot be one."""
    return factories.created(factories.new_order(shipping=factories.address(postal_code="1011")))


def at(order: Order, rest: str = "") -> str:
    return f"/admin/orders/{order.number}/fix{rest}"


def hold_of(database: Database) -> int:
    ((hold_id,),) = database.execute("select id from holds where closed_at is null")
    return int(hold_id)


def draft(database: Database, values: dict[str, str] | None = None, fix: str = "shipping_address") -> dict[str, Any]:
    return {"hold_id": hold_of(database), "fix": fix, "values": GOOD if values is None else values}


def version(client: Client, order: Order, headers: dict[str, str]) -> int:
    return int(client.get(f"/admin/orders/{order.number}", headers=headers).json()["version"])


def errors(form: dict[str, Any]) -> dict[str, str]:
    return {field["name"]: field["error"] for field in form["fields"] if field["error"]}


def test_the_form_the_preview_and_the_correction_say_the_same(
    client: Client, database: Database, service: dict[str, str], held: Order
) -> None:
    wanted = {"hold_id": hold_of(database), "fix": "shipping_address"}
    form = client.get(at(held), params=wanted, headers=service).json()
    assert (errors(form), form["changed"], form["preview"]["effects"]) == ({"postal_code": BAD}, [], [])
    worse = client.post(at(held, "/preview"), json=draft(database, {"postal_code": "x"}), headers=service).json()
    assert errors(worse) == {"postal_code": BAD}

    shown = client.post(at(held, "/preview"), json=draft(database), headers=service).json()
    assert (errors(shown), shown["changed"]) == ({}, ["Postcode"])
    assert len(shown["preview"]["effects"]) == 2
    assert database.execute(LEFT) == [(1, 0, 0)]
    carried = {name: shown["preview"][name] for name in ("version", "token")}
    answer = client.post(at(held), json=draft(database) | carried | {"reason": "called"}, headers=service)

    assert (answer.status_code, answer.json()["sentence"], answer.json()["repeated"]) == (
        200,
        "Delivery address corrected. The order goes on.",
        False,
    )
    assert database.execute(LEFT) == [(0, 1, 1)]
    address = client.get(f"/admin/orders/{held.number}", headers=service).json()["shipping_address"]
    assert address["postal_code"] == "10119"


@pytest.mark.parametrize("by", ["token", "key"])
def test_a_correction_sent_again_is_made_once(
    client: Client, database: Database, service: dict[str, str], held: Order, by: str
) -> None:
    body = draft(database) | {"version": version(client, held, service)}
    body |= {"token": "from-the-preview"} if by == "token" else {}
    headers = service | ({"Idempotency-Key": "fix-1"} if by == "key" else {})

    answers = client.at_once([{"url": at(held), "json": body, "headers": headers}] * 4)

    assert [answer.status_code for answer in answers] == [200] * 4
    assert sorted(answer.json()["repeated"] for answer in answers) == [False, True, True, True]
    assert database.execute(LEFT) == [(0, 1, 1)]


def test_whoever_comes_second_is_told_and_changes_nothing(
    client: Client, database: Database, service: dict[str, str], token: Token, held: Order
) -> None:
    first = draft(database) | {"version": version(client, held, service)}
    second = first | {"values": {"postal_code": "10117"}}
    client.post(at(held), json=first, headers=service)
    before = database.execute("select * from addresses order by 1")

    answer = client.post(at(held), json=second, headers=token(Role.MANAGER))

    assert answer.status_code == 409
    assert answer.json()["code"] in ("already_done", "preview_outdated", "not_possible")
    assert "robot of customer_service" in answer.json()["detail"]
    assert database.execute("select * from addresses order by 1") == before
    assert database.execute(LEFT) == [(0, 1, 1)]


def test_a_correction_on_old_facts_is_refused(
    client: Client, database: Database, service: dict[str, str], held: Order
) -> None:
    body = draft(database) | {"version": version(client, held, service)}
    in_unit_of_work(actions.hold, held.number, actor=factories.staff(), reason="The customer called.")

    answer = client.post(at(held), json=body, headers=service)

    assert (answer.status_code, answer.json()["code"]) == (409, "preview_outdated")
    assert "Colleague 1" in answer.json()["detail"]
    assert database.execute(LEFT) == [(2, 0, 0)]


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [
        ({"values": {"postal_code": "1011"}}, 422, "invalid_input", "#/values/postal_code"),
        ({"values": {}}, 422, "invalid_input", "#/values/postal_code"),
        ({"values": {"postal_code": "abc"}}, 422, "invalid_input", "#/values/postal_code"),
        ({"values": {"postal_code": "10119", "line1": ""}}, 422, "invalid_input", "#/values/line1"),
        ({"values": {"postal_code": "10119", "line1": "x" * 301}}, 422, "invalid_input", "#/values/line1"),
        ({"values": {"postal_code": "\x00"}}, 400, "bad_request", ""),
        ({"values": {"postal_code": 10119}}, 422, "invalid_input", "#/values/postal_code"),
        ({"values": [["postal_code", "10119"]]}, 422, "invalid_input", "#/values"),
        ({"fix": "everything"}, 422, "invalid_input", "#/fix"),
        ({"fix": "weight", "values": {}}, 409, "not_possible", ""),
        ({"hold_id": 10**9}, 404, "not_found", ""),
        ({"hold_id": 2**63}, 422, "invalid_input", "#/hold_id"),
        ({"version": -1}, 422, "invalid_input", "#/version"),
        ({"extra": 1}, 422, "invalid_input", "#/extra"),
    ],
)
def test_what_breaks_a_rule_is_refused_at_its_place_and_nothing_is_changed(
    client: Client,
    database: Database,
    service: dict[str, str],
    held: Order,
    changes: dict[str, Any],
    status: int,
    code: str,
    pointer: str,
) -> None:
    body = draft(database) | {"version": version(client, held, service)} | changes

    answer = client.post(at(held), json=body, headers=service)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    pointers = [error.get("pointer", "") for error in answer.json().get("errors", [])]
    assert any(found.startswith(pointer) for found in pointers) or not pointer, pointers
    assert database.execute(LEFT) == [(1, 0, 0)]


def test_a_hold_of_another_order_is_not_corrected_through_this_one(
    client: Client, database: Database, service: dict[str, str], held: Order
) -> None:
    other = factories.created()
    body = draft(database) | {"version": version(client, other, service)}

    answers = [
        client.post(at(other), json=body, headers=service),
        client.post(at(other, "/preview"), json=draft(database), headers=service),
        client.get(at(other), params={"hold_id": hold_of(database), "fix": "contact"}, headers=service),
        client.post("/admin/orders/ORD-20200101-99999/fix", json=body, headers=service),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert database.execute(LEFT) == [(1, 0, 0)]


@pytest.mark.parametrize("role", list(Role))
def test_only_roles_that_may_act_see_the_form_and_correct(
    client: Client, database: Database, token: Token, held: Order, role: Role
) -> None:
    headers, body = token(role), draft(database)

    answers = [
        client.get(at(held), params={"hold_id": body["hold_id"], "fix": "shipping_address"}, headers=headers),
        client.post(at(held, "/preview"), json=body, headers=headers),
        client.post(at(held), json=body | {"version": 0}, headers=headers),
    ]

    if role in (Role.CUSTOMER_SERVICE, Role.MANAGER, Role.ADMIN):
        assert [answer.status_code for answer in answers] == [200, 200, 409]
    else:
        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "not_allowed")] * 3
        assert "Torstra" not in "".join(answer.text for answer in answers)
    assert database.execute(LEFT) == [(1, 0, 0)]


def test_nobody_corrects_without_a_token_or_with_a_cookie(client: Client, database: Database, held: Order) -> None:
    body = draft(database) | {"version": 1}
    answers = [
        client.post(at(held), json=body, headers=headers)
        for headers in ({}, {"Cookie": "holdfast_session=x"}, {"Authorization": "Bearer hf_x"})
    ]
    assert [answer.status_code for answer in answers] == [401] * 3
    assert database.execute(LEFT) == [(1, 0, 0)]
