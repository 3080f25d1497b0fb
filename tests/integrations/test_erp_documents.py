"""An ERP by configuration: documents are fetched from where they may be, credit notes go as their section says."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from backend.domain.steps import StepKind
from backend.integrations.erp.client import ErpSystem
from backend.integrations.erp.config import parse
from backend.ports.calls import Call, OutcomeUnknown, Rejected
from backend.ports.invoicing import CreditNoteRequest, IssuedInvoice
from tests.integrations.conftest import Serve
from tests.integrations.erp_systems import INVOICE, ninja, said
from tests.integrations.erp_worlds import (
    SECRET,
    Ninja,
    ninja_config,
)
from tests.integrations.server import Asked, Reply


def test_a_document_elsewhere_is_fetched_without_our_secrets(serve: Serve, call: Call) -> None:
    files = serve(Reply(200, b"%PDF-1.7", media_type="application/pdf"))
    made = {"id": "inv1", "number": "2026-00001", "date": "2026-01-31", "amount": "32.61"}
    erp = serve(Reply(200, {"data": made | {"file": f"{files.base}/f/1?x=1"}}))
    where = ninja_config("")["map"] | {"document_url": "data.file"}
    document = {"read_url": f"{erp.base}/i/{{{{document.reference}}}}", "origins": [files.base]}

    issued, found = ninja(erp.base, map=where, document=document).fetch("in/1", call)

    assert (issued.document_url, found.content) == (f"{files.base}/f/1?x=1", b"%PDF-1.7")
    assert said(erp) == [("GET", "/i/in%2F1")]
    assert (files.asked[0].path, files.asked[0].query) == ("/f/1", {"x": "1"})
    assert SECRET not in repr(files.asked[0])


def test_a_document_at_an_origin_that_is_not_allowed_is_not_fetched(serve: Serve, call: Call) -> None:
    files = serve(Reply(200, b"%PDF-1.7", media_type="application/pdf"))
    made = {"id": "inv1", "number": "2026-00001", "date": "2026-01-31", "amount": 1, "file": f"{files.base}/f"}
    erp = serve(Reply(200, {"data": made}))
    where = ninja_config("")["map"] | {"document_url": "data.file"}

    with pytest.raises(Rejected, match="does not allow"):
        ninja(erp.base, map=where, document={"read_url": f"{erp.base}/i"}).fetch("inv1", call)

    assert files.asked == []


def test_a_document_that_is_no_pdf_is_unknown(serve: Serve, call: Call) -> None:
    made = {"id": "inv1", "number": "2026-00001", "date": "2026-01-31", "amount": 1}
    server = serve(Reply(200, {"data": made}), Reply(200, b"<html>", media_type="text/html"))

    with pytest.raises(OutcomeUnknown, match="not a PDF"):
        ninja(server.base).fetch("inv1", call)


def test_without_a_configured_document_there_is_none(serve: Serve, call: Call) -> None:
    given = ninja_config(serve(script=Ninja()).base)
    del given["document"]

    with pytest.raises(Rejected, match="names no document"):
        ErpSystem(parse(given, SECRET)).fetch("inv1", call)


CREDIT_NOTE = CreditNoteRequest(
    **{name: getattr(INVOICE, name) for name in INVOICE.__dataclass_fields__} | {"number": "CN-000001"},
    invoice_number="2026-00001",
    invoice_reference="inv1",
)


def crediting(base: str, **changes: Any) -> ErpSystem:
    """The Ninja-shaped system with a place for credit notes."""
    config = ninja_config(base)
    path = f"{base}/api/v1/credits"
    section = {
        "url": path,
        "body": {
            "number": "{{credit_note.number}}",
            "date": "{{credit_note.date}}",
            "po_number": "{{order.number}}",
            "credits": {"id": "{{invoice.reference}}", "number": "{{invoice.number}}"},
            "line_items": "{{lines[quantity,cost=unit_price]}}",
        },
        "map": config["map"],
        "duplicate_when": config["duplicate_when"],
        "lookup": {"url": f"{path}?number={{{{credit_note.number}}}}", "list": "data"},
        "document": {"read_url": f"{path}/{{{{document.reference}}}}", "url": f"{path}/{{{{document.reference}}}}/pdf"},
    }
    return ErpSystem(parse(config | {"credit_note": section | changes}, SECRET))


class Credits(Ninja):
    """The Ninja-shaped system, whose credits lie beside its invoices."""

    def __call__(self, asked: Asked) -> Reply:
        path = asked.path.replace("/credits", "/invoices").replace("/pdf", "/download")
        return super().__call__(replace(asked, path=path))


def test_a_credit_note_is_issued_found_and_fetched_as_its_section_says(serve: Serve, call: Call) -> None:
    server = serve(script=Credits())
    system = crediting(server.base)

    assert system.find_credit_note(CREDIT_NOTE, call) is None
    issued = system.issue_credit_note(CREDIT_NOTE, call)
    assert issued == IssuedInvoice("inv1", "CN-000001", date(2026, 1, 31), 3261, "EUR")
    assert system.find_credit_note(CREDIT_NOTE, call) == issued
    assert system.issue_credit_note(CREDIT_NOTE, call) == issued
    fetched, document = system.fetch_credit_note(issued.reference, call)
    assert (fetched, document.content) == (issued, b"%PDF-1.7 ninja")
    posts = [asked for asked in server.asked if asked.method == "POST"]
    assert {asked.path for asked in server.asked} == {
        "/api/v1/credits",
        "/api/v1/credits/inv1",
        "/api/v1/credits/inv1/pdf",
    }
    assert posts[0].headers["x-api-token"] == SECRET
    assert posts[0].json["credits"] == {"id": "inv1", "number": "2026-00001"}
    assert (posts[0].json["number"], posts[0].json["date"]) == ("CN-000001", "2026-01-31")


def test_without_a_section_for_credit_notes_none_is_sent(serve: Serve, call: Call) -> None:
    server = serve(script=Ninja())

    with pytest.raises(Rejected, match=r"no \$\.credit_note"):
        ninja(server.base).issue_credit_note(CREDIT_NOTE, call)

    assert server.asked == []


def test_credit_notes_have_the_guarantees_of_their_section() -> None:
    asking = crediting("https://erp.example").guarantees(StepKind.CREDIT_NOTE_ISSUE)
    silent = ninja("https://erp.example", key_seconds=60, headers={"K": "{{job.key}}", "T": "${secret}"})

    assert (asking.can_ask, asking.key_seconds) == (True, None)
    assert silent.guarantees(StepKind.CREDIT_NOTE_STORE).key_seconds == float("inf")
