"""A running product for tests: its own PostgreSQL, sandbox, web process and workers, each of which can be killed.

Times are those of production, only shorter: a deadline of two seconds (or `deadline`), leases of twice that, quick retries
and scans.
"""

import base64
import contextlib
import functools
import hashlib
import hmac
import json
import os
import secrets
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg

from backend.installation.home import Home
from backend.installation.practice import Practice
from backend.settings import Settings
from backend.store import migrate
from backend.store.embedded import EmbeddedPostgres
from tests.nursery import Born, Nursery
from tests.waiting import until


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Stack:
    """Everything on one machine. `environment` is what every process of ours gets.

    Without `database_url`, the address of a migrated database, it has a database server of its own.
    """

    def __init__(
        self,
        folder: Path,
        nursery: Nursery,
        *,
        workers: int = 2,
        threads: int = 8,
        pace: float = 0.02,
        deadline: float = 2,
        database_url: str = "",
    ) -> None:
        self.folder = folder
        self.nursery = nursery
        self.http = httpx.Client(timeout=30, limits=httpx.Limits(max_connections=40))
        self.workers: list[Born] = []
        self._others: list[Born] = []
        self._wanted_workers = workers
        self._pace = pace
        self.postgres = EmbeddedPostgres(folder / "postgres", test=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        home = Home.at(folder / "home")
        self.practice = Practice.at(home, free_port(), free_port())
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")},
            "HOLDFAST_HOME": str(folder / "home"),
            "HOLDFAST_PORT": str(self.port),
            "HOLDFAST_DATABASE_URL": database_url,
            "HOLDFAST_ENCRYPTION_KEYS": "test:" + base64.b64encode(bytes(range(32))).decode(),
            "HOLDFAST_INDEX_KEY": base64.b64encode(bytes(range(32, 64))).decode(),
            "HOLDFAST_STEP_DEADLINE": f"{deadline:g}",
            "HOLDFAST_RETRY_SCALE": "0.1",
            "HOLDFAST_SWEEP_SECONDS": "0.2",
            "HOLDFAST_WORKER_THREADS": str(threads),
            "HOLDFAST_DATABASE_POOL": str(threads + 4),
            "HOLDFAST_LOG_LEVEL": "warning",
        }

    @functools.cached_property
    def api_token(self) -> str:
        """A token of an administrator, made when it is first asked for."""
        return self._make_token()

    @property
    def sandbox(self) -> str:
        return self.practice.url

    def start(self) -> "Stack":
        if not self.environment["HOLDFAST_DATABASE_URL"]:
            self.environment["HOLDFAST_DATABASE_URL"] = self.postgres.start()
            migrate.upgrade(self.environment["HOLDFAST_DATABASE_URL"])
        nothing_set = Settings.model_construct()
        self.environment |= self.practice.settings_for_holdfast(nothing_set) | self.practice.lab_settings()
        own = Settings.model_construct(public_url=self.url)
        self._run(
            "backend.sandbox",
            self.practice.own_environment(own, orders_per_minute=0) | {"SANDBOX_PACE": str(self._pace)},
        )
        for _ in range(self._wanted_workers):
            self.start_worker()
        self.start_web()
        until(lambda: self._answers(f"{self.sandbox}/control/faults"), what="the sandbox answers")
        return self

    def stop(self) -> None:
        """End everything at once: nothing that is thrown away needs a good order."""
        processes = [*self.workers, *self._others]
        for process in processes:
            process.kill()
        for process in processes:
            process.wait(60)
        self.postgres.stop("immediate")
        self.http.close()

    def start_worker(self) -> Born:
        worker = self._spawn("jobs.consumer", {}, f"worker-{len(self.workers)}")
        self.workers.append(worker)
        return worker

    def kill_worker(self, index: int, number: signal.Signals) -> None:
        """Send a signal to one worker, wait until it is gone, and start another in its place."""
        self.end_worker(index, number)
        self.start_worker()

    def end_worker(self, index: int, number: signal.Signals) -> None:
        worker = self.workers.pop(index)
        worker.send_signal(number)
        worker.wait(60)

    def kill_web(self) -> None:
        """The web process goes without a word, as in a crash. It is the last that was started beside the workers."""
        web = self._others.pop()
        web.kill()
        web.wait(60)

    def start_web(self) -> None:
        self._run("dashboard.serve", {})
        until(lambda: self._answers(f"{self.url}/health/ready"), within=60, what="the product is ready")

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.environment["HOLDFAST_DATABASE_URL"], autocommit=True) as connection:
            cursor = connection.execute(statement, parameters or None)  # type: ignore[arg-type]
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def value(self, statement: str, *parameters: Any) -> Any:
        return self.rows(statement, *parameters)[0][0]

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def api(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.api_token}"}
        return self.http.request(method, f"{self.url}{path}", headers=headers, **kwargs)

    def click(
        self, number: str, action: str, chosen: dict[str, Any], reason: str = "checked by hand"
    ) -> httpx.Response:
        """Preview an action over the API and carry it out; look again, as a person would, when the order has moved."""
        for _ in range(5):
            preview = self.api("GET", f"/admin/orders/{number}/{action}/preview", params=chosen)
            assert preview.status_code == 200, preview.text
            shown = preview.json()
            assert shown["refusal"] == "", shown
            body = {**chosen, "version": shown["version"], "token": shown["token"], "reason": reason}
            done = self.api("POST", f"/admin/orders/{number}/{action}", json=body)
            if done.status_code != 409:
                break
        return done

    def journal(self, **wanted: str) -> list[dict[str, Any]]:
        """What the providers accepted."""
        answer = self.http.get(f"{self.sandbox}/control/journal", params=wanted)
        entries: list[dict[str, Any]] = answer.json()["journal"]
        return entries

    def fault(self, **fault: Any) -> str:
        """Have something go wrong outside; what `heal` takes away again."""
        return str(self.http.put(f"{self.sandbox}/control/faults", json=fault).raise_for_status().json()["id"])

    def heal(self, fault: str) -> None:
        self.http.delete(f"{self.sandbox}/control/faults/{fault}").raise_for_status()

    def register(self, order: dict[str, Any]) -> None:
        """Make an order known to the sandbox's shop, with the payment that its financial status tells of."""
        self.http.put(f"{self.sandbox}/control/shop/orders", json=order).raise_for_status()

    def deliver(self, order: dict[str, Any], *, event_id: str = "", topic: str = "orders/create") -> httpx.Response:
        """Send an order as Shopify does: raw bytes, signed."""
        raw = json.dumps(order).encode()
        return self.http.post(
            f"{self.url}/webhooks/channels/shopify",
            content=raw,
            headers=self.shopify_headers(raw, event_id or secrets.token_hex(8), topic),
        )

    def shopify_headers(self, raw: bytes, event_id: str, topic: str = "orders/create") -> dict[str, str]:
        key = self.practice.secrets["shopify_webhook_secret"].encode()
        return {
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Webhook-Id": event_id,
            "X-Shopify-Shop-Domain": "tidewater.myshopify.com",
            "X-Shopify-Hmac-Sha256": base64.b64encode(hmac.new(key, raw, hashlib.sha256).digest()).decode(),
        }

    def _make_token(self) -> str:
        return self.holdfast("token", "create", "--role", "admin").strip()

    def holdfast(self, *arguments: str, given: str = "") -> str:
        """What a command of ours says; it must succeed."""
        done = self.nursery.run("backend.cli", *arguments, environment=self.environment, given=given)
        done.check_returncode()
        return done.stdout

    def _answers(self, url: str) -> bool:
        for process in self._others:
            assert process.poll() is None, f"{process.module} ended with {process.returncode}: {self._logs()}"
        try:
            return self.http.get(url, timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def _logs(self) -> str:
        return "\n".join(
            f"{path.name}: {path.read_text(errors='replace')[-2000:]}" for path in self.folder.glob("*.log")
        )

    def _run(self, module: str, more: dict[str, str]) -> None:
        self._others.append(self._spawn(module, more, module.split(".")[-1]))

    def _spawn(self, module: str, more: dict[str, str], name: str) -> Born:
        return self.nursery.bear(module, environment=self.environment | more, log=self.folder / f"{name}.log")


@contextlib.contextmanager
def running(folder: Path, nursery: Nursery, **options: Any) -> Iterator[Stack]:
    stack = Stack(folder, nursery, **options)
    try:
        yield stack.start()
    finally:
        stack.stop()


def settled(stack: Stack, expected: int, *, timeout: float = 60) -> None:
    """Wait until that many orders are delivered and nothing is left to do for any of them."""
    until(
        lambda: (
            stack.value("select count(*) from orders where status = 'delivered'") == expected
            and stack.value("select count(*) from steps where state in ('ready', 'running', 'held')") == 0
        ),
        within=timeout,
        what=f"{expected} orders are delivered and nothing is left to do",
        otherwise=lambda: picture(stack),
    )


def picture(stack: Stack) -> str:
    """How far everything is, for a test that waited in vain."""
    return "\n".join(
        str(stack.rows(statement))
        for statement in (
            "select status, count(*) from orders group by status",
            "select kind, state, outcome, left(error, 100), count(*) from steps where state <> 'done' group by 1, 2, 3, 4",
            "select kind, left(reason, 120), count(*) from holds where closed_at is null group by 1, 2",
            "select provider, verdict, count(*) from inbox group by 1, 2",
        )
    )
