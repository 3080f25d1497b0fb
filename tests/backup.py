"""Backups of a test's database: a copy of every row, put back later as an administrator would."""

from collections.abc import Iterator

import pytest

from backend.store import db
from tests.conftest import Database
from tests.copies import Copies


class Backups:
    """Takes copies of the test's database and restores them in its place."""

    def __init__(self, database: Database) -> None:
        self._copies = Copies(database.url)

    def take(self) -> dict[str, bytes]:
        """A copy of everything as it is now."""
        return self._copies.take()

    def restore(self, copy: dict[str, bytes]) -> None:
        """The database is as it was when the copy was taken, and everybody has to connect anew; nobody is told."""
        db.dispose()
        self._copies.restore(copy)

    def close(self) -> None:
        self._copies.close()


@pytest.fixture
def backups(database: Database) -> Iterator[Backups]:
    made = Backups(database)
    yield made
    made.close()
