"""When `up` itself is killed, a guard ends everything it had started."""

import json
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from backend.installation import guard
from backend.installation.home import Home
from backend.installation.processes import Child, is_gone, python
from backend.installation.product import ROOT
from backend.store.embedded import EmbeddedPostgres
from tests.waiting import until

FAMILY = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "time.sleep(600)"
)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that stands for `up`."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


@pytest.fixture
def child(home: Home) -> Iterator[Child]:
    child = Child("worker-1", [sys.executable, "-c", FAMILY], home.log_of("worker-1"), {})
    child.start()
    yield child
    child.stop(0)


def test_the_guard_ends_families_and_database_once_up_is_gone(
    home: Home, sleeper: subprocess.Popen[bytes], child: Child
) -> None:
    EmbeddedPostgres(home.postgres, test=True).start()
    guard.write_record(home, {"worker-1": child.pid or 0}, embedded=True)
    leader = psutil.Process(child.pid)
    until(lambda: len(leader.children()) == 1)
    family = [leader, *leader.children()]
    watch = subprocess.Popen(python("backend.installation.guard", str(sleeper.pid), str(home.path)), cwd=ROOT)

    assert all(not is_gone(process) for process in family)
    sleeper.kill()
    sleeper.wait()

    assert watch.wait(30) == 0
    assert all(is_gone(process) for process in family)
    assert not EmbeddedPostgres(home.postgres).running()
    assert not home.record.exists()


def test_the_guard_leaves_everything_to_an_up_that_has_taken_over(
    home: Home, sleeper: subprocess.Popen[bytes], child: Child
) -> None:
    guard.write_record(home, {"worker-1": child.pid or 0})
    with home.alone():
        watch = subprocess.Popen(python("backend.installation.guard", str(sleeper.pid), str(home.path)), cwd=ROOT)
        sleeper.kill()
        sleeper.wait()
        assert watch.wait(30) == 0

    assert child.exit_code() is None
    assert home.record.exists()


def test_a_family_whose_leader_has_died_is_found(home: Home, child: Child) -> None:
    leader = psutil.Process(child.pid)
    until(lambda: len(leader.children()) == 1)
    (orphan,) = leader.children()
    guard.write_record(home, {"worker-1": child.pid or 0})
    leader.kill()
    until(lambda: child.exit_code() is not None)

    assert guard.end_leftovers(home) == 1

    until(lambda: is_gone(orphan))


def test_a_number_that_now_belongs_to_somebody_else_is_left_alone(home: Home, child: Child) -> None:
    guard.write_record(home, {"worker-1": child.pid or 0})
    record = json.loads(home.record.read_text())
    record["children"]["worker-1"]["created"] -= 1000
    home.record.write_text(json.dumps(record))

    assert guard.end_leftovers(home) == 0

    assert child.exit_code() is None


@pytest.mark.parametrize("content", [None, "", "[]", "{"])
def test_without_a_readable_record_there_is_nothing_to_end(home: Home, content: str | None) -> None:
    if content is not None:
        home.record.write_text(content)

    assert guard.end_leftovers(home) == 0
