"""The facts beside the history: money, parcels, documents, people, notes."""

import reflex as rx

from dashboard.components.marks import mark
from dashboard.pages.order.cards import (
    AddressCard,
    DocumentCard,
    ItemCard,
    Line,
    NoteCard,
    ParcelCard,
    PaymentCard,
    RefundCard,
)
from dashboard.pages.order.refund import RefundState
from dashboard.pages.order.state import OrderState

_head = OrderState.head


def money() -> rx.Component:
    """What was ordered and what it costs; what was captured, refunded, and may still be refunded."""
    return rx.el.section(
        rx.el.header(rx.el.h2("Items and money"), _refund_button()),
        rx.el.ul(rx.foreach(OrderState.items, _item), class_name="items", custom_attrs={"data-testid": "items"}),
        rx.el.div(_lines(OrderState.totals, "totals"), _lines(OrderState.balance, "balance"), class_name="body sums"),
        class_name="card",
    )


def _refund_button() -> rx.Component:
    """Offered to whom money is entrusted, while something can be paid back."""
    return rx.cond(
        OrderState.may_refund & _head.refundable,
        rx.el.button(
            "Refund",
            type="button",
            class_name="button",
            disabled=RefundState.running,
            on_click=RefundState.ask_refund(_head.number),
            custom_attrs={"data-testid": "refund"},
        ),
        rx.fragment(),
    )


def refunds() -> rx.Component:
    return rx.cond(
        OrderState.refunds.length() > 0, _card("Refunds", OrderState.refunds, _refund, "", "refunds"), rx.fragment()
    )


def _refund(refund: rx.Var[RefundCard]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            mark(refund.mood, refund.state),
            rx.el.p(refund.reason, " · ", refund.at, class_name="muted small"),
            rx.cond(refund.problem != "", rx.el.p(refund.problem, class_name="small"), rx.fragment()),
        ),
        rx.el.p(refund.amount, class_name="num"),
    )


def _item(item: rx.Var[ItemCard]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(rx.el.strong(item.quantity), " ", item.name),
            rx.el.p(item.sku, rx.cond(item.details != "", " · " + item.details, ""), class_name="muted small"),
            rx.foreach(item.wishes, lambda wish: rx.el.p(wish, class_name="wish")),
        ),
        rx.el.div(rx.el.p(item.total), rx.el.p(item.price, " each", class_name="muted small"), class_name="num"),
        key=item.sku,
    )


def _lines(lines: rx.Var[list[Line]], name: str) -> rx.Component:
    return rx.el.dl(rx.foreach(lines, _line), class_name="facts money", custom_attrs={"data-testid": name})


def _line(line: rx.Var[Line]) -> rx.Component:
    look = rx.cond(line.strong, "total", "")
    return rx.fragment(rx.el.dt(line.label, class_name=look), rx.el.dd(line.amount, class_name=look), key=line.label)


def payments() -> rx.Component:
    return _card("Payments", OrderState.payments, _payment, "Nothing has been paid yet.", "payments")


def _payment(payment: rx.Var[PaymentCard]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            mark(payment.mood, payment.label),
            rx.el.p(payment.provider, " · ", payment.at, class_name="muted small"),
            rx.el.p(rx.el.code(payment.reference), class_name="muted small"),
        ),
        rx.el.p(payment.amount, class_name="num"),
    )


def parcels() -> rx.Component:
    return _card("Parcels", OrderState.parcels, _parcel, "No label has been bought yet.", "parcels")


def _parcel(parcel: rx.Var[ParcelCard]) -> rx.Component:
    number = rx.cond(
        parcel.tracking_url != "",
        rx.el.a(
            parcel.tracking_number,
            href=parcel.tracking_url,
            target="_blank",
            rel="noreferrer noopener",
            reload_document=True,
            class_name="link mono",
            custom_attrs={"data-testid": "tracking"},
        ),
        rx.el.code(parcel.tracking_number),
    )
    return rx.el.li(
        rx.el.div(
            rx.el.p(number),
            rx.el.p(parcel.carrier, class_name="muted small"),
            rx.cond(
                parcel.scans.length() > 0,
                rx.el.details(
                    rx.el.summary("Scans (", parcel.scans.length().to_string(), ")", class_name="quiet"),
                    rx.el.ul(rx.foreach(parcel.scans, lambda scan: rx.el.li(scan)), class_name="scans"),
                ),
                rx.fragment(),
            ),
        ),
        rx.el.div(
            mark(parcel.status, parcel.status_word), rx.el.p(parcel.updated, class_name="muted small"), class_name="num"
        ),
        key=parcel.tracking_number,
    )


def documents() -> rx.Component:
    return _card("Documents", OrderState.documents, _document, "No document has been issued yet.", "documents")


def _document(document: rx.Var[DocumentCard]) -> rx.Component:
    title = rx.cond(
        document.href != "",
        rx.el.a(
            document.title,
            href=document.href,
            target="_blank",
            reload_document=True,
            class_name="link",
            custom_attrs={"data-testid": "document"},
        ),
        rx.el.span(document.title, " (not stored yet)"),
    )
    return rx.el.li(
        rx.el.div(rx.el.p(title), rx.el.p(document.date, " · ", document.sent, class_name="muted small")),
        rx.el.p(document.total, class_name="num"),
        key=document.id,
    )


def customer() -> rx.Component:
    return rx.el.section(
        rx.el.header(rx.el.h2("Customer")),
        rx.el.div(
            rx.el.dl(
                rx.el.dt("Name"), rx.el.dd(_head.customer, custom_attrs={"data-testid": "customer"}),
                rx.el.dt("E-mail"), rx.el.dd(rx.cond(_head.email != "", _head.email, "none given")),
                rx.el.dt("Phone"), rx.el.dd(rx.cond(_head.phone != "", _head.phone, "none given")),
                class_name="facts",
            ),
            rx.cond(
                _head.note != "",
                rx.el.blockquote(rx.el.h3("Note from the customer"), rx.el.p(_head.note), class_name="customer-note"),
                rx.fragment(),
            ),
            rx.el.div(rx.foreach(OrderState.addresses, _address), class_name="addresses"),
            rx.cond(
                _head.tags.length() > 0,
                rx.el.p(rx.foreach(_head.tags, lambda tag: rx.el.span(tag, class_name="tag")), class_name="tags"),
                rx.fragment(),
            ),
            class_name="body stack",
        ),
        class_name="card",
    )  # fmt: skip


def _address(address: rx.Var[AddressCard]) -> rx.Component:
    return rx.el.address(
        rx.el.h3(address.title),
        rx.foreach(address.lines, lambda line: rx.el.p(line)),
        key=address.title,
        class_name="address",
    )


def notes() -> rx.Component:
    return rx.el.section(
        rx.el.header(rx.el.h2("Notes")),
        rx.el.div(
            rx.cond(
                OrderState.may_note,
                rx.el.form(
                    rx.el.textarea(
                        name="text",
                        required=True,
                        max_length=5000,
                        aria_label="A note for your colleagues",
                        placeholder="A note for your colleagues",
                        custom_attrs={"data-testid": "note-text"},
                    ),
                    rx.el.button(
                        "Add note", type="submit", class_name="button", custom_attrs={"data-testid": "add-note"}
                    ),
                    on_submit=OrderState.add_note,
                    reset_on_submit=True,
                    class_name="note-form",
                ),
                rx.fragment(),
            ),
            rx.el.ul(rx.foreach(OrderState.notes, _note), class_name="notes", custom_attrs={"data-testid": "notes"}),
            class_name="body stack",
        ),
        class_name="card",
    )


def _note(note: rx.Var[NoteCard]) -> rx.Component:
    return rx.el.li(
        rx.el.p(note.text, class_name="words"),
        rx.el.p(
            note.author, " · ", note.at,
            rx.cond(note.public, rx.el.span("seen by the customer", class_name="tag"), rx.fragment()),
            class_name="muted small",
        ),
    )  # fmt: skip


def _card(title: str, rows: rx.Var, row, nothing: str, name: str) -> rx.Component:
    """A card with a list, or a line that says what its absence means."""
    return rx.el.section(
        rx.el.header(rx.el.h2(title)),
        rx.cond(
            rows.length() > 0,
            rx.el.ul(rx.foreach(rows, row), class_name="items", custom_attrs={"data-testid": name}),
            rx.el.p(nothing, class_name="body muted"),
        ),
        class_name="card",
    )
