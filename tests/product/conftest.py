"""One running product per module that asks for it, in a folder that the database's own account may reach."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.product.stack import Stack, running


@pytest.fixture(scope="module")
def stack(run_folder: Path) -> Iterator[Stack]:
    with running(Path(tempfile.mkdtemp(dir=run_folder, prefix="product-"))) as product:
        yield product


@pytest.fixture
def fresh(run_folder: Path) -> Iterator[Stack]:
    """A product of one's own, for tests that break it."""
    with running(Path(tempfile.mkdtemp(dir=run_folder, prefix="product-"))) as product:
        yield product
