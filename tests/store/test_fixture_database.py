"""The fixture `database`: each test gets a migrated, empty database that nobody else writes to."""

import pytest
from sqlmodel import text

from backend.store.db import in_unit_of_work
from tests.conftest import Database


@pytest.mark.parametrize("turn", [1, 2])
def test_what_one_test_writes_no_other_sees(database: Database, turn: int) -> None:
    assert database.execute("SELECT count(*) FROM users") == [(0,)]

    in_unit_of_work(lambda session: session.execute(text("CREATE TABLE mine AS SELECT :turn AS turn"), {"turn": turn}))

    assert database.execute("SELECT turn FROM mine") == [(turn,)]
