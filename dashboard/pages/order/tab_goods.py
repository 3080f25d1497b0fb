"""Documents, which open in the page, and parcels with label, tracking and what is in them."""

import reflex as rx

from dashboard.components.marks import mark
from dashboard.pages.order.cards import DocumentCard, ParcelCard, Stage
from dashboard.pages.order.listing import listing, open_steps
from dashboard.pages.order.state import OrderState


def documents() -> rx.Component:
    listed = listing("Documents", OrderState.documents, _document, "No document has been issued yet.", "documents")
    return rx.el.div(listed, _reader(), open_steps(), class_name="stack")


def _document(document: rx.Var[DocumentCard]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(rx.el.strong(document.title)),
            rx.el.p(
                document.date, rx.cond(document.provider != "", " · " + document.provider, ""), class_name="muted small"
            ),
            rx.el.p(rx.foreach(document.stages, _stage), class_name="paper-stages"),
        ),
        rx.el.div(
            rx.el.p(document.total),
            rx.cond(document.href != "", _openers(document), rx.fragment()),
            class_name="num",
        ),
        key=document.id,
        custom_attrs={"data-testid": "paper"},
    )


def _stage(stage: rx.Var[Stage]) -> rx.Component:
    return rx.el.span(mark(stage.mood, stage.state), key=stage.label)


def _openers(document: rx.Var[DocumentCard]) -> rx.Component:
    return rx.el.p(
        rx.el.button(
            rx.cond(document.open, "Close", "Open"),
            rx.el.span(" ", document.title, class_name="sr"),
            type="button",
            class_name="button",
            aria_expanded=rx.cond(document.open, "true", "false"),
            on_click=OrderState.open_document(document.id),
            custom_attrs={"data-testid": "open-document"},
        ),
        rx.el.a(
            "Download",
            rx.el.span(" ", document.title, class_name="sr"),
            href=document.download,
            reload_document=True,
            download=True,
            class_name="button",
            custom_attrs={"data-testid": "download"},
        ),
        class_name="clicks",
    )


def _reader() -> rx.Component:
    """The opened document, shown by the browser's own reader of PDFs."""
    return rx.cond(
        OrderState.document_href != "",
        rx.el.section(
            rx.el.header(
                rx.el.h2(OrderState.document_title),
                rx.el.a(
                    "Open in a new tab",
                    href=OrderState.document_href,
                    target="_blank",
                    reload_document=True,
                    class_name="link",
                    custom_attrs={"data-testid": "document"},
                ),
            ),
            rx.el.iframe(
                src=OrderState.document_href,
                title=OrderState.document_title,
                class_name="paper",
                custom_attrs={"data-testid": "pdf"},
            ),
            class_name="card",
        ),
        rx.fragment(),
    )


def parcels() -> rx.Component:
    beside = (OrderState.contents.length() > 0) | (OrderState.parcels.length() == 0)
    return rx.el.div(
        rx.el.div(
            listing("Parcels", OrderState.parcels, _parcel, "No label has been bought yet.", "parcels"),
            open_steps(),
            class_name="stack",
        ),
        rx.cond(beside, _shipment(), rx.fragment()),
        class_name=rx.cond(beside, "order-columns", ""),
    )


def _shipment() -> rx.Component:
    """What is shipped as a whole, where no parcel says what is in it."""
    return rx.el.section(
        rx.el.header(rx.el.h2("In the shipment")),
        rx.cond(
            OrderState.contents.length() > 0,
            rx.el.ul(
                rx.foreach(OrderState.contents, lambda line: rx.el.li(line)),
                class_name="body contents",
                custom_attrs={"data-testid": "contents"},
            ),
            rx.el.p("Nothing of this order is shipped.", class_name="body muted"),
        ),
        class_name="card",
    )


def _goods(parcel: rx.Var[ParcelCard]) -> rx.Component:
    return rx.cond(
        parcel.goods.length() > 0,
        rx.el.ul(
            rx.foreach(parcel.goods, lambda line: rx.el.li(line)),
            class_name="contents small",
            aria_label="In this parcel",
            custom_attrs={"data-testid": "goods"},
        ),
        rx.fragment(),
    )


def _parcel(parcel: rx.Var[ParcelCard]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(_number(parcel), " ", parcel.carrier),
            rx.el.p(parcel.bought, rx.cond(parcel.facts != "", " · " + parcel.facts, ""), class_name="muted small"),
            _goods(parcel),
            rx.cond(
                parcel.scans.length() > 0,
                rx.el.ol(
                    rx.foreach(parcel.scans, lambda scan: rx.el.li(scan)),
                    class_name="scans",
                    aria_label="What the carrier reported, newest first",
                    custom_attrs={"data-testid": "scans"},
                ),
                rx.el.p("The carrier has not reported anything yet.", class_name="muted small"),
            ),
        ),
        rx.el.div(
            mark(parcel.status, parcel.status_word),
            rx.el.p(parcel.updated, class_name="muted small"),
            rx.cond(parcel.label_url != "", _outside("Label", parcel.label_url, "label", "button"), rx.fragment()),
            class_name="num",
        ),
        key=parcel.tracking_number,
        custom_attrs={"data-testid": "parcel"},
    )


def _number(parcel: rx.Var[ParcelCard]) -> rx.Component:
    return rx.cond(
        parcel.tracking_url != "",
        _outside(parcel.tracking_number, parcel.tracking_url, "tracking", "link mono"),
        rx.el.code(parcel.tracking_number),
    )


def _outside(words: rx.Var[str] | str, href: rx.Var[str], name: str, look: str) -> rx.Component:
    """A link to another site, which learns nothing of where it was clicked."""
    return rx.el.a(
        words,
        href=href,
        target="_blank",
        rel="noreferrer noopener",
        reload_document=True,
        class_name=look,
        custom_attrs={"data-testid": name},
    )
