"""What every test may ask for: `postgres`, one server for the whole run, and `database`, a fresh one for one test.

The server starts when the first test asks for it, workers of one run share it, and the process that began the run
stops it. `HOLDFAST_TEST_DATABASE_URL` names another server to use in its place.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine

from backend import settings
from backend.services import accounts
from backend.store import db, migrate, personal
from backend.store.embedded import EmbeddedPostgres
from backend.store.personal import Keyring
from tests.databases import Database, Laundry, Server, hang_up
from tests.nursery import Nursery

TESTS = Path(__file__).resolve().parent
RUN_FOLDER = "HOLDFAST_TEST_RUN_FOLDER"
FOREIGN_SERVER = "HOLDFAST_TEST_DATABASE_URL"
PATIENCE = 60.0
"""Seconds that a statement of a test may take: whoever waits for a lock on a busy machine is not to fail for it."""
SLOW = ("machine", "demo", "product", "jobs", "chaos", "installation", "bench", "cli")
"""Folders with tests that take long, the longest first: they begin, so that none of them is what the others wait for."""


class ForeignServer:
    """The server that `HOLDFAST_TEST_DATABASE_URL` names; its account must be allowed to create databases."""

    def __init__(self, address: str) -> None:
        self._address = urlsplit(db.dsn(address))

    def url(self, database: str = "postgres") -> str:
        return urlunsplit(self._address._replace(path=f"/{database}"))

    def create_database(self, name: str, *, template: str = "template1") -> None:
        self._administer(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )

    def drop_database(self, name: str) -> None:
        self._administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _administer(self, command: sql.Composed) -> None:
        with psycopg.connect(urlunsplit(self._address), autocommit=True) as connection:
            connection.execute(command)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[RUN_FOLDER] = tempfile.mkdtemp(prefix="holdfast-tests-")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {name: number for number, name in enumerate(SLOW)}
    items.sort(key=lambda item: place.get(item.path.parent.relative_to(TESTS).as_posix().partition("/")[0], len(SLOW)))


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    folder = Path(os.environ.pop(RUN_FOLDER))
    if (folder / "postgres").exists():
        EmbeddedPostgres(folder / "postgres").stop("immediate")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def run_folder() -> Path:
    """A folder that all workers of this run share; it is deleted at the end of the run."""
    return Path(os.environ[RUN_FOLDER])


@contextmanager
def one_at_a_time(folder: Path, name: str) -> Iterator[None]:
    """Hold a lock between the workers of this run."""
    with (folder / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def postgres(run_folder: Path) -> Server:
    """One running PostgreSQL server for the whole run."""
    if foreign := os.environ.get(FOREIGN_SERVER):
        return ForeignServer(foreign)
    server = EmbeddedPostgres(run_folder / "postgres", test=True)
    with one_at_a_time(run_folder, "postgres"):
        if not server.running():
            server.start()
            _stop_it_even_if_the_run_is_killed(run_folder)
    return server


def _stop_it_even_if_the_run_is_killed(folder: Path) -> None:
    """A process beside the run that waits for the run's end, however it comes, and stops the server then."""
    run = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    command = [sys.executable, "-m", "tests.last_one_out", str(run), str(folder / "postgres")]
    nowhere = subprocess.DEVNULL
    subprocess.run(command, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True, check=True)


@pytest.fixture(scope="session")
def template(postgres: Server, run_folder: Path) -> str:
    """Name of a migrated, empty database that others are copied from."""
    name = f"holdfast_template_{run_folder.name[-8:].lower()}"
    with one_at_a_time(run_folder, "template"):
        if not (run_folder / "template.ready").exists():
            postgres.create_database(name)
            migrate.upgrade(postgres.url(name))
            (run_folder / "template.ready").touch()
    return name


@pytest.fixture(scope="session")
def laundry(postgres: Server, template: str) -> Iterator[Laundry]:
    """Where the databases of this process's tests come from."""
    running = Laundry(postgres, template)
    yield running
    running.close()


_pointed: tuple[Engine | None, str] = (None, "")
"""The engine that `point_to` made last, and its address."""


def point_to(url: str) -> None:
    """Point `backend.store` to a database.

    The engine of the last test goes on where it is still there and knows the address: it has most statements compiled,
    which takes longer than to carry them out.
    """
    global _pointed
    if _pointed != (db._engine, url):
        db.configure(url, seconds=PATIENCE)
        _pointed = (db._engine, url)


@pytest.fixture
def database(postgres: Server, laundry: Laundry) -> Iterator[Database]:
    """A fresh migrated database; `backend.store.db` and the keys of personal data point to it during the test."""
    name = laundry.take()
    url = postgres.url(name)
    keyring = Keyring({"test": bytes(range(32))}, bytes(range(32, 64)))
    point_to(url)
    personal.configure(keyring)
    yield Database(url=url, name=name, keyring=keyring)
    db.set_waker(None)
    db.dispose()
    hang_up(but=url)
    laundry.give_back()


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Where the processes of this process's tests are born; it stands as soon as the first of them is wanted."""
    running = Nursery()
    yield running
    running.close()


@dataclass(frozen=True)
class Hashing:
    """How this process hashes passwords: the hasher, and the hash that is checked for unknown accounts."""

    hasher: PasswordHash
    nobody: str

    def use(self) -> None:
        accounts._hasher, accounts._NOBODY = self.hasher, self.nobody


@pytest.fixture(scope="session", autouse=True)
def real_hashing() -> Iterator[Hashing]:
    """Passwords are hashed at the least possible cost, as nobody attacks a test; what is given is the real hashing."""
    real = Hashing(accounts._hasher, accounts._NOBODY)
    cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    Hashing(cheap, cheap.hash("nobody")).use()
    yield real
    real.use()


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The developer's own `HOLDFAST_*` settings must not reach a test."""
    for name in [name for name in os.environ if name.startswith("HOLDFAST_") and not name.startswith("HOLDFAST_TEST_")]:
        monkeypatch.delenv(name)
    settings.current.cache_clear()
    yield
    settings.current.cache_clear()
