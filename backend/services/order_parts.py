"""The parts of one order as people read them: each is read by itself, so that a page asks only for what it shows."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
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
    ParcelView,
    StepView,
    TimelineView,
)
from backend.domain.fixes import offered
from backend.domain.holds import CATALOGUE, HoldKind
from backend.domain.steps import StepState, rule_of
from backend.services import corrections
from backend.services import notes as order_notes
from backend.store import orders, steps, stock, timeline
from backend.store.order_heads import HoldRow
from backend.store.tables import (
    Attempt,
    DiscountSnapshot,
    Hold,
    Invoice,
    Order,
    Parcel,
    Shipment,
    Step,
    TimelineEntry,
    TrackingScan,
)


def hold_view(hold: Hold | HoldRow) -> HoldView:
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
        fixes=tuple(map(str, offered(HoldKind(hold.kind), _step(hold)))) if hold.closed_at is None else (),
    )


def _step(hold: Hold | HoldRow) -> str:
    """The kind of step that the hold stands on; empty where it stands on none."""
    return str(hold.facts.get("step", ""))


def entries(session: Session, order: Order) -> tuple[TimelineView, ...]:
    found = timeline.of_order(session, order.id)
    told = corrections.data_of(session, order.id, found)
    return tuple(entry_view(entry, told[entry.id]) for entry in found)


def entry_view(entry: TimelineEntry, data: dict[str, Any]) -> TimelineView:
    return TimelineView(
        id=entry.id,
        at=entry.at,
        kind=entry.kind,
        weight=entry.weight,
        actor_kind=entry.actor_kind,
        actor=entry.actor_name,
        text=entry.text,
        data=data,
    )


def steps_of(session: Session, order: Order) -> tuple[StepView, ...]:
    """Every promised call with its attempts."""
    found = steps.of_order(session, order.id)
    tries: dict[int, list[AttemptView]] = defaultdict(list)
    ids = [step.id for step in found]
    statement = select(Attempt).where(col(Attempt.step_id).in_(ids)).order_by(col(Attempt.id))
    for attempt in session.exec(statement).all():
        tries[attempt.step_id].append(attempt_view(attempt))
    return tuple(replace(view, tries=tuple(tries[view.id])) for view in step_views(found))


def step_views(found: Sequence[Step]) -> list[StepView]:
    """All of an order's calls, without their attempts."""
    newest = {(step.kind, step.subject): step.id for step in found}
    return [_step_view(step, newest[step.kind, step.subject] == step.id) for step in found]


def attempt_view(attempt: Attempt) -> AttemptView:
    return AttemptView(
        id=attempt.id,
        number=attempt.number,
        started_at=attempt.started_at,
        duration_ms=attempt.duration_ms,
        outcome=attempt.outcome or "running",
        error=attempt.error,
        asked_first=attempt.asked_first,
        worker=attempt.worker,
        exchanges=tuple(dict(exchange) for exchange in attempt.exchanges),
    )


def _step_view(step: Step, is_newest: bool) -> StepView:
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
    )


def items(session: Session, order: Order) -> tuple[ItemView, ...]:
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


def parcels(session: Session, order: Order) -> tuple[ParcelView, ...]:
    found = session.exec(
        select(Parcel, Shipment)
        .join(Shipment, col(Shipment.id) == col(Parcel.shipment_id))
        .where(Parcel.order_id == order.id)
        .order_by(col(Parcel.id))
    ).all()
    return tuple(parcel_views(session, found))


def parcel_views(session: Session, found: Sequence[tuple[Parcel, Shipment]]) -> list[ParcelView]:
    """Parcels with their scans, newest scan first."""
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
    return [
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
    ]


def documents(session: Session, order: Order) -> tuple[DocumentView, ...]:
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


def notes(session: Session, order: Order) -> tuple[NoteView, ...]:
    return order_notes.of_order(session, order.id)


def address(session: Session, order: Order, kind: str) -> AddressView | None:
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


def discounts(session: Session, order: Order) -> tuple[tuple[str, int], ...]:
    found = session.exec(
        select(DiscountSnapshot).where(DiscountSnapshot.order_id == order.id).order_by(col(DiscountSnapshot.position))
    ).all()
    return tuple((discount.code, discount.amount_minor) for discount in found)
