"""What carriers tell us by webhook: scans move the parcel forward, never backwards, and with it the order."""

from sqlalchemy import text
from sqlmodel import Session, select

from backend import clock
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.permissions import provider_actor
from backend.domain.timeline import TimelineKind, Weight
from backend.domain.tracking import TrackingStatus, advances
from backend.ports.shipping import TrackingEvent
from backend.services import flow, holds
from backend.services.payment_events import Applied
from backend.store import orders, timeline
from backend.store.tables import Order, Parcel

_TROUBLE = (TrackingStatus.EXCEPTION, TrackingStatus.RETURNED)


def apply(session: Session, provider: str, scan: TrackingEvent) -> Applied:
    """Record a scan; one for a parcel we don't know (yet) waits until its label is recorded."""
    known = session.exec(
        select(Parcel.order_id).where(Parcel.provider == provider, Parcel.tracking_number == scan.tracking_number)
    ).first()
    if known is None:
        return Applied(parked_for=scan.tracking_number)
    order = orders.lock(session, known)
    parcel = session.exec(
        select(Parcel)
        .where(Parcel.provider == provider, Parcel.tracking_number == scan.tracking_number)
        .execution_options(populate_existing=True)
    ).one()
    if _record(session, parcel, scan):
        _follow(session, order, parcel, scan)
    return Applied(order.id, order.number)


def _record(session: Session, parcel: Parcel, scan: TrackingEvent) -> bool:
    inserted = session.execute(
        text(
            "insert into tracking_scans (parcel_id, provider, event_id, status, provider_status, description, location, "
            "occurred_at, recorded_at) values (:parcel, :provider, :event, :status, :raw, :description, :location, :at, :now) "
            "on conflict (provider, event_id) do nothing returning id"
        ),
        {
            "parcel": parcel.id,
            "provider": parcel.provider,
            "event": scan.event_id,
            "status": str(scan.status),
            "raw": scan.provider_status,
            "description": scan.description,
            "location": scan.location,
            "at": scan.at,
            "now": clock.now(),
        },
    )
    return inserted.scalar_one_or_none() is not None


def _follow(session: Session, order: Order, parcel: Parcel, scan: TrackingEvent) -> None:
    news = advances(TrackingStatus(parcel.status), scan.status)
    timeline.add(
        session,
        order.id,
        TimelineKind.TRACKING,
        f"{scan.description or scan.status.replace('_', ' ').capitalize()}"
        + (f", {scan.location}" if scan.location else "")
        + ("." if news else " (an older scan)."),
        actor=provider_actor(parcel.provider),
        at=clock.now(),
        weight=Weight.PROBLEM if news and scan.status in _TROUBLE else Weight.ROUTINE,
        data={"status": str(scan.status), "tracking_number": parcel.tracking_number},
    )
    if not news:
        return
    parcel.status, parcel.updated_at = str(scan.status), clock.now()
    session.add(parcel)
    if scan.status in _TROUBLE:
        holds.place(
            session,
            order,
            HoldKind.DELIVERY_EXCEPTION,
            f"The carrier reports: {scan.description or scan.provider_status}.",
            source=HoldSource.CHECK,
            provider=parcel.provider,
        )
    else:
        holds.lift_by_check(session, order, HoldKind.DELIVERY_EXCEPTION, "the carrier has it moving again")
    flow.update_facts(session, order)
    flow.advance(session, order, actor=provider_actor(parcel.provider))
