"""The invoicing system Invoice Ninja; its word for a credit note is credit.

Its numbers are unique within a company, so our own number is the key: a repeat is refused as a duplicate, and
the document is then found under its number and checked to be this order's.
"""

from datetime import date
from typing import Any

import httpx

from backend.domain.errors import InvalidInput
from backend.domain.money import display
from backend.domain.retries import Guarantees
from backend.domain.steps import StepKind
from backend.integrations.decimals import read_major
from backend.integrations.guarantees import REPEATABLE
from backend.integrations.http import Answer, ProviderClient, before_the_write, credentials_refused, segment
from backend.integrations.invoiceninja.payloads import PROVIDER, client_body, document_body, suits
from backend.integrations.reading import at, objects, text
from backend.ports.calls import Call, OutcomeUnknown, ProviderError, Rejected
from backend.ports.invoicing import CreditNoteRequest, Document, InvoiceRequest, IssuedInvoice

NUMBER_TAKEN = "number_taken"


class InvoiceNinja:
    """`api_base` is the installation's address, such as `https://invoicing.co`."""

    name = PROVIDER

    def __init__(
        self,
        *,
        api_token: str,
        api_base: str = "https://invoicing.co",
        answer_lag: float = 2.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._answer_lag = answer_lag
        self._http = ProviderClient(
            PROVIDER,
            api_base,
            headers={"X-API-TOKEN": api_token, "X-Requested-With": "XMLHttpRequest"},
            read_error=read_error,
            secrets=[api_token],
            max_connections=4,
            transport=transport,
        )

    def guarantees(self, kind: StepKind) -> Guarantees:
        if kind in (StepKind.INVOICE_STORE, StepKind.CREDIT_NOTE_STORE):
            return REPEATABLE
        return Guarantees(key_seconds=None, can_ask=True, answer_lag=self._answer_lag)

    def issue(self, invoice: InvoiceRequest, call: Call) -> IssuedInvoice:
        return self._issue("invoice", invoice, call)

    def find(self, invoice: InvoiceRequest, call: Call) -> IssuedInvoice | None:
        return self._find("invoice", invoice, call)

    def fetch(self, reference: str, call: Call) -> tuple[IssuedInvoice, Document]:
        return self._fetch("invoice", reference, call)

    def issue_credit_note(self, note: CreditNoteRequest, call: Call) -> IssuedInvoice:
        return self._issue("credit", note, call)

    def find_credit_note(self, note: CreditNoteRequest, call: Call) -> IssuedInvoice | None:
        return self._find("credit", note, call)

    def fetch_credit_note(self, reference: str, call: Call) -> tuple[IssuedInvoice, Document]:
        return self._fetch("credit", reference, call)

    def _issue(self, kind: str, wanted: InvoiceRequest, call: Call) -> IssuedInvoice:
        with before_the_write():
            client_id = self._client_id(wanted, call)
        body = document_body(wanted, client_id)
        try:
            answer = self._http.request(call, "POST", f"/api/v1/{kind}s", json=body, params=[("mark_sent", "true")])
        except Rejected as refusal:
            if refusal.code != NUMBER_TAKEN:
                raise
            found = self._find(kind, wanted, call)
            if found is None:
                raise
            return found
        return _made(_entity(answer.json), wanted)

    def _find(self, kind: str, wanted: InvoiceRequest, call: Call) -> IssuedInvoice | None:
        if not wanted.number:
            return self._find_by_order(kind, wanted, call)
        params = [("number", wanted.number), ("per_page", "100")]
        answer = self._http.find(call, f"/api/v1/{kind}s", params=params)
        for row in objects(answer, "data"):
            if text(row, "number") == wanted.number:
                return _checked(row, wanted)
        return None

    def _find_by_order(self, kind: str, wanted: InvoiceRequest, call: Call) -> IssuedInvoice | None:
        """Its search looks for parts of words in many columns, so it finds too much rather than too little.

        Credit notes of one order are told apart by their totals.
        """
        params = [("filter", wanted.order_number), ("per_page", "100")]
        rows = objects(self._http.find(call, f"/api/v1/{kind}s", params=params), "data")
        rows = [row for row in rows if text(row, "po_number") == wanted.order_number]
        if kind == "credit":
            rows = [row for row in rows if _issued(row, wanted.currency).total_minor == wanted.total_minor]
        if len(rows) > 1:
            sentence = f"Invoice Ninja has {len(rows)} documents for {wanted.order_number}; a person must look."
            raise Rejected(PROVIDER, sentence, code="several_documents")
        return _checked(rows[0], wanted) if rows else None

    def _fetch(self, kind: str, reference: str, call: Call) -> tuple[IssuedInvoice, Document]:
        path = f"/api/v1/{kind}s/{segment(reference)}"
        entity = _entity(self._http.request(call, "GET", path).json)
        currency = text(entity, "custom_value2")
        issued = _issued(entity, currency)
        keys = [text(row, "key") for row in objects(entity, "invitations")]
        key = next((key for key in keys if key), "")
        pdf = f"/api/v1/{kind}/{segment(key)}/download" if key else f"{path}/download"
        answer = self._http.request(
            call, "GET", pdf, expect="binary", headers={"Accept": "application/pdf"}, hide=[key]
        )
        if not answer.body.startswith(b"%PDF-"):
            raise OutcomeUnknown(PROVIDER, "Invoice Ninja's download is not a PDF.")
        return issued, Document(answer.body, "application/pdf")

    def _client_id(self, invoice: InvoiceRequest, call: Call) -> str:
        party = invoice.customer
        wanted = ("email", party.email) if party.email else ("id_number", invoice.order_number)
        answer = self._http.find(call, "/api/v1/clients", params=[wanted, ("per_page", "100")])
        for client in objects(answer, "data"):
            known = party.email or text(client, "id_number") == invoice.order_number
            if known and suits(client, party, invoice.currency) and text(client, "id"):
                return text(client, "id")
        body = client_body(party, invoice.currency, invoice.order_number)
        made = _entity(self._http.request(call, "POST", "/api/v1/clients", json=body).json)
        if not text(made, "id"):
            raise OutcomeUnknown(PROVIDER, "Invoice Ninja's answer names no client.")
        return text(made, "id")


def read_error(answer: Answer) -> ProviderError | None:
    """Refusals are `{"message", "errors": {field: [texts]}}`; a taken number gets a code of its own."""
    message = text(answer.json, "message")
    if answer.status in (401, 403):
        return credentials_refused(PROVIDER, answer.status)
    fields = at(answer.json, "errors")
    reasons = []
    for field, lines in fields.items() if isinstance(fields, dict) else ():
        reasons += [f"{field}: {line}" for line in (lines if isinstance(lines, list) else [lines])]
    code = NUMBER_TAKEN if answer.status == 422 and isinstance(fields, dict) and "number" in fields else ""
    sentence = "; ".join(reasons) or message
    if not sentence:
        return None
    return Rejected(PROVIDER, f"Invoice Ninja refused: {sentence}", code=code, status=answer.status)


def _entity(answer: Any) -> Any:
    """The live API wraps the entity in `data`, its documentation's examples do not."""
    inner = at(answer, "data")
    return inner if isinstance(inner, dict) else answer


def _made(entity: Any, wanted: InvoiceRequest) -> IssuedInvoice:
    """The document just made. An answer that shows another one proves nothing: it is asked for, under our number."""
    try:
        return _checked(entity, wanted)
    except Rejected as error:
        raise OutcomeUnknown(PROVIDER, f"{error.sentence} The answer is not believed.") from error


def _checked(entity: Any, invoice: InvoiceRequest) -> IssuedInvoice:
    """The document, refused unless it is this order's, under our number, date and total."""
    issued = _issued(entity, invoice.currency)
    belongs_to = text(entity, "po_number")
    if belongs_to != invoice.order_number:
        sentence = (
            f"The document {issued.number} in Invoice Ninja belongs to {belongs_to or 'no order'}, not to this one."
        )
        raise Rejected(PROVIDER, sentence)
    for what, got, wanted in (
        ("number", issued.number, invoice.number or issued.number),
        ("date", issued.date.isoformat(), (invoice.date if invoice.number else issued.date).isoformat()),
        ("currency", text(entity, "custom_value2") or invoice.currency, invoice.currency),
        ("total", display(issued.total_minor, issued.currency), display(invoice.total_minor, invoice.currency)),
    ):
        if got != wanted:
            raise Rejected(PROVIDER, f"Invoice Ninja's document has the {what} {got}, but the order needs {wanted}.")
    return issued


def _issued(entity: Any, currency: str) -> IssuedInvoice:
    reference, number = text(entity, "id"), text(entity, "number")
    try:
        if not reference or not number:
            raise InvalidInput(["It has no id or no number."])
        total = read_major(at(entity, "amount"), currency)
        issued_on = date.fromisoformat(text(entity, "date")[:10])
    except (InvalidInput, ValueError) as error:
        raise OutcomeUnknown(PROVIDER, f"Invoice Ninja's document cannot be read. {error}") from error
    links = [text(row, "link") for row in objects(entity, "invitations")]
    return IssuedInvoice(reference, number, issued_on, total, currency, next((link for link in links if link), ""))
