"""A throw-away installation for a measurement: embedded PostgreSQL with its real settings, providers, worker processes.

Nothing of the installation that the command was started in is used: no setting, no key, no database, no provider.
"""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import psycopg

from backend import wiring
from backend.bench.wish import Wish
from backend.clock import monotonic
from backend.domain.errors import HoldfastError
from backend.installation import environment, keys
from backend.installation.processes import Child, last_lines, python
from backend.installation.product import ROOT
from backend.store import db, migrate
from backend.store.embedded import EmbeddedPostgres

WORKER = "jobs.consumer"
PROFILED_WORKER = "backend.bench.profiled"
_WAREHOUSE = {
    "name": "Holdfast bench",
    "address_line1": "Lagerstraße 12",
    "city_locality": "Berlin",
    "postal_code": "10115",
    "country_code": "DE",
}


class Invalid(HoldfastError):
    """The measurement cannot be used; the sentence says why."""

    code = "bench_invalid"


class Site:
    """The running installation. `providers` is their address."""

    def __init__(self, wish: Wish, folder: Path, postgres: EmbeddedPostgres, providers: str) -> None:
        self.folder = folder
        self.providers = providers
        self.postgres = postgres
        self.workers: list[Child] = []
        self.profiles = [folder / f"profile-{number}" for number in range(wish.workers)] if wish.profile else []
        self._wish = wish
        self._watch = psycopg.connect(postgres.url(), autocommit=True)

    def start_workers(self) -> None:
        """Start every worker and wait until each of them takes work."""
        for number in range(self._wish.workers):
            command = python(PROFILED_WORKER, str(self.profiles[number])) if self.profiles else python(WORKER)
            log = self.folder / f"worker-{number}.log"
            self.workers.append(Child(f"worker {number}", command, log, environment.for_child({}), ROOT))
            self.workers[-1].start()
        self.until(lambda: self.count("select count(*) from workers") == len(self.workers), 60, "the workers work")

    def pause_workers(self) -> None:
        for worker in self.workers:
            worker.end_family(signal.SIGSTOP)

    def resume_workers(self) -> None:
        for worker in self.workers:
            worker.end_family(signal.SIGCONT)

    def count(self, query: str, *values: object) -> int:
        row = self._watch.execute(query.encode(), values or None).fetchone()
        return int(row[0]) if row else 0

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        return self._watch.execute(query.encode(), values or None).fetchall()

    def served(self) -> int:
        """How many answers the providers have given so far."""
        return int(httpx.get(f"{self.providers}/bench/served").json()["served"])

    def set_latency(self, milliseconds: float) -> None:
        httpx.put(f"{self.providers}/bench/latency/{milliseconds:g}").raise_for_status()

    def until(self, true: Callable[[], bool], seconds: float, what: str, *, pause: float = 0.1) -> None:
        """Wait for something; raises `Invalid` when it does not come, or when a worker has ended."""
        deadline = monotonic() + seconds
        while not true():
            for worker in self.workers:
                if worker.exit_code() is not None:
                    raise Invalid(f"{worker.name} has ended. {last_lines(worker.log)}")
            if monotonic() > deadline:
                raise Invalid(f"Waited {seconds:.0f} s in vain: {what}.")
            time.sleep(pause)

    def workers_cpu(self) -> float:
        """CPU seconds of all workers since they were started."""
        return sum(_cpu(psutil.Process(worker.pid)) for worker in self.workers)

    def postgres_cpu(self) -> float:
        """CPU seconds of the server, its present processes and those that have ended."""
        server = psutil.Process(self.postgres.pid)
        ended = server.cpu_times()
        return _cpu(server) + ended.children_user + ended.children_system + sum(map(_cpu, server.children()))

    def stop_workers(self) -> None:
        self.resume_workers()
        for worker in self.workers:
            worker.ask_to_stop()
        for worker in self.workers:
            worker.stop(timeout=30)
        self.workers.clear()

    def stop(self) -> None:
        self.stop_workers()
        self._watch.close()


@contextmanager
def running(wish: Wish) -> Iterator[Site]:
    """An installation for one measurement; everything of it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="holdfast-bench-"))
    postgres = EmbeddedPostgres(folder / "postgres")
    providers: subprocess.Popen[str] | None = None
    try:
        command = python("backend.bench.providers", f"{wish.latency_ms:g}")
        providers = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=sys.stderr, text=True)
        assert providers.stdout is not None
        address = f"http://127.0.0.1:{int(providers.stdout.readline())}"
        url = postgres.start()
        environment.only(_settings(wish, folder, url, address))
        migrate.upgrade(url)
        wiring.start("bench")
        site = Site(wish, folder, postgres, address)
        try:
            yield site
        finally:
            site.stop()
    finally:
        db.dispose()
        postgres.stop()
        if providers is not None:
            providers.kill()
            providers.communicate()
        shutil.rmtree(folder, ignore_errors=True)


def _settings(wish: Wish, folder: Path, url: str, providers: str) -> Mapping[str, str]:
    fresh = keys.fresh()
    return {
        "HOLDFAST_HOME": str(folder),
        "HOLDFAST_DATABASE_URL": url,
        "HOLDFAST_ENCRYPTION_KEYS": fresh.encryption_keys,
        "HOLDFAST_INDEX_KEY": fresh.index_key,
        "HOLDFAST_WORKER_THREADS": str(wish.threads),
        "HOLDFAST_DATABASE_POOL": str(wish.threads + 4),
        "HOLDFAST_LOG_LEVEL": "warning",
        "HOLDFAST_SHOPIFY_API_KEY": "bench",
        "HOLDFAST_SHOPIFY_API_BASE": providers,
        "HOLDFAST_INVOICENINJA_API_KEY": "bench",
        "HOLDFAST_INVOICENINJA_API_BASE": providers,
        "HOLDFAST_SHIPENGINE_API_KEY": "bench",
        "HOLDFAST_SHIPENGINE_API_BASE": providers,
        "HOLDFAST_SHIPENGINE_CARRIER_ID": "se-1",
        "HOLDFAST_SHIPENGINE_SERVICE_CODE": "ups_standard",
        "HOLDFAST_SHIPENGINE_SHIP_FROM": json.dumps(_WAREHOUSE),
    }


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
