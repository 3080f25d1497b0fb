"""Logical backups of a database: every table and every sequence, taken and put back through COPY, triggers aside."""

from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import sql

_TABLES = """
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname = 'public' and c.relname <> 'alembic_version' order by 1
"""
_SEQUENCES = """
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'S' and n.nspname = 'public' order by 1
"""


class Copies:
    """Takes and restores copies over a connection of its own."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._tables = [row[0] for row in self._connection.execute(_TABLES)]
        self._sequences = [row[0] for row in self._connection.execute(_SEQUENCES)]

    def execute(self, statement: LiteralString, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement; its rows, or none."""
        cursor = self._connection.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []

    def take(self) -> dict[str, bytes]:
        """All rows, by table; under `:name` how far a sequence had come."""
        found: dict[str, bytes] = {}
        with self._connection.transaction(), self._connection.cursor() as cursor:
            for table in self._tables:
                query = sql.SQL("copy {} to stdout (format binary)").format(sql.Identifier(table))
                with cursor.copy(query) as rows:
                    found[table] = b"".join(bytes(chunk) for chunk in rows)
            for name in self._sequences:
                last = cursor.execute(sql.SQL("select last_value, is_called from {}").format(sql.Identifier(name)))
                found[f":{name}"] = repr(last.fetchone()).encode()
        return found

    def restore(self, copy: dict[str, bytes]) -> None:
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute("set local session_replication_role = replica")
            names = sql.SQL(", ").join(sql.Identifier(table) for table in self._tables)
            cursor.execute(sql.SQL("truncate {}").format(names))
            for table in self._tables:
                query = sql.SQL("copy {} from stdin (format binary)").format(sql.Identifier(table))
                with cursor.copy(query) as rows:
                    rows.write(copy[table])
            for name in self._sequences:
                last, called = copy[f":{name}"].decode().strip("()").split(", ")
                cursor.execute("select setval(%s, %s, %s)", (name, int(last), called == "True"))

    def close(self) -> None:
        self._connection.close()
