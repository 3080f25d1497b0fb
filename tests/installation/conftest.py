"""A data folder of one's own, with a path short enough for the embedded database's socket."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend import settings
from backend.installation.home import Home
from backend.store.embedded import EmbeddedPostgres


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """An empty data folder that `HOLDFAST_HOME` names; a database left running in it is stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        monkeypatch.setenv("HOLDFAST_HOME", folder)
        monkeypatch.setenv("HOLDFAST_DATABASE_URL", "")
        for name in ("HOLDFAST_ENCRYPTION_KEYS", "HOLDFAST_INDEX_KEY"):
            monkeypatch.setenv(name, "")  # so that whatever the test adds is taken away again
        settings.current.cache_clear()
        yield Home.at(Path(folder))
        EmbeddedPostgres(Path(folder) / "postgres").stop("immediate")
