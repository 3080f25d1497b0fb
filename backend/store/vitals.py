"""The machinery's vital signs for monitoring, in queries that stay cheap however many orders there are."""

from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from backend.domain.vitals import Vitals

NEWEST_ATTEMPTS = 1000

_IS_MIGRATED = text("select to_regclass('alembic_version') is not null")
_REVISION = text("select version_num from alembic_version")
_SWEEP_AGE = text("select extract(epoch from clock_timestamp() - max(last_sweep_at))::float8 from workers")
_HELD = text("select kind, count(distinct order_id) from holds where closed_at is null group by kind order by kind")
_STEPS = text(
    """
    select
      count(*) filter (where state in ('ready', 'running') and due_at <= clock_timestamp()) as due,
      count(*) filter (where in_doubt) as in_doubt,
      coalesce(extract(epoch from clock_timestamp() - min(due_at)
          filter (where state = 'ready' and due_at <= clock_timestamp())), 0)::float8 as oldest_due
    from steps where state in ('ready', 'running', 'held', 'waiting', 'parked')
    """
)
_INBOX = text(
    "select verdict, count(*) from inbox where verdict in ('received', 'parked', 'quarantined') group by verdict"
)
_REFUSED = text(
    "select provider, reason, sum(count)::bigint from inbox_counters "
    "group by provider, reason order by provider, reason"
)
_ATTEMPTS = text(
    "select coalesce(nullif(outcome, ''), 'running') as came_to, count(*) from attempts "
    "where id > (select coalesce(max(id), 0) - :newest from attempts) group by came_to order by came_to"
)
_PAUSED = text("select paused_at is not null from sending")
_BREAKERS = text("select provider, (state <> 'closed')::int from breakers order by provider")


def revision(session: Session) -> str | None:
    """The migration that the tables are at; None for an empty database."""
    if not session.execute(_IS_MIGRATED).scalar_one():
        return None
    return session.execute(_REVISION).scalar_one_or_none()


def sweep_age(session: Session) -> float | None:
    """Seconds since any worker's last sweep; None when no worker is registered."""
    age: float | None = session.execute(_SWEEP_AGE).scalar_one()
    return age


def read(session: Session) -> Vitals:
    """Every count that monitoring asks for."""
    steps = session.execute(_STEPS).one()
    inbox = _counts(session, _INBOX)
    return Vitals(
        held_by_kind=_counts(session, _HELD),
        due_steps=steps.due,
        in_doubt_steps=steps.in_doubt,
        oldest_due_seconds=steps.oldest_due,
        unhandled_messages=inbox.get("received", 0),
        parked_messages=inbox.get("parked", 0),
        quarantined_messages=inbox.get("quarantined", 0),
        refused_messages={(row[0], row[1]): int(row[2]) for row in session.execute(_REFUSED)},
        recent_attempts=_counts(session, _ATTEMPTS, newest=NEWEST_ATTEMPTS),
        breakers={provider: bool(down) for provider, down in _counts(session, _BREAKERS).items()},
        sweep_age_seconds=sweep_age(session),
        sending_paused=session.execute(_PAUSED).scalar_one(),
    )


def _counts(session: Session, statement: Any, **parameters: int) -> dict[str, int]:
    return {str(row[0]): int(row[1]) for row in session.execute(statement, parameters)}
