"""Takes indexes, keys, references and triggers off empty tables for a load in bulk, and puts them back afterwards.

All of it happens in the one transaction of the load, so nobody ever sees a table without them, and a load that ends
early leaves everything as it was. A reference is checked against every row when it comes back. Indexes of a part of a
table stay: few rows are in them, and written down their conditions would not be the same text again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql

Say = Callable[[str], None]

_CONSTRAINTS = """
select c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid), c.contype::text
from pg_constraint c join pg_namespace n on n.oid = c.connamespace
where n.nspname = current_schema()
  and ((c.contype in ('p', 'u') and c.conrelid = any(%(tables)s::regclass[]))
    or (c.contype = 'f' and (c.conrelid = any(%(tables)s::regclass[]) or c.confrelid = any(%(tables)s::regclass[]))))
order by c.contype <> 'f', c.conrelid::regclass::text, c.conname
"""
_INDEXES = """
select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
from pg_index i
where i.indrelid = any(%(tables)s::regclass[]) and i.indpred is null
  and not exists (select 1 from pg_constraint c where c.conindid = i.indexrelid and c.contype in ('p', 'u', 'x'))
order by 1
"""


_OTHER_TRIGGERS = """
select distinct tgrelid::regclass::text from pg_trigger
where not tgisinternal and tgrelid = any(%(tables)s::regclass[]) and tgname <> all(%(replaced)s)
"""
REPLACED = [
    "append_only",
    "append_only_whole",
    "keep_invoice",
    "keep_invoices",
    "number_invoice",
    "sum_payments",
    "tell_listeners",
]
"""Triggers that refuse changes, or whose work the load does itself. Rows of a table with any other one come last."""


@dataclass(frozen=True)
class Taken:
    """What was taken off: constraints as (table, name, definition, kind) and the statements that make the indexes.

    `last`: tables whose triggers have to see every row, with everything in place that they look at.
    """

    tables: tuple[str, ...]
    last: frozenset[str]
    constraints: tuple[tuple[str, str, str, str], ...]
    indexes: tuple[str, ...]


def take_off(connection: Connection[Any], tables: list[str]) -> Taken:
    """Take everything off these tables, also the references of other tables to them."""
    asked = {"tables": tables}
    constraints = connection.execute(_CONSTRAINTS, asked).fetchall()
    indexes = connection.execute(_INDEXES, asked).fetchall()
    last = connection.execute(_OTHER_TRIGGERS, {**asked, "replaced": REPLACED}).fetchall()
    for table in tables:
        _run(connection, "alter table {} disable trigger user", table)
    for table, name, *_ in constraints:
        _run(connection, "alter table {} drop constraint {}", table, name)
    for name, _ in indexes:
        _run(connection, "drop index {}", name)
    return Taken(
        tuple(tables),
        frozenset(row[0] for row in last),
        tuple((row[0], row[1], row[2], row[3]) for row in constraints),
        tuple(row[1] for row in indexes),
    )


def put_back(connection: Connection[Any], taken: Taken, say: Say = lambda what: None) -> None:
    """Put everything back: keys and indexes first, then what refers to keys; then the planner is told of it all."""
    for table, name, definition in _of_kind(taken, "p", "u"):
        say(f"index {name}")
        _add(connection, table, name, definition)
    for statement in taken.indexes:
        say(f"index {statement.split()[2 if ' UNIQUE ' not in statement else 3]}")
        connection.execute(statement.encode())
    for table in taken.tables:
        say(f"statistics of {table}")
        _run(connection, "analyze {}", table)
    for table, name, definition in _of_kind(taken, "f"):
        say(f"check {name}")
        _add(connection, table, name, definition)
    for table in taken.tables:
        _run(connection, "alter table {} enable trigger user", table)


def _of_kind(taken: Taken, *kinds: str) -> Iterator[tuple[str, str, str]]:
    return ((table, name, definition) for table, name, definition, kind in taken.constraints if kind in kinds)


def _add(connection: Connection[Any], table: str, name: str, definition: str) -> None:
    statement = sql.SQL("alter table {} add constraint {} ").format(sql.Identifier(table), sql.Identifier(name))
    connection.execute(statement + sql.SQL(definition))


def _run(connection: Connection[Any], statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
