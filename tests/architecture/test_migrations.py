"""What the migrations make is exactly what the tables say."""

import sqlalchemy
from sqlmodel import SQLModel

from backend.store import migrate
from backend.store.db import engine
from tests.conftest import Database


def test_migrations_make_exactly_the_tables_of_the_model(database: Database) -> None:
    with engine().connect() as connection:
        assert migrate.differences(connection) == []

    at, head = migrate.current_and_head(engine())
    assert at == head


def test_a_table_that_differs_is_noticed(database: Database) -> None:
    database.execute("ALTER TABLE notes ADD COLUMN surplus text")
    database.execute("DROP INDEX ix_steps_due")

    with engine().connect() as connection:
        found = migrate.differences(connection)

    assert {difference[0] for difference in found} == {"remove_column", "add_index"}


def test_a_column_that_only_the_model_has_is_noticed(database: Database) -> None:
    table = SQLModel.metadata.tables["notes"]
    column = sqlalchemy.Column("forgotten", sqlalchemy.Text)
    table.append_column(column)
    try:
        with engine().connect() as connection:
            assert [difference[0] for difference in migrate.differences(connection)] == ["add_column"]
    finally:
        table._columns.remove(column)


def test_migrating_again_changes_nothing(database: Database) -> None:
    before = database.execute("SELECT version_num FROM alembic_version")

    migrate.upgrade(database.url)

    assert database.execute("SELECT version_num FROM alembic_version") == before
