"""Loads many orders at once: processes make them, one transaction copies them into tables without indexes.

Whatever ends the load early, Ctrl-C, a crash or a power cut, ends that transaction, and the shop is as empty as before.
"""

import os
from collections.abc import Callable
from typing import Any
from uuid import UUID

from psycopg import Connection, sql
from sqlalchemy import text
from sqlmodel import Session

from backend.demo import batch as batches
from backend.demo import makers, undressing, writing
from backend.demo.batch import Written
from backend.demo.setup import Numbers, Setup
from backend.demo.sheets import CUSTOMERS, IN_ORDER, MOVEMENTS, Sheet
from backend.demo.shelves import SHELVES
from backend.demo.warehouse import Warehouse
from backend.domain.permissions import Actor
from backend.store.links import PatientConnection

GATHERED = 4
"""So many batches go into one COPY for each table."""
_A_DAY = 86_400.0
_SETTINGS = (
    "statement_timeout = 0",
    "lock_timeout = '60s'",
    "idle_in_transaction_session_timeout = 0",
    "maintenance_work_mem = '512MB'",
    "max_parallel_maintenance_workers = 2",
    "work_mem = '256MB'",
)
_TOTALS = """
insert into payment_totals (order_id, currency, captured_minor, refunded_minor)
select order_id, currency, coalesce(sum(amount_minor) filter (where kind = 'captured'), 0),
       coalesce(sum(amount_minor) filter (where kind = 'refunded'), 0)
       - coalesce(sum(amount_minor) filter (where kind = 'refund_failed'), 0)
from payment_entries where kind in ('captured', 'refunded', 'refund_failed') group by order_id, currency
"""

Progress = Callable[[int, int], None]


class BulkLoad:
    """One load, in the transaction of `session`; from its making on the tables are without indexes.

    `keys`: of personal data, as the settings have them.
    """

    def __init__(self, session: Session, series: dict[str, str], keys: tuple[str, str]) -> None:
        self._session, self._series, self._keys = session, series, keys
        self._connection: Connection[Any] = writing.connection_of(session)
        self._be_patient()
        self._taken, self._fresh = self._undress()
        self._kept: dict[str, list[str]] = {name: [] for name in self._taken.last}
        self._seen: set[UUID] = set()
        self._days: dict[Any, int] = {}

    def run(self, setup: Setup, processes: int, progress: Progress, say: Callable[[str], None]) -> None:
        """Make, copy, put the indexes back and check every reference."""
        plan, actor = batches.plan_of(setup.wish), setup.frame.manager
        before = writing.numbers_of(self._session, self._series)
        warehouse = Warehouse.of(self._session)
        gathered: list[Written] = []
        last, done = before, 0
        for found in makers.made(setup, plan.batches, before, self._keys, min(processes, SHELVES)):
            gathered.append(found)
            last = found.after
            if len(gathered) == GATHERED or found.index == plan.batches - 1:
                self._copy(gathered, warehouse, actor)
                done += sum(each.orders for each in gathered)
                gathered.clear()
                progress(done, setup.wish.orders)
        warehouse.save(self._session)
        self._count(last)
        undressing.put_back(self._connection, self._taken, say)
        self._copy_last(say)

    def _be_patient(self) -> None:
        """Building an index takes longer than any statement of a running shop may."""
        if isinstance(self._connection, PatientConnection):
            self._connection.patience = _A_DAY
        for setting in _SETTINGS:
            self._session.execute(text(f"set local {setting}"))

    def _undress(self) -> tuple[undressing.Taken, frozenset[str]]:
        """Tables that are empty are made anew, so that their rows can be copied in as seen by everybody."""
        names = [*(sheet.name for sheet in IN_ORDER), "payment_totals"]
        kept = {name for name in names if self._has_rows(name)}
        taken = undressing.take_off(self._connection, names)
        fresh = frozenset(names) - kept
        tables = sql.SQL(", ").join(map(sql.Identifier, sorted(fresh)))
        self._connection.execute(sql.SQL("truncate {}").format(tables))
        return taken, fresh

    def _has_rows(self, table: str) -> bool:
        statement = sql.SQL("select exists (select 1 from {})").format(sql.Identifier(table))
        row = self._connection.execute(statement).fetchone()
        return bool(row and row[0])

    def _copy(self, gathered: list[Written], warehouse: Warehouse, actor: Actor) -> None:
        received = [warehouse.take(each.on_hand, each.reserved, each.begins, actor) for each in gathered]
        for each in gathered:
            self._days |= each.days
        self._lines(CUSTOMERS, [self._new_customers(each) for each in gathered])
        for sheet in IN_ORDER:
            texts = [each.texts.get(sheet.name, "") for each in gathered]
            if sheet is MOVEMENTS:
                texts = [text for pair in zip(received, texts, strict=True) for text in pair]
            if sheet.name in self._kept:
                self._kept[sheet.name] += texts
            elif sheet is not CUSTOMERS:
                self._lines(sheet, texts)

    def _copy_last(self, say: Callable[[str], None]) -> None:
        """Rows that triggers have to see, now that these find what they look for."""
        for sheet in IN_ORDER:
            if sheet.name in self._kept:
                say(f"{sheet.name}, with all that follows from them")
                self._lines(sheet, self._kept[sheet.name])
                self._connection.execute(sql.SQL("analyze {}").format(sql.Identifier(sheet.name)))

    def _new_customers(self, found: Written) -> str:
        new = {row_id: line for row_id, line in found.customers.items() if row_id not in self._seen}
        self._seen |= new.keys()
        return "".join(new.values())

    def _lines(self, sheet: Sheet, texts: list[str]) -> None:
        if any(texts):
            command = sheet.command_of_a_fresh_table if sheet.name in self._fresh else sheet.command
            with self._connection.cursor() as cursor, cursor.copy(command) as target:
                for lines in texts:
                    target.write(lines)

    def _count(self, last: Numbers) -> None:
        """What triggers would have kept: series of documents, days of orders, and the payments' totals."""
        writing.count_days(self._session, self._days)
        for kind, number in (("invoice", last.invoice), ("credit_note", last.credit_note)):
            statement = (
                "insert into number_series as known (series, last) values (:series, :last) "
                "on conflict (series) do update set last = excluded.last"
            )
            if number:
                self._session.execute(text(statement), {"series": self._series[kind], "last": number})
        self._session.execute(text(_TOTALS))


def usual_processes() -> int:
    """As many as there are cores: while they make, one more of the server's copies."""
    return os.cpu_count() or 1
