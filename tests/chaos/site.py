"""The whole product as processes that can be killed, stopped, starved and misled; thrown away after one experiment.

`Ground` is what experiments share, because it is slow to make: a PostgreSQL with a migrated database to copy, and the
nursery (its own unless one is lent). `Site` is one experiment's own: database, sandbox, web process and workers, on the ground.
"""

import contextlib
import shutil
import signal
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import psutil
import psycopg

from backend.settings import Settings
from backend.store import migrate
from backend.store.embedded import SUPERUSER, EmbeddedPostgres
from tests.chaos.proxy import Proxy
from tests.nursery import Born, Nursery
from tests.product.orders import shopify_order
from tests.product.stack import Stack
from tests.waiting import until

BASE = "chaos_base"
LEASE_SECONDS = 2.0
CHAOS = {
    "HOLDFAST_DEMO": "true",  # what is broken on purpose must be no real shop
    "HOLDFAST_STEP_DEADLINE": str(LEASE_SECONDS / 2),
    "HOLDFAST_SWEEP_SECONDS": "0.5",
    "HOLDFAST_RETRY_SCALE": "0.2",
    "HOLDFAST_GRACE_SCALE": "0.3",  # three seconds for those that get ten
    "HOLDFAST_WORKER_THREADS": "4",
    "HOLDFAST_DATABASE_POOL": "8",
}
"""The product's own settings, only shorter."""


class Ground:
    """What several sites stand on."""

    def __init__(self, nursery: Nursery | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="holdfast-chaos-"))
        self.folder.chmod(0o755)
        self.nursery = nursery or Nursery()
        self._own_nursery = nursery is None
        self.postgres = EmbeddedPostgres(self.folder / "postgres", test=True)
        self._sites = 0
        self._keep = False

    def __enter__(self) -> "Ground":
        self.postgres.start()
        self.postgres.create_database(BASE)
        migrate.upgrade(self.postgres.url(BASE))
        return self

    def __exit__(self, *_: object) -> None:
        if self._own_nursery:
            self.nursery.close()
        self.postgres.stop("immediate")
        if not self._keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def keep(self) -> Path:
        """Leave the logs where they are; returns their folder."""
        self._keep = True
        return self.folder

    @contextlib.contextmanager
    def site(self, name: str = "site", **options: Any) -> Iterator["Site"]:
        """A running site of its own database; see `Site` for the options."""
        self._sites += 1
        database = f"{name.lower()}_{self._sites}"
        self.postgres.create_database(database, template=BASE)
        folder = self.folder / database
        folder.mkdir()
        site = Site(self, folder, database, **options)
        try:
            yield site.start()
        finally:
            site.stop()
            self.postgres.drop_database(database)


class Site(Stack):
    """One product on the ground. `settings` are more `HOLDFAST_*` settings; `mutants` are defences to take out.

    `web`: "api" is the HTTP API alone, "dashboard" the whole web process (it needs a built dashboard).
    `failpoints` are armed in every worker (`web_failpoints`: in the web process) that starts from now on; where they hold
    `{seed}`, each process gets one of its own. `links`: see `_lay_links`.
    """

    def __init__(
        self,
        ground: Ground,
        folder: Path,
        database: str,
        *,
        workers: int = 2,
        seed: int = 1,
        web: str = "api",
        settings: dict[str, str] | None = None,
        failpoints: str = "",
        web_failpoints: str = "",
        mutants: tuple[str, ...] = (),
        pace: float = 0.01,
        links: tuple[str, ...] = (),
    ) -> None:
        super().__init__(folder, ground.nursery, workers=workers, threads=4, pace=pace)
        self.ground = ground
        self.postgres = ground.postgres
        self.database = database
        self.seed = seed
        self.failpoints, self.web_failpoints = failpoints, web_failpoints
        self.mutants = mutants
        self.worker_mutants: tuple[str, ...] = ()
        self.deaths = 0
        self.environment |= CHAOS | (settings or {})
        self.links: dict[str, Proxy] = {}
        self._wanted_links = links
        self._web = {"api": "tests.chaos.api", "dashboard": "dashboard.serve"}[web]
        self._started = 0
        self._keeper: threading.Thread | None = None
        self._keeping = threading.Event()
        self._worker_lock = threading.RLock()

    def start(self) -> "Site":
        self.environment["HOLDFAST_DATABASE_URL"] = self.postgres.url(self.database)
        self.environment = self.practice.settings_for_holdfast(Settings.model_construct()) | self.environment
        self._lay_links()
        own = self.practice.own_environment(Settings.model_construct(public_url=self.url), orders_per_minute=0)
        self.sandbox_process = self._spawn(
            "backend.sandbox", own | {"SANDBOX_PACE": str(self._pace), "SANDBOX_SEED": str(self.seed)}, "sandbox"
        )
        self._others.append(self.sandbox_process)
        for _ in range(self._wanted_workers):
            self.start_worker()
        self.start_web()
        until(lambda: self._answers(f"{self.sandbox}/control/faults"), within=30, what="the sandbox answers")
        return self

    def stop(self) -> None:
        """End everything at once: nothing that is thrown away needs a good order."""
        self.stop_keeping_workers()
        for process in [*self.workers, *self._others]:
            process.send_signal(signal.SIGKILL)
        for process in [*self.workers, *self._others]:
            process.wait(15)
        for link in self.links.values():
            link.close()
        self.http.close()

    def _lay_links(self) -> None:
        """Put a proxy between the product and its database (`database`), or between it and all providers (`sandbox`)."""
        for name in self._wanted_links:
            socket_folder = Path(parse_qs(urlsplit(self.postgres.url()).query)["host"][0])
            target = {"database": socket_folder / ".s.PGSQL.5432", "sandbox": ("127.0.0.1", self.practice.port)}[name]
            link = self.links[name] = Proxy(target)
            if name == "database":
                own = f"postgresql://{SUPERUSER}@127.0.0.1:{link.port}/{self.database}?sslmode=disable"
                self.environment["HOLDFAST_DATABASE_URL"] = own
            else:
                for setting, value in self.environment.items():
                    self.environment[setting] = value.replace(self.sandbox, f"http://127.0.0.1:{link.port}")

    # processes

    @property
    def web_process(self) -> Born:
        return self._others[-1]

    def start_web(self) -> None:
        more = self._armed(self.web_failpoints)
        self._others.append(self._spawn(self._web, more, "web"))
        until(lambda: self._answers(f"{self.url}/health/ready"), within=60, what="the product is ready")

    def start_worker(self) -> Born:
        with self._worker_lock:
            worker = self._worker(len(self.workers))
            self.workers.append(worker)
            return worker

    def _worker(self, index: int) -> Born:
        more = self._armed(self.failpoints)
        return self._spawn("jobs.consumer", more, f"worker-{index}", self.worker_mutants)

    def kill_worker(self, index: int, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to one worker, wait until it is gone, and start another in its place."""
        with self._worker_lock:
            worker = self.workers[index]
            worker.send_signal(number)
            worker.wait(30)
            if self.workers[index] is worker:
                self._replace(index)

    def replace_worker(self, index: int) -> None:
        """Kill one worker and start another in its place, with what is wished of workers now."""
        with self._worker_lock:
            self.workers[index].send_signal(signal.SIGKILL)
            self.workers[index].wait(30)
            self._replace(index)

    def restart_workers(self) -> None:
        for index in range(len(self.workers)):
            self.replace_worker(index)

    def restart_web(self) -> None:
        with self._worker_lock:
            self.kill_web()
            self.start_web()

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """While the block runs, whichever worker or web process dies is started again at once, as `holdfast up` does."""
        self._keeping.set()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()
        try:
            yield
        finally:
            self.stop_keeping_workers()

    def stop_keeping_workers(self) -> None:
        self._keeping.clear()
        if self._keeper is not None:
            self._keeper.join(10)
            self._keeper = None

    def power_cut(self) -> None:
        """Database, workers and web process gone in one instant; the world outside goes on."""
        doomed = [*self.workers, self.web_process]
        for process in [*_family(self.postgres.pid), *(psutil.Process(one.pid) for one in doomed)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        for process in doomed:
            process.wait(15)
        until(lambda: self.postgres.pid is None, within=15, what="the database is gone")

    def power_back(self) -> None:
        self.postgres.start()
        self._others.pop()
        for index in range(len(self.workers)):
            self._replace(index)
        self.start_web()

    def _replace(self, index: int) -> None:
        self.deaths += 1
        self.workers[index] = self._worker(index)

    def _keep(self) -> None:
        while self._keeping.is_set():
            with self._worker_lock:
                for index, worker in enumerate(self.workers):
                    if worker.poll() is not None:
                        self._replace(index)
                if self.web_process.poll() is not None:
                    self.deaths += 1
                    self._others[-1] = self._spawn(self._web, self._armed(self.web_failpoints), "web")
            threading.Event().wait(0.02)

    def _armed(self, failpoints: str) -> dict[str, str]:
        self._started += 1
        return {"HOLDFAST_FAILPOINTS": failpoints.format(seed=self.seed * 1000 + self._started)} if failpoints else {}

    def _spawn(self, module: str, more: dict[str, str], name: str, mutants: tuple[str, ...] = ()) -> Born:
        mutants = (*mutants, *self.mutants) if module != "backend.sandbox" else ()
        log = self.folder / f"{name}.log"
        return self.nursery.bear(module, environment=self.environment | more, log=log, mutants=mutants)

    def _answers(self, url: str) -> bool:
        if not self._keeping.is_set():
            return super()._answers(url)
        with contextlib.suppress(httpx.TransportError):
            return self.http.get(url, timeout=2).status_code == 200
        return False

    # what happened

    def is_ready(self) -> bool:
        return super()._answers(f"{self.url}/health/ready")

    def number_of(self, serial: int) -> str:
        """Our number of the driver's order with this serial."""
        external_id = str(shopify_order(serial)["id"])
        return str(self.value("select number from orders where external_id = %s", external_id))

    def strikes(self) -> Counter[str]:
        """How often each armed failpoint has struck, by what the processes said last."""
        found: Counter[str] = Counter()
        for line in self.said("backend.failpoints: failpoint "):
            found[line.split("backend.failpoints: failpoint ")[1].split(":")[0]] += 1
        return found

    def said(self, words: str) -> list[str]:
        """Every line with these words in the logs of workers and web process."""
        logs = [*self.folder.glob("worker-*.log"), *self.folder.glob("web.log")]
        return [line for log in logs for line in log.read_text(errors="replace").splitlines() if words in line]

    def execute(self, statement: str) -> None:
        """Something done to the database behind the product's back."""
        with psycopg.connect(self.postgres.url(self.database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Read past whatever stands between the product and its database."""
        with psycopg.connect(self.postgres.url(self.database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), parameters or None)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []


def _family(pid: int | None) -> list[psutil.Process]:
    if pid is None:
        return []
    leader = psutil.Process(pid)
    return [leader, *leader.children(recursive=True)]
