"""Messages in quarantine, and what people decided about them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, text, tuple_
from sqlmodel import Session, col, select

from backend.domain.permissions import Actor
from backend.domain.quarantine import Decision
from backend.store.tables import InboxCounter, InboxDecision, InboxMessage


def page(
    session: Session,
    verdict: str,
    *,
    provider: str = "",
    cause: str = "",
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[InboxMessage]:
    """Messages with this verdict, newest first; `after` is the place of the last one of the page before."""
    statement = select(InboxMessage).where(InboxMessage.verdict == verdict)
    if provider:
        statement = statement.where(InboxMessage.provider == provider)
    if cause:
        statement = statement.where(InboxMessage.cause == cause)
    if after is not None:
        statement = statement.where(tuple_(col(InboxMessage.received_at), col(InboxMessage.id)) < after)
    order = (col(InboxMessage.received_at).desc(), col(InboxMessage.id).desc())
    return list(session.exec(statement.order_by(*order).limit(limit)).all())


def counts(session: Session, verdict: str, *, provider: str = "") -> dict[str, int]:
    """How many messages with this verdict there are, by cause."""
    statement = select(InboxMessage.cause, func.count()).where(InboxMessage.verdict == verdict)
    if provider:
        statement = statement.where(InboxMessage.provider == provider)
    return {cause: number for cause, number in session.exec(statement.group_by(InboxMessage.cause)).all()}


def providers(session: Session, verdict: str) -> list[str]:
    statement = select(InboxMessage.provider).where(InboxMessage.verdict == verdict).distinct()
    return sorted(session.exec(statement).all())


def refused(session: Session, since: datetime) -> list[tuple[str, str, int, datetime]]:
    """Messages that were turned away: (provider, reason, how many, when last)."""
    statement = (
        select(InboxCounter.provider, InboxCounter.reason, func.sum(InboxCounter.count), func.max(InboxCounter.last_at))
        .where(col(InboxCounter.last_at) >= since)
        .group_by(InboxCounter.provider, InboxCounter.reason)
        .order_by(func.max(InboxCounter.last_at).desc())
    )
    return [(provider, reason, int(count), last_at) for provider, reason, count, last_at in session.exec(statement)]


def get(session: Session, row_id: UUID, *, lock: bool = False) -> InboxMessage | None:
    """The message whatever its verdict; `lock` keeps it for the rest of the transaction."""
    statement = select(InboxMessage).where(InboxMessage.id == row_id).execution_options(populate_existing=True)
    return session.exec(statement.with_for_update() if lock else statement).first()


def decisions(session: Session, row_ids: list[UUID]) -> list[InboxDecision]:
    """What was decided about these messages, oldest first."""
    statement = select(InboxDecision).where(col(InboxDecision.message_id).in_(row_ids))
    return list(session.exec(statement.order_by(col(InboxDecision.serial))).all())


def mended_body(session: Session, row_id: UUID) -> bytes | None:
    """The newest mended version of a message's body, still sealed to its row; None where nobody mended it."""
    statement = (
        select(InboxDecision)
        .where(InboxDecision.message_id == row_id, InboxDecision.kind == str(Decision.MENDED))
        .order_by(col(InboxDecision.serial).desc())
        .limit(1)
    )
    found = session.exec(statement).first()
    return None if found is None else found.read("body").encode()


def decide(
    session: Session,
    row: InboxMessage,
    decision: Decision,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    body: str | None = None,
) -> None:
    """Write a decision down and let it take effect; the caller has locked the message."""
    row.decisions += 1
    made = InboxDecision(
        message_id=row.id,
        serial=row.decisions,
        kind=str(decision),
        actor_id=actor.id,
        actor_name=actor.name,
        reason=reason,
        at=at,
    )
    made.write(body=body)
    row.mended = row.mended or decision is Decision.MENDED
    row.verdict = _VERDICTS[decision]
    row.failures = 0
    row.parked_for = ""
    session.add_all([row, made])
    session.flush()
    if row.verdict == "received":
        session.execute(text("update inbox set due_at = clock_timestamp() where id = :id"), {"id": row.id})


_VERDICTS: dict[Decision, str] = {
    Decision.MENDED: "received",
    Decision.REPLAYED: "received",
    Decision.DISCARDED: "discarded",
    Decision.RESTORED: "quarantined",
}
"""What a decision makes of a message: one that is handled anew waits as if it had just come in."""
