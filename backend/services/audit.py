"""The audit: who did what, when and why, written in the same transaction as what was done."""

from typing import Any

from sqlmodel import Session

from backend import clock
from backend.domain.permissions import Actor
from backend.store.tables import AuditEntry


def write_down(
    session: Session,
    action: str,
    *,
    actor: Actor,
    order_id: int | None = None,
    reason: str = "",
    token: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Write down an action. With a `token` it can be written once: a repeat of the same click finds itself done."""
    session.add(
        AuditEntry(
            at=clock.now(),
            actor_id=actor.id,
            actor_name=actor.name,
            actor_role=str(actor.role or ""),
            action=action,
            order_id=order_id,
            reason=reason.strip(),
            action_token=token,
            details=details or {},
        )
    )
