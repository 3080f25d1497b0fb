"""Whether this installation works: what readiness asks, what monitoring counts, and which errors are the database's."""

import functools

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from backend.domain.permissions import Actor, Area, Level
from backend.domain.vitals import Check, Vitals
from backend.services import sending
from backend.store import db, migrate, vitals

SWEEP_ALARM_SECONDS = 30.0
"""A sweep that is older means that the workers are gone or stuck: promises are kept late."""


def database_trouble(error: BaseException) -> bool:
    """Whether an error says that the database cannot work now (gone, full, locked, too slow), not that we erred."""
    return isinstance(error, OperationalError | InterfaceError | PoolTimeout)


def checks() -> tuple[Check, ...]:
    """What must hold before this process may take work, each with a sentence; that the database is away is one."""
    try:
        at, sweep_age, pause = db.in_unit_of_work(_facts)
    except Exception as error:
        if not database_trouble(error):
            raise
        return (Check("database", False, "The database does not answer. Start it, or check HOLDFAST_DATABASE_URL."),)
    answers = Check("database", True, "The database answers.")
    return answers, _migrations(at), _workers(sweep_age), *([Check("sending", True, pause)] if pause else [])


def read_vitals() -> Vitals | None:
    """Counts for monitoring; None when the database does not answer."""
    try:
        return db.in_unit_of_work(vitals.read)
    except Exception as error:
        if not database_trouble(error):
            raise
        return None


def may_read_metrics(session: Session, *, actor: Actor) -> None:
    """Raises `NotAllowed` for roles that do not see metrics."""
    actor.require(Area.METRICS, Level.VIEW, "read metrics")


def _facts(session: Session) -> tuple[str | None, float | None, str]:
    at = vitals.revision(session)
    if at is None:
        return at, None, ""
    return at, vitals.sweep_age(session), sending.pause(session) if at == _wanted_revision() else ""


def _migrations(at: str | None) -> Check:
    wanted = _wanted_revision()
    if at == wanted:
        return Check("migrations", True, "The tables are those that this version needs.")
    return Check(
        "migrations",
        False,
        f"The tables are at {at or 'no revision at all'}, this version needs {wanted}. Run `holdfast migrate`.",
    )


def _workers(sweep_age: float | None) -> Check:
    if sweep_age is None:
        return Check("workers", True, "No worker is registered; orders wait until one is started.")
    if sweep_age < SWEEP_ALARM_SECONDS:
        return Check("workers", True, f"A worker looked for due steps {sweep_age:.0f} s ago.")
    return Check(
        "workers",
        False,
        f"No worker has looked for due steps for {sweep_age:.0f} s (at most {SWEEP_ALARM_SECONDS:.0f} s are normal). "
        "Look at the workers' log and start them again.",
    )


@functools.cache
def _wanted_revision() -> str | None:
    return migrate.head()
