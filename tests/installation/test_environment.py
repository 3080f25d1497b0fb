"""Which database a command uses: the one that is set, the one that runs, or one that it starts and stops itself."""

import threading

import psycopg
import pytest

from backend import settings
from backend.installation import environment, keys
from backend.installation.home import Home
from backend.store.embedded import EmbeddedPostgres


def test_a_command_starts_the_embedded_database_with_the_folders_keys_and_stops_it(home: Home) -> None:
    server = EmbeddedPostgres(home.postgres)

    with environment.database() as current:
        with psycopg.connect(current.database_url.get_secret_value()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert current.encryption_keys.get_secret_value() == keys.kept_or_made(home).encryption_keys

    assert not server.running()


def test_the_database_is_stopped_when_the_command_fails(home: Home) -> None:
    def fail() -> None:
        with environment.database():
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert not EmbeddedPostgres(home.postgres).running()


def test_a_command_beside_a_running_up_uses_its_database_and_leaves_it_running(home: Home) -> None:
    server = EmbeddedPostgres(home.postgres)
    keys.kept_or_made(home)
    held = home.claim("database")
    assert held is not None
    with held, home.alone():
        url = server.start()

        with environment.database() as current:
            assert current.database_url.get_secret_value() == url

        assert server.running()


def test_two_commands_at_once_take_turns(home: Home) -> None:
    order: list[str] = []
    inside, leave = threading.Event(), threading.Event()

    def first() -> None:
        with environment._running(home):
            order.append("first in")
            inside.set()
            leave.wait(30)
            order.append("first out")

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait(30)
    threading.Timer(0.3, leave.set).start()
    with environment._running(home) as url, psycopg.connect(url) as connection:
        order.append("second in")
        assert connection.execute("SELECT 1").fetchone() == (1,)
    thread.join()

    assert order == ["first in", "first out", "second in"]


def test_a_database_that_is_set_is_used_and_nothing_is_started(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", "postgresql://somewhere/else")
    monkeypatch.setenv("HOLDFAST_ENCRYPTION_KEYS", keys.fresh().encryption_keys)
    monkeypatch.setenv("HOLDFAST_INDEX_KEY", keys.fresh().index_key)
    settings.current.cache_clear()

    with environment.database() as current:
        assert current.database_url.get_secret_value() == "postgresql://somewhere/else"

    assert not home.postgres.exists()


def test_keys_that_are_set_are_not_replaced_by_the_folders(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = keys.fresh()
    monkeypatch.setenv("HOLDFAST_INDEX_KEY", mine.index_key)
    settings.current.cache_clear()

    values = environment.embedded_settings(home, "postgresql://x/y")

    assert set(values) == {"HOLDFAST_DATABASE_URL", "HOLDFAST_ENCRYPTION_KEYS"}


def test_a_long_running_process_needs_a_database_that_runs(home: Home) -> None:
    with pytest.raises(environment.NotUp, match="holdfast up"):
        environment.use_running_database()

    assert not home.postgres.exists()
