"""A database with demo data in it: loaded once for the whole run, and copied for each test that wants it."""

import base64
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from backend.demo.loader import DemoData
from backend.demo.plan import Wish, usual_held
from backend.settings import Settings
from backend.store import db, personal
from backend.store.personal import Keyring
from tests.conftest import Database, Server, one_at_a_time
from tests.world import outside, world

__all__ = ["outside", "world"]

END = datetime(2026, 3, 4, 10, 12, tzinfo=UTC)
WISH = Wish(orders=1_500, days=400, seed=1, held=52, end=END)
MANY = Wish(orders=20_000, days=400, seed=1, held=usual_held(20_000), end=END)
"""Enough to be made in bulk."""
KEYS = {"test": bytes(range(32))}
INDEX = bytes(range(32, 64))


def config() -> Settings:
    """The settings of a demo with the keys that tests use."""
    key = base64.b64encode(KEYS["test"]).decode()
    return Settings(
        demo=True, encryption_keys=SecretStr(f"test:{key}"), index_key=SecretStr(base64.b64encode(INDEX).decode())
    )


@pytest.fixture(scope="session")
def demo_template(postgres: Server, template: str, run_folder: Path) -> str:
    """Name of a database with the demo of `WISH` in it."""
    name = f"{template}_demo"
    with one_at_a_time(run_folder, "demo"):
        if not (run_folder / "demo.ready").exists():
            postgres.create_database(name, template=template)
            db.configure(postgres.url(name))
            personal.configure(Keyring(KEYS, INDEX))
            DemoData(config()).load(WISH)
            db.dispose()
            (run_folder / "demo.ready").touch()
    return name


@pytest.fixture(scope="session")
def many_loaded(postgres: Server, template: str, run_folder: Path) -> str:
    """Name of a database with the demo of `MANY` in it, made once for the whole run; nobody may change it."""
    name = f"{template}_many"
    with one_at_a_time(run_folder, "many"):
        if not (run_folder / "many.ready").exists():
            postgres.create_database(name, template=template)
            db.configure(postgres.url(name))
            personal.configure(Keyring(KEYS, INDEX))
            DemoData(config()).load(MANY)
            db.dispose()
            (run_folder / "many.ready").touch()
    return name


@pytest.fixture
def many(postgres: Server, many_loaded: str) -> Iterator[Database]:
    """The database with the demo of `MANY`, to be read only."""
    keyring = Keyring(KEYS, INDEX)
    db.configure(postgres.url(many_loaded))
    personal.configure(keyring)
    yield Database(url=postgres.url(many_loaded), name=many_loaded, keyring=keyring)
    db.dispose()


@pytest.fixture
def demo(postgres: Server, demo_template: str) -> Iterator[Database]:
    """A copy of the loaded demo, to which `backend.store` is pointed during the test."""
    name = f"holdfast_demo_{secrets.token_hex(6)}"
    postgres.create_database(name, template=demo_template)
    keyring = Keyring(KEYS, INDEX)
    db.configure(postgres.url(name))
    personal.configure(keyring)
    yield Database(url=postgres.url(name), name=name, keyring=keyring)
    db.dispose()
    postgres.drop_database(name)
