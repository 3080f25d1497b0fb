"""Checks of the database: reachable, recent, migrated, its clock, its workers, and keys that open what lies in it."""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import SQLModel, create_engine

from backend import clock
from backend.domain.errors import ConfigurationError
from backend.installation.doctor.finding import Finding, note, ok, problem, warning
from backend.settings import Settings
from backend.store import db, migrate
from backend.store.personal import Keyring, PersonalData, PersonalDataUnreadable, Sealed

_OLDEST_SERVER = 150000
_SAMPLE = 25
_SWEEP_ALARM_SECONDS = 30
_SKEW_WARNING, _SKEW_PROBLEM = 2.0, 60.0
Connection = psycopg.Connection[tuple[Any, ...]]


def check_database(settings: Settings, *, product_runs: bool) -> list[Finding]:
    """All checks; one that needs what an earlier one found missing is left out."""
    url = settings.database_url.get_secret_value()
    try:
        connection = psycopg.connect(db.dsn(url), connect_timeout=5, autocommit=True)
    except psycopg.OperationalError as error:
        says = f"The database cannot be reached: {str(error).strip()}"
        return [problem("database", says, "Start it, or correct HOLDFAST_DATABASE_URL.")]
    with connection:
        findings = [check_version(connection), check_clock(connection)]
        migrated = check_migrations(url)
        findings.append(migrated)
        if migrated.verdict == "ok":
            findings += [check_workers(connection, product_runs=product_runs), check_keys(connection, settings)]
            findings.append(check_sending(connection))
    return findings


def check_version(connection: Connection) -> Finding:
    number = connection.info.server_version
    shown = f"PostgreSQL {number // 10000}.{number % 10000} answers."
    if number < _OLDEST_SERVER:
        return problem("database", f"{shown} Holdfast needs 15 or newer.", "Upgrade the server.")
    return ok("database", shown)


def check_clock(connection: Connection) -> Finding:
    """Leases use the database's clock and signatures ours, so the two should agree."""
    (theirs,) = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone() or (0.0,)
    skew = abs(theirs - clock.wall_seconds())
    shown = f"The clocks of this machine and of the database differ by {skew:.1f} s."
    advice = "Let both machines take their time from the network (NTP)."
    if skew > _SKEW_PROBLEM:
        return problem("clock", shown, advice)
    return warning("clock", shown, advice) if skew > _SKEW_WARNING else ok("clock", shown)


def check_migrations(url: str) -> Finding:
    engine = create_engine(db.sqlalchemy_url(url))
    try:
        at, head = migrate.current_and_head(engine)
    except SQLAlchemyError as error:
        return problem("tables", f"The tables cannot be read: {error}", "Check the database account's rights.")
    finally:
        engine.dispose()
    if at == head:
        return ok("tables", f"The tables are those of this version ({at}).")
    if at is None:
        return problem("tables", "The database has no tables of Holdfast yet.", "Run: holdfast migrate")
    return problem("tables", f"The tables are at {at}, this version needs {head}.", "Run: holdfast migrate")


def check_workers(connection: Connection, *, product_runs: bool) -> Finding:
    """Whether somebody looks for due steps; without that, orders stand still."""
    query = "SELECT extract(epoch FROM clock_timestamp() - max(last_sweep_at))::float8 FROM workers"
    (age,) = connection.execute(query).fetchone() or (None,)
    if age is not None and age <= _SWEEP_ALARM_SECONDS:
        return ok("workers", f"A worker looked for due steps {age:.0f} s ago.")
    says = "No worker has looked for due steps for 30 s, so orders stand still."
    if product_runs:
        return problem("workers", says, "Look into the logs of the workers; start one with: holdfast worker")
    return note("workers", says, "`holdfast up` or `holdfast worker` starts one.")


def check_sending(connection: Connection) -> Finding:
    """Whether what is due is sent, or waits for a person since the database was restored from a backup."""
    (cause,) = connection.execute("SELECT cause FROM sending WHERE paused_at IS NOT NULL").fetchone() or (None,)
    if cause is None:
        return ok("sending", "What is due is sent.")
    says = f"Nothing is sent: the database was restored from a backup ({cause})."
    return warning("sending", says, "See how it stands: holdfast sending show. Let it go on: holdfast sending go")


def check_keys(connection: Connection, settings: Settings) -> Finding:
    """Open a sample of the oldest and newest personal data, so that a wrong key is found before it is needed."""
    try:
        keyring = Keyring.parse(settings.encryption_keys.get_secret_value(), settings.index_key.get_secret_value())
    except ConfigurationError as error:
        return problem("keys", str(error), "Set the keys this installation was made with.")
    opened = 0
    for table, column in personal_columns():
        for row_id, blob in _sample(connection, table, column):
            try:
                keyring.open_bytes(table, column, row_id, Sealed(bytes(blob)))
            except PersonalDataUnreadable as error:
                advice = "Put the right keys into HOLDFAST_ENCRYPTION_KEYS (or keys.json in the data folder)."
                return problem("keys", f"Personal data does not open: {error}.", advice)
            opened += 1
    return ok("keys", f"The keys open the personal data ({opened} values tried).")


def personal_columns() -> Iterator[tuple[str, str]]:
    """Table and column name of everything that is sealed."""
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, PersonalData):
                yield table.name, column.name


def _sample(connection: Connection, table: str, column: str) -> Iterator[tuple[Any, ...]]:
    for direction in (sql.SQL("ASC"), sql.SQL("DESC")):
        query = sql.SQL("SELECT id, {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY id {direction} LIMIT {n}")
        yield from connection.execute(
            query.format(
                column=sql.Identifier(column), table=sql.Identifier(table), direction=direction, n=sql.Literal(_SAMPLE)
            )
        )
