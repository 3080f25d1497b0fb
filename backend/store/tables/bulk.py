"""Bulk runs and their frozen members; a member's state and what was done to its order are committed together."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.domain.bulk import MemberState, RunState
from backend.store.tables.base import big, document, identity, moment


class BulkRun(SQLModel, table=True):
    """One action for many orders. It acts with the rights of `actor_id`: whoever started or last resumed it.

    `round` rises when it is resumed after a stop: then its canaries begin again. `epoch`: the last restore it knows of.
    `choice` is what its members were chosen by, `words` says so to people; `why` says why it stands still.
    """

    __tablename__ = "bulk_runs"
    __table_args__ = (
        CheckConstraint(f"state in ({', '.join(repr(str(state)) for state in RunState)})", name="state"),
        Index("ix_bulk_runs_active", "id", postgresql_where="state = 'running'"),
    )

    id: int = identity()
    action: str
    state: str = RunState.DRAFT
    words: str
    choice: dict[str, Any] = document(default_factory=dict)
    options: dict[str, Any] = document(default_factory=dict)
    needs_reason: bool = False
    reason: str = ""
    why: str = ""
    drafted_by: str
    actor_id: str
    actor_name: str
    round: int = 1
    epoch: int = 0
    created_at: datetime = moment()
    started_at: datetime | None = moment(default=None)
    ended_at: datetime | None = moment(default=None)


class BulkMember(SQLModel, table=True):
    """One order of a run, in its turn. `version` is the order's as previewed, `watch` what tells how it ends.

    `amount_minor` is what was at stake when it was previewed: the order's total, or what would be paid back.
    """

    __tablename__ = "bulk_members"
    __table_args__ = (
        UniqueConstraint("run_id", "order_id"),
        CheckConstraint(f"state in ({', '.join(repr(str(state)) for state in MemberState)})", name="state"),
        Index("ix_bulk_members_run_id_state_position", "run_id", "state", "position"),
        Index("ix_bulk_members_acted", "run_id", postgresql_where="state = 'acted'"),
        Index("ix_bulk_members_order_id", "order_id"),
    )

    id: int = identity()
    run_id: int = big("bulk_runs.id")
    position: int
    order_id: int = big("orders.id")
    hold_id: int | None = big("holds.id", default=None)
    version: int
    state: str = MemberState.WAITING
    result: str = ""
    round: int = 0
    amount_minor: int = big(default=0)
    currency: str = Field(default="")
    watch: dict[str, Any] = document(default_factory=dict)
    began_at: datetime | None = moment(default=None)
    ended_at: datetime | None = moment(default=None)
