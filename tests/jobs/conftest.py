"""Jobs are tested as they run: worker processes on the test's database, against the sandbox."""

import base64
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from backend.store import db
from tests.nursery import Born, Nursery
from tests.world import World, outside, world

__all__ = ["outside", "world"]

PATIENCE = 45.0


@dataclass
class Workers:
    """Worker processes of one test; those still alive at its end are stopped."""

    world: World
    nursery: Nursery
    folder: Path
    started: list[Born] = field(default_factory=list)

    def start(self, **settings: str) -> Born:
        """A worker, ready as soon as it has swept once."""
        before = self.alive()
        environment = {
            **self.world.outside.environment,
            "PATH": os.environ["PATH"],
            "HOLDFAST_DATABASE_URL": self.world.database.url,
            "HOLDFAST_ENCRYPTION_KEYS": "test:" + base64.b64encode(bytes(range(32))).decode(),
            "HOLDFAST_INDEX_KEY": base64.b64encode(bytes(range(32, 64))).decode(),
            "HOLDFAST_SWEEP_SECONDS": "0.1",
            "HOLDFAST_WORKER_THREADS": "4",
            **{f"HOLDFAST_{name.upper()}": value for name, value in settings.items()},
        }
        process = self.nursery.bear("jobs.consumer", environment=environment, log=self.log)
        self.started.append(process)
        self.until(lambda: self.alive() > before, "the worker did not start")
        return process

    @property
    def log(self) -> Path:
        return self.folder / "worker.log"

    def alive(self) -> int:
        """How many workers have said that they live."""
        return int(self.world.database.execute("select count(*) from workers")[0][0])

    def until(self, reached: Callable[[], bool], otherwise: str, seconds: float = PATIENCE) -> None:
        """Take in what the outside says until something is so."""
        deadline = time.monotonic() + seconds
        while not reached():
            if time.monotonic() > deadline:
                raise AssertionError(f"{otherwise}: {self.world.unsettled()}\n{self.log.read_text()[-6000:]}")
            self.world.take_in()
            self.world.outside.letterbox.wait(0.05)

    def until_delivered(self, orders: int) -> None:
        self.until(
            lambda: (
                self.world.database.execute("select count(*) from orders where status = 'delivered'") == [(orders,)]
                and not self.world.database.execute("select 1 from steps where state in ('ready', 'running') limit 1")
            ),
            f"not all of {orders} orders were delivered",
        )

    def stop(self, process: Born, number: signal.Signals = signal.SIGTERM) -> int:
        process.send_signal(number)
        return process.wait(30)


@pytest.fixture
def workers(world: World, nursery: Nursery, tmp_path: Path) -> Iterator[Workers]:
    def leave_it_to_the_sweep(step_ids: list[int]) -> None:
        """This process has no queue: what it promises is marked as told to nobody."""
        world.database.execute("update steps set woken_at = null where id = any(%s)", (step_ids,))

    running = Workers(world, nursery, tmp_path)
    db.set_waker(leave_it_to_the_sweep)
    yield running
    for process in running.started:
        if process.poll() is None:
            process.kill()
            process.wait(10)
