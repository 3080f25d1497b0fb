"""Child processes of `holdfast up`: started in groups of their own, restarted when they die, ended to the last one.

Every child leads a session, so a Ctrl-C in the terminal reaches only `up`, and the whole family of a child (a server
and its workers) can be ended together.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from backend.clock import monotonic

_PROVEN_AFTER = 60.0
_LONGEST_PAUSE = 30.0
_LOG_LIMIT = 20_000_000


@dataclass
class Child:
    """A program that should run all the time. `failures` counts deaths that followed soon upon a start."""

    name: str
    arguments: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(repr=False)
    folder: Path | None = None
    failures: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _started: float = 0.0
    _next_start: float = 0.0

    def start(self) -> None:
        """Run the program; what it says goes to the end of its log."""
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=dict(self.environment),
                start_new_session=True,
            )
        self._started = monotonic()

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs (or was never started)."""
        return None if self._process is None else self._process.poll()

    def listens(self, port: int) -> bool:
        """Whether it is this very process that takes connections on a port of this machine."""
        if self._process is None:
            return False
        try:
            found = psutil.Process(self._process.pid).net_connections("tcp")
        except psutil.Error:
            return False
        return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in found)

    def notice_death(self) -> str | None:
        """Once per death: a sentence about it, and the time of the next start is set; None when nothing happened."""
        code = self.exit_code()
        if code is None or self._next_start > self._started:
            return None
        self.end_family(signal.SIGKILL)
        self.failures = 1 if monotonic() - self._started > _PROVEN_AFTER else self.failures + 1
        pause = min(_LONGEST_PAUSE, 0.5 * 2 ** min(self.failures - 1, 10))
        self._next_start = monotonic() + pause
        return f"{self.name} {how_it_ended(code)}; starting it again in {pause:g} s. Its log: {self.log}"

    def restart_if_due(self) -> bool:
        if self.exit_code() is None or not self._started < self._next_start <= monotonic():
            return False
        self.start()
        return True

    def end_family(self, number: signal.Signals) -> None:
        """Send a signal to the child and everything it has started."""
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def ask_to_stop(self) -> None:
        """Ask the leader to end; it knows best how to end its family."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def stop(self, timeout: float) -> None:
        """Ask it to end; after `timeout` seconds it is made to. Returns when nobody of its family is left."""
        if self._process is None:
            return
        self.ask_to_stop()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
        self.end_family(signal.SIGKILL)
        self._process.wait()


def python(module: str, *arguments: str) -> list[str]:
    """Command that runs one of our modules with this same Python."""
    return [sys.executable, "-m", module, *arguments]


def how_it_ended(code: int) -> str:
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended unexpectedly with exit code {code}"


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log, for showing why something did not start."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-count:])


def identity(pid: int) -> dict[str, Any]:
    """What tells a process from a later one with the same number."""
    with suppress(psutil.NoSuchProcess):
        return {"pid": pid, "created": psutil.Process(pid).create_time()}
    return {"pid": pid, "created": 0.0}


def is_gone(process: psutil.Process) -> bool:
    """Whether it has ended; a zombie that nobody has asked for yet has."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until_gone(processes: Sequence[psutil.Process], timeout: float) -> list[psutil.Process]:
    """Wait until all have ended, at most `timeout` seconds; returns those that have not."""
    deadline = monotonic() + timeout
    while left := [process for process in processes if not is_gone(process)]:
        if monotonic() > deadline:
            break
        time.sleep(0.02)
    return left


def find(known: Mapping[str, Any]) -> psutil.Process | None:
    """The process of an `identity`, if it still is the same one and alive."""
    try:
        process = psutil.Process(int(known["pid"]))
        same = abs(process.create_time() - float(known["created"])) < 0.05
        return process if same and not is_gone(process) else None
    except (psutil.Error, KeyError, ValueError):
        return None
