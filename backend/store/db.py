"""The engine and the only place where a transaction is committed.

Every process has one pool. `unit_of_work` opens one short transaction, forbids calls to the outside while it is open,
commits, and then hands the ids of newly promised steps to the process's waker.
"""

import json
import logging
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Engine, Executable, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import Session

from backend import clock, failpoints
from backend.ports.guard import outside_calls_forbidden
from backend.store import links, orders, timeline
from backend.store.cursors import DescribingCursor
from backend.store.links import PatientConnection

log = logging.getLogger(__name__)
T = TypeVar("T")
S = TypeVar("S", bound=Executable)

_SECONDS, _ANEW = "holdfast_seconds", "holdfast_anew"
_WAKE = "holdfast_wake"
_PASSES_BY = "holdfast_passes_by"
_RETRYABLE = {"40001", "40P01"}
RETRIES = 3
PAUSE = 0.03
"""Seconds before the first repeat, half of it at least: those who met must not meet again."""

_engine: Engine | None = None
_waker: Callable[[list[int]], None] | None = None


def configure(url: str, *, pool: int = 12, seconds: float = 20.0) -> None:
    """Point this process at a database (any psycopg-style URL). Call again to point it elsewhere.

    `seconds`: what one statement may take; a server that says nothing for a quarter longer is given up.
    """
    global _engine
    if _engine is not None:
        _engine.dispose()
    _engine = create_engine(
        sqlalchemy_url(url),
        pool_size=pool,
        max_overflow=4,
        pool_use_lifo=True,  # the fewer connections are in use, the warmer they are
        pool_timeout=min(10.0, seconds),
        pool_recycle=1800,
    )

    @event.listens_for(_engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, _args: Any, parameters: dict[str, Any]) -> PatientConnection:
        return links.connect(seconds=seconds, cursor_factory=DescribingCursor, **parameters)

    event.listen(_engine, "handle_error", _discard_broken)
    event.listen(_engine, "do_execute", _execute_limited)


def limited(statement: S, seconds: float, *, anew: bool = False) -> S:
    """The statement, to be cut off after so many seconds, as is whatever follows it in its transaction.

    `anew`: planned for the values it has, since a plan that suits a common word does not suit a rare one; otherwise one
    plan is made and kept, whatever the values.
    """
    options = {_SECONDS: seconds, _ANEW: anew}
    return statement.execution_options(**options)


def _execute_limited(cursor: psycopg.Cursor[Any], statement: Any, parameters: Any, context: Any) -> bool:
    """Sets the limits of a limited statement, all in one message, and sends it."""
    seconds = context.execution_options.get(_SECONDS) if context is not None else None
    if seconds is None:
        return False
    anew = context.execution_options[_ANEW]
    mode = "force_custom_plan" if anew else "force_generic_plan"
    limits = f"set local statement_timeout = {round(seconds * 1000)}; set local plan_cache_mode = {mode}"
    cursor.connection.execute(limits.encode())
    cursor.execute(statement, parameters, prepare=not anew)
    return True


def sqlalchemy_url(url: str) -> str:
    """The same address in the form SQLAlchemy wants for psycopg 3."""
    for prefix in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    raise ValueError("not a PostgreSQL address")


def dsn(url: str) -> str:
    """The same address in the form psycopg itself wants."""
    return "postgresql://" + sqlalchemy_url(url).removeprefix("postgresql+psycopg://")


def engine() -> Engine:
    if _engine is None:
        raise RuntimeError("the database is not configured; call wiring.start() first")
    return _engine


def dispose() -> None:
    """Close every pooled connection, at the end of a process or before a fork."""
    if _engine is not None:
        _engine.dispose()


def set_waker(waker: Callable[[list[int]], None] | None) -> None:
    """Who is told of new due steps after a commit. A waker may fail or lose ids: the sweep finds the steps anyway."""
    global _waker
    _waker = waker


def wake_after_commit(session: Session, step_id: int) -> None:
    """Ask for a wake-up of this step once the running transaction has been committed."""
    session.info.setdefault(_WAKE, []).append(step_id)


def pass_by_after_commit(session: Session, failpoint: str) -> None:
    """Name the failpoint that this transaction passes once it is committed, before anybody knows."""
    session.info[_PASSES_BY] = failpoint


def _pass_by(failpoint: str) -> None:
    try:
        failpoints.hit(failpoint)
    except failpoints.ReplyDropped as lost:
        raise OperationalError("COMMIT", None, psycopg.OperationalError(str(lost))) from lost


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """One transaction: committed when the block ends well, rolled back otherwise; wake-ups follow the commit."""
    with outside_calls_forbidden(), Session(engine(), expire_on_commit=False) as session:
        yield session
        timeline.write_out(session)
        orders.raise_versions(session, clock.now())
        session.commit()
        _pass_by(session.info.pop(_PASSES_BY, ""))
        due: list[int] = session.info.pop(_WAKE, [])
    wake(due)


def wake(step_ids: list[int]) -> None:
    """Tell the process's waker of due steps; a wake-up that is lost is left to the sweep."""
    if step_ids and _waker is not None:
        try:
            failpoints.hit(failpoints.WAKE_BEFORE)
            _waker(step_ids)
        except Exception:
            log.warning("wake-up lost for %d steps; the sweep will find them", len(step_ids), exc_info=True)
            _say_untold(step_ids)


def _say_untold(step_ids: list[int]) -> None:
    """Nobody was told of these steps: let the next sweep take them at once rather than after a while."""
    try:
        with engine().begin() as connection:
            connection.execute(text("update steps set woken_at = null where id = any(:ids)"), {"ids": step_ids})
    except DBAPIError:
        log.info("the steps keep their mark; the sweep takes them a few seconds later")


def in_unit_of_work(service: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run `service(session, …)` in one transaction; deadlocks and serialization failures are tried again.

    Only the database itself proves that nothing was committed in those two cases, so nothing else is repeated.
    """
    for attempt in range(1, RETRIES + 1):
        try:
            with unit_of_work() as session:
                return service(session, *args, **kwargs)
        except DBAPIError as error:
            if attempt == RETRIES or _sqlstate(error) not in _RETRYABLE:
                raise
            log.info("transaction of %s tried again after %s", service.__name__, _sqlstate(error))
            time.sleep(PAUSE * attempt * (0.5 + _chance()))
    raise AssertionError("unreachable")


def _chance() -> float:
    return secrets.randbelow(1_000_000) / 1_000_000


def is_database_down(error: BaseException) -> bool:
    """Whether an error means that the database cannot be reached at the moment."""
    return isinstance(error, OperationalError) and (error.connection_invalidated or _sqlstate(error) in _DOWN)


def to_json(value: Any) -> str:
    """JSON text for a `jsonb` parameter; times as ISO 8601."""
    return json.dumps(value, default=str, ensure_ascii=False)


_DOWN = {None, "57P01", "57P02", "57P03", "08000", "08001", "08003", "08004", "08006", "53300"}


def _sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _discard_broken(context: Any) -> None:
    """A restarting server ends every connection: forget the pool's other ones at once instead of one error each."""
    if isinstance(context.original_exception, psycopg.errors.AdminShutdown | psycopg.errors.CrashShutdown):
        context.is_disconnect = True
