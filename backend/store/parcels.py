"""Parcels: where the one that is on its way is."""

from sqlalchemy import text
from sqlmodel import Session

from backend.domain.tracking import TrackingStatus

NEWEST_STATUS = (
    "select p.status from parcels p join shipments s on s.id = p.shipment_id "
    "where p.order_id = :order_id and s.order_id = :order_id and s.state = 'labelled' order by p.id desc limit 1"
)
_STATUS = text(NEWEST_STATUS)


def status_of(session: Session, order_id: int) -> TrackingStatus | None:
    """The status of the order's newest parcel; None without one. Parcels of voided shipments don't count."""
    session.flush()
    status = session.execute(_STATUS, {"order_id": order_id}).scalar_one_or_none()
    return None if status is None else TrackingStatus(status)
