"""The outside world for tests: a sandbox process with true wire formats, the real adapters, and time that hurries.

`world.settle()` runs every due step and takes in every webhook, in this process and one after the other, until nothing
is left to happen; so a test says what the outside does and then reads what came of it.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from backend import settings, wiring
from backend.domain.desk import OrderView
from backend.domain.permissions import Actor, Role
from backend.installation.addresses import free_port
from backend.installation.home import Home
from backend.installation.practice import Practice
from backend.ports.calls import InboundMessage
from backend.ports.registry import Adapters
from backend.services import inbox, orders, steps, sweep
from backend.services.inbox import InboundArea, Receipt
from backend.services.run import in_unit_of_work
from backend.settings import Settings
from tests.conftest import Database
from tests.factories import staff
from tests.shop import shopify_order

ROOT = Path(__file__).resolve().parents[1]
PACE = 0.01
READY = """
    select steps.id from steps cross join sending where state = 'ready'
    and (paused_at is null or (in_doubt and steps.restore_epoch < epoch and category <> 'sending_paused')) order by steps.id
"""
STAFF_ADDRESS = "desk@shop.example"
MAX_SECONDS = 30.0


@dataclass(frozen=True)
class Hook:
    """A webhook as the sandbox sent it."""

    area: InboundArea
    provider: str
    message: InboundMessage


class Letterbox:
    """An HTTP server that keeps every webhook until the test takes it in; it stands where Holdfast would."""

    def __init__(self) -> None:
        self._arrived = threading.Condition()
        self._hooks: list[Hook] = []
        letterbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                _, _, area, provider = self.path.split("/")
                letterbox.put(Hook(InboundArea(area), provider, InboundMessage(headers, body, time.time())))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def put(self, hook: Hook) -> None:
        with self._arrived:
            self._hooks.append(hook)
            self._arrived.notify_all()

    def take(self) -> list[Hook]:
        """What has arrived since the last look."""
        with self._arrived:
            taken, self._hooks = self._hooks, []
            return taken

    def wait(self, seconds: float) -> None:
        """Until something is there, or the time is up."""
        with self._arrived:
            self._arrived.wait_for(lambda: bool(self._hooks), seconds)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class Outside:
    """A running sandbox, the settings that point Holdfast at it, and its letterbox."""

    practice: Practice
    letterbox: Letterbox
    http: httpx.Client
    process: subprocess.Popen[bytes]
    environment: dict[str, str]
    """`HOLDFAST_*` settings for every process that is to work with this sandbox."""

    def alive(self) -> bool:
        assert self.process.poll() is None, "the sandbox has ended"
        with suppress(httpx.TransportError):
            return self.http.get("/control/health").status_code == 200
        return False


@contextmanager
def outside_world(folder: Path) -> Iterator[Outside]:
    """Start a sandbox, wait until it answers, and end it in the end."""
    home = Home.at(folder)
    port = free_port(20_000 + os.getpid() * 17 % 20_000)
    practice = Practice.at(home, port, free_port(port + 1))
    letterbox = Letterbox()
    plain = Settings()
    told = practice.own_environment(plain, orders_per_minute=0) | {
        "SANDBOX_HOLDFAST_URL": letterbox.url,
        "SANDBOX_PACE": str(PACE),
    }
    environment = practice.settings_for_holdfast(plain) | {
        "HOLDFAST_STAFF_EMAIL": STAFF_ADDRESS,
        "HOLDFAST_STEP_DEADLINE": "5",
        "HOLDFAST_RETRY_SCALE": "0.01",
        "HOLDFAST_PUBLIC_URL": "https://desk.shop.example",
    }
    log = (folder / "sandbox.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "backend.sandbox"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **told},
        stdout=log,
        stderr=log,
    )
    http = httpx.Client(base_url=practice.url, trust_env=False, timeout=20)
    outside = Outside(practice, letterbox, http, process, environment)
    try:
        deadline = time.monotonic() + MAX_SECONDS
        while not outside.alive():
            assert time.monotonic() < deadline, (folder / "sandbox.log").read_text()
            threading.Event().wait(0.05)
        yield outside
    finally:
        http.close()
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
        log.close()
        letterbox.close()


@pytest.fixture(scope="session")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """One sandbox for all tests of this process."""
    with outside_world(tmp_path_factory.mktemp("outside")) as running:
        yield running


@dataclass
class World:
    """Holdfast's services on a fresh database, with real adapters to a fresh sandbox."""

    outside: Outside
    database: Database
    adapters: Adapters
    receipts: list[Receipt] = field(default_factory=list)
    delivered: list[Hook] = field(default_factory=list)
    actor: Actor = field(default_factory=lambda: staff(Role.ADMIN))

    # what the outside does

    def place(self, *, send: bool = True, **changes: Any) -> dict[str, Any]:
        """An order in the shop (see `shopify_order`), sent by webhook unless told otherwise; returns its body."""
        order = shopify_order(**changes)
        self.control("PUT", "/shop/orders", order)
        if send:
            self.send(order)
        return order

    def send(self, order: dict[str, Any], topic: str = "orders/create") -> None:
        self.control("POST", "/shop/send", {"order": order, "topic": topic})

    def fault(self, provider: str, fault: str, operation: str = "any", **more: Any) -> None:
        self.control("PUT", "/faults", {"provider": provider, "operation": operation, "fault": fault, **more})

    def heal(self) -> None:
        """Take all faults away."""
        self.control("DELETE", "/faults")

    def keep_parcels_back(self) -> None:
        """Parcels move only when the test says so, with `scan`."""
        self.fault("shipengine", "refuse", "tracking")

    def scan(self, tracking_number: str, status_code: str) -> None:
        self.control("POST", "/tracking", {"tracking_number": tracking_number, "status_code": status_code})

    def control(self, method: str, path: str, body: Any = None, **params: str) -> Any:
        answer = self.outside.http.request(method, f"/control{path}", json=body, params=params)
        assert answer.status_code < 400, answer.text
        return answer.json()

    # what the outside knows

    def journal(self, kind: str = "", order: str = "", provider: str = "") -> list[dict[str, Any]]:
        """Effects that the outside accepted, oldest first."""
        wanted = {name: text for name, text in (("kind", kind), ("order", order), ("provider", provider)) if text}
        return list(self.control("GET", "/journal", **wanted)["journal"])

    def effects(self, order: str = "") -> dict[str, int]:
        """How often each kind of effect was accepted; mails are counted by `mails`."""
        counts: dict[str, int] = {}
        for entry in self.journal(order=order):
            if entry["provider"] != "smtp":
                counts[entry["kind"]] = counts.get(entry["kind"], 0) + 1
        return counts

    def mails(self, to: str = "") -> list[dict[str, Any]]:
        """The mails that arrived, oldest first, with their text."""
        found = self.control("GET", "/mails", **({"to": to} if to else {}))["mails"]
        return [self.control("GET", f"/mails/{mail['id']}") for mail in sorted(found, key=lambda mail: int(mail["id"]))]

    # what Holdfast does

    def settle(self, seconds: float = MAX_SECONDS) -> None:
        """Run what is due and take in what the outside says until neither has anything left to do."""
        deadline = time.monotonic() + seconds
        while True:
            worked = self.take_in() + self.run_due()
            if not worked and not self.waiting():
                if not self.take_in() + self.run_due():
                    return
                continue
            assert time.monotonic() < deadline, f"not settled after {seconds} s: {self.unsettled()}"
            if not worked:
                self.outside.letterbox.wait(0.05)

    def take_in(self) -> int:
        """Hand every webhook that has arrived to the inbox."""
        hooks = self.outside.letterbox.take()
        for hook in hooks:
            self.hand_in(hook)
        return len(hooks)

    def hand_in(self, hook: Hook) -> Receipt:
        self.delivered.append(hook)
        receipt = inbox.receive(hook.area, hook.provider, hook.message, self.adapters)
        self.receipts.append(receipt)
        return receipt

    def run_due(self) -> int:
        """Handle every kept message and run every ready step now, however long its pause; how many there were."""
        self.database.execute("update steps set due_at = clock_timestamp() where state = 'ready'")
        found = in_unit_of_work(sweep.sweep, "test")
        for message_id in found.message_ids:
            inbox.handle(message_id, self.adapters)
        ids = [row[0] for row in self.database.execute(READY)]
        for step_id in ids:
            self.run(step_id)
        return len(ids) + len(found.message_ids)

    def run(self, step_id: int) -> None:
        steps.run(step_id, self.adapters, worker="test")

    def waiting(self) -> bool:
        """Whether the sandbox still has something in mind."""
        return bool(self.control("GET", "/agenda")["waiting"])

    def unsettled(self) -> list[tuple[Any, ...]]:
        return self.database.execute("select kind, state, attempts, outcome, error from steps where state <> 'done'")

    # what staff see

    def view(self, number: str = "") -> OrderView:
        """The order's page; without a number, the only order's."""
        return in_unit_of_work(orders.order_view, number or self.number(), actor=self.actor)

    def number(self) -> str:
        ((number,),) = self.database.execute("select number from orders")
        return str(number)

    def numbers(self) -> list[str]:
        return [str(row[0]) for row in self.database.execute("select number from orders order by id")]

    def step(self, kind: str, number: str = "") -> dict[str, Any]:
        """The newest step of a kind, by column."""
        columns = ["id", "state", "attempts", "generation", "key", "outcome", "error", "category", "in_doubt", "fence"]
        (row,) = self.database.execute(
            f"select {', '.join('s.' + column for column in columns)} from steps s join orders o on o.id = s.order_id "
            "where s.kind = %s and o.number = %s order by s.generation desc, s.id desc limit 1",
            (kind, number or self.number()),
        )
        return dict(zip(columns, row, strict=True))


@pytest.fixture
def world(outside: Outside, database: Database, monkeypatch: pytest.MonkeyPatch) -> World:
    """A fresh world: no orders, no faults, no mails."""
    use(outside.environment, monkeypatch)
    outside.http.post("/control/reset").raise_for_status()
    outside.letterbox.take()
    return World(outside, database, wiring.build(settings.current()))


def use(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Give this process the settings."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings.current.cache_clear()
