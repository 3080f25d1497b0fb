"""What people mended: data of a held order with its old and new values, and which of our items a shop's item is."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from backend.store.ids import new_id
from backend.store.personal import PersonalData, PersonalRow, Sealed
from backend.store.tables.base import big, moment


class OrderAmendment(PersonalRow, SQLModel, table=True):
    """One correction of an order's own data; `changes` is JSON `[{field, label, old, new}]`, sealed: it names customers."""

    __tablename__ = "order_amendments"
    __table_args__ = (Index("ix_order_amendments_order_id", "order_id"),)
    personal_columns: ClassVar[tuple[str, ...]] = ("changes",)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    order_id: int = big("orders.id")
    fix: str
    changes: Sealed | None = Field(default=None, sa_type=PersonalData)
    actor_id: str
    actor_name: str
    at: datetime = moment()


class SkuAlias(SQLModel, table=True):
    """Which of our items a channel's item is, as a person said; the channel's next orders follow it."""

    __tablename__ = "sku_aliases"

    channel: str = Field(primary_key=True)
    channel_sku: str = Field(primary_key=True)
    sku: str
    actor_id: str
    actor_name: str
    at: datetime = moment()
