"""Backups of a test's database: a copy of every table, put back later as an administrator would."""

import secrets
from collections.abc import Iterator

import pytest

from backend.store import db
from tests.conftest import Database, Server
from tests.databases import hang_up


class Backups:
    """Takes copies of the test's database and restores them in its place."""

    def __init__(self, server: Server, database: Database) -> None:
        self._server, self._database = server, database
        self.copies: list[str] = []

    def take(self) -> str:
        """The name of a copy of everything as it is now."""
        name = f"{self._database.name}_{secrets.token_hex(2)}"
        db.dispose()
        hang_up()
        self._server.create_database(name, template=self._database.name)
        self.copies.append(name)
        return name

    def restore(self, copy: str) -> None:
        """The database is as it was when the copy was taken; nobody is told."""
        db.dispose()
        hang_up()
        self._server.drop_database(self._database.name)
        self._server.create_database(self._database.name, template=copy)

    def drop(self) -> None:
        for copy in self.copies:
            self._server.drop_database(copy)


@pytest.fixture
def backups(postgres: Server, database: Database) -> Iterator[Backups]:
    made = Backups(postgres, database)
    yield made
    made.drop()
