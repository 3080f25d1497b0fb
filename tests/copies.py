"""Logical backups of a database: every table and every sequence, taken and put back through COPY, triggers aside.

Rows are deleted rather than tables truncated: truncating sixty tables with their indexes makes hundreds of files.
"""

from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import sql

_TABLES = """
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname = 'public' and c.relname <> 'alembic_version'
    and pg_relation_size(c.oid) > 0 order by 1
"""
_SEQUENCES = "select sequencename, last_value from pg_sequences where schemaname = 'public' and last_value is not null"
_SIZE = "select sum(pg_relation_size(oid)) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
LARGE = 6_000_000
"""Bytes that deleted rows may take up before the tables are truncated after all."""


class Copies:
    """Takes and restores copies over a connection of its own."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)

    def execute(self, statement: LiteralString, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement; its rows, or none."""
        cursor = self._connection.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []

    def take(self) -> dict[str, bytes]:
        """All rows, by table; under `:name` how far a sequence had come. What is not named had no rows, or no number taken."""
        found: dict[str, bytes] = {}
        with self._connection.transaction(), self._connection.cursor() as cursor:
            for (table,) in self.execute(_TABLES):
                query = sql.SQL("copy {} to stdout (format binary)").format(sql.Identifier(table))
                with cursor.copy(query) as rows:
                    found[table] = b"".join(bytes(chunk) for chunk in rows)
            for name, last in self.execute(_SEQUENCES):
                found[f":{name}"] = str(last).encode()
        return found

    def restore(self, copy: dict[str, bytes]) -> None:
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute("set local session_replication_role = replica")
            self._empty([table for (table,) in self.execute(_TABLES)])
            for name, _ in self.execute(_SEQUENCES):
                cursor.execute("select setval(%s, 1, false)", (name,))
            for name, taken in copy.items():
                if name.startswith(":"):
                    cursor.execute("select setval(%s, %s)", (name[1:], int(taken)))
                    continue
                with cursor.copy(sql.SQL("copy {} from stdin (format binary)").format(sql.Identifier(name))) as rows:
                    rows.write(taken)

    def _empty(self, tables: list[str]) -> None:
        ((size,),) = self.execute(_SIZE)
        if size > LARGE:
            names = sql.SQL(", ").join(sql.Identifier(table) for table in tables)
            self._connection.execute(sql.SQL("truncate {} cascade").format(names))
            return
        for table in tables:
            self._connection.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))

    def close(self) -> None:
        self._connection.close()
