"""Credit note steps: issue, store (number, date, PDF), send. Their failures are told, and never stop the money."""

from sqlmodel import Session

from backend import clock, settings
from backend.domain.money import display
from backend.domain.permissions import provider_actor
from backend.domain.steps import StepKind
from backend.domain.timeline import TimelineKind, Weight
from backend.ports.calls import Call
from backend.ports.invoicing import CreditNoteRequest, Document, InvoicingSystem, IssuedInvoice
from backend.services import credit_notes, flow
from backend.services.fetched_documents import OnRecord, as_recorded, on_record
from backend.services.invoice_steps import checked, invoice_lines, invoicing, numbered, party, today
from backend.services.step_handlers import Handler, NotNeeded, Success
from backend.store import documents, refunds, steps, timeline
from backend.store.tables import Invoice, Order, Refund, Step


def _refund(session: Session, step: Step) -> Refund:
    return refunds.get(session, int(step.subject))


def _own_number(session: Session, order: Order, refund: Refund, found: IssuedInvoice | None = None) -> Invoice:
    """This refund's credit note with our number and date: taken once, kept through every retry; `found` as for invoices."""
    series = settings.current().credit_note_series
    known = None if found is None else documents.Known(found.number, found.date)
    return documents.numbered(session, order, series=series, day=today(), at=clock.now(), refund=refund, found=known)


def _prepare_issue(session: Session, order: Order, step: Step) -> CreditNoteRequest:
    refund = _refund(session, step)
    invoice = documents.invoice_of(session, order.id)
    if invoice is None or invoice.issued_at is None:
        raise NotNeeded("No invoice was issued, so there is nothing to credit.")
    if refund.state != "succeeded" and not step.in_doubt:
        raise NotNeeded("The refund did not go through, so there is nothing to credit.")
    note = documents.credit_note_of(session, refund.id) if step.in_doubt else _own_number(session, order, refund)
    if note is not None and note.issued_at is not None:
        raise NotNeeded(f"Credit note {note.number} is issued already.")
    credit = credit_notes.credit_of(session, order, refund)
    return CreditNoteRequest(
        number=str(note.number) if note else "",
        date=note.date if note else today(),
        order_number=order.number,
        channel_order=order.external_id,
        currency=refund.currency,
        lines=invoice_lines(credit.lines),
        shipping_minor=credit.shipping_minor,
        tax_minor=credit.tax_minor,
        total_minor=refund.amount_minor,
        taxes_included=order.taxes_included,
        customer=party(session, order),
        invoice_number=str(invoice.number),
        invoice_reference=invoice.reference,
    )


def _issue(system: InvoicingSystem, request: CreditNoteRequest, call: Call) -> IssuedInvoice:
    """Ask for this refund's document first, and only then issue one."""
    numbered(system, request)
    found = system.find_credit_note(request, call) or system.issue_credit_note(request, call)
    return checked(system, request, found)


def _find(system: InvoicingSystem, request: CreditNoteRequest, call: Call) -> IssuedInvoice | None:
    found = system.find_credit_note(request, call)
    return None if found is None else checked(system, request, found)


def _apply_issued(session: Session, order: Order, step: Step, issued: IssuedInvoice) -> Success:
    note = _own_number(session, order, _refund(session, step), issued)
    note.provider, note.reference, note.issued_at = step.provider, issued.reference, clock.now()
    session.add(note)
    steps.promise(session, order, StepKind.CREDIT_NOTE_STORE, at=clock.now(), subject=step.subject)
    return Success({"reference": issued.reference, "number": issued.number}, f"Credit note {issued.number} issued.")


def _prepare_store(session: Session, order: Order, step: Step) -> OnRecord:
    note = documents.credit_note_of(session, int(step.subject))
    if note is None or note.issued_at is None:
        raise NotNeeded("There is no issued credit note to store.")
    if note.stored_at is not None:
        raise NotNeeded(f"Credit note {note.number} is stored already.")
    return on_record(note)


def _fetch(system: InvoicingSystem, wanted: OnRecord, call: Call) -> tuple[IssuedInvoice, Document]:
    return as_recorded(system, wanted, system.fetch_credit_note(wanted.reference, call))


def _apply_stored(session: Session, order: Order, step: Step, fetched: tuple[IssuedInvoice, Document]) -> Success:
    issued, document = fetched
    note = _own_number(session, order, _refund(session, step))
    note.write(document=document.content)
    note.media_type, note.stored_at = document.media_type, clock.now()
    session.add(note)
    amount = display(issued.total_minor, issued.currency)
    timeline.add(
        session,
        order.id,
        TimelineKind.CREDIT_NOTE_STORED,
        f"Credit note {issued.number} of {issued.date:%-d %B %Y} stored, {amount}.",
        actor=provider_actor(step.provider),
        at=clock.now(),
        weight=Weight.MILESTONE,
    )
    steps.promise(session, order, StepKind.CREDIT_NOTE_SEND, at=clock.now(), subject=step.subject)
    flow.advance(session, order)
    return Success({"number": issued.number}, f"Credit note {issued.number} stored.")


HANDLERS: dict[StepKind, Handler] = {
    StepKind.CREDIT_NOTE_ISSUE: Handler(invoicing, _prepare_issue, _issue, _apply_issued, ask=_find),
    StepKind.CREDIT_NOTE_STORE: Handler(invoicing, _prepare_store, _fetch, _apply_stored),
}
