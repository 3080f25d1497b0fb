"""Reading orders: the list, and everything about one order for its page."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from backend.domain.desk import (
    AddressView,
    AttemptView,
    DocumentView,
    HoldView,
    ItemView,
    NoteView,
    OrderPage,
    OrderRow,
    OrderView,
    ParcelView,
    StepView,
    TimelineView,
)
from backend.domain.errors import InvalidInput
from backend.domain.holds import CATALOGUE, HoldKind
from backend.domain.orders import OrderStatus
from backend.domain.permissions import Actor, Area, Level
from backend.domain.steps import RULES, StepState, rule_of
from backend.services import order_money
from backend.store import holds, order_lists, orders, payments, steps, stock, timeline
from backend.store.tables import (
    Attempt,
    Customer,
    DiscountSnapshot,
    Hold,
    Invoice,
    Note,
    Order,
    Parcel,
    Shipment,
    Step,
    TimelineEntry,
    TrackingScan,
)

MAX_PAGE = 200
BIGGEST_ID = 2**63


def order_page(
    session: Session,
    *,
    actor: Actor,
    status: str = "",
    channel: str = "",
    held: bool | None = None,
    failed: bool = False,
    query: str = "",
    cursor: str = "",
    size: int = 50,
) -> OrderPage:
    """A page of orders, newest first; `failed`: only those with a document or message that failed.

    Raises `InvalidInput` for an unknown status or a cursor we did not give out."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    if status and status not in set(OrderStatus):
        raise InvalidInput([f"There is no status {status!r}; known are {', '.join(OrderStatus)}."])
    size = min(max(1, size), MAX_PAGE)
    documents = tuple(str(kind) for kind, rule in RULES.items() if not rule.holds)
    filters = order_lists.Filters(status, channel, held, query, documents if failed else ())
    found = order_lists.page(session, filters, after=_read_cursor(cursor), limit=size + 1)
    rows = tuple(_order_row(order, customer, is_held) for order, customer, is_held in found[:size])
    more = len(found) > size
    return OrderPage(rows, f"{rows[-1].placed_at.isoformat()}~{rows[-1].id}" if more else "")


def _order_row(order: Order, customer: Customer, is_held: bool) -> OrderRow:
    return OrderRow(
        id=order.id,
        number=order.number,
        external_number=order.external_number,
        customer=customer.show("name"),
        channel=order.channel,
        status=order.status,
        payment_status=order.payment_status,
        shipping_status=order.shipping_status,
        total_minor=order.total_minor,
        currency=order.currency,
        held=is_held,
        placed_at=order.placed_at,
        updated_at=order.updated_at,
    )


def _read_cursor(cursor: str) -> tuple[datetime, int] | None:
    if not cursor:
        return None
    try:
        moment, order_id = cursor.split("~")
        at, last = datetime.fromisoformat(moment), int(order_id)
        if at.tzinfo is None or not 0 < last < BIGGEST_ID:
            raise ValueError("not a place in the list")
        return at, last
    except ValueError as error:
        raise InvalidInput(["The cursor is not one we gave out; begin again without it."]) from error


def order_view(session: Session, number: str, *, actor: Actor) -> OrderView:
    """Everything about one order; raises `OrderNotFound`."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    order = orders.by_number(session, number)
    all_holds = [_hold_view(hold) for hold in holds.all_of(session, order.id)]
    open_holds = tuple(hold for hold in all_holds if hold.closed_at is None)
    balance = payments.balance_of(session, order.id)
    customer = orders.customer(session, order.customer_id)
    return OrderView(
        **_columns(order),
        held=bool(open_holds),
        captured_minor=balance.captured_minor,
        refunded_minor=balance.refunded_minor,
        refundable_minor=balance.refundable_minor,
        tags=tuple(order.tags),
        customer=customer.show("name"),
        email=customer.show("email"),
        phone=customer.show("phone"),
        holds=open_holds,
        closed_holds=tuple(hold for hold in all_holds if hold.closed_at is not None),
        steps=_steps(session, order),
        timeline=_timeline(session, order),
        items=_items(session, order),
        payments=order_money.entries(session, order),
        parcels=_parcels(session, order),
        documents=_documents(session, order),
        notes=_notes(session, order),
        shipping_address=_address(session, order, "shipping"),
        billing_address=_address(session, order, "billing"),
        discounts=_discounts(session, order),
        refunds=order_money.refunds(session, order),
        cancellation=order_money.cancellation(session, order),
    )


_SAME_NAME = (
    "id",
    "number",
    "external_number",
    "external_id",
    "channel",
    "status",
    "payment_status",
    "shipping_status",
    "payment_mode",
    "version",
    "currency",
    "subtotal_minor",
    "discount_minor",
    "shipping_minor",
    "tax_minor",
    "total_minor",
    "taxes_included",
    "note",
    "placed_at",
    "created_at",
    "updated_at",
)


def _columns(order: Order) -> dict[str, Any]:
    return {name: getattr(order, name) for name in _SAME_NAME}


def timeline_of(session: Session, number: str, *, actor: Actor) -> tuple[TimelineView, ...]:
    """The order's timeline, newest first; raises `OrderNotFound`."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    return _timeline(session, orders.by_number(session, number))


def holds_of(session: Session, number: str, *, actor: Actor) -> tuple[HoldView, ...]:
    """Every hold the order ever had, oldest first; raises `OrderNotFound`."""
    actor.require(Area.HOLDS, Level.VIEW, "see holds")
    return tuple(_hold_view(hold) for hold in holds.all_of(session, orders.by_number(session, number).id))


def _hold_view(hold: Hold) -> HoldView:
    rule = CATALOGUE[HoldKind(hold.kind)]
    return HoldView(
        id=hold.id,
        kind=hold.kind,
        title=rule.title,
        reason=hold.reason,
        advice=rule.advice,
        provider=hold.provider,
        source=hold.source,
        actions=rule.actions if hold.closed_at is None else (),
        placed_at=hold.placed_at,
        placed_by=hold.placed_by_name,
        closed_at=hold.closed_at,
        closed_by=hold.closed_by_name,
        closed_how=hold.closed_how,
        closed_reason=hold.closed_reason,
        step_id=hold.step_id,
    )


def _timeline(session: Session, order: Order) -> tuple[TimelineView, ...]:
    return tuple(_timeline_view(entry) for entry in timeline.of_order(session, order.id))


def _timeline_view(entry: TimelineEntry) -> TimelineView:
    return TimelineView(
        id=entry.id,
        at=entry.at,
        kind=entry.kind,
        weight=entry.weight,
        actor_kind=entry.actor_kind,
        actor=entry.actor_name,
        text=entry.text,
        data=dict(entry.data),
    )


def _steps(session: Session, order: Order) -> tuple[StepView, ...]:
    found = steps.of_order(session, order.id)
    tries: dict[int, list[AttemptView]] = defaultdict(list)
    ids = [step.id for step in found]
    statement = select(Attempt).where(col(Attempt.step_id).in_(ids)).order_by(col(Attempt.id))
    for attempt in session.exec(statement).all():
        tries[attempt.step_id].append(_attempt_view(attempt))
    newest = {(step.kind, step.subject): step.id for step in found}
    return tuple(_step_view(step, tuple(tries[step.id]), newest[step.kind, step.subject] == step.id) for step in found)


def _attempt_view(attempt: Attempt) -> AttemptView:
    return AttemptView(
        number=attempt.number,
        started_at=attempt.started_at,
        duration_ms=attempt.duration_ms,
        outcome=attempt.outcome or "running",
        error=attempt.error,
        asked_first=attempt.asked_first,
        worker=attempt.worker,
        exchanges=tuple(dict(exchange) for exchange in attempt.exchanges),
    )


def _step_view(step: Step, tries: tuple[AttemptView, ...], is_newest: bool) -> StepView:
    rule = rule_of(step.kind)
    return StepView(
        id=step.id,
        kind=step.kind,
        label=rule.label,
        state=step.state,
        provider=step.provider,
        key=step.key,
        attempts=step.attempts,
        allowed=step.allowed,
        next_try_at=step.due_at if step.state == StepState.READY else None,
        error=step.error,
        in_doubt=step.in_doubt,
        can_retry=step.state == StepState.PARKED and not rule.holds and is_newest,
        created_at=step.created_at,
        done_at=step.done_at,
        tries=tries,
    )


def _items(session: Session, order: Order) -> tuple[ItemView, ...]:
    reserved = {row.order_item_id: row.state for row in stock.reservations(session, order.id)}
    return tuple(
        ItemView(
            position=item.position,
            sku=item.sku,
            name=item.name,
            quantity=item.quantity,
            unit_price_minor=item.unit_price_minor,
            discount_minor=item.discount_minor,
            tax_minor=item.tax_minor,
            total_minor=item.total_minor,
            requires_shipping=item.requires_shipping,
            reservation=reserved.get(item.id, ""),
            wishes=tuple((str(wish[0]), str(wish[1])) for wish in item.wishes),
        )
        for item in orders.items(session, order.id)
    )


def _parcels(session: Session, order: Order) -> tuple[ParcelView, ...]:
    found = session.exec(
        select(Parcel, Shipment)
        .join(Shipment, col(Shipment.id) == col(Parcel.shipment_id))
        .where(Parcel.order_id == order.id)
        .order_by(col(Parcel.id))
    ).all()
    scans: dict[int, list[tuple[datetime, str, str]]] = defaultdict(list)
    ids = [parcel.id for parcel, _ in found]
    statement = (
        select(TrackingScan)
        .where(col(TrackingScan.parcel_id).in_(ids))
        .order_by(col(TrackingScan.occurred_at).desc(), col(TrackingScan.id).desc())
    )
    for scan in session.exec(statement).all():
        place = f", {scan.location}" if scan.location else ""
        scans[scan.parcel_id].append((scan.occurred_at, scan.status, scan.description + place))
    return tuple(
        ParcelView(
            tracking_number=parcel.tracking_number,
            tracking_url=parcel.tracking_url,
            carrier=shipment.carrier,
            service=shipment.service,
            status="voided" if shipment.state == "voided" else parcel.status,
            updated_at=parcel.updated_at,
            scans=tuple(scans[parcel.id]),
        )
        for parcel, shipment in found
    )


def _documents(session: Session, order: Order) -> tuple[DocumentView, ...]:
    found = session.exec(select(Invoice).where(Invoice.order_id == order.id).order_by(col(Invoice.created_at))).all()
    return tuple(
        DocumentView(
            id=str(document.id),
            kind=document.kind,
            number=str(document.number),
            date=document.date,
            total_minor=document.total_minor,
            currency=document.currency,
            stored=document.stored_at is not None,
            sent_at=document.sent_at,
        )
        for document in found
    )


def _notes(session: Session, order: Order) -> tuple[NoteView, ...]:
    found = session.exec(select(Note).where(Note.order_id == order.id).order_by(col(Note.id).desc())).all()
    return tuple(NoteView(note.author_name, note.text, note.public, note.created_at) for note in found)


def _address(session: Session, order: Order, kind: str) -> AddressView | None:
    address = orders.address(session, order.id, kind)
    if address is None:
        return None
    personal = {column: address.show(column) for column in address.personal_columns}
    return AddressView(
        **personal,
        city=address.city,
        province=address.province,
        postal_code=address.postal_code,
        country=address.country,
    )


def _discounts(session: Session, order: Order) -> tuple[tuple[str, int], ...]:
    found = session.exec(
        select(DiscountSnapshot).where(DiscountSnapshot.order_id == order.id).order_by(col(DiscountSnapshot.position))
    ).all()
    return tuple((discount.code, discount.amount_minor) for discount in found)
