"""Recording what one order asks of the database, statement by statement, as the driver sends it.

Two orders are recorded. A value that is the same in both stays as it is; one that differs is looked for among what was
known before (the order's number and ids, and rows that earlier statements returned). So the statements can be sent again
for any other order, with values that mean the same.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from sqlalchemy import event

from backend import wiring
from backend.bench.site import Invalid, Site
from backend.services import steps
from backend.store import db
from backend.store.cursors import DescribingCursor


@dataclass(frozen=True)
class Statement:
    """One round trip: its text as sent, its values, and the rows that came back (None: none were to come)."""

    text: str
    values: Any
    rows: list[tuple[Any, ...]] | None
    many: bool = False


@dataclass
class Recording:
    """All that was done for one order: transactions in their order, and waits for providers between them."""

    known: tuple[Any, ...]
    parts: list[list[Statement] | int] = field(default_factory=list)

    @property
    def waits(self) -> int:
        return sum(part for part in self.parts if isinstance(part, int))

    @property
    def transactions(self) -> int:
        return sum(isinstance(part, list) for part in self.parts)

    @property
    def statements(self) -> list[Statement]:
        return [statement for part in self.parts if isinstance(part, list) for statement in part]


class _Tape:
    """Where the driver's cursors write while a recording runs."""

    def __init__(self) -> None:
        self.transactions: list[list[Statement]] = []
        self.rolled_back = False

    def begin(self, *_: Any) -> None:
        self.transactions.append([])

    def roll_back(self, *_: Any) -> None:
        self.rolled_back = True

    def write(self, statement: Statement) -> None:
        if self.transactions:
            self.transactions[-1].append(statement)


class _Cursor(DescribingCursor):
    tape: _Tape

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        super().execute(query, params, **options)
        rows = None
        if self.description:
            rows = self.fetchall()
            if rows:
                self.scroll(0, mode="absolute")
        self.tape.write(Statement(str(query), params, rows))
        return self

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
        values = list(params_seq)
        super().executemany(query, values, **options)
        self.tape.write(Statement(str(query), values, None, many=True))


def scatter_ids(site: Site) -> None:
    """Let every table number its rows from somewhere else, so that no id can be taken for that of another table."""
    site.rows(
        "select setval(c.oid, row_number() over (order by c.relname) * 10000000) from pg_class c "
        "join pg_depend d on d.objid = c.oid and d.deptype in ('a', 'i') where c.relkind = 'S' and c.relname not like 'huey%%'"
    )


def record(site: Site, create: Callable[[], int]) -> Recording:
    """Create an order, run all of its steps in this process, and return what the steps asked of the database."""
    waiting: list[int] = []
    db.set_waker(waiting.extend)
    order_id = create()
    number, external_id = site.rows("select number, external_id from orders where id = %s", order_id)[0]
    recording = Recording((order_id, number, external_id, waiting[0]))
    with _taping() as tape:
        while waiting:
            served = site.served()
            tape.transactions.clear()
            steps.run(waiting.pop(0), wiring.adapters(), worker="bench")
            before, *after = tape.transactions
            recording.parts += [before, site.served() - served, *after]
        if tape.rolled_back:
            raise Invalid("A transaction of the recorded order was rolled back.")
    db.set_waker(None)
    recording.parts = [part for part in recording.parts if part]
    return recording


@contextmanager
def _taping() -> Iterator[_Tape]:
    """The engine with cursors that write to a tape, for as long as the block runs."""
    tape = _Tape()
    cursor_type = type("_Cursor", (_Cursor,), {"tape": tape})
    engine = db.engine()
    engine.dispose()

    def use_tape(connection: psycopg.Connection[Any], _record: Any) -> None:
        connection.cursor_factory = cursor_type

    listeners = (("connect", use_tape), ("begin", tape.begin), ("rollback", tape.roll_back))
    for name, listener in listeners:
        event.listen(engine, name, listener)
    try:
        with engine.connect():  # what the driver asks of a new connection is no part of an order
            pass
        tape.rolled_back = False
        yield tape
    finally:
        for name, listener in listeners:
            event.remove(engine, name, listener)
        engine.dispose()
