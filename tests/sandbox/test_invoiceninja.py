"""Invoice Ninja: unique numbers, exact and fuzzy look-up, totals, states and real PDFs."""

from typing import Any

import httpx
import pytest

from tests.sandbox.running import NINJA, Sandbox, reference

API = "/invoiceninja/api/v1"
LINES = [
    {
        "quantity": 2,
        "cost": 10.5,
        "product_key": "TWS-MUG",
        "notes": "Enamel Mug <350 ml> & lid",
        "tax_name1": "VAT",
        "tax_rate1": 23,
    },
    {"quantity": 1, "cost": "4.50", "product_key": "shipping", "notes": "Shipping"},
]


def post(sandbox: Sandbox, path: str, body: Any) -> httpx.Response:
    return sandbox.http.post(f"{API}{path}", json=body, headers=NINJA)


def get(sandbox: Sandbox, path: str, **query: str) -> Any:
    return sandbox.http.get(f"{API}{path}", params=query, headers=NINJA).json()


def client(sandbox: Sandbox, email: str = "anna@example.com", currency: str = "3") -> Any:
    body = {"name": "Anna Lind", "contacts": [{"email": email}], "settings": {"currency_id": currency}}
    return post(sandbox, "/clients", body).json()["data"]


def invoice_body(sandbox: Sandbox, number: str, **more: Any) -> dict[str, Any]:
    known = get(sandbox, "/clients", email="anna@example.com")["data"] or [client(sandbox)]
    references = {"po_number": "ORD-20261121-00003", "custom_value1": "5003"}
    return {
        "client_id": known[0]["id"],
        "number": number,
        "date": "2026-11-21",
        "line_items": LINES,
        **references,
        **more,
    }


def made(sandbox: Sandbox, number: str, **more: Any) -> Any:
    answer = post(sandbox, "/invoices", invoice_body(sandbox, number, **more))
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def test_an_invoice_adds_up_and_keeps_our_references(sandbox: Sandbox) -> None:
    invoice = made(sandbox, "INV-2026-00001")

    # 2 × 10.50 + 23 % of 21.00 + 4.50
    assert (invoice["amount"], invoice["total_taxes"], invoice["balance"]) == (30.33, 4.83, 30.33)
    assert (invoice["status_id"], invoice["number"], invoice["date"]) == ("1", "INV-2026-00001", "2026-11-21")
    assert (invoice["po_number"], invoice["custom_value1"]) == ("ORD-20261121-00003", "5003")
    (entry,) = sandbox.journal(provider="invoiceninja")
    assert (entry["kind"], entry["amount_minor"], entry["currency"]) == ("invoice.created", 3033, "EUR")
    assert (entry["reference"], entry["external_order"]) == ("ORD-20261121-00003", "5003")


def test_prices_that_include_tax_and_discounts_add_up_too(sandbox: Sandbox) -> None:
    lines = [{"quantity": 3, "cost": 10, "tax_name1": "VAT", "tax_rate1": 20, "discount": 10}]
    inclusive = made(sandbox, "INV-2", line_items=lines, uses_inclusive_taxes=True)
    fixed = made(sandbox, "INV-3", line_items=lines, discount=5, is_amount_discount=True)

    assert (inclusive["amount"], inclusive["total_taxes"]) == (27.0, 4.5)
    assert (fixed["amount"], fixed["total_taxes"]) == (27.4, 5.4)


def test_a_wrapped_body_is_taken_as_well(sandbox: Sandbox) -> None:
    answer = post(sandbox, "/invoices", {"data": invoice_body(sandbox, "INV-W")})

    assert answer.json()["data"]["number"] == "INV-W"


def test_a_number_is_taken_once_even_after_deletion(sandbox: Sandbox) -> None:
    first = made(sandbox, "INV-7")
    sandbox.http.delete(f"{API}/invoices/{first['id']}", headers=NINJA).raise_for_status()

    again = post(sandbox, "/invoices", invoice_body(sandbox, "INV-7"))

    assert again.status_code == 422
    assert again.json() == {
        "message": "The given data was invalid.",
        "errors": {"number": ["The number has already been taken."]},
    }
    assert sandbox.kinds("5003") == ["invoice.created"]


def test_number_finds_exactly_and_filter_finds_loosely(sandbox: Sandbox) -> None:
    for number in ("ORD-1", "ORD-10", "ORD-100"):
        made(sandbox, number)

    exact, loose = get(sandbox, "/invoices", number="ORD-1"), get(sandbox, "/invoices", filter="ord-1")

    assert [item["number"] for item in exact["data"]] == ["ORD-1"]
    assert {item["number"] for item in loose["data"]} == {"ORD-1", "ORD-10", "ORD-100"}
    assert get(sandbox, "/invoices", number="ORD-2")["data"] == []
    page = get(sandbox, "/invoices", per_page="2", page="2")
    assert [item["number"] for item in page["data"]] == ["ORD-1"]
    shown = {
        name: page["meta"]["pagination"][name] for name in ("total", "count", "per_page", "current_page", "total_pages")
    }
    assert shown == {"total": 3, "count": 1, "per_page": 2, "current_page": 2, "total_pages": 2}


def test_marking_as_sent_happens_once(sandbox: Sandbox) -> None:
    invoice = made(sandbox, "INV-8")

    for _ in range(2):
        url = f"{API}/invoices/{invoice['id']}?mark_sent=true"
        assert sandbox.http.put(url, json={}, headers=NINJA).json()["data"]["status_id"] == "2"

    assert sandbox.kinds("5003") == ["invoice.created", "invoice.sent"]


@pytest.mark.parametrize("way", ["id", "invitation"])
def test_the_download_is_a_pdf_of_the_document(sandbox: Sandbox, way: str) -> None:
    invoice = made(sandbox, f"INV-9-{way}")
    paths = {
        "id": f"/invoices/{invoice['id']}/download",
        "invitation": f"/invoice/{invoice['invitations'][0]['key']}/download",
    }

    answer = sandbox.http.get(f"{API}{paths[way]}", headers=NINJA)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert answer.content.rstrip().endswith(b"%%EOF")
    assert len(answer.content) > 1_500


def test_payments_settle_invoices_and_their_key_is_unique(sandbox: Sandbox) -> None:
    invoice = made(sandbox, "INV-10")
    body = {"client_id": invoice["client_id"], "amount": 10, "idempotency_key": "ORD-20261121-00003:pay:1"}

    part = post(sandbox, "/payments", {**body, "invoices": [{"invoice_id": invoice["id"], "amount": 10}]})
    again = post(sandbox, "/payments", body)
    too_long = post(sandbox, "/payments", {**body, "idempotency_key": "x" * 65})

    assert part.status_code == 200
    shown = get(sandbox, f"/invoices/{invoice['id']}")["data"]
    assert (shown["status_id"], shown["balance"], shown["paid_to_date"]) == ("3", 20.33, 10)
    assert (again.status_code, list(again.json()["errors"])) == (422, ["idempotency_key"])
    assert too_long.status_code == 422
    rest = [{"invoice_id": invoice["id"], "amount": 20.33}]
    post(sandbox, "/payments", {**body, "idempotency_key": "k2", "invoices": rest}).raise_for_status()
    assert get(sandbox, f"/invoices/{invoice['id']}")["data"]["status_id"] == "4"


def test_credits_have_their_own_numbers_and_pdf(sandbox: Sandbox) -> None:
    made(sandbox, "N-1")

    answer = post(sandbox, "/credits", invoice_body(sandbox, "N-1"))
    again = post(sandbox, "/credits", invoice_body(sandbox, "N-1"))

    assert (answer.status_code, again.status_code) == (200, 422)
    credit = answer.json()["data"]
    assert [item["id"] for item in get(sandbox, "/credits", number="N-1")["data"]] == [credit["id"]]
    assert sandbox.http.get(f"{API}/credits/{credit['id']}/download", headers=NINJA).content.startswith(b"%PDF-")
    assert sandbox.kinds("5003") == ["invoice.created", "credit.created"]


def test_clients_are_found_by_mail_and_number(sandbox: Sandbox) -> None:
    anna, _ = client(sandbox), client(sandbox, "ben@example.com")

    assert [item["id"] for item in get(sandbox, "/clients", email="ANNA@example.com")["data"]] == [anna["id"]]
    assert [item["id"] for item in get(sandbox, "/clients", number=anna["number"])["data"]] == [anna["id"]]
    assert get(sandbox, "/clients", email="nobody@example.com")["data"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "client_id"),
        ({"client_id": "nobody"}, "client_id"),
        ({"line_items": "x"}, "line_items"),
        ({"discount": "x"}, "discount"),
    ],
)
def test_wrong_invoices_are_422_and_name_the_field(sandbox: Sandbox, body: dict[str, Any], field: str) -> None:
    whole = body if field == "client_id" else invoice_body(sandbox, "INV-X", **body)

    answer = post(sandbox, "/invoices", whole)

    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert get(sandbox, "/invoices")["data"] == []


def test_a_wrong_token_or_a_missing_header_is_403(sandbox: Sandbox) -> None:
    for headers in ({}, {**NINJA, "X-API-TOKEN": "other"}, {"X-API-TOKEN": NINJA["X-API-TOKEN"]}):
        answer = sandbox.http.get(f"{API}/invoices", headers=headers)
        assert (answer.status_code, set(answer.json())) == (403, {"message", "errors"})


def test_documents_have_every_documented_field(sandbox: Sandbox) -> None:
    schemas = reference("invoiceninja/openapi.trim.json")["components"]["schemas"]
    invoice = made(sandbox, "INV-11")
    shown = {"Invoice": invoice, "InvoiceItem": invoice["line_items"][0], "Client": client(sandbox)}
    # Features that the sandbox does not play.
    unplayed = {"auto_bill_tries", "auto_bill_enabled", "subscription_id", "date", "sort_id", "tax_id", "product_cost"}
    unplayed |= {"has_valid_vat_number", "routing_id"}

    for kind, item in shown.items():
        assert set(schemas[kind]["properties"]) - unplayed <= set(item), kind
    assert len(invoice["id"]) == 10


def test_refusals_are_422_with_a_sentence_and_issue_nothing(sandbox: Sandbox) -> None:
    body = invoice_body(sandbox, "INV-12")
    sandbox.fault("invoiceninja", "refuse", "invoice", order="ORD-20261121-00003", times=1)

    answer = post(sandbox, "/invoices", body)

    assert answer.status_code == 422
    assert answer.json()["errors"]
    assert sandbox.journal(kind="invoice.created") == []
    assert post(sandbox, "/invoices", body).status_code == 200
