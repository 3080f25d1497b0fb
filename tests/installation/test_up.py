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
from tests.nursery import Nursery
from tests.waiting import until


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def up(folder: Path) -> Iterator[Up]:
    """A product that all tests share, as it takes long to start; it has not been started yet."""
    up = Up(Home.at(folder), "--sandbox")
    yield up
    if not up.process_ended():
        up.end(signal.SIGKILL)
    guard.end_leftovers(up.home)


@pytest.fixture
def running(up: Up) -> Up:
    """The product as it runs, started anew where the test before has ended it."""
    if up.process_ended():
        up.start()
    return up


@pytest.mark.timeout(400)
def test_it_starts_everything_and_says_where_it_is(running: Up) -> None:
    assert sorted(name for name in running.family() if "/" not in name) == ["postgres", "sandbox", "web", "worker-1"]
    assert httpx.get(f"http://127.0.0.1:{running.port}/health/live").status_code == 200
    (url,) = re.findall(r"Sandbox +(http://127\.0\.0\.1:\d+)\n", running.said())
    assert httpx.get(f"{url}/mails").status_code == 200
    assert "Sign in as" not in running.said()
    (lab,) = re.findall(r"Failure lab +(http://127\.0\.0\.1:\d+/lab)\n", running.said())
    moved = httpx.post(f"{lab}/clock", data={"step": "now"}, follow_redirects=True)
    assert "Nothing was waiting." in moved.text


@pytest.mark.timeout(400)
def test_a_second_up_in_the_same_folder_is_told_so_and_the_first_goes_on(running: Up) -> None:
    environment = {**os.environ, "HOLDFAST_HOME": str(running.home.path)}
    command = [sys.executable, "-m", "backend.cli", "up"]

    second = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert second.returncode == 1
    assert second.stderr.startswith("holdfast: Holdfast already runs with the data folder ")
    assert httpx.get(f"http://127.0.0.1:{running.port}/health/live").status_code == 200


@pytest.mark.timeout(400)
def test_a_command_beside_it_uses_its_database_and_leaves_it_running(running: Up, nursery: Nursery) -> None:
    before = running.family()["postgres"]
    environment = {**os.environ, "HOLDFAST_HOME": str(running.home.path), "HOLDFAST_PORT": str(running.port)}
    for command, code in ((["token", "create", "--role", "qa"], 0), (["doctor"], 0), (["user", "add"], 2)):
        assert nursery.run("backend.cli", *command, environment=environment).returncode == code

    assert running.family()["postgres"] == before
    assert "The database has stopped" not in running.said()


@pytest.mark.timeout(400)
def test_what_dies_is_started_again(running: Up) -> None:
    before = running.family()
    before["worker-1"].kill()
    before["postgres"].send_signal(signal.SIGQUIT)

    def all_new_and_well() -> bool:
        record = guard.read_record(running.home)["children"]
        worker, server = find(record["worker-1"]), EmbeddedPostgres(running.home.postgres)
        if worker is None or worker.pid == before["worker-1"].pid or not server.running():
            return False
        return httpx.get(f"http://127.0.0.1:{running.port}/health/ready").status_code == 200

    until(all_new_and_well, within=60, every=0.2)
    assert "worker-1 was killed by SIGKILL; starting it again" in running.said().replace("\n", " ")
    assert "The database has stopped; starting it again" in running.said().replace("\n", " ")
    assert is_gone(before["postgres"])


@pytest.mark.timeout(400)
def test_when_it_is_killed_nothing_lingers_and_it_starts_again(running: Up) -> None:
    family = running.family()

    running.end(signal.SIGKILL)

    until(lambda: all(is_gone(process) for process in family.values()), within=60)
    running.start()
    assert httpx.get(f"http://127.0.0.1:{running.port}/health/live").status_code == 200


@pytest.mark.timeout(400)
def test_it_is_stopped_by_ctrl_c_and_leaves_nothing_behind(running: Up) -> None:
    family = running.family()

    assert running.end(signal.SIGINT) == 0

    assert [name for name, process in family.items() if not is_gone(process)] == []
    assert not answers("127.0.0.1", running.port)
    assert not running.home.record.exists()
    assert "Everything has stopped" in running.said()


@pytest.fixture
def stopped(up: Up) -> Up:
    """The product before it is started."""
    if not up.process_ended():
        up.end(signal.SIGINT)
    return up


@pytest.mark.timeout(400)
def test_a_stop_during_the_start_leaves_nothing_behind(stopped: Up) -> None:
    stopped.start(ready=False)
    until(lambda: len(guard.read_record(stopped.home).get("children", {})) >= 2, within=60)
    family = stopped.family()

    assert stopped.end(signal.SIGINT) == 0

    assert [name for name, process in family.items() if not is_gone(process)] == []


@pytest.mark.timeout(400)
def test_a_port_that_is_taken_is_said_so_and_nothing_is_started(stopped: Up) -> None:
    command = [sys.executable, "-m", "http.server", str(stopped.port), "--bind", "127.0.0.1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as other:
        until(lambda: answers("127.0.0.1", stopped.port))
        stopped.start(ready=False)
        assert stopped.process is not None
        code = stopped.process.wait(60)
        other.kill()

    assert code == 1
    assert f"Port {stopped.port} on 127.0.0.1 is used by another program." in stopped.said()
    assert not EmbeddedPostgres(stopped.home.postgres).running()
