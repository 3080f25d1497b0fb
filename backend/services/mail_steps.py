"""Mail steps: what is written to customers and staff, and when. A repeat carries the same Message-ID."""

import hashlib
from collections.abc import Callable
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from backend import clock, settings
from backend.domain import mails
from backend.domain.holds import CATALOGUE, HoldKind
from backend.domain.money import display
from backend.domain.orders import OrderStatus
from backend.domain.payments import PaymentStatus
from backend.domain.preferences import Preferences
from backend.domain.steps import StepKind
from backend.ports.calls import Call
from backend.ports.notifications import Attachment, Mail, Mailer, MailSent
from backend.ports.registry import Adapters
from backend.services.step_handlers import Handler, NotNeeded, Success
from backend.store import desk_notices, documents, orders, payments, refunds, steps, viewers
from backend.store.personal import keyring
from backend.store.tables import Hold, Incident, Order, Parcel, Shipment, Step


def _mailer(adapters: Adapters, order: Order) -> Mailer | None:
    return adapters.mailer


def _send(mailer: Mailer, mail: Mail, call: Call) -> MailSent:
    return mailer.send(mail, call)


def _mail(step: Step, order: Order, to: str, words: mails.Words, attachments: tuple[Attachment, ...] = ()) -> Mail:
    shop = settings.current().shop_name
    return Mail(
        message_id=f"<{hashlib.sha256(step.key.encode()).hexdigest()[:32]}@{order.number.lower()}.holdfast>",
        to=to,
        subject=words.subject,
        text=mails.as_text(words, shop),
        html=mails.as_html(words, shop),
        order_number=order.number,
        attachments=attachments,
    )


def _recipient(session: Session, order: Order) -> tuple[str, str]:
    """The customer's name and address; orders without an e-mail address get no mail."""
    customer = orders.customer(session, order.customer_id)
    email = customer.read("email")
    for kind in ("billing", "shipping"):
        address = orders.address(session, order.id, kind)
        if not email and address is not None:
            email = address.read("email")
    if not email:
        raise NotNeeded("The order came without an e-mail address.")
    return customer.read("name") or "there", email


def _staff() -> str:
    address = settings.current().staff_email
    if not address:
        raise NotNeeded("No staff address is set (HOLDFAST_STAFF_EMAIL).")
    return address


def _is_paid(order: Order) -> bool:
    return order.payment_status == PaymentStatus.PAID


def _shop_number(order: Order) -> str:
    return order.external_number or order.number


def _page(order: Order) -> str:
    return f"{settings.current().origin}/orders/{order.number}"


def _lines(session: Session, order: Order) -> tuple[tuple[str, str], ...]:
    rows = [
        (f"{item.quantity} × {item.name}", display(item.total_minor, order.currency))
        for item in orders.items(session, order.id)
    ]
    if order.shipping_minor:
        rows.append(("Shipping", display(order.shipping_minor, order.currency)))
    if order.tax_minor:
        rows.append(("Tax" + (" (included)" if order.taxes_included else ""), display(order.tax_minor, order.currency)))
    return (*rows, ("Total", display(order.total_minor, order.currency)))


def _confirmation(session: Session, order: Order, step: Step) -> Mail:
    name, email = _recipient(session, order)
    words = mails.confirmation(name, _shop_number(order), _lines(session, order), paid=_is_paid(order))
    return _mail(step, order, email, words)


def _staff_confirmation(session: Session, order: Order, step: Step) -> Mail:
    lines, page = _lines(session, order), _page(order)
    words = mails.staff_confirmation(order.number, order.channel, lines, page, paid=_is_paid(order))
    return _mail(step, order, _staff(), words)


def _payment_link(session: Session, order: Order, step: Step) -> Mail:
    name, email = _recipient(session, order)
    request = steps.get(session, int(step.data["request_step_id"]))
    amount = display(order.total_minor, order.currency)
    words = mails.payment_link(name, _shop_number(order), amount, str(request.result.get("pay_url", "")))
    return _mail(step, order, email, words)


def _payment_action(session: Session, order: Order, step: Step) -> Mail:
    if order.status != OrderStatus.PENDING or payments.balance_of(session, order.id).captured_minor:
        raise NotNeeded("The payment is not waited for any more.")
    name, email = _recipient(session, order)
    amount = display(order.total_minor, order.currency)
    words = mails.payment_action(name, _shop_number(order), amount, str(step.data["link"]))
    return _mail(step, order, email, words)


def _finance_alert(session: Session, order: Order, step: Step) -> Mail:
    address = settings.current().finance_email or _staff()
    title, text = str(step.data["title"]), str(step.data["text"])
    return _mail(step, order, address, mails.finance_alert(order.number, title, text, _page(order)))


def _invoice(session: Session, order: Order, step: Step) -> Mail:
    name, email = _recipient(session, order)
    invoice = documents.invoice_of(session, order.id)
    if invoice is None or invoice.document is None:
        raise NotNeeded("There is no stored invoice to send.")
    pdf = keyring().open_bytes("invoices", "document", invoice.id, invoice.document)
    attachment = Attachment(f"{invoice.number}.pdf", invoice.media_type, pdf)
    words = mails.invoice(name, _shop_number(order), str(invoice.number))
    return _mail(step, order, email, words, (attachment,))


def _credit_note(session: Session, order: Order, step: Step) -> Mail:
    name, email = _recipient(session, order)
    note = documents.credit_note_of(session, int(step.subject))
    if note is None or note.document is None:
        raise NotNeeded("There is no stored credit note to send.")
    pdf = keyring().open_bytes("invoices", "document", note.id, note.document)
    attachment = Attachment(f"{note.number}.pdf", note.media_type, pdf)
    amount = display(note.total_minor, note.currency)
    words = mails.credit_note(name, _shop_number(order), str(note.number), amount)
    return _mail(step, order, email, words, (attachment,))


def _shipped(session: Session, order: Order, step: Step) -> Mail:
    name, email = _recipient(session, order)
    parcel = session.exec(select(Parcel).where(Parcel.order_id == order.id).order_by(col(Parcel.id).desc())).first()
    if parcel is None:
        raise NotNeeded("There is no parcel.")
    shipment = session.exec(select(Shipment).where(Shipment.id == parcel.shipment_id)).one()
    words = mails.shipped(name, _shop_number(order), shipment.carrier, parcel.tracking_number, parcel.tracking_url)
    return _mail(step, order, email, words)


def _delivered(session: Session, order: Order, step: Step) -> Mail:
    name, email = _recipient(session, order)
    return _mail(step, order, email, mails.delivered(name, _shop_number(order)))


def _refunded(session: Session, order: Order, step: Step) -> Mail:
    name, email = _recipient(session, order)
    refund = refunds.get(session, int(step.subject))
    words = mails.refunded(name, _shop_number(order), display(refund.amount_minor, refund.currency))
    return _mail(step, order, email, words)


def _cancelled(session: Session, order: Order, step: Step) -> Mail:
    name, email = _recipient(session, order)
    paid_back = payments.balance_of(session, order.id).refunded_minor
    amount = display(paid_back, order.currency) if paid_back else ""
    return _mail(step, order, email, mails.cancelled(name, _shop_number(order), amount))


def _staff_alert(session: Session, order: Order, step: Step) -> Mail:
    hold = session.exec(select(Hold).where(Hold.id == int(step.subject))).one()
    if hold.closed_at is not None:
        raise NotNeeded("The hold was closed before the alert went out.")
    rule = CATALOGUE[HoldKind(hold.kind)]
    amount = display(order.total_minor, order.currency)
    return _mail(
        step,
        order,
        _staff(),
        mails.staff_alert(order.number, rule.title, hold.reason, rule.advice, amount, _page(order)),
    )


def _incident(session: Session, order: Order, step: Step) -> Mail:
    incident = session.exec(select(Incident).where(Incident.id == int(step.subject))).one()
    if incident.closed_at is not None:
        raise NotNeeded("The incident was over before the mail went out.")
    since = incident.opened_at.astimezone(ZoneInfo(settings.current().time_zone)).strftime("%H:%M on %d %B %Y (%Z)")
    return _mail(step, order, _staff(), mails.incident(incident.title, since, settings.current().origin))


def _mention(session: Session, order: Order, step: Step) -> Mail:
    notice, person = desk_notices.to_be_mailed(session, int(step.subject))
    looking = viewers.of_orders(session, [order.id]).get(order.id, ())
    if notice.read_at is not None or any(viewer.user_id == person.id for viewer in looking):
        raise NotNeeded(f"{person.name} has seen it.")
    if not person.active:
        raise NotNeeded(f"{person.name} does not work here any more.")
    if Preferences.read(person.preferences).mentions != "mail":
        raise NotNeeded(f"{person.name} wants no mail about mentions.")
    return _mail(step, order, person.email, mails.mention(order.number, notice.actor_name, _page(order)))


def _applied(what: str) -> Callable[[Session, Order, Step, MailSent], Success]:
    def apply(session: Session, order: Order, step: Step, sent: MailSent) -> Success:
        return Success({"message_id": sent.message_id}, f"{what} sent.")

    return apply


def _apply_invoice_sent(session: Session, order: Order, step: Step, sent: MailSent) -> Success:
    invoice = documents.invoice_of(session, order.id)
    if invoice is not None:
        invoice.sent_at = clock.now()
        session.add(invoice)
    return Success({"message_id": sent.message_id}, "Invoice sent to the customer.")


def _apply_credit_note_sent(session: Session, order: Order, step: Step, sent: MailSent) -> Success:
    note = documents.credit_note_of(session, int(step.subject))
    if note is not None:
        note.sent_at = clock.now()
        session.add(note)
    return Success({"message_id": sent.message_id}, "Credit note sent to the customer.")


HANDLERS: dict[StepKind, Handler] = {
    StepKind.MAIL_CONFIRMATION: Handler(_mailer, _confirmation, _send, _applied("Order confirmation")),
    StepKind.MAIL_STAFF_CONFIRMATION: Handler(_mailer, _staff_confirmation, _send, _applied("Staff confirmation")),
    StepKind.MAIL_PAYMENT_LINK: Handler(_mailer, _payment_link, _send, _applied("Payment link")),
    StepKind.MAIL_PAYMENT_ACTION: Handler(_mailer, _payment_action, _send, _applied("Request to confirm the payment")),
    StepKind.MAIL_FINANCE_ALERT: Handler(_mailer, _finance_alert, _send, _applied("Alert to finance")),
    StepKind.INVOICE_SEND: Handler(_mailer, _invoice, _send, _apply_invoice_sent),
    StepKind.CREDIT_NOTE_SEND: Handler(_mailer, _credit_note, _send, _apply_credit_note_sent),
    StepKind.MAIL_SHIPPED: Handler(_mailer, _shipped, _send, _applied("Shipping notice")),
    StepKind.MAIL_DELIVERED: Handler(_mailer, _delivered, _send, _applied("Delivery notice")),
    StepKind.MAIL_REFUNDED: Handler(_mailer, _refunded, _send, _applied("Refund notice")),
    StepKind.MAIL_CANCELLED: Handler(_mailer, _cancelled, _send, _applied("Cancellation notice")),
    StepKind.MAIL_STAFF_ALERT: Handler(_mailer, _staff_alert, _send, _applied("Alert to staff")),
    StepKind.MAIL_INCIDENT: Handler(_mailer, _incident, _send, _applied("Incident mail to staff")),
    StepKind.MAIL_MENTION: Handler(_mailer, _mention, _send, _applied("Mail about a mention")),
}
