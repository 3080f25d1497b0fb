"""The inbox: every authentic webhook as it was received, with its verdict. The body is sealed: it names customers."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.store.ids import new_id
from backend.store.personal import PersonalData, PersonalRow, Sealed
from backend.store.tables.base import big, document, moment


class InboxMessage(PersonalRow, SQLModel, table=True):
    """`provider` is the channel's or provider's name; `problems` are sentences for staff; `parked` waits for its order.

    `due_at` (database clock) is when the sweep may take a message that was kept but not handled; `failures` counts how
    often handling it went wrong on our side. `cause` groups messages with the same trouble. `decisions` counts what people
    decided about it; `mended`: the newest of their versions of the body is handled in place of the one received.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("provider", "event_id"),
        CheckConstraint(
            "verdict in ('received', 'accepted', 'ignored', 'parked', 'rejected', 'quarantined', 'discarded')",
            name="verdict",
        ),
        Index("ix_inbox_open", "due_at", postgresql_where="verdict in ('received', 'parked')"),
        Index("ix_inbox_quarantined", "received_at", postgresql_where="verdict = 'quarantined'"),
        Index("ix_inbox_discarded", "received_at", postgresql_where="verdict = 'discarded'"),
    )
    personal_columns: ClassVar[tuple[str, ...]] = ("body",)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    area: str
    provider: str
    event_id: str
    topic: str = ""
    headers: dict[str, Any] = document(default_factory=dict)
    body: Sealed | None = Field(default=None, sa_type=PersonalData)
    body_bytes: int = 0
    body_hash: str = ""
    verdict: str = "received"
    problems: list[Any] = document(default_factory=list)
    cause: str = ""
    decisions: int = 0
    mended: bool = False
    parked_for: str = Field(default="", index=True)
    order_id: int | None = big("orders.id", default=None, index=True)
    duplicates: int = 0
    failures: int = 0
    due_at: datetime = moment()
    received_at: datetime = moment()
    handled_at: datetime | None = moment(default=None)


class InboxDecision(PersonalRow, SQLModel, table=True):
    """What a person decided about a quarantined message, and why; `body` is the mended payload, where there is one."""

    __tablename__ = "inbox_decisions"
    __table_args__ = (
        UniqueConstraint("message_id", "serial"),
        CheckConstraint("kind in ('mended', 'replayed', 'discarded', 'restored')", name="kind"),
    )
    personal_columns: ClassVar[tuple[str, ...]] = ("body",)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    message_id: UUID = Field(foreign_key="inbox.id")
    serial: int
    kind: str
    actor_id: str
    actor_name: str
    reason: str = ""
    body: Sealed | None = Field(default=None, sa_type=PersonalData)
    at: datetime = moment()


class InboxCounter(SQLModel, table=True):
    """How many messages were turned away per day, source and reason; of those nothing else is kept."""

    __tablename__ = "inbox_counters"

    day: str = Field(primary_key=True)
    provider: str = Field(primary_key=True)
    reason: str = Field(primary_key=True)
    count: int = 0
    last_at: datetime = moment()
