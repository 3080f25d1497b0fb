"""Requests for a second person: what somebody wants done, exactly as it was previewed, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.domain.approvals import ApprovalAction, ApprovalState
from backend.store.tables.base import big, document, identity, moment


class Approval(SQLModel, table=True):
    """One request. `facts` are what was chosen, `preview` what it would have done at the order's `version`.

    `requested_party` and `decided_party` are people, under whatever session or token; the database refuses one person as
    both. `amount_minor` is what goes back to the customer, None where no money does.
    """

    __tablename__ = "approvals"
    __table_args__ = (
        UniqueConstraint("token"),
        CheckConstraint(f"action in ({', '.join(repr(str(one)) for one in ApprovalAction)})", name="action"),
        CheckConstraint(f"state in ({', '.join(repr(str(one)) for one in ApprovalState)})", name="state"),
        CheckConstraint("(state = 'pending') = (decided_at is null)", name="decided_some_time"),
        CheckConstraint("state not in ('approved', 'declined') or decided_party <> requested_party", name="two_people"),
        Index("uq_approvals_one_pending", "order_id", "action", unique=True, postgresql_where="state = 'pending'"),
        Index("ix_approvals_pending", "expires_at", postgresql_where="state = 'pending'"),
        Index("ix_approvals_decided_at", "decided_at", "id", postgresql_where="state <> 'pending'"),
        Index("ix_approvals_order_id", "order_id"),
    )

    id: int = identity()
    order_id: int = big("orders.id")
    action: str
    facts: dict[str, Any] = document()
    amount_minor: int | None = big(default=None)
    currency: str
    version: int
    preview: dict[str, Any] = document()
    reason: str
    token: str
    requested_by: str
    requested_by_name: str
    requested_party: str
    requested_role: str
    requested_at: datetime = moment()
    expires_at: datetime = moment()
    state: str = Field(default="pending")
    decided_by: str = ""
    decided_by_name: str = ""
    decided_party: str = ""
    decided_reason: str = ""
    decided_at: datetime | None = moment(default=None)
