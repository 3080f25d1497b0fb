"""What the desk's pages ask of the database, beside the bare SQL that fetches the same rows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import psycopg
from sqlalchemy import event
from sqlmodel import Session

from backend.bench.desk.wish import Query
from backend.clock import monotonic
from backend.store import db

Ours = Callable[[Session], Any]
Rows = list[tuple[Any, ...]]


@dataclass
class _Listener:
    """Adds up what each statement takes, from sending it to having its answer."""

    statements: int = 0
    seconds: float = 0.0
    _began: list[float] = field(default_factory=list)

    def before(self, *_: Any) -> None:
        self._began.append(monotonic())

    def after(self, *_: Any) -> None:
        self.statements += 1
        self.seconds += monotonic() - self._began.pop()


@contextmanager
def _listening() -> Iterator[_Listener]:
    listener, engine = _Listener(), db.engine()
    event.listen(engine, "before_cursor_execute", listener.before)
    event.listen(engine, "after_cursor_execute", listener.after)
    try:
        yield listener
    finally:
        event.remove(engine, "before_cursor_execute", listener.before)
        event.remove(engine, "after_cursor_execute", listener.after)


def compared(name: str, ours: Ours, url: str, bare: str, values: dict[str, Any], rounds: int) -> Query:
    """Ours and the bare statement, turn by turn, so that both meet the same machine."""
    our_times, bare_times, statements = [], [], 0
    with psycopg.connect(db.dsn(url), autocommit=True) as connection:
        for turn in range(rounds + 2):
            with db.unit_of_work() as session, _listening() as listener:
                ours(session)
            statements = listener.statements
            began = monotonic()
            connection.execute(bare.encode(), values).fetchall()
            took = monotonic() - began
            if turn >= 2:  # the first ones find nothing prepared
                our_times.append(listener.seconds)
                bare_times.append(took)
    return Query(name, statements, 1000 * median(our_times), 1000 * median(bare_times))
