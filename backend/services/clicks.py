"""What all clicks have in common: a preview with version and token, one effect per token, an audit entry."""

import secrets
from typing import Any

from sqlmodel import Session, select

from backend import clock, failpoints
from backend.domain.desk import Preview
from backend.domain.errors import AlreadyDone, NotPossible, PreviewOutdated, ReasonMissing
from backend.domain.holds import CATALOGUE, HoldKind
from backend.domain.permissions import Actor
from backend.store import holds
from backend.store.tables import AuditEntry, Order

MIN_REASON = 3


def preview(
    session: Session,
    order: Order,
    action: str,
    title: str,
    effects: tuple[str, ...],
    *,
    refusal: str = "",
    needs_reason: bool = False,
    closing: frozenset[int] = frozenset(),
) -> Preview:
    """What a click will do. `closing` are the holds it closes; the others are named as remaining."""
    remaining = tuple(
        CATALOGUE[HoldKind(hold.kind)].title for hold in holds.open_of(session, order.id) if hold.id not in closing
    )
    return Preview(
        action=action,
        number=order.number,
        title=title,
        effects=effects,
        remaining_holds=remaining,
        needs_reason=needs_reason,
        version=order.version,
        token=secrets.token_urlsafe(18),
        refusal=refusal,
    )


def carried_out(session: Session, token: str, actor: Actor) -> bool:
    """Whether this very click was carried out before; the caller has locked the order."""
    earlier = session.exec(select(AuditEntry).where(AuditEntry.action_token == token)).first()
    if earlier is None:
        return False
    if earlier.actor_id != actor.id:
        raise AlreadyDone("This", earlier.actor_name)
    return True


def check(order: Order, version: int, refusal: str) -> None:
    """Raise `NotPossible` with the refusal, or `PreviewOutdated` when the order is not as it was previewed."""
    if refusal:
        raise NotPossible(refusal)
    if order.version != version:
        raise PreviewOutdated(order.number)


def reasoned(reason: str, action: str) -> str:
    """The reason without its margins; raises `ReasonMissing` when it says nothing."""
    words = reason.strip()
    if len(words) < MIN_REASON:
        raise ReasonMissing(action)
    return words


def audit(
    session: Session,
    order: Order,
    action: str,
    *,
    actor: Actor,
    token: str | None,
    reason: str = "",
    details: dict[str, Any] | None = None,
) -> None:
    """Write down who did what, and why; the token makes a repeat find itself done."""
    failpoints.hit(failpoints.AUDIT_BEFORE_LINK)
    session.add(
        AuditEntry(
            at=clock.now(),
            actor_id=actor.id,
            actor_name=actor.name,
            actor_role=str(actor.role or ""),
            action=action,
            order_id=order.id,
            reason=reason.strip(),
            action_token=token,
            details=details or {},
        )
    )
