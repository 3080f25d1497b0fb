"""One running product per module that asks for it, in a folder that the database's own account may reach."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.product.stack import Stack, running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A product that is started takes its time on a machine that has more to do."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="module")
def stack(run_folder: Path) -> Iterator[Stack]:
    with running(Path(tempfile.mkdtemp(dir=run_folder, prefix="product-"))) as product:
        yield product


@pytest.fixture
def fresh(run_folder: Path) -> Iterator[Stack]:
    """A product of one's own, for tests that break it."""
    with running(Path(tempfile.mkdtemp(dir=run_folder, prefix="product-"))) as product:
        yield product
