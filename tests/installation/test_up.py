"""`holdfast up` from nothing to an address and back: what it starts, what it survives, and that nothing stays behind."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from backend.installation import guard
from backend.installation.addresses import answers
from backend.installation.home import Home
from backend.installation.processes import find, is_gone
from backend.installation.product import ROOT
from backend.store.embedded import EmbeddedPostgres
from tests.installation.product import Up
from tests.waiting import until


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        yield Path(folder)


@pytest.fixture
def up(folder: Path) -> Iterator[Up]:
    """A product that is not started yet; all tests share its folder, so only the first one sets it up."""
    up = Up(Home.at(folder), "--sandbox")
    yield up
    if not up.process_ended():
        up.end(signal.SIGKILL)
    guard.end_leftovers(up.home)


@pytest.mark.timeout(400)
def test_it_starts_everything_says_where_it_is_and_leaves_nothing_behind(up: Up) -> None:
    up.start()

    assert sorted(name for name in up.family() if "/" not in name) == ["postgres", "sandbox", "web", "worker-1"]
    assert httpx.get(f"http://127.0.0.1:{up.port}/health/live").status_code == 200
    (url,) = re.findall(r"Sandbox +(http://127\.0\.0\.1:\d+)\n", up.said())
    assert httpx.get(f"{url}/mails").status_code == 200
    assert "Sign in as" not in up.said()
    (lab,) = re.findall(r"Failure lab +(http://127\.0\.0\.1:\d+/lab)\n", up.said())
    moved = httpx.post(f"{lab}/clock", data={"step": "now"}, follow_redirects=True)
    assert "Nothing was waiting." in moved.text
    family = up.family()

    assert up.end(signal.SIGINT) == 0

    assert [name for name, process in family.items() if not is_gone(process)] == []
    assert not answers("127.0.0.1", up.port)
    assert not up.home.record.exists()
    assert "Everything has stopped" in up.said()


@pytest.mark.timeout(400)
def test_what_dies_is_started_again(up: Up) -> None:
    up.start()
    before = up.family()
    before["worker-1"].kill()
    before["postgres"].send_signal(signal.SIGQUIT)

    def all_new_and_well() -> bool:
        record = guard.read_record(up.home)["children"]
        worker, server = find(record["worker-1"]), EmbeddedPostgres(up.home.postgres)
        if worker is None or worker.pid == before["worker-1"].pid or not server.running():
            return False
        return httpx.get(f"http://127.0.0.1:{up.port}/health/ready").status_code == 200

    until(all_new_and_well, within=60, every=0.2)
    assert "worker-1 was killed by SIGKILL; starting it again" in up.said().replace("\n", " ")
    assert "The database has stopped; starting it again" in up.said().replace("\n", " ")
    assert is_gone(before["postgres"])


@pytest.mark.timeout(400)
def test_a_second_up_in_the_same_folder_is_told_so_and_the_first_goes_on(up: Up) -> None:
    up.start()
    environment = {**os.environ, "HOLDFAST_HOME": str(up.home.path)}
    command = [sys.executable, "-m", "backend.cli", "up"]

    second = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert second.returncode == 1
    assert second.stderr.startswith("holdfast: Holdfast already runs with the data folder ")
    assert httpx.get(f"http://127.0.0.1:{up.port}/health/live").status_code == 200


@pytest.mark.timeout(400)
def test_a_command_beside_it_uses_its_database_and_leaves_it_running(up: Up) -> None:
    up.start()
    before = up.family()["postgres"]
    environment = {**os.environ, "HOLDFAST_HOME": str(up.home.path), "HOLDFAST_PORT": str(up.port)}
    for command, code in ((["token", "create", "--role", "qa"], 0), (["doctor"], 0), (["user", "add"], 2)):
        done = subprocess.run([sys.executable, "-m", "backend.cli", *command], cwd=ROOT, env=environment, check=False)
        assert done.returncode == code

    assert up.family()["postgres"] == before
    assert "The database has stopped" not in up.said()


@pytest.mark.timeout(400)
def test_when_it_is_killed_nothing_lingers_and_it_starts_again(up: Up) -> None:
    up.start()
    family = up.family()

    up.end(signal.SIGKILL)

    until(lambda: all(is_gone(process) for process in family.values()), within=60)
    up.start()
    assert httpx.get(f"http://127.0.0.1:{up.port}/health/live").status_code == 200


@pytest.mark.timeout(400)
def test_a_stop_during_the_start_leaves_nothing_behind(up: Up) -> None:
    up.start(ready=False)
    until(lambda: len(guard.read_record(up.home).get("children", {})) >= 2, within=60)
    family = up.family()

    assert up.end(signal.SIGINT) == 0

    assert [name for name, process in family.items() if not is_gone(process)] == []


@pytest.mark.timeout(400)
def test_a_port_that_is_taken_is_said_so_and_nothing_is_started(up: Up) -> None:
    command = [sys.executable, "-m", "http.server", str(up.port), "--bind", "127.0.0.1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as other:
        until(lambda: answers("127.0.0.1", up.port))
        up.start(ready=False)
        assert up.process is not None
        code = up.process.wait(60)
        other.kill()

    assert code == 1
    assert f"Port {up.port} on 127.0.0.1 is used by another program." in up.said()
    assert not EmbeddedPostgres(up.home.postgres).running()
