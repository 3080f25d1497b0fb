"""Authentic messages: kept once, carried out once, answered so that the sender knows whether to send them again."""

import json
from typing import Any

import pytest

from backend import clock
from backend.domain.permissions import Role
from tests.api import senders
from tests.api.client import Client
from tests.api.conftest import Token
from tests.conftest import Database

INBOX = "select verdict, duplicates, jsonb_array_length(problems) from inbox order by received_at"


def test_an_authentic_order_is_taken_and_named(client: Client, database: Database) -> None:
    answer = client.post(**senders.generic(senders.order(order_id="A1")))

    assert answer.status_code == 200
    [(number, external, total)] = database.execute("select number, external_id, total_minor from orders")
    assert answer.json() == {"verdict": "accepted", "order_number": number, "problems": []}
    assert (external, total) == ("A1", 10470)
    assert database.execute(INBOX) == [("accepted", 0, 0)]


def test_an_order_from_shopify_is_taken(client: Client, database: Database) -> None:
    answer = client.post(**senders.shopify(senders.shopify_order()))

    assert (answer.status_code, answer.json()["verdict"]) == (200, "accepted")
    assert database.execute("select channel, external_number, total_minor from orders") == [("shopify", "#2042", 19180)]


def test_the_same_delivery_again_is_counted_and_has_no_second_effect(client: Client, database: Database) -> None:
    message = senders.generic(senders.order())

    answers = [client.post(**message) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.json()["verdict"] for answer in answers] == ["accepted", "duplicate", "duplicate"]
    assert database.execute(INBOX) == [("accepted", 2, 0)]
    assert database.execute("select count(*) from orders") == [(1,)]


def test_another_delivery_of_the_same_order_makes_no_second_order(client: Client, database: Database) -> None:
    order = senders.order()
    client.post(**senders.generic(order))

    answer = client.post(**senders.generic(order))

    assert answer.status_code == 200
    assert database.execute("select count(*) from orders") == [(1,)]
    assert database.execute("select count(*) from inbox") == [(2,)]
    assert database.execute("select count(*) from holds where kind = 'order_amended'") == [(0,)]


def test_the_same_order_with_other_contents_is_held_as_amended(client: Client, database: Database) -> None:
    order = senders.order()
    client.post(**senders.generic(order))

    answer = client.post(**senders.generic(order | {"shipping_minor": 590, "total_minor": 10570}))

    assert answer.status_code == 200
    assert database.execute("select total_minor from orders") == [(10470,)]
    assert database.execute("select kind from holds where kind = 'order_amended'") == [("order_amended",)]


def test_news_of_an_unknown_payment_waits_for_its_order(client: Client, database: Database) -> None:
    answer = client.post(**senders.stripe(senders.captured("pi_nobody")))

    assert (answer.status_code, answer.json()["verdict"]) == (202, "parked")
    assert database.execute("select verdict, parked_for from inbox") == [("parked", "pi_nobody")]


def test_an_event_that_concerns_nobody_is_answered_and_kept(client: Client, database: Database) -> None:
    event = senders.captured() | {"type": "customer.created"}

    answer = client.post(**senders.stripe(event))

    assert (answer.status_code, answer.json()["verdict"]) == (200, "ignored")
    assert database.execute("select verdict from inbox") == [("ignored",)]


def test_a_message_signed_with_the_secret_of_before_the_rotation_is_taken(client: Client) -> None:
    answer = client.post(**senders.generic(senders.order(), secret=f"old-{senders.GENERIC_SECRET}"))

    assert answer.status_code == 200


@pytest.mark.parametrize("seconds", [-299, 299])
def test_a_clock_that_is_a_little_off_is_forgiven(
    client: Client, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    monkeypatch.setattr(clock, "wall_seconds", lambda: 1_770_000_000.0)

    answer = client.post(**senders.generic(senders.order(), at=1_770_000_000 + seconds))

    assert answer.status_code == 200


def test_fields_that_we_do_not_know_are_ignored(client: Client) -> None:
    answer = client.post(**senders.generic(senders.order(loyalty_points=12)))

    assert answer.json()["verdict"] == "accepted"


def test_text_is_kept_as_it_came_whatever_it_is(client: Client, token: Token) -> None:
    name = "=cmd()<script>alert(1)</script> '; drop table orders; -- \u202eنص 👩‍👩‍👧 e\u0301\r\n" + "x" * 100
    customer = {"name": name, "email": "greta@example.org"}
    number = client.post(**senders.generic(senders.order(customer=customer))).json()["order_number"]

    shown = client.get(f"/admin/orders/{number}", headers=token(Role.MANAGER))

    assert shown.json()["customer"] == name


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"schema_version": 2}, "$.schema_version is 2; this Holdfast knows version 1 only."),
        ({"currency": "XQX"}, "$.currency"),
        ({"currency": "eur"}, "$.currency"),
        ({"total_minor": -1}, "$.total_minor is -1"),
        ({"total_minor": 104.7}, "$.total_minor must be a whole number"),
        ({"total_minor": "10470"}, "$.total_minor must be a whole number, but it is text."),
        ({"total_minor": 10**13}, "$.total_minor is 10000000000000"),
        ({"total_minor": 10472}, "The total does not add up"),
        ({"items": []}, "$.items has 0 entries"),
        ({"items": [{"sku": "A", "name": "A", "quantity": 0, "unit_price_minor": 1}]}, "$.items[0].quantity is 0"),
        ({"items": [{"sku": "A", "name": "A", "quantity": -1, "unit_price_minor": 1}]}, "$.items[0].quantity is -1"),
        ({"items": [{"sku": "A", "name": "A", "quantity": 10**9, "unit_price_minor": 1}]}, "$.items[0].quantity"),
        ({"placed_at": "yesterday"}, "$.placed_at"),
        ({"payment": {"mode": "paid"}}, "$.payment.reference is missing."),
    ],
)
def test_what_cannot_be_used_is_kept_for_a_person_with_the_reason(
    client: Client, database: Database, token: Token, changes: dict[str, Any], sentence: str
) -> None:
    answer = client.post(**senders.generic(senders.order(**changes)))

    assert (answer.status_code, answer.json()["verdict"]) == (202, "quarantined")
    assert any(sentence in problem for problem in answer.json()["problems"]), answer.json()["problems"]
    assert database.execute("select count(*) from orders") == [(0,)]
    [message] = client.get("/admin/quarantine", headers=token(Role.CUSTOMER_SERVICE)).json()["messages"]
    assert (message["verdict"], message["problems"]) == ("quarantined", answer.json()["problems"])


def test_a_difference_of_one_minor_unit_is_the_shops_rounding(client: Client, database: Database) -> None:
    answer = client.post(**senders.generic(senders.order(total_minor=10471)))

    assert answer.json()["verdict"] == "accepted"
    assert database.execute("select total_minor from orders") == [(10471,)]


@pytest.mark.parametrize(
    ("currency", "amount", "verdict"),
    [("JPY", "104.70", "quarantined"), ("EUR", "10.001", "quarantined"), ("KWD", "191.800", "accepted")],
)
def test_amounts_of_a_shop_have_as_many_decimals_as_their_currency(
    client: Client, database: Database, currency: str, amount: str, verdict: str
) -> None:
    order = senders.shopify_order()
    order = json.loads(json.dumps(order).replace('"EUR"', f'"{currency}"')) | {"total_price": amount}

    answer = client.post(**senders.shopify(order))

    assert answer.json()["verdict"] == verdict
    assert database.execute("select total_minor from orders") == ([(191800,)] if verdict == "accepted" else [])


def test_ten_thousand_lines_and_one_are_too_many(client: Client, database: Database) -> None:
    lines = [{"sku": "", "name": "", "quantity": 1, "unit_price_minor": 0}] * 10_001
    body = json.dumps(senders.order(items=lines), separators=(",", ":")).encode()
    assert len(body) > 256 * 1024  # so many lines cannot even be sent

    answer = client.post(**senders.generic(body))

    assert answer.status_code == 413
    assert database.execute("select count(*) from orders") == [(0,)]


def test_an_event_of_an_unknown_form_is_kept_for_a_person(client: Client, database: Database) -> None:
    answer = client.post(**senders.stripe({"object": "event", "id": "evt_1"}))

    assert (answer.status_code, answer.json()["verdict"]) == (202, "quarantined")
    assert database.execute(INBOX)[0][0] == "quarantined"


def test_a_delivery_without_a_name_of_its_own_is_known_by_its_body(client: Client, database: Database) -> None:
    message = senders.generic(senders.order())
    del message["headers"]["X-Holdfast-Event-Id"]

    answers = [client.post(**message) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 200]
    assert database.execute(INBOX) == [("quarantined", 1, 1)]


def test_addresses_inside_a_message_are_never_asked(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr("socket.create_connection", lambda *given, **_: asked.append(given))
    monkeypatch.setattr("socket.getaddrinfo", lambda *given, **_: asked.append(given) or [])
    urls = {"callback_url": "http://169.254.169.254/latest", "image": "http://10.0.0.1/x.png"}

    answer = client.post(**senders.generic(senders.order(**urls, note="http://10.0.0.1/")))

    assert answer.json()["verdict"] == "accepted"
    assert asked == []
