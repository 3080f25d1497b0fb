"""The inbox: every authentic inbound message, kept as received, once per (provider, event id)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, select

from backend.domain.quarantine import cause
from backend.store import db
from backend.store.ids import new_id
from backend.store.personal import keyring
from backend.store.tables import InboxMessage

PATIENCE = 3.0
"""Seconds that whoever received (or took) a message has to handle it, before the sweep hands it out again."""
MAX_FAILURES = 6


def record_once(
    session: Session,
    *,
    area: str,
    provider: str,
    event_id: str,
    topic: str,
    headers: dict[str, Any],
    body: bytes,
    body_hash: str,
    at: datetime,
) -> tuple[UUID, bool]:
    """Keep a message; a repeat of a known event is only counted. Returns the row's id and whether it is new."""
    row_id = new_id()
    sealed = keyring().seal("inbox", "body", row_id, body)
    row = session.execute(
        text(
            "insert into inbox as known (id, area, provider, event_id, topic, headers, body, body_bytes, body_hash, verdict, "
            "problems, parked_for, duplicates, failures, due_at, received_at) values (:id, :area, :provider, :event_id, :topic, "
            "cast(:headers as jsonb), :body, :size, :hash, 'received', '[]', '', 0, 0, "
            "clock_timestamp() + make_interval(secs => :patience), :at) "
            "on conflict (provider, event_id) do update set duplicates = known.duplicates + 1 returning id, duplicates = 0"
        ),
        {
            "id": row_id,
            "area": area,
            "provider": provider,
            "event_id": event_id,
            "topic": topic,
            "headers": db.to_json(headers),
            "body": sealed.blob,
            "size": len(body),
            "hash": body_hash,
            "at": at,
            "patience": PATIENCE,
        },
    ).one()
    return row[0], bool(row[1])


def count_refused(session: Session, provider: str, reason: str, at: datetime) -> None:
    """Count a message that was turned away at the door; nothing else of it is kept."""
    session.execute(
        text(
            "insert into inbox_counters as counters (day, provider, reason, count, last_at) "
            "values (:day, :provider, :reason, 1, :at) "
            "on conflict (day, provider, reason) do update set count = counters.count + 1, last_at = :at"
        ),
        {"day": at.date().isoformat(), "provider": provider, "reason": reason, "at": at},
    )


def tell_listeners(session: Session) -> None:
    """Tell open pages, once this is committed, that the quarantine has changed. Orders tell of themselves by trigger."""
    session.execute(text("select pg_notify('holdfast_orders', 'inbox')"))


def lock_unhandled(session: Session, row_id: UUID) -> InboxMessage | None:
    """The message, locked, if it still waits to be handled; None when somebody did it or is doing it."""
    statement = (
        select(InboxMessage)
        .where(InboxMessage.id == row_id, InboxMessage.verdict == "received")
        .with_for_update(skip_locked=True)
    )
    return session.exec(statement).first()


def note_failure(session: Session, row: InboxMessage, sentence: str) -> None:
    """Handling went wrong on our side: try again later, and after `MAX_FAILURES` times put it before a person."""
    row.failures += 1
    row.problems = [sentence]
    row.cause = cause(sentence)
    row.verdict = "quarantined" if row.failures >= MAX_FAILURES else row.verdict
    session.add(row)
    session.flush()
    session.execute(
        text("update inbox set due_at = clock_timestamp() + make_interval(secs => :delay) where id = :id"),
        {"id": row.id, "delay": min(300.0, 2.0**row.failures)},
    )


_TAKE = text(
    """
    update inbox set due_at = clock_timestamp() + make_interval(secs => :patience)
    where id in (select id from inbox where verdict = 'received' and due_at < clock_timestamp()
                 order by due_at limit :limit for update skip locked)
    returning id
    """
)


def take_unhandled(session: Session, *, limit: int = 100) -> list[UUID]:
    """Messages that were kept but not handled in time; whoever takes them has `PATIENCE` seconds before they are taken again."""
    return list(session.execute(_TAKE, {"patience": PATIENCE, "limit": limit}).scalars().all())


def unpark(session: Session, waited_for: str) -> None:
    """What a parked message waited for exists now: have it handled again by the next sweep.

    A message may wait for one of several things; they are parted by blanks.
    """
    session.execute(
        text(
            "update inbox set verdict = 'received', parked_for = '', due_at = clock_timestamp() "
            "where parked_for > '' and verdict = 'parked' and :key = any(string_to_array(parked_for, ' '))"
        ),
        {"key": waited_for},
    )


def unpark_answered(session: Session) -> int:
    """Free every parked message whose parcel or order exists by now (its label may have been bought in that very moment)."""
    freed = session.execute(
        text(
            "update inbox set verdict = 'received', parked_for = '', due_at = clock_timestamp() "
            "where parked_for > '' and verdict = 'parked' and ("
            "exists (select 1 from parcels where tracking_number = inbox.parked_for and provider = inbox.provider) or "
            "exists (select 1 from orders where payment_reference = any(string_to_array(inbox.parked_for, ' ')) "
            "and payment_reference <> '') or "
            "exists (select 1 from payment_entries where kind = 'captured' and provider = inbox.provider and reference = "
            "any(string_to_array(replace(inbox.parked_for, 'captured:', ''), ' '))))"
        )
    )
    return int(freed.rowcount)  # type: ignore[attr-defined]


def give_up_parked(session: Session, *, after_days: int) -> None:
    """Put messages that waited in vain before a person, instead of letting them wait for ever."""
    session.execute(
        text(
            "update inbox set verdict = 'quarantined', cause = 'waited in vain', "
            "problems = jsonb_build_array(cast(:sentence as text)) "
            "where verdict = 'parked' and received_at < clock_timestamp() - make_interval(days => :days)"
        ),
        {
            "days": after_days,
            "sentence": f"It is about a payment or parcel that no order here has had within {after_days} days. "
            "Look for its reference at the provider; if it is none of ours, nothing is to be done.",
        },
    )
