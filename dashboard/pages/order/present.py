"""From an order's facts to what its page shows."""

import json
from typing import Any

from babel import Locale

from backend.domain.desk import AddressView, OrderView, ParcelView, TimelineView
from backend.domain.holds import HoldKind
from backend.domain.orders import FINAL, PATH, OrderEvent, OrderStatus, can
from backend.domain.permissions import ActorKind
from backend.domain.timeline import Weight
from backend.domain.tracking import TrackingStatus
from dashboard.components.money import LOCALE, money
from dashboard.components.times import day, full, moment, time_of_day
from dashboard.components.words import word
from dashboard.pages.order.cards import (
    AddressCard,
    DocumentCard,
    Entry,
    Head,
    ItemCard,
    NoteCard,
    ParcelCard,
    Stop,
)
from dashboard.pages.order.present_money import open_to_refund_minor

_PARCEL_SIGNS: dict[str, str] = {
    TrackingStatus.ACCEPTED: "in_transit",
    TrackingStatus.OUT_FOR_DELIVERY: "in_transit",
    TrackingStatus.PICKUP: "waiting",
    TrackingStatus.ATTEMPTED: "waiting",
    TrackingStatus.UNKNOWN: "idle",
    "voided": "cancelled",
}
"""Signs of a parcel's statuses that share one with another status."""


def head(order: OrderView) -> Head:
    return Head(
        number=order.number,
        external=order.external_number,
        channel=word(order.channel),
        status=order.status,
        status_word=word(order.status),
        payment=order.payment_status,
        payment_word=word(order.payment_status),
        shipping=order.shipping_status,
        shipping_word=word(order.shipping_status),
        held=order.held,
        final=OrderStatus(order.status) in FINAL,
        refundable=open_to_refund_minor(order) > 0,
        cancellable=_cancellable(order),
        placed=moment(order.placed_at),
        placed_full=full(order.placed_at),
        customer=order.customer,
        email=order.email,
        phone=order.phone,
        total=money(order.total_minor, order.currency),
        note=order.note,
        tags=list(order.tags),
    )


def _cancellable(order: OrderView) -> bool:
    under_way = any(hold.kind == HoldKind.BEING_CANCELLED for hold in order.holds)
    return can(OrderStatus(order.status), OrderEvent.CANCELLED) and not under_way


def path(order: OrderView) -> list[Stop]:
    """The five stops, or where the order left its way; a hold shows at the stop where the order stands."""
    status = OrderStatus(order.status)
    if status not in PATH:
        return [Stop(word(status), "ended")]
    here = PATH.index(status)
    stops = [Stop(word(each), "done" if index < here else "ahead") for index, each in enumerate(PATH)]
    stops[here].state = "held" if order.held else "done" if status is OrderStatus.DELIVERED else "here"
    return stops


def timeline(entries: tuple[TimelineView, ...], routine: bool) -> list[Entry]:
    """Newest first; routine success is folded away unless asked for."""
    shown = [entry for entry in entries if routine or entry.weight != Weight.ROUTINE]
    shown.sort(key=lambda entry: (entry.at, entry.id), reverse=True)
    lines: list[Entry] = []
    last = ""
    for entry in shown:
        today = day(entry.at)
        lines.append(
            Entry(
                id=entry.id,
                day=today if today != last else "",
                time=time_of_day(entry.at, seconds=True),
                full=full(entry.at),
                text=entry.text,
                who=entry.actor,
                person=entry.actor_kind in (ActorKind.STAFF, ActorKind.CUSTOMER),
                weight=entry.weight,
            )
        )
        last = today
    return lines


def routine_count(entries: tuple[TimelineView, ...]) -> int:
    return sum(entry.weight == Weight.ROUTINE for entry in entries)


def items(order: OrderView) -> list[ItemCard]:
    return [
        ItemCard(
            sku=item.sku,
            name=item.name,
            quantity=f"{item.quantity} ×",
            price=money(item.unit_price_minor, order.currency),
            total=money(item.total_minor, order.currency),
            details=" · ".join(
                part
                for part in (
                    f"{money(item.discount_minor, order.currency)} off" if item.discount_minor else "",
                    "" if item.requires_shipping else "nothing to ship",
                    f"stock {word(item.reservation).lower()}" if item.reservation else "",
                )
                if part
            ),
            wishes=[f"{name}: {value}" for name, value in item.wishes],
        )
        for item in order.items
    ]


def parcels(order: OrderView) -> list[ParcelCard]:
    return [
        ParcelCard(
            tracking_number=parcel.tracking_number,
            tracking_url=parcel.tracking_url if parcel.tracking_url.startswith(("https://", "http://")) else "",
            carrier=" · ".join(part for part in (word(parcel.carrier), _service(parcel)) if part),
            status=_PARCEL_SIGNS.get(parcel.status, parcel.status),
            status_word=word(parcel.status),
            updated=moment(parcel.updated_at),
            scans=[" · ".join(part for part in (moment(at), text, where) if part) for at, text, where in parcel.scans],
        )
        for parcel in order.parcels
    ]


def _service(parcel: ParcelView) -> str:
    """`Standard` rather than `Ups standard`: the carrier is named beside it."""
    return word(parcel.service.removeprefix(f"{parcel.carrier}_")) if parcel.service else ""


def documents(order: OrderView) -> list[DocumentCard]:
    return [
        DocumentCard(
            id=document.id,
            title=f"{word(document.kind)} {document.number}".strip(),
            date=day(document.date),
            total=money(document.total_minor, document.currency),
            sent=f"sent {moment(document.sent_at)}" if document.sent_at else "not sent yet",
            href=f"/documents/{document.id}" if document.stored else "",
        )
        for document in order.documents
    ]


def addresses(order: OrderView) -> list[AddressCard]:
    """Where it goes and who is billed; one card when both are the same."""
    ship, bill = order.shipping_address, order.billing_address
    if ship and ship == bill:
        return [AddressCard("Delivery and billing", _lines(ship))]
    cards = [AddressCard("Delivery", _lines(ship))] if ship else []
    return [*cards, AddressCard("Billing", _lines(bill))] if bill else cards


def _lines(address: AddressView) -> list[str]:
    place = " ".join(part for part in (address.postal_code, address.city) if part)
    country = Locale.parse(LOCALE).territories.get(address.country, address.country)
    region = ", ".join(part for part in (address.province, country) if part)
    lines = (address.name, address.company, address.line1, address.line2, place, region)
    return [line for line in lines if line]


def notes(order: OrderView) -> list[NoteCard]:
    newest_first = sorted(order.notes, key=lambda note: note.created_at, reverse=True)
    return [NoteCard(note.author, note.text, moment(note.created_at), note.public) for note in newest_first]


def payload(value: Any) -> str:
    """A masked request or response as text."""
    if value in (None, "", {}, []):
        return ""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
