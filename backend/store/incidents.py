"""Incidents: one cause with many victims, told once; on the database's clock."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session


@dataclass(frozen=True)
class IncidentRow:
    id: int
    provider: str
    category: str
    title: str
    opened_at: datetime
    last_seen_at: datetime
    occurrences: int
    waiting_steps: int
    waiting_orders: int


def open_(session: Session, provider: str, category: str, title: str, *, same_within: float) -> int | None:
    """A new incident's id. None when one is open, or was until `same_within` seconds ago: then it is that one again."""
    again = session.execute(
        text(
            "update incidents set closed_at = null, title = :title, occurrences = occurrences + 1, "
            "last_seen_at = clock_timestamp() where id = (select id from incidents where provider = :provider "
            "and category = :category and coalesce(closed_at, clock_timestamp()) > clock_timestamp() "
            "- make_interval(secs => :within) order by closed_at desc nulls first limit 1) returning id"
        ),
        {"provider": provider, "category": category, "title": title, "within": same_within},
    )
    if again.first() is not None:
        tell_listeners(session)
        return None
    new: int | None = session.execute(
        text(
            "insert into incidents (provider, category, title, opened_at, last_seen_at, occurrences) values "
            "(:provider, :category, :title, clock_timestamp(), clock_timestamp(), 1) on conflict do nothing returning id"
        ),
        {"provider": provider, "category": category, "title": title},
    ).scalar_one_or_none()
    tell_listeners(session)
    return new


def seen(session: Session, provider: str, category: str) -> None:
    """The cause of an open incident is still there."""
    session.execute(
        text(
            "update incidents set last_seen_at = clock_timestamp() "
            "where provider = :provider and category = :category and closed_at is null"
        ),
        {"provider": provider, "category": category},
    )


def close(session: Session, provider: str, category: str, words: str) -> float | None:
    """Close the open incident; `{}` in `words` becomes its length in seconds, which is returned. None: there is none."""
    lasted: float | None = session.execute(
        text(
            "update incidents set closed_at = clock_timestamp(), last_seen_at = clock_timestamp(), title = replace("
            ":words, '{}', round(extract(epoch from clock_timestamp() - opened_at))::text) "
            "where provider = :provider and category = :category and closed_at is null "
            "returning extract(epoch from closed_at - opened_at)::float8"
        ),
        {"provider": provider, "category": category, "words": words},
    ).scalar_one_or_none()
    tell_listeners(session)
    return lasted


def tell_listeners(session: Session) -> None:
    """Tell open pages, once this is committed, that an incident has begun or is over."""
    session.execute(text("select pg_notify('holdfast_orders', 'incident')"))


@dataclass(frozen=True)
class PastIncidentRow:
    id: int
    provider: str
    category: str
    title: str
    opened_at: datetime
    closed_at: datetime
    occurrences: int


def past(session: Session, limit: int) -> list[PastIncidentRow]:
    """Incidents that are over, the latest first."""
    rows = session.execute(
        text(
            "select id, provider, category, title, opened_at, closed_at, occurrences from incidents "
            "where closed_at is not null order by closed_at desc, id desc limit :limit"
        ),
        {"limit": limit},
    )
    return [PastIncidentRow(**row) for row in rows.mappings()]


def all_open(session: Session) -> list[IncidentRow]:
    """The open incidents, the newest first, with what waits for their provider."""
    rows = session.execute(
        text(
            "select incidents.id, incidents.provider, incidents.category, title, opened_at, last_seen_at, occurrences, "
            "count(steps.id) as waiting_steps, count(distinct steps.order_id) as waiting_orders "
            "from incidents left join steps on steps.provider = incidents.provider and steps.state = 'ready' "
            "where closed_at is null group by incidents.id order by opened_at desc, incidents.id desc"
        )
    )
    return [IncidentRow(**row) for row in rows.mappings()]
