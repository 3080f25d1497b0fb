"""Paying back and cancelling with an API token: previews, one effect per action, bounds, roles, and nothing on refusal."""

from typing import Any

import pytest
from sqlmodel import Session

from backend import clock
from backend.domain.payments import EntryKind
from backend.domain.permissions import Role
from backend.services import flow
from backend.services.run import in_unit_of_work
from backend.store import orders, payments
from backend.store.tables import Order
from tests import factories
from tests.api.client import Client
from tests.api.conftest import Token
from tests.conftest import Database

REFUNDS = "select amount_minor, lines, shipping_minor, restock, reason from refunds order by id"
AUDIT = "select action, actor_role, reason, details from audit where action <> 'create_token' order by id"
TABLES = ("orders", "holds", "steps", "timeline", "refunds", "payment_entries", "reservations")


@pytest.fixture
def service(token: Token) -> dict[str, str]:
    return token(Role.CUSTOMER_SERVICE)


@pytest.fixture
def paid(database: Database) -> Order:
    """An order of 104.70 EUR, two lanterns of 49.90 and 4.90 for shipping, of which everything was captured."""
    factories.stocked("LNT-STR-BRS", 100)
    order = factories.created()
    record(order, EntryKind.CAPTURED, 10470)
    return order


def record(order: Order, kind: EntryKind, amount_minor: int) -> None:
    def run(session: Session) -> None:
        row, now = orders.lock_by_number(session, order.number), clock.now()
        payments.record(
            session, row, kind,
            amount_minor=amount_minor, currency="EUR", provider="stripe", reference=f"{kind}_1", at=now, now=now,
        )  # fmt: skip
        flow.update_facts(session, row)

    in_unit_of_work(run)


def at(order: Order, rest: str) -> str:
    return f"/admin/orders/{order.number}{rest}"


def version_of(client: Client, order: Order, headers: dict[str, str]) -> int:
    return int(client.get(at(order, ""), headers=headers).json()["version"])


def picture(database: Database) -> list[list[tuple[Any, ...]]]:
    return [database.execute(f"select t::text from {table} t order by 1") for table in TABLES] + [
        database.execute(AUDIT)
    ]


def test_a_refund_by_lines_does_what_its_preview_said(
    client: Client, database: Database, service: dict[str, str], paid: Order
) -> None:
    asked = {"line": ["1:2:1"], "shipping": "true"}
    preview = client.get(at(paid, "/refund/preview"), params=asked, headers=service).json()
    body = {"lines": [{"position": 1, "quantity": 2, "restock": 1}], "shipping": True, "reason": "Came broken."}
    carried = {"version": preview["version"], "token": preview["token"]}

    answer = client.post(at(paid, "/refund"), json=body | carried, headers=service)

    assert (preview["refusal"], preview["needs_reason"]) == ("", True)
    assert preview["effects"] == [
        "104.70 EUR is paid back the way it was paid.",
        "Nothing is left to be paid back afterwards.",
        "1 of 2 pieces go back to stock.",
        "The customer is told by mail.",
    ]
    assert (answer.status_code, answer.json()) == (
        200,
        {"sentence": "104.70 EUR is being paid back.", "repeated": False, "asked": False},
    )
    assert database.execute(REFUNDS) == [
        (10470, [{"position": 1, "quantity": 2, "restock": 1}], 490, True, "Came broken.")
    ]
    assert database.execute(AUDIT) == [
        (
            "refund",
            "customer_service",
            "Came broken.",
            {"amount_minor": 10470, "currency": "EUR", "restock": True},
        )
    ]
    assert database.execute("select state from steps where kind = 'payment.refund'") == [("ready",)]


@pytest.mark.parametrize("by", ["token", "key"])
def test_a_refund_sent_again_is_paid_back_once(
    client: Client, database: Database, service: dict[str, str], paid: Order, by: str
) -> None:
    body: dict[str, Any] = {"amount_minor": 500, "version": version_of(client, paid, service), "reason": "A scratch."}
    body |= {"token": "from-the-preview"} if by == "token" else {}
    headers = service | ({"Idempotency-Key": "refund-1"} if by == "key" else {})

    answers = client.at_once([{"url": at(paid, "/refund"), "json": body, "headers": headers}] * 6)

    assert [answer.status_code for answer in answers] == [200] * 6
    assert sorted(answer.json()["repeated"] for answer in answers) == [False] + [True] * 5
    assert [row[0] for row in database.execute(REFUNDS)] == [500]


def test_without_a_key_the_version_lets_one_of_many_refunds_through(
    client: Client, database: Database, service: dict[str, str], paid: Order
) -> None:
    body = {"amount_minor": 500, "version": version_of(client, paid, service), "reason": "A scratch."}

    answers = client.at_once([{"url": at(paid, "/refund"), "json": body, "headers": service}] * 6)

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    assert [row[0] for row in database.execute(REFUNDS)] == [500]


@pytest.mark.parametrize(
    ("wish", "status", "words"),
    [
        ({}, 409, "Choose one"),
        ({"amount_minor": 0}, 409, "Choose one"),
        ({"amount_minor": -1}, 422, "greater than or equal to 0"),
        ({"amount_minor": 1.5}, 422, "integer"),
        ({"amount_minor": "500"}, 422, "integer"),
        ({"amount_minor": 10471}, 409, "104.71 EUR is more than the 104.70 EUR that may still be paid back."),
        ({"amount_minor": 500, "currency": "USD"}, 409, "nothing can be paid back in USD"),
        ({"amount_minor": 500, "currency": "eur"}, 422, "three capital letters"),
        ({"full": True, "amount_minor": 500}, 409, "Choose one"),
        ({"lines": [{"position": 1, "quantity": 3}]}, 409, "Line 1 has 2 pieces; 3 cannot be paid back."),
        ({"lines": [{"position": 9, "quantity": 1}]}, 409, "Line 9 has 0 pieces"),
        ({"lines": [{"position": 1, "quantity": 0}]}, 422, "greater than or equal to 1"),
        ({"lines": [{"position": 1, "quantity": 1}] * 2}, 422, "Name every line once"),
        ({"lines": [{"position": 1, "quantity": 1, "restock": 2}]}, 409, "2 cannot go back to stock"),
        ({"amount_minor": 500, "restock": True}, 409, "not with an amount"),
        ({"full": True, "reason": " ok "}, 422, "at least 3 characters"),
    ],
)
def test_a_refund_that_is_not_possible_is_refused_and_nothing_happens(
    client: Client, database: Database, service: dict[str, str], paid: Order, wish: dict[str, Any], status: int,
    words: str,
) -> None:  # fmt: skip
    body = {"version": version_of(client, paid, service), "reason": "Because."} | wish
    before = picture(database)

    answer = client.post(at(paid, "/refund"), json=body, headers=service)

    assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.json()["detail"]
    assert picture(database) == before


def test_an_unpaid_order_and_one_after_a_chargeback_pay_nothing_back(
    client: Client, database: Database, service: dict[str, str], paid: Order
) -> None:
    unpaid = factories.created()
    record(paid, EntryKind.CHARGEBACK, 10470)
    before = picture(database)
    said = []
    for order in (unpaid, paid):
        body = {"full": True, "version": version_of(client, order, service), "reason": "Because."}
        answer = client.post(at(order, "/refund"), json=body, headers=service)
        preview = client.get(at(order, "/refund/preview"), params={"full": "true"}, headers=service).json()
        assert (answer.status_code, answer.json()["code"]) == (409, "not_possible")
        assert preview["refusal"] == answer.json()["detail"]
        said.append(preview["refusal"])

    assert said[0].startswith("Nothing can be paid back: nothing was captured")
    assert said[1].startswith("The customer's bank disputes 104.70 EUR")
    assert picture(database) == before


@pytest.mark.parametrize("rest", ["/refund", "/cancel"])
def test_what_was_decided_on_old_facts_is_refused(
    client: Client, database: Database, service: dict[str, str], paid: Order, rest: str
) -> None:
    body = {"version": version_of(client, paid, service) - 1, "reason": "Because."}
    body |= {"full": True} if rest == "/refund" else {"restock": True}
    before = picture(database)

    answer = client.post(at(paid, rest), json=body, headers=service)

    assert (answer.status_code, answer.json()["code"]) == (409, "preview_outdated")
    assert picture(database) == before


def test_a_cancellation_does_what_its_preview_said_once(
    client: Client, database: Database, service: dict[str, str], paid: Order
) -> None:
    preview = client.get(at(paid, "/cancel/preview"), params={"restock": "true"}, headers=service).json()
    body = {"restock": True, "reason": "Changed her mind.", "version": preview["version"], "token": preview["token"]}

    answers = client.at_once([{"url": at(paid, "/cancel"), "json": body, "headers": service}] * 4)

    assert "104.70 EUR is paid back." in preview["effects"]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert sorted(answer.json()["repeated"] for answer in answers) == [False, True, True, True]
    assert [row[0] for row in database.execute(REFUNDS)] == [10470]
    assert [row[:3] for row in database.execute(AUDIT)] == [("cancel", "customer_service", "Changed her mind.")]
    assert database.execute("select kind, facts from holds") == [("being_cancelled", {"restock": True})]


def test_a_delivered_order_is_not_cancelled(
    client: Client, database: Database, service: dict[str, str], paid: Order
) -> None:
    database.execute("update orders set status = 'delivered'")
    body = {"restock": True, "reason": "Too late.", "version": version_of(client, paid, service)}
    before = picture(database)

    answer = client.post(at(paid, "/cancel"), json=body, headers=service)

    assert (answer.status_code, answer.json()["code"]) == (409, "not_possible")
    assert picture(database) == before


@pytest.mark.parametrize(
    ("rest", "wish", "said"),
    [
        ("/refund", {"full": True}, "robot of finance decided a refund of 3.00 EUR"),
        ("/cancel", {"restock": True}, "robot of finance decided a refund of 3.00 EUR"),
        ("/release", {"hold_ids": [1]}, "robot of finance decided a refund of 3.00 EUR"),
    ],
)
def test_whoever_comes_second_is_told_who_was_first(
    client: Client, database: Database, service: dict[str, str], token: Token, paid: Order, rest: str,
    wish: dict[str, Any], said: str,
) -> None:  # fmt: skip
    held = client.post(at(paid, "/hold"), json={"reason": "Wait."}, headers=service)
    version = version_of(client, paid, service)
    first = {"amount_minor": 300, "version": version, "reason": "A scratch."}
    done = client.post(at(paid, "/refund"), json=first, headers=token(Role.FINANCE))
    before = picture(database)

    answer = client.post(at(paid, rest), json=wish | {"version": version, "reason": "Because."}, headers=service)

    assert [held.status_code, done.status_code] == [200, 200]
    assert (answer.status_code, answer.json()["code"]) == (409, "preview_outdated")
    assert said in answer.json()["detail"]
    assert picture(database) == before


def test_a_token_of_another_users_preview_is_refused(
    client: Client, database: Database, service: dict[str, str], token: Token, paid: Order
) -> None:
    preview = client.get(at(paid, "/refund/preview?full=true"), headers=service).json()
    body = {"full": True, "version": preview["version"], "token": preview["token"], "reason": "Because."}
    finance = token(Role.FINANCE)
    before = picture(database)

    answer = client.post(at(paid, "/refund"), json=body, headers=finance)

    assert (answer.status_code, answer.json()["code"]) == (409, "not_possible")
    assert answer.json()["detail"].startswith("This confirmation was shown to somebody else.")
    assert picture(database) == before
    assert client.post(at(paid, "/refund"), json=body, headers=service).status_code == 200
    again = client.post(at(paid, "/refund"), json=body, headers=finance)
    assert (again.status_code, again.json()["code"]) == (409, "already_done")
    assert "by robot of customer_service" in again.json()["detail"]


MAY_REFUND = {Role.CUSTOMER_SERVICE, Role.FINANCE, Role.MANAGER, Role.ADMIN}
MAY_CANCEL = {Role.CUSTOMER_SERVICE, Role.MANAGER, Role.ADMIN}


@pytest.mark.parametrize("role", list(Role))
def test_only_roles_that_may_pay_back_or_cancel_do(
    client: Client, database: Database, token: Token, paid: Order, role: Role
) -> None:
    headers = token(role)
    version = version_of(client, paid, headers)
    shown = [
        client.get(at(paid, f"/{action}/preview"), params=asked, headers=headers).status_code
        for action, asked in (("refund", {"full": "true"}), ("cancel", {"restock": "true"}))
    ]
    refund = {"amount_minor": 5, "version": version, "reason": "Because."}
    refunded = client.post(at(paid, "/refund"), json=refund, headers=headers).status_code
    cancel = {"restock": True, "version": version_of(client, paid, headers), "reason": "Because."}
    cancelled = client.post(at(paid, "/cancel"), json=cancel, headers=headers).status_code

    expected = [200 if role in MAY_REFUND else 403, 200 if role in MAY_CANCEL else 403]
    assert (shown, [refunded, cancelled]) == (expected, expected)
    assert len(database.execute(AUDIT)) == expected.count(200)


@pytest.mark.parametrize("headers", [{}, {"Cookie": "holdfast_session=x"}, {"Authorization": "Bearer hf_x"}])
def test_nobody_pays_back_or_cancels_without_a_token(
    client: Client, database: Database, paid: Order, headers: dict[str, str]
) -> None:
    before = picture(database)
    refund = {"full": True, "version": 1, "reason": "Because."}
    answers = [
        client.post(at(paid, "/refund"), json=refund, headers=headers),
        client.post(at(paid, "/cancel"), json={"restock": True, "version": 1, "reason": "Because."}, headers=headers),
        client.get(at(paid, "/refund/preview?full=true"), headers=headers),
        client.get(at(paid, "/cancel/preview?restock=true"), headers=headers),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert picture(database) == before
