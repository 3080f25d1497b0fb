"""From an order's lines, papers and parcels to what its page shows."""

from datetime import datetime
from decimal import Decimal, InvalidOperation

from babel.numbers import format_percent

from backend.domain.order_page import BoxView, DocumentsTab, ItemsTab, LineView, PaperView, ParcelsTab
from backend.domain.tracking import TrackingStatus
from dashboard.components.money import money
from dashboard.components.times import day, moment
from dashboard.components.viewer import viewer
from dashboard.components.words import number, word
from dashboard.pages.order.cards import DocumentCard, ItemCard, ParcelCard, Snapshot, Stage
from dashboard.pages.order.present import payload, web_address

_PARCEL_SIGNS: dict[str, str] = {
    TrackingStatus.ACCEPTED: "in_transit",
    TrackingStatus.OUT_FOR_DELIVERY: "in_transit",
    TrackingStatus.PICKUP: "waiting",
    TrackingStatus.ATTEMPTED: "waiting",
    TrackingStatus.UNKNOWN: "idle",
    "voided": "cancelled",
}
"""Signs of a parcel's statuses that share one with another status."""

HIGHEST_RATE = 10
"""Ten times the price; what is more is no rate of tax."""
_STOCK = {"reserved": "reserved in stock", "consumed": "taken from stock", "returned": "back in stock"}


def items(tab: ItemsTab) -> list[ItemCard]:
    return [_item(line, tab.currency) for line in tab.lines]


def _item(line: LineView, currency: str) -> ItemCard:
    item = line.item
    tax = money(item.tax_minor, currency) if item.tax_minor else ""
    return ItemCard(
        position=str(item.position),
        sku=item.sku,
        name=item.name,
        quantity=number(item.quantity),
        price=money(item.unit_price_minor, currency),
        discount=money(-item.discount_minor, currency) if item.discount_minor else "",
        tax=f"{tax} ({_percent(line.tax_rate)})" if tax and _percent(line.tax_rate) else tax,
        total=money(item.total_minor, currency),
        back=_back(line),
        details=" · ".join(
            part
            for part in (
                "" if item.requires_shipping else "nothing to ship",
                _STOCK.get(item.reservation, ""),
            )
            if part
        ),
        wishes=[f"{name}: {value}" for name, value in item.wishes],
    )


def _percent(rate: str) -> str:
    """`19%` for the rate 0.19, as the reader's language writes it; empty where it is no number."""
    try:
        found = Decimal(rate)
    except InvalidOperation:
        return ""
    if not (found.is_finite() and abs(found) < HIGHEST_RATE):
        return ""
    return str(format_percent(round(found, 6), locale=viewer().babel, decimal_quantization=False))


def _back(line: LineView) -> str:
    parts = []
    if line.refunded:
        parts.append(f"{line.refunded} of {line.item.quantity} refunded")
    if line.returning:
        parts.append(f"{line.returning} of {line.item.quantity} being refunded")
    return ", ".join(parts)


def snapshot(tab: ItemsTab) -> Snapshot:
    """Empty where none was taken."""
    taken = tab.snapshot
    if taken is None:
        return Snapshot()
    return Snapshot(taken.engine_version, moment(taken.taken_at), taken.rule_hash[:12], payload(taken.prices))


def papers(tab: DocumentsTab, opened: str) -> list[DocumentCard]:
    return [_paper(paper, paper.id == opened) for paper in tab.papers]


def _paper(paper: PaperView, opened: bool) -> DocumentCard:
    href = f"/documents/{paper.id}" if paper.stored_at else ""
    return DocumentCard(
        id=paper.id,
        title=f"{word(paper.kind)} {paper.number}".strip(),
        date=day(paper.date),
        total=money(paper.total_minor, paper.currency),
        provider=" · ".join(part for part in (word(paper.provider) if paper.provider else "", paper.reference) if part),
        href=href,
        download=f"{href}?download=1" if href else "",
        stages=[
            _stage("Issued", paper.issued_at, "not issued yet"),
            _stage("Stored", paper.stored_at, "not stored yet"),
            _stage("Sent", paper.sent_at, "not sent yet"),
        ],
        open=opened and bool(href),
    )


def _stage(label: str, at: datetime | None, not_yet: str) -> Stage:
    return Stage(label, "good", f"{label} {moment(at)}") if at else Stage(label, "pending", not_yet.capitalize())


def parcels(tab: ParcelsTab) -> list[ParcelCard]:
    return [_parcel(box) for box in tab.boxes]


def _parcel(box: BoxView) -> ParcelCard:
    parcel = box.parcel
    cost = money(box.cost_minor, box.cost_currency) if box.cost_currency else ""
    weight = f"{_kilos(box.grams)} kg" if box.grams else ""
    return ParcelCard(
        tracking_number=parcel.tracking_number,
        tracking_url=web_address(parcel.tracking_url),
        label_url="" if box.voided else web_address(box.label_url),
        carrier=" · ".join(part for part in (word(parcel.carrier), _service(box)) if part),
        status=_PARCEL_SIGNS.get(parcel.status, parcel.status),
        status_word=word(parcel.status),
        updated=moment(parcel.updated_at),
        bought=f"Label bought {moment(box.bought_at)} from {word(box.provider)}",
        facts=" · ".join(part for part in (weight, cost, box.reference) if part),
        scans=[
            " · ".join(part for part in (moment(at), word(status), said) if part) for at, status, said in parcel.scans
        ],
        goods=_goods(box.goods),
    )


def _kilos(grams: int) -> str:
    """`0.42` or `12.5`: exact, with no more decimals than it takes."""
    whole = Decimal(grams).scaleb(-3).normalize()
    return number(whole, max(0, -int(whole.as_tuple().exponent)))


def _service(box: BoxView) -> str:
    """`Standard` rather than `Ups standard`: the carrier is named beside it."""
    service = box.parcel.service
    return word(service.removeprefix(f"{box.parcel.carrier}_")) if service else ""


def contents(tab: ParcelsTab) -> list[str]:
    """What is shipped as a whole; nothing where a parcel says so itself."""
    return [] if any(box.goods for box in tab.boxes) else _goods(tab.contents)


def _goods(lines: tuple[tuple[int, str, str], ...]) -> list[str]:
    return [
        f"{number(quantity)} × {name} ({sku})" if sku else f"{number(quantity)} × {name}"
        for quantity, sku, name in lines
    ]
