"""What all clicks have in common: a preview with version and token, one effect per token, an audit entry."""

import re
import secrets
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from backend import clock, failpoints
from backend.domain import changes
from backend.domain.changes import Change
from backend.domain.desk import Preview
from backend.domain.errors import AlreadyDone, NotPossible, PreviewOutdated, ReasonMissing
from backend.domain.holds import CATALOGUE, HoldKind
from backend.domain.permissions import Actor
from backend.domain.teamwork import CLAIM_LASTS
from backend.services.audit import write_down
from backend.store import holds, teamwork, timeline
from backend.store.tables import AuditEntry, Order

MIN_REASON = 3
REQUEST = "request_"
"""Before an action's name in the audit: it was not carried out but asked of a second person."""


def preview(
    session: Session,
    order: Order,
    action: str,
    title: str,
    effects: tuple[str, ...],
    *,
    actor: Actor,
    refusal: str = "",
    needs_reason: bool = False,
    closing: frozenset[int] = frozenset(),
    asks: bool = False,
) -> Preview:
    """What a click will do. `closing` are the holds it closes; the others are named as remaining. `asks`: see `Preview`."""
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
        token=mint(actor),
        refusal=refusal,
        asks=asks,
    )


_MINTED = re.compile(r"((?:user|token):[0-9]+)\..+")


def mint(actor: Actor) -> str:
    """A token for one click of one person."""
    return f"{actor.id}.{secrets.token_urlsafe(18)}"


def carried_out(session: Session, order: Order | None, action: str, token: str, actor: Actor) -> bool:
    """Whether this very click was carried out before; the caller has locked the order, or what else it is about.

    Raises `AlreadyDone` when somebody else did it with this token, and `NotPossible` for a token that belongs to
    somebody else's preview or to another action.
    """
    if not token:
        raise NotPossible("This confirmation has no token. Look at the order again and confirm again.")
    earlier = session.exec(select(AuditEntry).where(AuditEntry.action_token == token)).first()
    if earlier is not None and (earlier.order_id, earlier.action.removeprefix(REQUEST)) != (order and order.id, action):
        raise NotPossible("This confirmation was used for another action. Look at the order again and confirm again.")
    if earlier is not None and earlier.actor_id != actor.id:
        raise AlreadyDone("This", earlier.actor_name, ago=ago(earlier.at))
    minted = _MINTED.fullmatch(token)
    if minted and minted[1] != actor.id:
        raise NotPossible("This confirmation was shown to somebody else. Look at the order yourself and confirm again.")
    return earlier is not None


def check(session: Session, order: Order, version: int, refusal: str, *, actor: Actor) -> None:
    """Raise `PreviewOutdated`, saying who changed what, when the order is not as previewed; `NotPossible` if refused."""
    if order.version != version:
        raise PreviewOutdated(order.number, changes_since(session, order, version, actor))
    if refusal:
        raise NotPossible(refusal)


def ago(at: datetime) -> str:
    """How long ago something was, in words."""
    return changes.ago((clock.now() - at).total_seconds())


def changes_since(session: Session, order: Order, version: int, actor: Actor) -> str:
    """What people did on the order since this version of it, or what happened by itself, in words."""
    now = clock.now()
    return changes.sentence(
        [
            Change(
                kind=entry.kind,
                who="you" if entry.actor_id == actor.id else entry.actor_name,
                actor_kind=entry.actor_kind,
                text=entry.text,
                seconds=(now - entry.at).total_seconds(),
                data=entry.data,
            )
            for entry in timeline.since(session, order.id, version)
        ]
    )


def reasoned(reason: str, action: str, *, kept_in: str = "the order's timeline") -> str:
    """The reason without its margins; raises `ReasonMissing`, which names where it is kept, when it says nothing."""
    words = reason.strip()
    if len(words) < MIN_REASON:
        raise ReasonMissing(action, kept_in)
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
    """Write down who did what to an order, and why; the token makes a repeat find itself done.

    Whoever claimed the order keeps it.
    """
    failpoints.hit(failpoints.AUDIT_BEFORE_LINK)
    if person := teamwork.user_id(actor):
        teamwork.renew_claim(session, order.id, person, clock.now() + CLAIM_LASTS)
    write_down(session, action, actor=actor, order_id=order.id, reason=reason, token=token, details=details)
