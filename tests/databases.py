"""One database after the other for the tests of a process, without paying for a new one each time.

To copy a database costs ten times as much as most tests. So a test's database is washed afterwards: rows deleted, seeded
ones put back, sequences set back. Where that would not give the same as a new copy (the test changed a table's shape,
somebody is still connected, it has grown), it is dropped, and the next test gets a new one, under the same name: an
engine that knows the address has compiled most statements already.
"""

import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg
from psycopg import sql

from backend.store.personal import Keyring

LARGE = 4_000_000
"""Bytes by which a database may grow: deleted rows stay in their tables, and every look at those takes longer."""
PATIENCE = 1.0
"""Seconds in which whoever has hung up is to be gone."""

_SHAPE = """
    select
    (select hash_array_extended(array_agg(hash_record_extended(
        row(oid, relname, relkind, relchecks, relhasrules, relhastriggers, reloptions, relrowsecurity), 0) order by oid), 0)
        from pg_class where relnamespace = 'public'::regnamespace),
    (select hash_array_extended(array_agg(hash_record_extended(
        row(attrelid, attnum, attname, atttypid, attnotnull, atthasdef, attisdropped), 0) order by attrelid, attnum), 0)
        from pg_attribute where attrelid >= 16384),
    (select array[count(*), max(xmin::text::bigint)] from pg_attrdef),
    (select array[count(*), max(xmin::text::bigint)] from pg_constraint where oid >= 16384),
    (select array[count(*), max(xmin::text::bigint)] from pg_trigger),
    (select array[count(*), max(xmin::text::bigint)] from pg_index where indexrelid >= 16384),
    (select array[count(*), max(xmin::text::bigint)] from pg_proc where oid >= 16384),
    (select array[count(*), max(xmin::text::bigint)] from pg_namespace where nspname !~ '^pg_(toast_)?temp_'),
    (select count(*) from pg_statistic where starelid >= 16384),
    (select count(*) from pg_db_role_setting where setdatabase = (select oid from pg_database where datname = current_database()))
"""
_TABLES = """
    select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
    and pg_relation_size(oid) > 0 order by 1
"""
_SEQUENCES = """
    select setval(quote_ident(sequencename)::regclass, start_value, false) from pg_sequences
    where schemaname = 'public' and last_value is not null
"""
_OTHERS = "select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
_PLAIN = ("select", "insert", "update", "delete", "with")


class Server(Protocol):
    """A PostgreSQL server for tests: where its databases are, and how to make and drop one."""

    def url(self, database: str = ...) -> str: ...
    def create_database(self, name: str, *, template: str = ...) -> None: ...
    def drop_database(self, name: str) -> None: ...


class Lines:
    """A connection to one database per thread: connecting costs more than most statements.

    That of the thread which runs the tests outlives them, for the washing and the next one.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._mine = threading.local()
        self._all: list[psycopg.Connection[Any]] = []

    def execute(self, statement: str | sql.Composed, parameters: Any = None) -> list[tuple[Any, ...]]:
        for last in (False, True):
            connection = self.mine()
            try:
                cursor = connection.execute(statement, parameters)  # type: ignore[call-overload]
                return [tuple(row) for row in cursor.fetchall()] if cursor.description else []
            except psycopg.OperationalError:  # cut while it lay idle: then nothing was carried out
                if last or not connection.broken:
                    raise
        raise AssertionError("unreachable")

    def rest(self) -> psycopg.Connection[Any]:
        """Close all but the connection of this thread, and return that as good as new."""
        mine = self.mine()
        for connection in self._all:
            if connection is not mine:
                connection.close()
        self._all[:] = [mine]
        mine.execute("discard all")
        return mine

    def hang_up(self) -> None:
        for connection in self._all:
            connection.close()
        self._all.clear()
        self._mine = threading.local()

    def mine(self) -> psycopg.Connection[Any]:
        """The connection of this thread."""
        found: psycopg.Connection[Any] | None = getattr(self._mine, "connection", None)
        if found is None or found.closed:
            # a statement prepared here would fail when a test changes its table
            found = psycopg.connect(self._url, autocommit=True, prepare_threshold=None)
            self._mine.connection = found
            self._all.append(found)
        return found


_lines: dict[str, Lines] = {}


@dataclass(frozen=True)
class Database:
    """A migrated database of one test, to which `backend.store` is pointed while the test runs."""

    url: str
    name: str
    keyring: Keyring

    def execute(self, statement: str | sql.Composed, parameters: Any = None) -> list[tuple[Any, ...]]:
        """Run one statement in a transaction of its own and return its rows (none for a statement without rows)."""
        if not isinstance(statement, str) or statement.lstrip().lower().startswith(_PLAIN):
            return lines_to(self.url).execute(statement, parameters)
        with psycopg.connect(self.url) as connection:  # what it sets must not last
            cursor = connection.execute(statement, parameters)  # type: ignore[call-overload]
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []


def lines_to(url: str) -> Lines:
    return _lines.setdefault(url, Lines(url))


def hang_up(but: str = "") -> None:
    """Close what `Database.execute` keeps open, except to the database at the address `but`."""
    for url in [url for url in _lines if url != but]:
        _lines.pop(url).hang_up()


class Laundry:
    """Gives out databases that look like a new copy of `template`, the one before washed where that will do."""

    def __init__(self, server: Server, template: str) -> None:
        self._server, self._template = server, template
        self._name = f"holdfast_test_{secrets.token_hex(6)}"
        self._lines = lines_to(server.url(self._name))
        self._clean = self._taken = False
        self._shape: tuple[Any, ...] | None = None
        self._seeded: dict[str, bytes] = {}
        self._size = 0

    def take(self) -> str:
        """The name of a clean database; there is one at a time."""
        assert not self._taken
        if not self._clean:
            self._make()
        self._taken = True
        return self._name

    def give_back(self) -> None:
        """Nobody uses it any more: it is clean for the next one, or it goes."""
        self._taken = False
        try:
            self._clean = self._wash()
        except psycopg.Error:
            self._clean = False
        if not self._clean:
            self.close()

    def close(self) -> None:
        self._lines.hang_up()
        self._server.drop_database(self._name)

    def _make(self) -> None:
        self._server.create_database(self._name, template=self._template)
        connection = self._lines.mine()
        self._shape = connection.execute(_SHAPE).fetchone()
        self._size = _size(connection)
        self._seeded = {}
        for (table,) in connection.execute(_TABLES).fetchall():
            rows = sql.SQL("copy {} to stdout (format binary)").format(sql.Identifier(table))
            with connection.cursor() as cursor, cursor.copy(rows) as copied:
                self._seeded[table] = b"".join(bytes(part) for part in copied)

    def _wash(self) -> bool:
        """Whether the database is as new."""
        connection = self._lines.rest()
        if not _alone(connection) or connection.execute(_SHAPE).fetchone() != self._shape:
            return False
        if _size(connection) > self._size + LARGE:
            return False
        with connection.transaction(), connection.cursor() as cursor:
            # no triggers, no foreign keys, and no waiting for whoever holds a lock
            cursor.execute("set local session_replication_role = replica; set local lock_timeout = '1s'")
            for (table,) in cursor.execute(_TABLES).fetchall():
                cursor.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))
            for table, rows in self._seeded.items():
                with cursor.copy(sql.SQL("copy {} from stdin (format binary)").format(sql.Identifier(table))) as copy:
                    copy.write(rows)
            cursor.execute(_SEQUENCES)
        return True


def _alone(connection: psycopg.Connection[Any]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while connection.execute(_OTHERS).fetchone():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True


def _size(connection: psycopg.Connection[Any]) -> int:
    (found,) = connection.execute(
        "select sum(pg_relation_size(oid)) from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'i')"
    ).fetchone() or (0,)
    return int(found)
