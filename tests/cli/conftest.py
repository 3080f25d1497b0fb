"""Running `holdfast` as people do: as a process of its own, in a data folder of its own."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from backend.store.embedded import EmbeddedPostgres
from tests.nursery import Nursery


class Holdfast(Protocol):
    """Run a command to its end; the environment is ours with the given settings on top."""

    def __call__(self, *arguments: str, given: str = ..., **settings: str) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A data folder that the tests of one module share."""
    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        yield Path(folder)
        EmbeddedPostgres(Path(folder) / "postgres").stop("immediate")


@pytest.fixture
def holdfast(folder: Path, nursery: Nursery) -> Holdfast:
    def run(*arguments: str, given: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "HOLDFAST_HOME": str(folder), "NO_COLOR": "1", "COLUMNS": "200", **settings}
        return nursery.run("backend.cli", *arguments, environment=environment, given=given)

    return run
