"""The processes of the whole product on one machine, in the order they start and the order they stop."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import httpx

from backend import settings
from backend.demo.loader import DemoData
from backend.domain.errors import HoldfastError
from backend.installation import environment, guard
from backend.installation.home import Home
from backend.installation.processes import Child, last_lines, python
from backend.installation.report import Report
from backend.installation.stopping import StopRequest
from backend.settings import Settings
from backend.store import db
from backend.store.embedded import EmbeddedPostgres, EmbeddedPostgresFailed

ROOT = Path(__file__).resolve().parents[2]
_STOP_SECONDS = {"web": 10.0, "worker": 10.0, "sandbox": 8.0}
_GIVE_UP_AFTER = 3
_DATABASE_PAUSE = 5.0


class StartFailed(HoldfastError):
    code = "start_failed"

    def __init__(self, what: str, log: Path) -> None:
        super().__init__(f"{what} did not start. The end of its log, {log}:\n{last_lines(log)}")


class StepFailed(HoldfastError):
    """A step of the start that has already said on the terminal what went wrong."""

    code = "step_failed"


class Product:
    """Starts, watches and stops the children of one `up`; the embedded database, when there is one, is among them."""

    def __init__(self, home: Home, report: Report, stop: StopRequest) -> None:
        self._home = home
        self._report = report
        self._stop = stop
        self._children: list[Child] = []
        self._passing: list[Child] = []
        self._facts: dict[str, object] = {}
        self._guard: subprocess.Popen[bytes] | None = None
        self.server: EmbeddedPostgres | None = None

    def start_guard(self) -> None:
        """From here on, nothing that is noted outlives us for long."""
        self._note()
        nowhere = subprocess.DEVNULL
        command = python("backend.installation.guard", str(os.getpid()), str(self._home.path))
        self._guard = subprocess.Popen(
            command, cwd=ROOT, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True
        )

    def start_database(self) -> str:
        """Start the embedded database and return its address."""
        self.server = EmbeddedPostgres(self._home.postgres)
        self._facts["embedded"] = True
        self._note()
        return self.server.start()

    def tell(self, **facts: object) -> None:
        """Note facts for `doctor` and people, such as addresses."""
        self._facts |= facts
        self._note()

    def add(self, name: str, module: str, more: Mapping[str, str]) -> Child:
        """Start one more child and keep it running from now on."""
        child = Child(name, python(module), self._home.log_of(name), environment.for_child(more), ROOT)
        child.start()
        self._children.append(child)
        self._note()
        return child

    def comes_up(self, child: Child, port: int, timeout: float = 30) -> bool:
        """Wait until the child listens on that port; False when it has ended or takes too long."""
        self._stop.until(lambda: child.exit_code() is not None or child.listens(port), timeout)
        return child.listens(port)

    def remove(self, child: Child) -> None:
        """Stop a child and forget it."""
        child.stop(_STOP_SECONDS["sandbox"])
        self._children.remove(child)
        self._note()

    def run_once(self, name: str, command: list[str]) -> None:
        """Run a program that ends by itself, beside the others; nobody waits for it, and it is not started again."""
        child = Child(name, command, self._home.log_of(name), environment.for_child({}), ROOT)
        child.start()
        self._passing.append(child)
        self._note()

    def shop_is_empty(self) -> bool:
        """Whether demo data has to be loaded, or its loading to be gone on with."""
        db.configure(settings.current().database_url.get_secret_value(), pool=2)
        try:
            begun, any_orders = DemoData(settings.current()).state()
        finally:
            db.dispose()
        return not (begun.complete if begun else any_orders)

    def wait_for_web(self, web: Child, given: Settings, timeout: float = 60) -> None:
        """Until the web process answers; raises `StartFailed` with the end of its log."""
        everywhere = ("0.0.0.0", "::")  # nosec B104 - compared with, not bound to
        host = "127.0.0.1" if given.host in everywhere else given.host
        url = f"http://{f'[{host}]' if ':' in host else host}:{given.port}/health/live"

        def ready() -> bool:
            self.look_after_children()
            if web.failures >= _GIVE_UP_AFTER:
                raise StartFailed("The dashboard", web.log)
            try:
                return httpx.get(url, timeout=2, trust_env=False).is_success
            except httpx.TransportError:
                return False

        if not self._stop.until(ready, timeout):
            raise StartFailed("The dashboard", web.log)

    def look_after_children(self) -> None:
        """Say who has died, and start again whose time has come."""
        changed = False
        for child in self._children:
            if sentence := child.notice_death():
                self._report.warn(sentence)
            changed |= child.restart_if_due()
        if changed:
            self._note()

    def look_after_database(self) -> None:
        """Start the embedded database again when it has gone."""
        if self.server is not None and not self.server.running():
            self._report.warn(f"The database has stopped; starting it again. Its log: {self.server.log}")
            try:
                self.server.start()
            except EmbeddedPostgresFailed as error:
                self._report.warn(str(error))
                self._stop.wait(_DATABASE_PAUSE)

    def watch(self) -> None:
        """Keep everything running until a stop is asked for."""
        while not self._stop.wait(0.25):
            self.look_after_children()
            self.look_after_database()

    def stop_all(self) -> None:
        """Web first, so nobody clicks into the void; then workers, who finish what they do; the database last."""
        for kind, seconds in _STOP_SECONDS.items():
            family = [child for child in self._children if child.name.startswith(kind)]
            for child in family:
                child.ask_to_stop()
            for child in family:
                child.stop(seconds + (settings.current().step_deadline if kind == "worker" else 0))
        for child in self._passing:
            child.stop(2)
        if self.server is not None:
            self.server.stop()
        self._home.record.unlink(missing_ok=True)
        if self._guard is not None:
            self._guard.kill()
            self._guard.wait()

    def _note(self) -> None:
        pids = {child.name: child.pid for child in [*self._children, *self._passing] if child.pid is not None}
        guard.write_record(self._home, pids, passing=[child.name for child in self._passing], **self._facts)


def run_visibly(command: list[str], when_it_fails: str, stop: StopRequest) -> None:
    """Run a program that ends by itself and talks to our terminal. Raises `Stopped`, or `StepFailed` with the sentence."""
    process = subprocess.Popen(command, cwd=ROOT, env=environment.for_child({}), start_new_session=True)
    try:
        while process.poll() is None:
            if stop.wait(0.05):
                stop.check()
    finally:
        process.terminate()
        process.wait()
    if process.returncode != 0:
        raise StepFailed(when_it_fails)
