"""One running product per module that asks for it, in a folder that the database's own account may reach."""

import contextlib
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Server
from tests.nursery import Nursery
from tests.product.stack import Stack, running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A product that is started takes its time on a machine that has more to do."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(300))


@contextlib.contextmanager
def product(run_folder: Path, nursery: Nursery, server: Server, template: str) -> Iterator[Stack]:
    """A product on a database of its own, of the server that all tests use."""
    name = f"product_{secrets.token_hex(6)}"
    server.create_database(name, template=template)
    folder = Path(tempfile.mkdtemp(dir=run_folder, prefix="product-"))
    try:
        with running(folder, nursery, database_url=server.url(name)) as started:
            yield started
    finally:
        server.drop_database(name)


@pytest.fixture(scope="module")
def stack(run_folder: Path, nursery: Nursery, postgres: Server, template: str) -> Iterator[Stack]:
    with product(run_folder, nursery, postgres, template) as started:
        yield started


@pytest.fixture
def fresh(run_folder: Path, nursery: Nursery, postgres: Server, template: str) -> Iterator[Stack]:
    """A product of one's own, for tests that break it."""
    with product(run_folder, nursery, postgres, template) as started:
        yield started


@pytest.fixture
def whole(run_folder: Path, nursery: Nursery) -> Iterator[Stack]:
    """A product with a database server of its own, for tests that stop that too."""
    with running(Path(tempfile.mkdtemp(dir=run_folder, prefix="product-")), nursery) as started:
        yield started
