"""A product that runs: `holdfast up` as a process of its own."""

import os
import signal
import subprocess
import sys

import psutil

from backend.clock import monotonic
from backend.installation import guard
from backend.installation.addresses import free_port
from backend.installation.home import Home
from backend.installation.processes import find
from backend.installation.product import ROOT
from backend.store.embedded import EmbeddedPostgres
from tests.waiting import until

READY = "Stop with Ctrl-C."


class Up:
    """One `holdfast up` in a folder, with what it prints in a file."""

    def __init__(self, home: Home, *arguments: str) -> None:
        self.home = home
        self.port = free_port(33000 + os.getpid() % 5000)
        self.output = home.path / "output.txt"
        self.process: subprocess.Popen[bytes] | None = None
        self._arguments = arguments

    def start(self, *, ready: bool = True) -> float:
        """Start it and wait until it says where it is; how many seconds that took."""
        began = monotonic()
        environment = {**os.environ, "HOLDFAST_HOME": str(self.home.path), "HOLDFAST_WORKER_PROCESSES": "1"}
        command = [sys.executable, "-m", "backend.cli", "up", "--port", str(self.port), *self._arguments]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
            )
        if ready:
            until(lambda: READY in self.said() or self.process_ended(), within=300)
            assert READY in self.said(), self.said()
        return monotonic() - began

    def process_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def family(self) -> dict[str, psutil.Process]:
        """Every process of the product, by name; the families of its children and the database are among them."""
        found: dict[str, psutil.Process] = {}
        for name, known in guard.read_record(self.home)["children"].items():
            leader = find(known)
            assert leader is not None, f"{name} does not run"
            found[name] = leader
            found |= {f"{name}/{child.pid}": child for child in leader.children(recursive=True)}
        pid = EmbeddedPostgres(self.home.postgres).pid
        return {**found, "postgres": psutil.Process(pid)} if pid else found

    def end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)
