"""One sandbox per test module; every test starts without faults and with nothing received."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.running import Sandbox, eventually, running


@pytest.fixture(scope="module")
def module_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The module's process."""
    home: Path = tmp_path_factory.mktemp("sandbox")
    with running(home) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(module_sandbox: Sandbox) -> Sandbox:
    """The module's sandbox, emptied."""
    module_sandbox.receiver.answers.clear()
    module_sandbox.http.post("/control/reset").raise_for_status()
    # A webhook of the test before may still be on its way.
    eventually(lambda: module_sandbox.http.get("/control/agenda").json()["running"] == 0)
    module_sandbox.receiver.hooks.clear()
    return module_sandbox
