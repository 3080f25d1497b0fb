"""The embedded server starts, stops and comes back from everything a crash can leave behind."""

import os
import signal
import stat
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from backend.clock import monotonic
from backend.store.embedded import EmbeddedPostgres
from tests.waiting import quick


@pytest.fixture
def folder() -> Iterator[Path]:
    """Its path is short, unlike that of `tmp_path`, which another run of pytest may close to the server's account."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder / "postgres", test=True)
    yield server
    server.stop("immediate")


def answer(server: EmbeddedPostgres, query: str) -> object:
    with psycopg.connect(server.url()) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[call-overload]
    assert row is not None
    return row[0]


def test_starts_stops_and_starts_again_quickly_with_its_data(server: EmbeddedPostgres) -> None:
    url = server.start()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    server.stop()
    assert not server.running()
    assert server.pid is None

    began = monotonic()
    assert server.start() == url
    assert quick(monotonic() - began, 2)
    assert answer(server, "SELECT number FROM kept") == 7


def test_is_set_up_for_text_of_the_whole_world_and_to_notice_damaged_pages(server: EmbeddedPostgres) -> None:
    server.start()

    assert answer(server, "SHOW server_encoding") == "UTF8"
    assert answer(server, "SELECT datlocprovider FROM pg_database WHERE datname = 'holdfast'") == "b"
    assert answer(server, "SELECT datlocale FROM pg_database WHERE datname = 'holdfast'") == "C.UTF-8"
    assert answer(server, "SHOW data_checksums") == "on"
    assert answer(server, "SHOW timezone") == "UTC"


def test_a_server_for_real_data_waits_for_the_disk(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "postgres")
    try:
        server.start()

        assert [answer(server, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")] == [
            "on",
            "on",
            "on",
        ]
    finally:
        server.stop("immediate")


def test_listens_on_no_network_address_and_lets_no_other_account_in(server: EmbeddedPostgres) -> None:
    server.start()

    assert server.pid is not None
    assert [c for c in psutil.Process(server.pid).net_connections("inet") if c.status == psutil.CONN_LISTEN] == []
    assert stat.S_IMODE((server.folder / "socket").stat().st_mode) == 0o700
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700


def test_comes_back_after_kill_9_with_everything_that_was_committed(server: EmbeddedPostgres) -> None:
    server.start()
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)

    server.start()

    assert answer(server, "SELECT number FROM kept") == 7


def test_a_second_start_takes_over_the_running_server(server: EmbeddedPostgres) -> None:
    server.start()

    other = EmbeddedPostgres(server.folder, test=True)
    other.start()

    assert other.pid == server.pid
    other.stop()
    assert not server.running()


def test_many_starts_at_once_start_one_server(server: EmbeddedPostgres) -> None:
    def start() -> int | None:
        mine = EmbeddedPostgres(server.folder, test=True)
        mine.start()
        return mine.pid

    with ThreadPoolExecutor(4) as pool:
        pids = {future.result() for future in [pool.submit(start) for _ in range(4)]}

    assert pids == {server.pid}


def test_a_stale_lock_file_that_names_somebody_elses_process_does_not_stop_the_start(server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n1\n5432\n\n\n\nready\n")
    assert not server.running()

    server.start()

    assert server.running()
    assert server.pid != os.getpid()


def test_a_set_up_cut_short_is_begun_again(server: EmbeddedPostgres) -> None:
    (server.folder / "data.new" / "base").mkdir(parents=True)

    server.start()

    assert answer(server, "SELECT 1") == 1


def test_a_deep_data_folder_gets_a_short_private_socket_folder_that_stays_the_same(folder: Path) -> None:
    server = EmbeddedPostgres(folder / ("d" * 60) / ("e" * 60), test=True)
    try:
        url = server.start()
        socket_folder = Path((server.folder / "socket.path").read_text())
        assert stat.S_IMODE(socket_folder.stat().st_mode) == 0o700
        server.stop()

        assert server.start() == url
        assert answer(server, "SELECT 1") == 1
    finally:
        server.stop("immediate")


def test_databases_are_copied_from_a_template_and_dropped_while_somebody_is_connected(server: EmbeddedPostgres) -> None:
    server.start()
    server.create_database("first")
    with psycopg.connect(server.url("first")) as connection:
        connection.execute("CREATE TABLE copied (id int)")

    server.create_database("second", template="first")
    connection = psycopg.connect(server.url("second"))
    assert connection.execute("SELECT count(*) FROM copied").fetchone() == (0,)
    server.drop_database("second")
    connection.close()

    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(server.url("second"))
