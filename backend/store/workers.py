"""The worker processes that live, on the database's clock."""

from sqlalchemy import text
from sqlmodel import Session


def swept(session: Session, worker: str) -> None:
    """Note that a worker process has swept just now; those silent for an hour are forgotten."""
    session.execute(
        text(
            "insert into workers (id, started_at, last_sweep_at) values (:id, clock_timestamp(), clock_timestamp()) "
            "on conflict (id) do update set last_sweep_at = clock_timestamp()"
        ),
        {"id": worker},
    )
    session.execute(text("delete from workers where last_sweep_at < clock_timestamp() - interval '1 hour'"))


def gone(session: Session, worker: str) -> None:
    session.execute(text("delete from workers where id = :id"), {"id": worker})
