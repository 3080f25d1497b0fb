"""Invoices and credit notes: numbers without gaps, the document itself sealed because it names the customer."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.store.ids import new_id
from backend.store.personal import PersonalData, PersonalRow, Sealed
from backend.store.tables.base import big, moment


class NumberSeries(SQLModel, table=True):
    """The last number given out in a series; a trigger on `invoices` is the only one to raise it."""

    __tablename__ = "number_series"

    series: str = Field(primary_key=True)
    last: int = 0


class Invoice(PersonalRow, SQLModel, table=True):
    """An invoice or credit note. `sequence` is set by a trigger from its series: unique, gapless, never deleted."""

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("series", "sequence"),
        UniqueConstraint("number"),
        CheckConstraint("kind in ('invoice', 'credit_note')", name="kind"),
        CheckConstraint("(kind = 'credit_note') = (refund_id is not null)", name="credit_note_has_refund"),
        Index("uq_invoices_one_invoice_per_order", "order_id", unique=True, postgresql_where="kind = 'invoice'"),
        Index(
            "uq_invoices_one_credit_note_per_refund", "refund_id", unique=True, postgresql_where="refund_id is not null"
        ),
    )
    personal_columns: ClassVar[tuple[str, ...]] = ("document",)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    order_id: int = big("orders.id", index=True)
    refund_id: int | None = big("refunds.id", default=None)
    kind: str
    series: str
    sequence: int | None = Field(default=None, nullable=False)
    number: str | None = Field(default=None, nullable=False)
    date: date
    currency: str
    total_minor: int = big()
    provider: str = ""
    reference: str = ""
    document: Sealed | None = Field(default=None, sa_type=PersonalData)
    media_type: str = ""
    created_at: datetime = moment()
    issued_at: datetime | None = moment(default=None)
    stored_at: datetime | None = moment(default=None)
    sent_at: datetime | None = moment(default=None)
