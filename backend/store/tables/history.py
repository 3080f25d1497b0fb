"""What happened: holds, timeline, notes and the audit of people's actions."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.domain.holds import HoldSource
from backend.store.tables.base import big, document, identity, moment


class Hold(SQLModel, table=True):
    """A reason why an order must not go on. `reason` is a sentence, `cluster` groups holds of one cause.

    `cluster_label`: the words that holds of this cause have in common.
    `facts_token`: a blind token of the facts that the check found fault with, by which a decision on them is known again.
    """

    __tablename__ = "holds"
    __table_args__ = (
        CheckConstraint(f"source in ({', '.join(repr(str(source)) for source in HoldSource)})", name="source"),
        CheckConstraint("(closed_at is null) = (closed_by = '')", name="closed_by_somebody"),
        Index("uq_holds_one_open_of_a_kind", "order_id", "kind", unique=True, postgresql_where="closed_at is null"),
        Index("ix_holds_open_placed_at", "placed_at", "id", postgresql_where="closed_at is null"),
        Index("ix_holds_open_cluster", "cluster", postgresql_where="closed_at is null"),
        Index("ix_holds_order_id", "order_id"),
        Index("ix_holds_placed_at", "placed_at"),
        Index("ix_holds_closed_at", "closed_at", postgresql_where="closed_at is not null"),
        Index(
            "ix_holds_decided",
            "kind",
            "facts_token",
            postgresql_where="facts_token is not null and closed_how = 'released'",
        ),
    )

    id: int = identity()
    order_id: int = big("orders.id")
    kind: str
    source: str
    reason: str
    provider: str = ""
    cluster: str
    cluster_label: str = ""
    step_id: int | None = big("steps.id", default=None)
    facts: dict[str, Any] = document(default_factory=dict)
    facts_token: int | None = big(default=None)
    placed_by: str
    placed_by_name: str
    placed_at: datetime = moment()
    closed_at: datetime | None = moment(default=None)
    closed_by: str = ""
    closed_by_name: str = ""
    closed_how: str = ""
    closed_reason: str = ""


class HeldOrder(SQLModel, table=True):
    """An order that is held, as the queue lists it; a trigger on `holds` keeps it, and its row goes with the last hold.

    `hold_id` is the oldest open hold, `held_at` its moment, `cluster` its cause; `open_holds` counts all of them.
    """

    __tablename__ = "held_orders"
    __table_args__ = (
        Index("ix_held_orders_held_at_order_id", "held_at", "order_id"),
        Index("ix_held_orders_total_minor_order_id", "total_minor", "order_id"),
    )

    order_id: int = big("orders.id", primary_key=True)
    hold_id: int = big()
    held_at: datetime = moment()
    currency: str
    total_minor: int = big()
    cluster: str = ""
    open_holds: int = 1


class TimelineEntry(SQLModel, table=True):
    """One thing that happened to an order, append-only, for staff to read. `text` names no personal data.

    `order_version`: the version of the order that this ended, where decisions made on it no longer hold.
    """

    __tablename__ = "timeline"
    __table_args__ = (Index("ix_timeline_order_id_id", "order_id", "id"),)

    id: int = identity()
    order_id: int = big("orders.id")
    at: datetime = moment()
    kind: str
    weight: str
    actor_kind: str
    actor_id: str
    actor_name: str
    text: str
    step_id: int | None = big("steps.id", default=None)
    order_version: int | None = None
    data: dict[str, Any] = document(default_factory=dict)


class Note(SQLModel, table=True):
    """What a colleague wrote on an order; `public` notes may be shown to the customer.

    `from_customer`: the colleague wrote down what the customer answered. Earlier words of a note are kept beside it.
    """

    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_order_id_id", "order_id", "id"),)

    id: int = identity()
    order_id: int = big("orders.id")
    author_id: str
    author_name: str
    text: str
    public: bool = False
    from_customer: bool = False
    created_at: datetime = moment()
    edited_at: datetime | None = moment(default=None)


class AuditEntry(SQLModel, table=True):
    """One action of a person or token. `action_token` is minted with the button, so a repeated click finds itself done."""

    __tablename__ = "audit"
    __table_args__ = (
        UniqueConstraint("action_token"),
        Index("ix_audit_order_id", "order_id"),
        Index("ix_audit_at_id", "at", "id"),
    )

    id: int = identity()
    at: datetime = moment()
    actor_id: str
    actor_name: str
    actor_role: str
    action: str
    order_id: int | None = big("orders.id", default=None)
    reason: str = ""
    action_token: str | None = Field(default=None)
    details: dict[str, Any] = document(default_factory=dict)


class Incident(SQLModel, table=True):
    """A cause with many victims: failing steps of one provider and category, told to staff once."""

    __tablename__ = "incidents"
    __table_args__ = (
        Index("uq_incidents_one_open", "provider", "category", unique=True, postgresql_where="closed_at is null"),
    )

    id: int = identity()
    provider: str
    category: str
    title: str
    opened_at: datetime = moment()
    closed_at: datetime | None = moment(default=None)
    last_seen_at: datetime = moment()
    occurrences: int = 1
