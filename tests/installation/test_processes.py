"""Children are started again when they die, with growing pauses, and ended with their whole family."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from backend.clock import monotonic
from backend.installation.processes import Child, find, how_it_ended, identity, is_gone, last_lines
from tests.waiting import until

FOREVER = "import time; time.sleep(600)"
FAMILY = (
    "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
    "print(p.pid, flush=True); time.sleep(600)"
)
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(600)"
)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[object]:
    made: list[Child] = []

    def build(program: str) -> Child:
        child = Child("web", [sys.executable, "-c", program], tmp_path / "web.log", {"SHOWN": "yes"})
        made.append(child)
        return child

    yield build
    for child in made:
        child.stop(0)


def test_a_child_gets_its_environment_and_writes_to_its_log(make, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    child = make("import os; print(sorted(set(os.environ) & {'SHOWN', 'HOME'}))")
    child.start()

    until(lambda: child.exit_code() == 0)
    assert last_lines(tmp_path / "web.log") == "['SHOWN']"


def test_a_dead_child_is_spoken_of_once_and_started_again_after_a_pause(make) -> None:  # type: ignore[no-untyped-def]
    child = make(FOREVER)
    child.start()
    first = child.pid
    assert child.notice_death() is None
    psutil.Process(first).kill()

    until(lambda: child.exit_code() is not None)
    sentence = child.notice_death()
    assert sentence is not None
    assert sentence.startswith("web was killed by SIGKILL; starting it again in 0.5 s. Its log: ")
    assert child.notice_death() is None
    assert not child.restart_if_due()
    began = monotonic()
    until(child.restart_if_due)
    assert 0.3 < monotonic() - began < 12
    assert child.pid != first
    assert child.exit_code() is None


def test_a_child_that_dies_again_and_again_is_given_longer_pauses(make) -> None:  # type: ignore[no-untyped-def]
    child = make("raise SystemExit(3)")
    pauses = []
    child.start()
    for _ in range(3):
        until(lambda: child.exit_code() is not None)
        pauses.append(str(child.notice_death()).split("again in ")[1].split(" s")[0])
        until(child.restart_if_due)

    assert pauses == ["0.5", "1", "2"]
    assert child.failures == 3


def test_stopping_a_child_ends_its_whole_family(make, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    child = make(FAMILY)
    child.start()
    until(lambda: last_lines(tmp_path / "web.log").strip().isdigit())
    grandchild = psutil.Process(int(last_lines(tmp_path / "web.log")))

    child.stop(5)

    until(lambda: is_gone(grandchild))
    assert child.exit_code() == -signal.SIGTERM


def test_a_child_that_will_not_end_is_made_to(make, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    child = make(STUBBORN)
    child.start()
    until(lambda: last_lines(tmp_path / "web.log") == "on")

    child.stop(0.2)

    assert child.exit_code() == -signal.SIGKILL


def test_a_process_is_known_again_and_not_confused_with_a_later_one_of_its_number(make) -> None:  # type: ignore[no-untyped-def]
    child = make(FOREVER)
    child.start()
    known = identity(child.pid)

    found = find(known)
    assert found is not None
    assert found.pid == child.pid
    assert find({**known, "created": known["created"] - 100}) is None
    child.stop(5)
    assert find(known) is None
    assert find({}) is None


def test_an_end_is_told_in_words() -> None:
    assert how_it_ended(3) == "ended unexpectedly with exit code 3"
    assert how_it_ended(-9) == "was killed by SIGKILL"
