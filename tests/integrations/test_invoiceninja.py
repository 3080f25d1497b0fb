"""Invoice Ninja: our number is the key, the document's total is the order's, and nobody else's document is taken."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from backend.domain.holds import HoldKind
from backend.domain.steps import StepKind
from backend.integrations.invoiceninja.client import InvoiceNinja
from backend.ports.calls import Call, Deferred, NotSent, OutcomeUnknown, ProviderError, Rejected
from backend.ports.invoicing import CreditNoteRequest, InvoiceLine, InvoiceRequest, IssuedInvoice, Party
from tests.integrations.conftest import Serve
from tests.integrations.server import Asked, Reply, ScriptedServer

ADA = Party("Ada Example", "ada@example.com", "Musterstr. 1", "", "Berlin", "10115", "", "DE")
MUGS = InvoiceLine("MUG", "Blue mug", 2, 1250, 250, 428, "VAT", "0.19")
INVOICE = InvoiceRequest(
    number="2026-00001",
    date=date(2026, 1, 31),
    order_number="ORD-20260131-00001",
    channel_order="61200",
    currency="EUR",
    lines=(MUGS,),
    shipping_minor=490,
    tax_minor=521,
    total_minor=3261,
    taxes_included=False,
    customer=ADA,
)
ISSUED = IssuedInvoice("Opnel5aKBz", "2026-00001", date(2026, 1, 31), 3261, "EUR")
CLIENT = {"id": "C1", "is_deleted": False, "contacts": [{"email": "Ada@Example.com"}], "settings": {"currency_id": "3"}}


def entity(**changes: Any) -> dict[str, Any]:
    body = {
        "id": "Opnel5aKBz",
        "number": "2026-00001",
        "date": "2026-01-31",
        "po_number": "ORD-20260131-00001",
        "amount": 32.61,
        "custom_value2": "EUR",
    }
    return body | changes


def ninja(server: ScriptedServer) -> InvoiceNinja:
    return InvoiceNinja(api_token="token_canary", api_base=server.base)


def system(*, clients: list[dict[str, Any]] | None = None, made: Reply | None = None, found: Any = ()) -> Any:
    """A small Invoice Ninja: which clients it has, how it answers a new invoice, and which ones it lists."""

    def answer(asked: Asked) -> Reply:
        match asked.method, asked.path:
            case "GET", "/api/v1/clients":
                return Reply(200, {"data": [CLIENT] if clients is None else clients})
            case "POST", "/api/v1/clients":
                return Reply(200, {"data": {"id": "C9"}})
            case "POST", "/api/v1/invoices":
                return made or Reply(200, {"data": entity()})
            case "GET", "/api/v1/invoices":
                return Reply(200, {"data": list(found)})
        return Reply(404, {"message": "not here"})

    return answer


def sent(server: ScriptedServer, method: str, path: str) -> list[Asked]:
    return [asked for asked in server.asked if (asked.method, asked.path) == (method, path)]


def test_an_invoice_is_issued_with_exact_lines(serve: Serve, call: Call) -> None:
    server = serve(script=system())

    assert ninja(server).issue(INVOICE, call) == ISSUED
    (posted,) = sent(server, "POST", "/api/v1/invoices")
    assert posted.headers["x-api-token"] == "token_canary"
    assert posted.headers["x-requested-with"] == "XMLHttpRequest"
    assert posted.query == {"mark_sent": "true"}
    assert posted.json == {
        "client_id": "C1",
        "number": "2026-00001",
        "date": "2026-01-31",
        "po_number": "ORD-20260131-00001",
        "custom_value1": "61200",
        "custom_value2": "EUR",
        "public_notes": "",
        "uses_inclusive_taxes": False,
        "line_items": [
            {"product_key": "MUG", "notes": "Blue mug", "quantity": 2, "cost": 12.50},
            {"product_key": "discount", "notes": "Discount: Blue mug", "quantity": 1, "cost": -2.50},
            {"product_key": "shipping", "notes": "Shipping", "quantity": 1, "cost": 4.90},
            {"product_key": "tax", "notes": "VAT", "quantity": 1, "cost": 5.21},
        ],
    }
    assert b'"cost": 12.50' in posted.body


@pytest.mark.parametrize(
    ("changes", "costs"),
    [
        ({"taxes_included": True, "total_minor": 2740}, [12.5, -2.5, 4.9]),
        ({"currency": "JPY"}, [1250, -250, 490, 521]),
        ({"currency": "KWD"}, [1.25, -0.25, 0.49, 0.521]),
        ({"total_minor": 3262}, [12.5, -2.5, 4.9, 5.21, 0.01]),
        ({"total_minor": 3260}, [12.5, -2.5, 4.9, 5.21, -0.01]),
    ],
    ids=["taxes included", "yen", "dinar", "rounded up", "rounded down"],
)
def test_the_lines_sum_up_to_the_orders_total(
    serve: Serve, call: Call, changes: dict[str, Any], costs: list[float]
) -> None:
    invoice = replace(INVOICE, **changes)
    major = {"JPY": invoice.total_minor, "KWD": invoice.total_minor / 1000}.get(
        invoice.currency, invoice.total_minor / 100
    )
    server = serve(script=system(made=Reply(200, entity(amount=str(major), custom_value2=invoice.currency))))

    issued = ninja(server).issue(invoice, call)

    assert issued.total_minor == invoice.total_minor
    (posted,) = sent(server, "POST", "/api/v1/invoices")
    assert [line["cost"] for line in posted.json["line_items"]] == costs


def test_amounts_that_leave_something_unexplained_are_not_invoiced(serve: Serve, call: Call) -> None:
    server = serve(script=system())

    with pytest.raises(Rejected, match=r"leave 0\.02 EUR unexplained"):
        ninja(server).issue(replace(INVOICE, total_minor=3263), call)

    assert sent(server, "POST", "/api/v1/invoices") == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"amount": 32.62}, "has the total 32.62 EUR, but the order needs 32.61 EUR"),
        ({"number": "2026-00002"}, "has the number 2026-00002, but the order needs 2026-00001"),
        ({"date": "2026-02-01"}, "has the date 2026-02-01, but the order needs 2026-01-31"),
        ({"custom_value2": "CHF"}, "has the currency CHF, but the order needs EUR"),
        ({"po_number": "ORD-20260131-00002"}, "belongs to ORD-20260131-00002, not to this one"),
    ],
)
def test_an_answer_that_shows_another_document_is_not_believed(
    serve: Serve, call: Call, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(OutcomeUnknown, match=sentence):
        ninja(serve(script=system(made=Reply(200, entity(**changes))))).issue(INVOICE, call)


@pytest.mark.parametrize("amount", [32.61, "32.61", "32.610"])
@pytest.mark.parametrize("wrapped", [True, False])
def test_both_shapes_and_both_kinds_of_amount_are_read(serve: Serve, call: Call, amount: Any, wrapped: bool) -> None:
    body = entity(amount=amount)

    made = Reply(200, {"data": body} if wrapped else body)

    assert ninja(serve(script=system(made=made))).issue(INVOICE, call) == ISSUED


@pytest.mark.parametrize(
    "changes", [{"amount": None}, {"amount": "many"}, {"date": "soon"}, {"id": None}, {"number": ""}]
)
def test_an_answer_that_cannot_be_read_leaves_it_open(serve: Serve, call: Call, changes: dict[str, Any]) -> None:
    with pytest.raises(OutcomeUnknown):
        ninja(serve(script=system(made=Reply(200, entity(**changes))))).issue(INVOICE, call)


DUPLICATE = Reply(
    422, {"message": "The given data was invalid.", "errors": {"number": ["The number has already been taken."]}}
)


def test_a_number_that_is_taken_by_this_order_is_its_invoice(serve: Serve, call: Call) -> None:
    fuzzy = entity(id="other", number="2026-000010", po_number="ORD-20260131-00007")

    assert ninja(serve(script=system(made=DUPLICATE, found=[fuzzy, entity()]))).issue(INVOICE, call) == ISSUED


def test_a_number_that_is_taken_by_another_order_is_refused(serve: Serve, call: Call) -> None:
    other = entity(po_number="ORD-20260131-00007")

    with pytest.raises(Rejected, match="belongs to ORD-20260131-00007"):
        ninja(serve(script=system(made=DUPLICATE, found=[other]))).issue(INVOICE, call)


def test_a_number_that_is_taken_but_not_found_stays_refused(serve: Serve, call: Call) -> None:
    with pytest.raises(Rejected, match="number: The number has already been taken"):
        ninja(serve(script=system(made=DUPLICATE))).issue(INVOICE, call)


def test_an_invoice_is_found_by_its_exact_number(serve: Serve, call: Call) -> None:
    server = serve(script=system(found=[entity(number="2026-000010"), entity()]))

    assert ninja(server).find(INVOICE, call) == ISSUED
    assert server.asked[0].query["number"] == "2026-00001"
    assert ninja(serve(script=system(found=[entity(number="2026-000010")]))).find(INVOICE, call) is None


def test_a_customer_is_made_once_and_found_by_e_mail(serve: Serve, call: Call) -> None:
    strangers = [CLIENT | {"id": "C2", "contacts": [{"email": "ada@example.community"}]}, CLIENT | {"is_deleted": True}]
    server = serve(script=system(clients=strangers))

    ninja(server).issue(INVOICE, call)

    (made,) = sent(server, "POST", "/api/v1/clients")
    assert made.json == {
        "name": "Ada Example",
        "id_number": "",
        "vat_number": "",
        "address1": "Musterstr. 1",
        "address2": "",
        "city": "Berlin",
        "state": "",
        "postal_code": "10115",
        "contacts": [{"first_name": "Ada", "last_name": "Example", "email": "ada@example.com", "send_email": False}],
        "country_id": "276",
        "settings": {"currency_id": "3"},
    }
    assert sent(server, "GET", "/api/v1/clients")[0].query["email"] == "ada@example.com"
    assert sent(server, "POST", "/api/v1/invoices")[0].json["client_id"] == "C9"


def test_a_customer_kept_in_another_currency_is_not_used(serve: Serve, call: Call) -> None:
    server = serve(script=system(clients=[CLIENT | {"settings": {"currency_id": "1"}}]))

    ninja(server).issue(INVOICE, call)

    assert len(sent(server, "POST", "/api/v1/clients")) == 1


def test_a_customer_without_e_mail_is_found_by_the_order(serve: Serve, call: Call) -> None:
    known = CLIENT | {"id": "C5", "id_number": "ORD-20260131-00001", "contacts": [{"email": ""}]}
    server = serve(script=system(clients=[known]))

    ninja(server).issue(replace(INVOICE, customer=replace(ADA, email="")), call)

    assert sent(server, "GET", "/api/v1/clients")[0].query["id_number"] == "ORD-20260131-00001"
    assert sent(server, "POST", "/api/v1/invoices")[0].json["client_id"] == "C5"


def test_trouble_with_the_customer_means_that_no_invoice_was_sent(serve: Serve, call: Call) -> None:
    server = serve(Reply(500))

    with pytest.raises(NotSent):
        ninja(server).issue(INVOICE, call)

    assert sent(server, "POST", "/api/v1/invoices") == []


@pytest.mark.parametrize(
    ("reply", "expected", "category"),
    [
        (Reply(401, {"message": "Invalid Token"}), Rejected, HoldKind.PROVIDER_CREDENTIALS),
        (Reply(403, {"message": "This action is unauthorized"}), Rejected, HoldKind.PROVIDER_CREDENTIALS),
        (Reply(422, {"message": "bad", "errors": {"date": ["is odd"]}}), Rejected, HoldKind.PROVIDER_REFUSED),
        (Reply(429, {"message": "Too Many"}, {"X-RateLimit-Remaining": "0"}), Deferred, None),
        (Reply(500, {"message": "Server Error"}), OutcomeUnknown, None),
    ],
)
def test_a_refusal_is_classified(
    serve: Serve, call: Call, reply: Reply, expected: type[ProviderError], category: HoldKind | None
) -> None:
    with pytest.raises(ProviderError) as caught:
        ninja(serve(script=system(made=reply))).issue(INVOICE, call)

    assert type(caught.value) is expected
    assert getattr(caught.value, "category", None) is category


@pytest.mark.parametrize(
    ("invitations", "path"),
    [
        (
            [{"key": "", "link": ""}, {"key": "k3y-of-the-invitation", "link": "https://n/k3y-of-the-invitation"}],
            "/api/v1/invoice/k3y-of-the-invitation/download",
        ),
        ([], "/api/v1/invoices/Opnel5aKBz/download"),
    ],
    ids=["by invitation", "by id"],
)
def test_the_document_is_fetched_as_a_pdf(serve: Serve, call: Call, invitations: list[Any], path: str) -> None:
    body = Reply(200, {"data": entity(invitations=invitations)})
    server = serve(body, Reply(200, b"%PDF-1.7 x", media_type="application/pdf"))

    issued, document = ninja(server).fetch("Opnel5aKBz", call)

    assert (issued.number, issued.total_minor, issued.currency) == ("2026-00001", 3261, "EUR")
    assert (document.content, document.media_type) == (b"%PDF-1.7 x", "application/pdf")
    assert [asked.path for asked in server.asked] == ["/api/v1/invoices/Opnel5aKBz", path]
    assert "k3y-of-the-invitation" not in repr(call.exchanges)


def test_a_page_in_place_of_a_pdf_is_not_taken(serve: Serve, call: Call) -> None:
    server = serve(Reply(200, {"data": entity()}), Reply(200, b"<html>", media_type="text/html"))

    with pytest.raises(OutcomeUnknown, match="not a PDF"):
        ninja(server).fetch("Opnel5aKBz", call)


def test_fetching_may_be_repeated_and_issuing_be_asked_for(serve: Serve) -> None:
    system_ = ninja(serve(Reply(200, {})))

    assert system_.guarantees(StepKind.INVOICE_STORE).key_seconds == float("inf")
    assert (
        system_.guarantees(StepKind.INVOICE_ISSUE).key_seconds,
        system_.guarantees(StepKind.INVOICE_ISSUE).can_ask,
    ) == (
        None,
        True,
    )


NOTE = CreditNoteRequest(
    **{name: getattr(INVOICE, name) for name in INVOICE.__dataclass_fields__} | {"number": "CN-000001"},
    invoice_number="2026-00001",
    invoice_reference="Opnel5aKBz",
)


def credits(asked: Asked) -> Reply:
    """An Invoice Ninja that has one credit, CN-000001, once it was asked to make it."""
    match asked.method, asked.path:
        case "GET", "/api/v1/clients":
            return Reply(200, {"data": [CLIENT]})
        case "POST", "/api/v1/credits":
            return Reply(200, {"data": entity(number="CN-000001")})
        case "GET", "/api/v1/credits":
            rows = [entity(number="CN-0000010"), entity(number="CN-000001")]
            return Reply(200, {"data": rows if asked.query["number"] == "CN-000001" else []})
        case "GET", "/api/v1/credits/Opnel5aKBz":
            return Reply(200, {"data": entity(number="CN-000001", invitations=[{"key": "k1"}])})
        case "GET", "/api/v1/credit/k1/download":
            return Reply(200, b"%PDF-1.4 credit", media_type="application/pdf")
    return Reply(404, {"message": "not here"})


def test_a_credit_note_goes_to_the_credits_and_names_its_invoice(serve: Serve, call: Call) -> None:
    server = serve(script=credits)

    issued = ninja(server).issue_credit_note(NOTE, call)

    assert issued == replace(ISSUED, number="CN-000001")
    (asked,) = sent(server, "POST", "/api/v1/credits")
    assert asked.query == {"mark_sent": "true"}
    assert (asked.json["number"], asked.json["invoice_id"]) == ("CN-000001", "Opnel5aKBz")
    assert asked.json["public_notes"] == "Credit note for invoice 2026-00001."
    assert sum(line["quantity"] * round(float(line["cost"]) * 100) for line in asked.json["line_items"]) == 3261


def test_a_credit_note_is_found_by_its_exact_number_and_fetched(serve: Serve, call: Call) -> None:
    system = ninja(serve(script=credits))

    assert system.find_credit_note(NOTE, call) == replace(ISSUED, number="CN-000001")
    assert system.find_credit_note(replace(NOTE, number="CN-000002"), call) is None
    issued, document = system.fetch_credit_note("Opnel5aKBz", call)
    assert (issued.number, document.content, document.media_type) == (
        "CN-000001",
        b"%PDF-1.4 credit",
        "application/pdf",
    )
