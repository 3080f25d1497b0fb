"""Shipments, their parcels, and the carrier's scans."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.domain.tracking import TrackingStatus
from backend.store.tables.base import big, identity, moment


class Shipment(SQLModel, table=True):
    """Goods of one order that leave together; `key` is the step's key, so one intention makes one shipment."""

    __tablename__ = "shipments"
    __table_args__ = (
        UniqueConstraint("key"),
        CheckConstraint("state in ('labelled', 'voided')", name="state"),
        Index("uq_shipments_one_labelled", "order_id", unique=True, postgresql_where="state = 'labelled'"),
    )

    id: int = identity()
    order_id: int = big("orders.id", index=True)
    key: str
    state: str = "labelled"
    provider: str
    reference: str
    carrier: str = ""
    service: str = ""
    cost_minor: int = big(default=0)
    cost_currency: str = ""
    created_at: datetime = moment()


class Parcel(SQLModel, table=True):
    """One box with its tracking number; `status` is the furthest scan in our words."""

    __tablename__ = "parcels"
    __table_args__ = (
        UniqueConstraint("provider", "tracking_number"),
        CheckConstraint(f"status in ({', '.join(repr(str(status)) for status in TrackingStatus)})", name="status"),
    )

    id: int = identity()
    shipment_id: int = big("shipments.id", index=True)
    order_id: int = big("orders.id", index=True)
    provider: str
    tracking_number: str = Field(index=True)
    tracking_url: str = ""
    label_url: str = ""
    grams: int = 0
    status: str = TrackingStatus.LABEL_CREATED
    updated_at: datetime = moment()


class TrackingScan(SQLModel, table=True):
    """One scan as the carrier reported it; repeats are refused by its event id."""

    __tablename__ = "tracking_scans"
    __table_args__ = (UniqueConstraint("provider", "event_id"),)

    id: int = identity()
    parcel_id: int = big("parcels.id", index=True)
    provider: str
    event_id: str
    status: str
    provider_status: str
    description: str = ""
    location: str = ""
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
