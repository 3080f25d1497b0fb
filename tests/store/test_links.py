"""A server whose answers get lost on the way: given up in time, and what it was asked for counts as in doubt."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from backend.clock import monotonic
from backend.store import db, links
from tests.chaos.proxy import Proxy, line_to
from tests.conftest import Database
from tests.waiting import quick


@pytest.fixture
def line(database: Database) -> Iterator[Proxy]:
    """A line to the test's database that can go bad; this process speaks over it, and waits half a second."""
    with line_to(database.url) as (line, address):
        db.configure(address, seconds=0.5)
        yield line
    db.configure(database.url)


def test_a_commit_whose_answer_is_lost_ends_in_time_and_may_have_happened(line: Proxy, database: Database) -> None:
    line.lose_answer = lambda said: b"COMMIT" in said
    began = monotonic()

    with pytest.raises(OperationalError) as caught, db.unit_of_work() as session:
        session.execute(text("create table witness (id int)"))

    assert quick(monotonic() - began, 5)
    assert db.is_database_down(caught.value)
    assert line.lost == 1
    assert database.execute("select count(*) from witness") == [(0,)]


def test_afterwards_the_pool_has_good_connections(line: Proxy, database: Database) -> None:
    line.lose_answer = lambda said: b"COMMIT" in said
    with pytest.raises(OperationalError), db.unit_of_work() as session:
        session.execute(text("select 1"))
    line.lose_answer = None

    with db.unit_of_work() as session:
        assert session.execute(text("select 1")).scalar_one() == 1


def test_the_server_itself_ends_what_takes_too_long_and_the_connection_stays(line: Proxy) -> None:
    with pytest.raises(OperationalError, match="statement timeout") as caught, db.unit_of_work() as session:
        session.execute(text("select pg_sleep(5)"))

    assert not caught.value.connection_invalidated
    assert line.lost == 0


def test_who_waits_for_news_may_wait_longer_than_for_an_answer(line: Proxy, database: Database) -> None:
    with links.connect(conninfo=db.dsn(str(db.engine().url.render_as_string(False))), seconds=0.5) as listener:
        listener.autocommit = True
        listener.execute("listen news")
        assert list(listener.notifies(timeout=1.0)) == []
        database.execute("notify news, 'here'")
        assert [news.payload for news in listener.notifies(timeout=5, stop_after=1)] == ["here"]


def test_every_connection_has_limits_of_the_servers_own(line: Proxy) -> None:
    with db.unit_of_work() as session:
        limits = [session.execute(text(f"show {name}")).scalar_one() for name in ("statement_timeout", "lock_timeout")]

    assert limits == ["500ms", "200ms"]
