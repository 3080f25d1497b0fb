"""Bring a database's tables to the state this version of Holdfast needs."""

import logging
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from huey.storage import PostgresStorage
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel

import backend.store.tables  # noqa: F401  (registers every table)
from backend.store.db import sqlalchemy_url

log = logging.getLogger(__name__)

_LOCK = 7_201_953_117
"""Advisory lock: several processes may start at once, one of them migrates."""
LOCK_SECONDS = 1.0
TRIES = 60
_NO_LOCK = "55P03"


def upgrade(url: str) -> None:
    """Apply every missing migration; safe to call from several processes at once.

    The job queue's own tables are made here too: workers that start together would make them at the same moment.
    """
    engine = create_engine(sqlalchemy_url(url))
    try:
        patiently(engine, _upgrade)
    finally:
        engine.dispose()


def patiently(engine: Engine, work: Callable[[Connection], None]) -> None:
    """Change tables that others are using: in one transaction, which nobody waits for longer than `LOCK_SECONDS`.

    Whoever changes a table must wait until it is free, and all others wait behind it. So it gives way after a moment,
    undoes what it did, and tries again a little later.
    """
    for attempt in range(1, TRIES + 1):
        try:
            with engine.begin() as connection:
                connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                connection.execute(text(f"set local lock_timeout = {round(LOCK_SECONDS * 1000)}"))
                work(connection)
            return
        except OperationalError as error:
            if attempt == TRIES or getattr(error.orig, "sqlstate", None) != _NO_LOCK:
                raise
            log.warning("the tables are in use; they are changed a little later")
            time.sleep(LOCK_SECONDS * (1 + secrets.randbelow(1000) / 1000))


def _upgrade(connection: Connection) -> None:
    command.upgrade(_config(connection), "head")
    for statement in PostgresStorage(create_tables=False).ddl:
        connection.exec_driver_sql(statement)


def current_and_head(engine: Engine) -> tuple[str | None, str | None]:
    """The revision the database is at, and the one this version wants."""
    with engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    return at, head()


def head() -> str | None:
    """The revision that this version wants."""
    return ScriptDirectory.from_config(_config(None)).get_current_head()


def differences(connection: Connection) -> list[Any]:
    """How the database's tables differ from the model, in alembic's words; empty when migrations and model agree."""
    context = MigrationContext.configure(
        connection,
        opts={"include_object": lambda thing, name, kind, *_: not (kind == "table" and name.startswith("huey_"))},
    )
    return list(compare_metadata(context, SQLModel.metadata))


def new_revision(connection: Connection, message: str) -> None:
    """Write a new revision from what the model has and the database has not (for developers)."""
    command.revision(_config(connection), message=message, autogenerate=True)


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
