"""Reading with an API token: filters, pages, one order, holds, the quarantine, documents; and who may."""

import re
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import Session

from backend import clock
from backend.domain.intake import NewOrder
from backend.domain.permissions import Role
from backend.services.run import in_unit_of_work
from backend.store.ids import new_id
from backend.store.personal import keyring
from backend.store.tables import Invoice, Order
from tests import factories
from tests.api import senders
from tests.api.client import Client
from tests.api.conftest import Token
from tests.conftest import Database

READS = (
    "/admin/orders",
    "/admin/orders.csv",
    "/admin/orders.xlsx",
    "/admin/orders/{number}",
    "/admin/orders/{number}/timeline",
    "/admin/orders/{number}/holds",
    "/admin/held",
    "/admin/held.csv",
    "/admin/held.xlsx",
    "/admin/incidents",
    "/admin/quarantine",
    "/admin/documents/{document}.pdf",
)


@pytest.fixture
def manager(token: Token) -> dict[str, str]:
    return token(Role.MANAGER)


def stored_invoice(order: Order) -> str:
    """Give an order an invoice with a document; returns its id."""

    def insert(session: Session) -> str:
        now = clock.now()
        invoice = Invoice(
            order_id=order.id,
            kind="invoice",
            series="INV",
            date=now.date(),
            currency=order.currency,
            total_minor=order.total_minor,
            media_type="application/pdf",
            created_at=now,
            stored_at=now,
        )
        invoice.document = keyring().seal("invoices", "document", invoice.id, b"%PDF-1.7 invoice")
        session.add(invoice)
        return str(invoice.id)

    return in_unit_of_work(insert)


def test_nobody_reads_without_a_token(client: Client) -> None:
    addresses = [address.format(number="ORD-20260131-00001", document=new_id()) for address in READS]
    bad = [{}, {"Authorization": "Bearer hf_nobody"}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer "}]
    bad += [{"Cookie": "holdfast_session=anything"}, {"Authorization": "Bearer " + "x" * 5000}]

    answers = [client.get(address, headers=headers) for address in addresses for headers in bad]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.json()["code"] for answer in answers} == {"token_refused"}
    assert {answer.headers["www-authenticate"] for answer in answers} == {'Bearer realm="holdfast"'}


def test_a_persons_session_opens_nothing_here(client: Client, database: Database) -> None:
    database.execute(
        "insert into users (email, name, role, password_hash, active, preferences, created_at) "
        "values ('a@example.org', 'A', 'admin', 'x', true, '{}', now())"
    )
    database.execute(
        "insert into sessions (token_hash, user_id, created_at, last_seen_at, expires_at) select "
        "encode(sha256('secret'), 'hex'), id, now(), now(), now() + interval '1 hour' from users"
    )

    answer = client.get("/admin/orders", headers={"Cookie": "holdfast_session=secret"})

    assert answer.status_code == 401


def test_a_revoked_token_opens_nothing_any_more(client: Client, database: Database, manager: dict[str, str]) -> None:
    assert client.get("/admin/orders", headers=manager).status_code == 200

    database.execute("update api_tokens set revoked_at = now()")

    assert client.get("/admin/orders", headers=manager).status_code == 401


@pytest.mark.parametrize("role", list(Role))
def test_every_role_reads_what_it_may(client: Client, token: Token, role: Role) -> None:
    order = factories.created()
    document = stored_invoice(order)
    headers = token(role)

    answers = {
        address: client.get(address.format(number=order.number, document=document), headers=headers).status_code
        for address in READS
    }

    assert answers == dict.fromkeys(READS, 200)


def test_the_orders_come_newest_first_in_pages_without_gaps(client: Client, manager: dict[str, str]) -> None:
    numbers = [factories.created().number for _ in range(7)]
    seen: list[str] = []
    cursor, pages = "", 0

    while pages == 0 or cursor:
        page = client.get("/admin/orders", params={"size": 3, "cursor": cursor}, headers=manager).json()
        seen += [order["number"] for order in page["orders"]]
        cursor, pages = page["next_cursor"], pages + 1

    assert seen == numbers[::-1]
    assert pages == 3


def test_the_orders_can_be_narrowed_down(client: Client, manager: dict[str, str]) -> None:
    free = factories.created(factories.new_order(factories.digital()))
    held = factories.created(factories.new_order(shipping=None, channel="shopify"))

    def found(**parameters: Any) -> list[str]:
        answer = client.get("/admin/orders", params=parameters, headers=manager)
        assert answer.status_code == 200, answer.text
        return [order["number"] for order in answer.json()["orders"]]

    assert found(held="true") == [held.number]
    assert found(held="false") == [free.number]
    assert found(channel="shopify") == [held.number]
    assert found(status="pending") == [held.number, free.number]
    assert found(status="delivered") == []
    assert found(query=free.number) == [free.number]
    assert found(q="status:held channel:shopify") == [held.number]
    assert found(q="-channel:shopify", status="pending") == [free.number]
    assert found(query=held.external_number) == [held.number]
    assert found(query="Ｌindenau") == [held.number, free.number]  # full-width, as some keyboards type
    assert found(query="nobody@example.org") == []
    for strange in ("%", "_", "\\", "'; drop table orders; --", "(a+)+$", "x" * 200):
        assert found(query=strange) == []


def test_one_order_is_told_whole_with_money_and_times(client: Client, manager: dict[str, str]) -> None:
    order = factories.created(factories.new_order(discounts=(factories.discount("CREW15", 100),)))

    told = client.get(f"/admin/orders/{order.number}", headers=manager).json()

    assert (told["number"], told["status"], told["held"]) == (order.number, "pending", False)
    assert told["total"] == {"amount_minor": 10470, "currency": "EUR"}
    assert told["captured"] == {"amount_minor": 0, "currency": "EUR"}
    assert told["items"][0]["unit_price"] == {"amount_minor": 4990, "currency": "EUR"}
    assert told["discounts"] == [{"code": "CREW15", "amount": {"amount_minor": 100, "currency": "EUR"}}]
    assert told["placed_at"] == "2026-01-31T09:30:00Z"
    assert told["shipping_address"]["line1"] == "Torstraße 140"
    assert told["timeline"][-1]["kind"] == "order:received"
    assert all(re.fullmatch(r".*Z", entry["at"]) for entry in told["timeline"])


def test_timeline_and_holds_of_an_order_say_why_it_stopped(client: Client, manager: dict[str, str]) -> None:
    order = factories.created(factories.new_order(shipping=None))

    timeline = client.get(f"/admin/orders/{order.number}/timeline", headers=manager).json()
    holds = client.get(f"/admin/orders/{order.number}/holds", headers=manager).json()

    assert "address_missing" in [hold["kind"] for hold in holds]
    assert holds[0]["closed_at"] is None
    assert holds[0]["advice"]
    assert {entry["weight"] for entry in timeline} >= {"problem", "milestone"}
    moments = [datetime.fromisoformat(entry["at"]) for entry in timeline]
    assert moments == sorted(moments, reverse=True)


def test_the_held_orders_are_told_with_their_causes(client: Client, manager: dict[str, str]) -> None:
    def without_address(**changes: Any) -> NewOrder:
        return factories.new_order(shipping=None, **changes)

    factories.created(factories.new_order(factories.digital()))
    cheap = factories.created(without_address())
    dear = factories.created(without_address(shipping_minor=5000))

    told = client.get("/admin/held", params={"kind": "address_missing", "sort": "amount"}, headers=manager).json()

    assert {order["number"] for order in told["orders"]} == {cheap.number, dear.number}
    both = [{"amount_minor": 10470 + 14980, "currency": "EUR"}]
    assert (told["matching"], told["held"], told["first"], told["next_cursor"]) == (2, 2, 1, "")
    assert told["at_stake"] == both
    cause = next(cause for cause in told["causes"] if cause["kind"] == "address_missing")
    assert (cause["orders"], cause["at_stake"]) == (2, both)
    wanted = {"cause": cause["cluster"], "sort": "amount", "size": 1}
    front = client.get("/admin/held", params=wanted, headers=manager).json()
    assert [order["number"] for order in front["orders"]] == [cheap.number]
    behind = client.get("/admin/held", params={**wanted, "cursor": front["next_cursor"]}, headers=manager).json()
    assert ([order["number"] for order in behind["orders"]], behind["first"]) == ([dear.number], 2)
    assert behind["next_cursor"] == ""
    assert client.get("/admin/held", params={"cause": "po_box.0123456789"}, headers=manager).json()["matching"] == 0


def test_the_quarantine_is_told_in_pages(client: Client, manager: dict[str, str]) -> None:
    for _ in range(3):
        client.post(**senders.generic(senders.order(currency="XQX")))

    first = client.get("/admin/quarantine", params={"size": 2}, headers=manager).json()
    page = client.get("/admin/quarantine", params={"size": 2, "cursor": first["next_cursor"]}, headers=manager).json()

    assert (first["total"], len(first["messages"]), len(page["messages"]), page["next_cursor"]) == (3, 2, 1, "")
    assert "'XQX' is unknown" in page["messages"][0]["problems"][0]


def test_a_stored_document_is_handed_out_as_it_is(client: Client, manager: dict[str, str]) -> None:
    document = stored_invoice(factories.created())

    answer = client.get(f"/admin/documents/{document}.pdf", headers=manager)

    assert (answer.content, answer.headers["content-type"]) == (b"%PDF-1.7 invoice", "application/pdf")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''INV-000001.pdf"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("/admin/orders/ORD-20260131-99999", "order_not_found"),
        ("/admin/orders/ORD-20260131-99999/timeline", "order_not_found"),
        ("/admin/orders/ORD-20260131-99999/holds", "order_not_found"),
        ("/admin/documents/00000000-0000-0000-0000-000000000000.pdf", "not_found"),
        ("/admin/nothing", "not_found"),
        ("/admin/orders/", "not_found"),
    ],
)
def test_what_is_not_there_is_said_so(client: Client, manager: dict[str, str], address: str, code: str) -> None:
    answer = client.get(address, headers=manager)

    assert (answer.status_code, answer.json()["code"]) == (404, code)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("/admin/orders?size=0", "size"),
        ("/admin/orders?size=201", "size"),
        ("/admin/orders?size=many", "size"),
        ("/admin/orders?status=lost", "status"),
        ("/admin/orders?held=perhaps", "held"),
        ("/admin/orders?q=" + "x" * 401, "q"),
        ("/admin/orders.pdf", "form"),
        ("/admin/orders.csv?sort=id", "sort"),
        ("/admin/orders?query=" + "x" * 201, "query"),
        ("/admin/orders?query=%00", "query"),
        ("/admin/orders/%00", "number"),
        ("/admin/orders?cursor=" + "x" * 61, "cursor"),
        ("/admin/held?sort=name", "sort"),
        ("/admin/quarantine?size=0", "size"),
        ("/admin/held?cursor=" + "x" * 61, "cursor"),
        ("/admin/documents/1.pdf", "document_id"),
    ],
)
def test_a_value_that_is_not_acceptable_is_named(
    client: Client, manager: dict[str, str], address: str, place: str
) -> None:
    answer = client.get(address, headers=manager)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    [mistake] = answer.json()["errors"]
    assert mistake["parameter"] == place
    assert mistake["sentence"].startswith(f"{place}: ")


@pytest.mark.parametrize("cursor", ["nonsense", "2026-01-31~1", "2026-01-31T00:00:00+00:00~x", "a~b~c", "~", "%00"])
def test_a_cursor_of_somebody_elses_making_is_refused(client: Client, manager: dict[str, str], cursor: str) -> None:
    answer = client.get(f"/admin/orders?cursor={cursor}", headers=manager)

    assert answer.status_code == 422


def test_a_cursor_beyond_every_order_is_refused_or_finds_nothing(client: Client, manager: dict[str, str]) -> None:
    for cursor in (
        f"{2**62}~1",
        f"1~{2**63 - 1}",
        f"1~{2**63}",
        f"2026-01-31T00:00:00+00:00~{2**70}",
        "9999-12-31T23:59:59-23:59~1",
        "0001-01-01T00:00:00+23:59~1",
    ):
        answer = client.get("/admin/orders", params={"cursor": cursor}, headers=manager)

        assert answer.status_code in (200, 422), cursor


def test_open_incidents_are_read_with_what_waits_for_them_and_closed_ones_are_not(
    client: Client, manager: dict[str, str], database: Database
) -> None:
    factories.created()
    database.execute("update steps set provider = 'stripe', state = 'ready'")
    ((waiting,),) = database.execute("select count(*) from steps where state = 'ready'")
    database.execute(
        "insert into incidents (provider, category, title, opened_at, last_seen_at, closed_at, occurrences) values "
        "('stripe', 'provider_down', 'Stripe does not answer.', '2026-01-31 10:00Z', '2026-01-31 10:05Z', null, 2), "
        "('smtp', 'provider_down', 'Mail server did not answer for 9 s.', '2026-01-30Z', '2026-01-30Z', '2026-01-30Z', 1)"
    )

    answer = client.get("/admin/incidents", headers=manager)

    ((incident_id,),) = database.execute("select id from incidents where closed_at is null")
    assert waiting >= 1
    assert answer.json() == [
        {
            "id": incident_id,
            "provider": "stripe",
            "provider_name": "Stripe",
            "category": "provider_down",
            "title": "Stripe does not answer.",
            "opened_at": "2026-01-31T10:00:00Z",
            "last_seen_at": "2026-01-31T10:05:00Z",
            "occurrences": 2,
            "waiting_steps": waiting,
            "waiting_orders": 1,
        }
    ]
