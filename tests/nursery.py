"""A process that has imported the product once and forks a child for every process of ours that is to run.

A worker that starts from nothing takes more than a second of processor time, a command of `holdfast` two; where hundreds
are wanted, they are born here in milliseconds instead. A child runs a module as `python -m` would, with an environment and
a log of its own, in a session of its own. When whoever wanted the nursery is gone, it ends all that was born here.
"""

import contextlib
import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backend.clock import monotonic
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[1]
PRELOADED = (
    "backend.api.app",
    "backend.cli",
    "backend.sandbox.main",
    "backend.services.steps",
    "backend.wiring",
    "granian.server.embed",
    "huey.consumer",
)
"""Not `jobs.queue`: it reads the settings when it is imported."""


class Born:
    """A child process, seen from outside: the part of `subprocess.Popen` that tests use."""

    def __init__(self, pid: int, module: str) -> None:
        self.pid = pid
        self.module = module
        self.returncode: int | None = None
        self.born_at = monotonic()
        self._ended = threading.Event()

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(self.module, timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        """A signal to the process and its family; whoever has ended already hears nothing."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def has_ended(self, code: int) -> None:
        self.returncode = code
        self._ended.set()


class Nursery:
    """The nursery, seen from the process that wants children."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        self._lock = threading.Lock()
        self._answers: dict[int, Born] = {}
        self._born: dict[int, Born] = {}
        self._serial = 0
        self._changed = threading.Condition()
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def bear(
        self,
        module: str,
        *arguments: str,
        environment: Mapping[str, str],
        log: Path,
        errors: Path | None = None,
        given: Path | None = None,
        mutants: tuple[str, ...] = (),
    ) -> Born:
        """Run a module in a child of its own; `mutants` are applied in it first.

        What it says is added to `log`, what it says on standard error to `errors` where named; it reads `given`.
        """
        assert self._ready.wait(60), "the nursery is not ready"
        wish = {
            "module": module,
            "arguments": arguments,
            "environment": dict(environment),
            "log": str(log),
            "errors": str(errors or log),
            "given": str(given or os.devnull),
            "mutants": mutants,
        }
        with self._lock:
            self._serial += 1
            serial = self._serial
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps({"serial": serial, **wish}) + "\n")
            self._process.stdin.flush()
        with self._changed:
            assert self._changed.wait_for(lambda: serial in self._answers, 30), "the nursery does not answer"
            return self._answers.pop(serial)

    def run(
        self, module: str, *arguments: str, environment: Mapping[str, str], given: str = "", within: float = 90
    ) -> "subprocess.CompletedProcess[str]":
        """Run a module to its end, within so many seconds; what it read was `given`."""
        with tempfile.TemporaryDirectory(prefix="hf-") as folder:
            said, errors, input_ = (Path(folder) / name for name in ("said", "errors", "given"))
            input_.write_text(given, encoding="utf-8")
            child = self.bear(module, *arguments, environment=environment, log=said, errors=errors, given=input_)
            try:
                code = child.wait(within)
            except subprocess.TimeoutExpired:
                child.kill()
                raise
            told = (path.read_text(encoding="utf-8") for path in (said, errors))
            return subprocess.CompletedProcess([module, *arguments], code, *told)

    def close(self) -> None:
        """End the nursery and whoever of its children still lives."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(15)
        self._reader.join(5)
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            news = json.loads(line)
            with self._changed:
                if "ready" in news:
                    self._ready.set()
                elif "born" in news:
                    child = Born(news["born"], news["module"])
                    self._born[child.pid] = self._answers[news["serial"]] = child
                else:
                    self._born.pop(news["ended"]).has_ended(news["code"])
                self._changed.notify_all()


def _main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in PRELOADED:
        importlib.import_module(name)
    assert threading.active_count() == 1, "what is forked must have one thread"
    _say(ready=True)
    children: set[int] = set()
    waiting = b""
    while True:
        if select.select([0], [], [], 0.01)[0]:
            read = os.read(0, 1 << 20)
            if not read:
                break
            *lines, waiting = (waiting + read).split(b"\n")
            for line in lines:
                children.add(_fork(json.loads(line)))
        _tell_of_the_dead(children)
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    until(lambda: _tell_of_the_dead(children), within=10, what="all that was born here has ended")


def _fork(wish: dict[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        _become(wish)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.setpgid(pid, pid)  # so that it can be signalled as a family from its first moment
    _say(born=pid, serial=wish["serial"], module=wish["module"])
    return pid


def _become(wish: dict[str, Any]) -> None:
    """Go on as the module that was asked for; never returns."""
    code = 1
    try:
        with contextlib.suppress(PermissionError):
            os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with open(wish["given"], "rb") as given, open(wish["log"], "ab") as log, open(wish["errors"], "ab") as errors:
            os.dup2(given.fileno(), 0)
            os.dup2(log.fileno(), 1)
            os.dup2(errors.fileno(), 2)
        os.environ.clear()
        os.environ.update(wish["environment"])
        for mutant in wish["mutants"]:
            importlib.import_module(f"tests.chaos.mutants.{mutant}").apply()
        sys.argv = [wish["module"], *wish["arguments"]]
        sys.modules.pop(wish["module"], None)  # it may be among those that were imported already, and is to run now
        runpy.run_module(wish["module"], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1 if end.code else 0
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)  # noqa: T201 - the child's own log
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _tell_of_the_dead(children: set[int]) -> bool:
    """Whether nobody is left."""
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return False
        children.discard(pid)
        _say(ended=pid, code=os.waitstatus_to_exitcode(status))
    return True


def _say(**news: Any) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(1, (json.dumps(news) + "\n").encode())


if __name__ == "__main__":
    _main()
