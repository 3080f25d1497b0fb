"""An ERP by configuration, proven against two systems of different shape: one document per number, whatever gets lost."""

import socket
import threading
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from backend.domain.holds import HoldKind
from backend.domain.retries import NextMove, before_repeat
from backend.domain.steps import StepKind
from backend.integrations.erp.client import ErpSystem
from backend.integrations.erp.config import parse
from backend.ports.calls import Call, Deferred, OutcomeUnknown, ProviderError, Rejected
from backend.ports.invoicing import IssuedInvoice
from tests.integrations.conftest import Serve
from tests.integrations.erp_systems import ADA, BOTH, INVOICE, Build, ninja, xero
from tests.integrations.erp_worlds import (
    SECRET,
    XERO_SECRETS,
    Ninja,
    Xero,
    as_http,
    asked_of,
    ninja_config,
    xero_config,
)
from tests.integrations.raw_server import raw_server
from tests.integrations.server import Asked, Reply

World = Ninja | Xero


def test_an_invoice_reaches_the_ninja_shape_with_exact_lines(serve: Serve, call: Call) -> None:
    server = serve(script=Ninja())

    issued = ninja(server.base).issue(INVOICE, call)

    assert issued == IssuedInvoice("inv1", "2026-00001", date(2026, 1, 31), 3261, "EUR")
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.query) == ("POST", "/api/v1/invoices", {"mark_sent": "true"})
    assert (asked.headers["x-api-token"], asked.headers["x-requested-with"]) == (SECRET, "XMLHttpRequest")
    assert asked.json == {
        "client_id": "VolejRRejm",
        "number": "2026-00001",
        "date": "2026-01-31",
        "po_number": "ORD-20260131-00001",
        "public_notes": "Sold to Ada Example, total 32.61 EUR",
        "line_items": [
            {"quantity": 2, "cost": 12.5, "product_key": "MUG", "notes": "Blue mug"},
            {"quantity": 1, "cost": -2.5, "product_key": "discount", "notes": "Discount: Blue mug"},
            {"quantity": 1, "cost": 4.9, "product_key": "shipping", "notes": "Shipping"},
            {"quantity": 1, "cost": 5.21, "product_key": "tax", "notes": "VAT"},
        ],
    }
    assert b'"cost": 12.50' in asked.body


def test_an_invoice_reaches_the_xero_shape_under_our_key(serve: Serve, call: Call) -> None:
    server = serve(script=Xero())

    issued = xero(server.base).issue(INVOICE, call)

    assert issued == IssuedInvoice("0c2e-1", "2026-00001", date(2026, 1, 31), 3261, "EUR")
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("PUT", "/api.xro/2.0/Invoices")
    assert asked.headers["idempotency-key"] == call.key
    assert (asked.headers["authorization"], asked.headers["xero-tenant-id"]) == ("Bearer tok_canary", "ten_1")
    assert asked.json["Contact"] == {"Name": "Ada Example", "EmailAddress": "ada@example.com"}
    assert asked.json["LineItems"][0] == {"Quantity": 2, "UnitAmount": 12.5, "Description": "Blue mug"}


@BOTH
def test_a_document_is_not_there_then_issued_found_and_fetched(
    serve: Serve, call: Call, world: type[World], build: Build
) -> None:
    server = serve(script=world())
    system = build(server.base)

    assert system.find(INVOICE, call) is None
    issued = system.issue(INVOICE, call)
    assert system.find(INVOICE, call) == issued
    fetched, document = system.fetch(issued.reference, call)
    assert fetched == issued
    assert (document.content[:5], document.media_type) == (b"%PDF-", "application/pdf")


@BOTH
def test_a_reset_then_a_duplicate_is_the_same_document(world: type[World], build: Build, call: Call) -> None:
    """The first try is accepted and its connection is reset; the second is told that the number is taken."""
    system_there = world()
    writes: list[Asked] = []

    def behaviour(connection: socket.socket, _: threading.Event) -> None:
        asked = asked_of(read_whole(connection))
        reply = system_there(asked)
        if asked.method == "GET":
            connection.sendall(as_http(reply))
            return
        writes.append(asked)
        if len(writes) == 1:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            return
        connection.sendall(as_http(reply))

    with raw_server(behaviour) as base:
        first, second = Call(call.key, call.deadline), Call("another-key", call.deadline)
        with pytest.raises(OutcomeUnknown):
            build(base).issue(INVOICE, first)
        issued = build(base).issue(INVOICE, second)

    assert (issued.number, issued.total_minor) == ("2026-00001", 3261)
    assert len(writes) == 2
    assert len(system_there.invoices) == 1
    assert [exchange.status for exchange in second.exchanges] == [400 if world is Xero else 422, 200]


def read_whole(connection: socket.socket) -> bytes:
    """A request with its body."""
    received = b""
    while b"\r\n\r\n" not in received or len(received.partition(b"\r\n\r\n")[2]) < length_of(received):
        chunk = connection.recv(65536)
        if not chunk:
            break
        received += chunk
    return received


def length_of(received: bytes) -> int:
    for line in received.partition(b"\r\n\r\n")[0].decode().split("\r\n"):
        if line.lower().startswith("content-length:"):
            return int(line.partition(":")[2])
    return 0


@BOTH
def test_a_number_that_another_order_has_is_refused(serve: Serve, call: Call, world: type[World], build: Build) -> None:
    system = build(serve(script=world()).base)
    system.issue(INVOICE, Call("first", call.deadline))

    with pytest.raises(Rejected, match="belongs to ORD-20260131-00001, not to this one"):
        system.issue(replace(INVOICE, order_number="ORD-20260131-00002"), call)


def test_a_taken_number_without_a_document_is_not_called_a_failure(serve: Serve, call: Call) -> None:
    taken = Reply(422, {"message": "Invalid", "errors": {"number": ["taken"]}})
    server = serve(script=lambda asked: taken if asked.method == "POST" else Reply(200, {"data": []}))

    with pytest.raises(OutcomeUnknown, match="2026-00001 is taken, but does not show the document"):
        ninja(server.base).issue(INVOICE, call)


def test_a_list_that_is_not_there_proves_nothing(serve: Serve, call: Call) -> None:
    with pytest.raises(OutcomeUnknown, match="no list at data"):
        ninja(serve(Reply(200, {"items": []})).base).find(INVOICE, call)
    with pytest.raises(Rejected):
        ninja(serve(Reply(404, {"message": "no route"})).base).find(INVOICE, call)


def test_a_lookup_of_one_document_takes_404_for_its_absence(serve: Serve, call: Call) -> None:
    server = serve(Reply(404, {}))
    lookup = {"url": f"{server.base}/by-number/{{{{invoice.number}}}}"}

    assert ninja(server.base, lookup=lookup).find(replace(INVOICE, number="A/1 ?&#é"), call) is None
    assert server.asked[0].path == "/by-number/A%2F1%20%3F%26%23%C3%A9"


def test_two_documents_under_one_number_are_for_a_person(serve: Serve, call: Call) -> None:
    row = {"id": "inv1", "number": "2026-00001", "date": "2026-01-31", "amount": 32.61}
    rows = [row | {"po_number": INVOICE.order_number}] * 2

    with pytest.raises(Rejected, match="has 2 documents"):
        ninja(serve(Reply(200, {"data": rows})).base).find(INVOICE, call)


def test_a_number_that_only_begins_like_ours_is_not_ours(serve: Serve, call: Call) -> None:
    row = {"id": "inv1", "number": "2026-000010", "po_number": "ORD-20260131-00001"}

    assert ninja(serve(Reply(200, {"data": [row]})).base).find(INVOICE, call) is None


@pytest.mark.parametrize(
    ("changes", "what"),
    [({"amount": 32.60}, "total 32.60 EUR"), ({"number": "2026-9"}, "number 2026-9"), ({"date": "2026-02-01"}, "date")],
)
def test_a_document_that_differs_from_ours_is_refused(
    serve: Serve, call: Call, changes: dict[str, Any], what: str
) -> None:
    made = {"id": "inv1", "number": "2026-00001", "date": "2026-01-31", "amount": 32.61}
    answer = {"data": made | {"po_number": "ORD-20260131-00001"} | changes}

    with pytest.raises(Rejected, match=what):
        ninja(serve(Reply(200, answer)).base).issue(INVOICE, call)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, {"data": {}}),
        Reply(200, {"data": {"id": "inv1", "po_number": "ORD-20260131-00001"}}),
        Reply(202, {"data": {"id": "inv1"}}),
        Reply(200, b"<html>", media_type="text/html"),
        Reply(500, {}),
    ],
    ids=["empty", "incomplete", "only taken in", "no JSON", "500"],
)
def test_an_answer_that_does_not_show_the_document_is_unknown(serve: Serve, call: Call, reply: Reply) -> None:
    changes = {"map": {name: path for name, path in ninja_config("")["map"].items() if name != "order"}}

    with pytest.raises(OutcomeUnknown):
        ninja(serve(reply).base, **changes).issue(INVOICE, call)


@pytest.mark.parametrize(
    ("reply", "expected", "category", "sentence"),
    [
        (Xero.refused("Contact is archived."), Rejected, HoldKind.PROVIDER_REFUSED, "Contact is archived."),
        (Reply(400, {}), Rejected, HoldKind.PROVIDER_REFUSED, "HTTP 400 without a reason"),
        (Reply(401, {}), Rejected, HoldKind.PROVIDER_CREDENTIALS, "does not accept our key"),
        (Reply(429, {}, {"Retry-After": "7"}), Deferred, None, "asks us to wait"),
        (
            Reply(200, {"Invoices": [{"InvoiceID": "0", "ValidationErrors": [{"Message": "No account"}]}]}),
            Rejected,
            HoldKind.PROVIDER_REFUSED,
            "The ERP refused",
        ),
    ],
)
def test_a_refusal_is_told_in_the_systems_own_words(
    serve: Serve, call: Call, reply: Reply, expected: type[ProviderError], category: HoldKind | None, sentence: str
) -> None:
    with pytest.raises(ProviderError, match=sentence) as caught:
        xero(serve(reply).base).issue(INVOICE, call)

    assert type(caught.value) is expected
    assert getattr(caught.value, "category", None) is category


def test_a_system_for_one_currency_is_not_sent_another(serve: Serve, call: Call) -> None:
    server = serve(script=Ninja())

    with pytest.raises(Rejected, match="in EUR only; this order is in USD"):
        ninja(server.base).issue(replace(INVOICE, currency="USD"), call)

    assert server.asked == []


def test_amounts_that_do_not_add_up_are_not_sent(serve: Serve, call: Call) -> None:
    server = serve(script=Ninja())

    with pytest.raises(Rejected, match=r"leave 1\.00 EUR unexplained"):
        ninja(server.base).issue(replace(INVOICE, total_minor=3361), call)

    assert server.asked == []


@pytest.mark.parametrize(
    ("changes", "last"),
    [
        ({"total_minor": 3262}, ("Rounding", 0.01)),
        ({"total_minor": 3260}, ("Rounding", -0.01)),
        ({"taxes_included": True, "total_minor": 2740}, ("Shipping", 4.9)),
    ],
)
def test_lines_add_up_to_the_total(serve: Serve, call: Call, changes: Any, last: tuple[str, float]) -> None:
    server = serve(script=Ninja())

    assert ninja(server.base).issue(replace(INVOICE, **changes), call).total_minor == changes["total_minor"]
    line = server.asked[0].json["line_items"][-1]
    assert (line["notes"], line["cost"]) == last


def test_what_a_customer_writes_stays_a_value(serve: Serve, call: Call) -> None:
    name = 'Ada "{{invoice.total}}" ${secret} \\ \n {"a":1}'
    server = serve(script=Ninja())

    ninja(server.base).issue(replace(INVOICE, customer=replace(ADA, name=name)), call)

    assert server.asked[0].json["public_notes"] == f"Sold to {name}, total 32.61 EUR"


@pytest.mark.parametrize(
    ("build", "changes", "move"),
    [
        (ninja, {}, NextMove.ASK),
        (xero, {}, NextMove.ASK),
        (xero, {"lookup": None, "duplicate_when": None}, NextMove.CALL),
        (ninja, {"lookup": None, "duplicate_when": None}, NextMove.HOLD),
    ],
    ids=["ask", "ask before the key", "the key alone", "neither"],
)
def test_the_guarantees_are_those_of_the_configuration(build: Build, changes: Any, move: NextMove) -> None:
    given = (ninja_config if build is ninja else xero_config)("https://erp.example")
    kept = {name: value for name, value in given.items() if name not in changes}
    system = ErpSystem(parse(kept, SECRET if build is ninja else XERO_SECRETS))

    assert before_repeat(system.guarantees(StepKind.INVOICE_ISSUE), in_doubt=True, since_first_sent=60) is move
    assert system.guarantees(StepKind.INVOICE_STORE).can_ask is False


def test_without_a_lookup_nothing_is_asked(serve: Serve, call: Call) -> None:
    server = serve(script=Ninja())
    given = ninja_config(server.base)
    del given["lookup"], given["duplicate_when"]

    assert ErpSystem(parse(given, SECRET)).find(INVOICE, call) is None
    assert server.asked == []


@BOTH
def test_exchanges_show_neither_secrets_nor_the_customer(
    serve: Serve, call: Call, world: type[World], build: Build
) -> None:
    system = build(serve(script=world()).base)

    issued = system.issue(INVOICE, call)
    system.find(INVOICE, call)
    system.fetch(issued.reference, call)

    shown = repr(call.exchanges)
    assert len(call.exchanges) == 4
    for hidden in ("canary", "Ada Example", "ada@example.com", "Musterstr", "10115"):
        assert hidden not in shown
    assert issued.reference in shown
    assert "2026-00001" in shown
