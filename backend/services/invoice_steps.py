"""Invoice steps: issue, store (number, date, PDF), send. Their failures are told, and never stop the parcel."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlmodel import Session

from backend import clock, settings
from backend.domain.credit_notes import CreditLine
from backend.domain.money import display
from backend.domain.orders import OrderStatus
from backend.domain.payments import PaymentStatus
from backend.domain.permissions import provider_actor
from backend.domain.steps import StepKind
from backend.domain.timeline import TimelineKind, Weight
from backend.ports.calls import Call, OutcomeUnknown, Rejected
from backend.ports.invoicing import Document, InvoiceLine, InvoiceRequest, InvoicingSystem, IssuedInvoice, Party
from backend.ports.registry import Adapters
from backend.services import cancelling, credit_notes
from backend.services.fetched_documents import OnRecord, as_recorded, on_record
from backend.services.step_handlers import Handler, NotNeeded, Success
from backend.store import documents, orders, steps, timeline
from backend.store.tables import Invoice, Order, OrderItem, Step


def invoicing(adapters: Adapters, order: Order) -> InvoicingSystem | None:
    return adapters.invoicing


def today() -> date:
    """The day in the shop's time zone."""
    return clock.now().astimezone(ZoneInfo(settings.current().time_zone)).date()


def _own_number(session: Session, order: Order, found: IssuedInvoice | None = None) -> Invoice:
    """This order's invoice with our number and date: taken once, kept through every retry, so the series has no gap.

    `found`: a document that there is already; where we had forgotten it, it keeps its number and date.
    """
    series = settings.current().invoice_series
    known = None if found is None else documents.Known(found.number, found.date)
    return documents.numbered(session, order, series=series, day=today(), at=clock.now(), found=known)


@dataclass(frozen=True)
class _Wanted:
    """`withdrawn`: nobody wants the invoice any more, so what may have been issued is found out, and nothing new is."""

    request: InvoiceRequest
    withdrawn: bool


def _prepare_issue(session: Session, order: Order, step: Step) -> _Wanted:
    closed = _closed(session, order, in_doubt=step.in_doubt)
    if closed and not step.in_doubt:
        raise NotNeeded(closed)
    return _Wanted(_request(session, order, in_doubt=step.in_doubt), withdrawn=bool(closed))


def _closed(session: Session, order: Order, *, in_doubt: bool) -> str:
    """Why this order is not to be invoiced any more. A cancellation has called off every other step than one in doubt."""
    if order.status in (OrderStatus.CANCELLED, OrderStatus.REFUNDED):
        return f"The order is {order.status}."
    if order.payment_status == PaymentStatus.REFUNDED:
        return "Everything is paid back."
    return "The order is being cancelled." if in_doubt and cancelling.under_way(session, order) else ""


def _request(session: Session, order: Order, *, in_doubt: bool) -> InvoiceRequest:
    # An order from a restored backup may have an invoice under a number that is not known here: ask before taking one.
    invoice = documents.invoice_of(session, order.id) if in_doubt else _own_number(session, order)
    if invoice is not None and invoice.issued_at is not None:
        raise NotNeeded(f"Invoice {invoice.number} is issued already.")
    return InvoiceRequest(
        number=str(invoice.number) if invoice else "",
        date=invoice.date if invoice else today(),
        order_number=order.number,
        channel_order=order.external_id,
        currency=order.currency,
        lines=invoice_lines(orders.items(session, order.id)),
        shipping_minor=order.shipping_minor,
        tax_minor=order.tax_minor,
        total_minor=order.total_minor,
        taxes_included=order.taxes_included,
        customer=party(session, order),
    )


def invoice_lines(found: Iterable[OrderItem | CreditLine]) -> tuple[InvoiceLine, ...]:
    """Lines of an order, or of what is credited of one, as the invoicing system takes them."""
    return tuple(
        InvoiceLine(
            sku=line.sku,
            name=line.name,
            quantity=line.quantity,
            unit_price_minor=line.unit_price_minor,
            discount_minor=line.discount_minor,
            tax_minor=line.tax_minor,
            tax_name="Tax" if line.tax_minor else "",
            tax_rate=line.tax_rate,
        )
        for line in found
    )


def party(session: Session, order: Order) -> Party:
    """Who is invoiced: the billing address, or where the order goes."""
    address = orders.address(session, order.id, "billing") or orders.address(session, order.id, "shipping")
    customer = orders.customer(session, order.customer_id)
    if address is None:
        return Party(customer.read("name"), customer.read("email"), "", "", "", "", "", "")
    return Party(
        name=address.read("name") or customer.read("name"),
        email=address.read("email") or customer.read("email"),
        line1=address.read("line1"),
        line2=address.read("line2"),
        city=address.city,
        postal_code=address.postal_code,
        province=address.province,
        country=address.country,
        tax_id=address.read("tax_id"),
    )


def _issue(system: InvoicingSystem, wanted: _Wanted, call: Call) -> IssuedInvoice | None:
    """Ask for this order's document first, and only then issue one, if it is still wanted."""
    if not wanted.withdrawn:
        numbered(system, wanted.request)
    found = _find(system, wanted, call)
    if found is None and not wanted.withdrawn:
        found = checked(system, wanted.request, system.issue(wanted.request, call))
    return found


def numbered(system: InvoicingSystem, request: InvoiceRequest) -> None:
    """Raise `OutcomeUnknown` for a document whose number was lost with a backup: it can only be asked for."""
    if not request.number:
        raise OutcomeUnknown(system.name, "The number of this document was lost, and nobody can be asked for it.")


def _find(system: InvoicingSystem, wanted: _Wanted, call: Call) -> IssuedInvoice | None:
    found = system.find(wanted.request, call)
    return None if found is None else checked(system, wanted.request, found)


def checked(system: InvoicingSystem, request: InvoiceRequest, issued: IssuedInvoice) -> IssuedInvoice:
    """The document, refused where it has another number or total than ours."""
    if (issued.number, issued.total_minor) != (request.number or issued.number, request.total_minor):
        raise Rejected(
            system.name,
            f"The document there is number {issued.number} over {display(issued.total_minor, issued.currency)};"
            f" ours is {request.number} over {display(request.total_minor, request.currency)}.",
        )
    return issued


def _apply_issued(session: Session, order: Order, step: Step, issued: IssuedInvoice | None) -> Success:
    if issued is None:
        return Success({"not_needed": "withdrawn"}, "No invoice was issued, and none is wanted any more.")
    invoice = _own_number(session, order, issued)
    invoice.provider, invoice.reference, invoice.issued_at = step.provider, issued.reference, clock.now()
    session.add(invoice)
    steps.promise(session, order, StepKind.INVOICE_STORE, at=clock.now())
    if order.payment_status != PaymentStatus.PAID:
        credit_notes.promise_owed(session, order)  # of what was paid back before
    return Success({"reference": issued.reference, "number": issued.number}, f"Invoice {issued.number} issued.")


def _prepare_store(session: Session, order: Order, step: Step) -> OnRecord:
    invoice = documents.invoice_of(session, order.id)
    if invoice is None or invoice.issued_at is None:
        raise NotNeeded("There is no issued invoice to store.")
    if invoice.stored_at is not None:
        raise NotNeeded(f"Invoice {invoice.number} is stored already.")
    return on_record(invoice)


def _fetch(system: InvoicingSystem, wanted: OnRecord, call: Call) -> tuple[IssuedInvoice, Document]:
    return as_recorded(system, wanted, system.fetch(wanted.reference, call))


def _apply_stored(session: Session, order: Order, step: Step, fetched: tuple[IssuedInvoice, Document]) -> Success:
    issued, document = fetched
    invoice = _own_number(session, order)
    invoice.write(document=document.content)
    invoice.media_type, invoice.stored_at = document.media_type, clock.now()
    session.add(invoice)
    timeline.add(
        session,
        order.id,
        TimelineKind.INVOICE_STORED,
        f"Invoice {issued.number} of {issued.date:%-d %B %Y} stored, {display(issued.total_minor, issued.currency)}.",
        actor=provider_actor(step.provider),
        at=clock.now(),
        weight=Weight.MILESTONE,
    )
    steps.promise(session, order, StepKind.INVOICE_SEND, at=clock.now())
    return Success({"number": issued.number}, f"Invoice {issued.number} stored.")


HANDLERS: dict[StepKind, Handler] = {
    StepKind.INVOICE_ISSUE: Handler(invoicing, _prepare_issue, _issue, _apply_issued, ask=_find),
    StepKind.INVOICE_STORE: Handler(invoicing, _prepare_store, _fetch, _apply_stored),
}
