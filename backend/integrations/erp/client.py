"""An ERP or invoicing system by configuration.

What it promises is what its configuration says: whether it remembers our key, whether it can be asked for our number,
and how it says that the number is taken. Where it can do neither, a doubtful outcome is left to a person.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import httpx

from backend.domain.errors import InvalidInput
from backend.domain.money import display
from backend.domain.retries import Guarantees
from backend.domain.steps import StepKind
from backend.integrations.decimals import read_major
from backend.integrations.erp import template
from backend.integrations.erp.config import REFERENCE, ErpConfig, Lookup, origin_of
from backend.integrations.erp.paths import at_path, date_of, text_at, texts_at
from backend.integrations.erp.values import PROVIDER, Values, values_of
from backend.integrations.guarantees import REPEATABLE
from backend.integrations.http import Answer, ProviderClient, credentials_refused
from backend.ports.calls import Call, OutcomeUnknown, ProviderError, Rejected
from backend.ports.invoicing import CreditNoteRequest, Document, InvoiceRequest, IssuedInvoice

NUMBER_TAKEN = "number_taken"


class ErpSystem:
    """Whatever an answer does not tell of a document (where the map is silent) is taken to be what was asked for.

    Nobody knows under which names this system keeps personal data. So what is recorded of its documents are the facts
    that the map names, and the customer's own are hidden wherever else they stand.
    """

    name = PROVIDER

    def __init__(self, config: ErpConfig, *, transport: httpx.BaseTransport | None = None) -> None:
        self._config = config
        self._http = ProviderClient(
            PROVIDER,
            config.origin,
            headers={},
            read_error=self._refusal,
            secrets=list(config.secrets.values()),
            max_connections=4,
            transport=transport,
        )
        documents = (config.document, config.credit_note.document if config.credit_note else None)
        elsewhere = {origin for document in documents if document for origin in document.origins}
        self._files = {
            origin: ProviderClient(PROVIDER, origin, headers={}, max_connections=2, transport=transport)
            for origin in elsewhere
        }

    def guarantees(self, kind: StepKind) -> Guarantees:
        if kind in (StepKind.INVOICE_STORE, StepKind.CREDIT_NOTE_STORE):
            return REPEATABLE
        of_credit_notes = self._config.credit_note if kind is StepKind.CREDIT_NOTE_ISSUE else None
        config = of_credit_notes or self._config
        return Guarantees(config.key_seconds, config.lookup is not None, answer_lag=config.answer_lag)

    def issue(self, invoice: InvoiceRequest, call: Call) -> IssuedInvoice:
        return self._issue(self._config, invoice, call)

    def find(self, invoice: InvoiceRequest, call: Call) -> IssuedInvoice | None:
        return self._find(self._config, invoice, call)

    def fetch(self, reference: str, call: Call) -> tuple[IssuedInvoice, Document]:
        return self._fetch(self._config, reference, call)

    def issue_credit_note(self, note: CreditNoteRequest, call: Call) -> IssuedInvoice:
        return self._issue(self._for_credit_notes(), note, call)

    def find_credit_note(self, note: CreditNoteRequest, call: Call) -> IssuedInvoice | None:
        return self._find(self._for_credit_notes(), note, call)

    def fetch_credit_note(self, reference: str, call: Call) -> tuple[IssuedInvoice, Document]:
        return self._fetch(self._for_credit_notes(), reference, call)

    def _for_credit_notes(self) -> ErpConfig:
        if self._config.credit_note is None:
            sentence = "The ERP's configuration has no $.credit_note, so no credit note can be issued there from here."
            raise Rejected(PROVIDER, sentence)
        return self._config.credit_note

    def _issue(self, config: ErpConfig, invoice: InvoiceRequest, call: Call) -> IssuedInvoice:
        if config.currency and config.currency != invoice.currency:
            sentence = f"The ERP keeps documents in {config.currency} only; this order is in {invoice.currency}."
            raise Rejected(PROVIDER, sentence)
        values = values_of(invoice, call.key)
        body = template.rendered(config.body, values, config.secrets)
        path = _path(template.address(config.url, values))
        try:
            answer = self._http.request(
                call, config.method, path, json=body, headers=self._headers(call), personal=_personal(invoice)
            )
        except Rejected as refusal:
            if refusal.code != NUMBER_TAKEN:
                raise
            return self._issued_before(config, invoice, call)
        if config.duplicate_when and config.duplicate_when.fits(answer):
            return self._issued_before(config, invoice, call)
        if config.refused_when and config.refused_when.fits(answer):
            raise Rejected(PROVIDER, self._sentence(answer), status=answer.status)
        if answer.status not in config.ok_status:
            sentence = f"The ERP answered HTTP {answer.status}, which does not say that the document was issued."
            raise OutcomeUnknown(PROVIDER, sentence, status=answer.status)
        _record(call, [answer.json], config.map)
        return self._checked(answer.json, config.map, invoice)

    def _issued_before(self, config: ErpConfig, invoice: InvoiceRequest, call: Call) -> IssuedInvoice:
        """The number is taken: by an earlier try of ours, unless the document there is somebody else's."""
        found = self._find(config, invoice, call)
        if found is None:
            sentence = f"The ERP says that {invoice.number} is taken, but does not show the document."
            raise OutcomeUnknown(PROVIDER, sentence, code=NUMBER_TAKEN)
        return found

    def _find(self, config: ErpConfig, invoice: InvoiceRequest, call: Call) -> IssuedInvoice | None:
        lookup = config.lookup
        if lookup is None:
            return None
        if not invoice.number:
            sentence = f"The ERP is asked by number, and the number of {invoice.order_number} is not known any more."
            raise OutcomeUnknown(PROVIDER, sentence)
        values = values_of(invoice, call.key)
        found = self._rows(lookup, _path(template.address(lookup.url, values)), invoice, call)
        _record(call, found, lookup.map)
        wanted = {path: template.text(match, values, {}) for path, match in lookup.match.items()}
        if not wanted:
            wanted = {lookup.map["number"]: invoice.number}
        rows = [row for row in found if all(text_at(row, path) == value for path, value in wanted.items())]
        if len(rows) > 1:
            sentence = f"The ERP has {len(rows)} documents for {invoice.number}; a person must say which one counts."
            raise Rejected(PROVIDER, sentence, code="several_documents")
        return self._checked(rows[0], lookup.map, invoice) if rows else None

    def _rows(self, lookup: Lookup, path: str, invoice: InvoiceRequest, call: Call) -> list[Any]:
        """What a lookup gives. That a list is not there proves nothing; that a document is not there proves its absence."""
        rows_at = lookup.rows_at
        try:
            headers = self._headers(call)
            answer = self._http.request(call, "GET", path, headers=headers, personal=_personal(invoice)).json
        except Rejected as refusal:
            if refusal.status == 404 and not rows_at:
                return []
            raise
        rows = at_path(answer, rows_at) if rows_at else [answer]
        if not isinstance(rows, list):
            raise OutcomeUnknown(PROVIDER, f"The ERP's answer has no list at {rows_at}.")
        return rows

    def _fetch(self, config: ErpConfig, reference: str, call: Call) -> tuple[IssuedInvoice, Document]:
        source = config.document
        if source is None:
            raise Rejected(PROVIDER, "The ERP's configuration names no document, so there is none to store.")
        values: Values = {REFERENCE: reference}
        path = _path(template.address(source.read_url, values))
        entity = self._http.request(call, "GET", path, headers=self._headers(call)).json
        _record(call, [entity], config.map)
        currency = text_at(entity, config.map.get("currency", "")).upper() or config.currency
        issued = _issued(entity, config.map, currency, None)
        url = template.address(source.url, values) if source.url else issued.document_url
        answer = self._file(url, source.media_type, call)
        if source.media_type == "application/pdf" and not answer.body.startswith(b"%PDF-"):
            raise OutcomeUnknown(PROVIDER, "The ERP's document is not a PDF.")
        return issued, Document(answer.body, source.media_type)

    def _file(self, url: str, media_type: str, call: Call) -> Answer:
        """A file from the ERP itself, or from an origin that the configuration allows, which gets no secret of ours."""
        accept = {"Accept": media_type}
        if origin_of(url) == self._config.origin:
            headers = self._headers(call) | accept
            return self._http.request(call, "GET", _path(url), headers=headers, expect="binary")
        client = self._files.get(origin_of(url))
        if client is None:
            sentence = f"The document is at {origin_of(url)[:80]!r}, which $.document.origins does not allow."
            raise Rejected(PROVIDER, sentence)
        return client.request(call, "GET", _path(url), headers=accept, expect="binary")

    def _headers(self, call: Call) -> dict[str, str]:
        values = {"job.key": call.key}
        return {name: template.text(text, values, self._config.secrets) for name, text in self._config.headers.items()}

    def _refusal(self, answer: Answer) -> ProviderError | None:
        """What an answer of 4xx means."""
        if answer.status in (401, 403):
            return credentials_refused(PROVIDER, answer.status)
        kinds = (self._config, self._config.credit_note)
        taken = any(kind.duplicate_when.fits(answer) for kind in kinds if kind and kind.duplicate_when)
        return Rejected(PROVIDER, self._sentence(answer), code=NUMBER_TAKEN if taken else "", status=answer.status)

    def _sentence(self, answer: Answer) -> str:
        said = "; ".join(texts_at(answer.json, self._config.error_message)) if self._config.error_message else ""
        return f"The ERP refused: {said or f'HTTP {answer.status} without a reason'}"

    def _checked(self, source: Any, where: Mapping[str, str], invoice: InvoiceRequest) -> IssuedInvoice:
        """The document, refused unless it is this order's, under our number, date, currency and total."""
        if "order" in where and (owner := text_at(source, where["order"])) != invoice.order_number:
            sentence = f"The document {invoice.number} in the ERP belongs to {owner or 'no order'}, not to this one."
            raise Rejected(PROVIDER, sentence)
        currency = text_at(source, where["currency"]).upper() if "currency" in where else invoice.currency
        issued = _issued(source, where, currency, invoice)
        for what, got, wanted in (
            ("number", issued.number, invoice.number),
            ("date", issued.date.isoformat(), invoice.date.isoformat()),
            ("total", display(issued.total_minor, issued.currency), display(invoice.total_minor, invoice.currency)),
        ):
            if got != wanted:
                raise Rejected(PROVIDER, f"The ERP's document has the {what} {got}, but the order needs {wanted}.")
        return issued


def _issued(source: Any, where: Mapping[str, str], currency: str, asked: InvoiceRequest | None) -> IssuedInvoice:
    """A document as the answer tells it; what the map leaves out is as asked for."""
    reference = text_at(source, where["external_id"])
    number = text_at(source, where["number"]) if "number" in where else asked.number if asked else ""
    day = date_of(text_at(source, where["date"])) if "date" in where else asked.date if asked else None
    try:
        total = read_major(at_path(source, where["total"]), currency) if "total" in where else _total(asked)
    except InvalidInput as error:
        raise OutcomeUnknown(PROVIDER, f"The ERP's document has no usable total. {error.sentence}") from error
    if not reference or not number or not isinstance(day, date):
        raise OutcomeUnknown(PROVIDER, "The ERP's answer lacks the document's id, number or date.")
    link = text_at(source, where["document_url"]) if "document_url" in where else ""
    return IssuedInvoice(reference, number, day, total, currency, link)


def _personal(invoice: InvoiceRequest) -> list[str]:
    party = invoice.customer
    return [party.name, party.email, party.line1, party.line2, party.postal_code, party.tax_id]


def _record(call: Call, documents: list[Any], where: Mapping[str, str]) -> None:
    """Leave of the last answer only the facts that the map names."""
    facts = [{name: text_at(document, path) for name, path in where.items()} for document in documents]
    for fact in facts:
        fact.pop("document_url", None)
    last = call.exchanges[-1]
    original = replace(last.original, response=facts) if last.original else None
    call.exchanges[-1] = replace(last, response=facts, original=original)


def _total(asked: InvoiceRequest | None) -> int:
    return asked.total_minor if asked else 0


def _path(url: str) -> str:
    """What comes after the origin."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
