"""Money: append-only payment entries, the totals that forbid paying back too much, and refunds."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.store.tables.base import big, document, identity, moment


class PaymentEntry(SQLModel, table=True):
    """One thing that happened to an order's money. Append-only (a trigger refuses changes); amounts are zero or more."""

    __tablename__ = "payment_entries"
    __table_args__ = (
        UniqueConstraint("provider", "reference", "kind"),
        CheckConstraint("amount_minor >= 0", name="amount"),
        CheckConstraint(
            "kind in ('authorized', 'captured', 'refunded', 'refund_failed', 'voided', 'failed', 'dispute_opened', "
            "'dispute_closed', 'chargeback', 'chargeback_reversed')",
            name="kind",
        ),
        Index("ix_payment_entries_order_id", "order_id"),
        Index("ix_payment_entries_reference", "reference"),
    )

    id: int = identity()
    order_id: int = big("orders.id")
    kind: str
    amount_minor: int = big()
    currency: str
    provider: str
    reference: str
    step_key: str = ""
    detail: str = ""
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()


class PaymentTotals(SQLModel, table=True):
    """The sums of an order's entries in one currency, kept by a trigger: the database itself refuses refunded > captured."""

    __tablename__ = "payment_totals"
    __table_args__ = (CheckConstraint("refunded_minor <= captured_minor", name="refunded_at_most_captured"),)

    order_id: int = big("orders.id", primary_key=True)
    currency: str = Field(primary_key=True)
    captured_minor: int = big(default=0)
    refunded_minor: int = big(default=0)


class Refund(SQLModel, table=True):
    """A decision to pay back, with its reason; its step carries it out. `lines` is
    [{position, quantity, restock}], empty for a full refund or an amount; `restock`: how many pieces go back to stock.

    `approval_id`: the request that a second person approved, where the refund took two.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        UniqueConstraint("key"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("state in ('requested', 'succeeded', 'failed')", name="state"),
        Index("ix_refunds_order_id", "order_id"),
        Index("ix_refunds_failed", "order_id", postgresql_where="state = 'failed'"),
    )

    id: int = identity()
    order_id: int = big("orders.id")
    key: str
    amount_minor: int = big()
    currency: str
    shipping_minor: int = big(default=0)
    lines: list[Any] = document(default_factory=list)
    reason: str
    restock: bool = False
    state: str = "requested"
    requested_by: str
    requested_at: datetime = moment()
    settled_at: datetime | None = moment(default=None)
    reference: str = Field(default="")
    approval_id: int | None = big("approvals.id", default=None)
