"""Starts a sandbox in a process of its own, and a receiver that stands where Holdfast would stand."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
PROVIDERS = ROOT.parent / "shared" / "providers"
KEYS = {
    "STRIPE_API_KEY": "sk_test_sandbox",
    "STRIPE_WEBHOOK_SECRET": "whsec_sandbox",
    "INVOICENINJA_API_KEY": "ninja-token",
    "SHIPENGINE_API_KEY": "TEST_ship",
    "SHOPIFY_API_KEY": "shpat_sandbox",
    "SHOPIFY_WEBHOOK_SECRET": "shpss_sandbox",
    "GENERIC_WEBHOOK_SECRET": "generic-sandbox",
}
SECOND_KEYS = {
    "RAZORPAY_API_KEY": "rzp_test_sandbox:rzp-secret",
    "RAZORPAY_WEBHOOK_SECRET": "rzp-hook",
    "EASYPOST_API_KEY": "EZTKsandbox",
    "EASYPOST_WEBHOOK_SECRET": "sécret-sandbox",
}
STRIPE = {"Authorization": f"Bearer {KEYS['STRIPE_API_KEY']}"}
SHOPIFY = {"X-Shopify-Access-Token": KEYS["SHOPIFY_API_KEY"]}
NINJA = {"X-API-TOKEN": KEYS["INVOICENINJA_API_KEY"], "X-Requested-With": "XMLHttpRequest"}
SHIP = {"API-Key": KEYS["SHIPENGINE_API_KEY"]}
ADMIN = "/shopify/admin/api/2025-01"
READY_SECONDS = 20.0

T = TypeVar("T")


def eventually(probe: Callable[[], T], seconds: float = 20.0) -> T:
    """Ask until the answer is truthy; fails with the last answer."""
    deadline = time.monotonic() + seconds
    while not (answer := probe()):
        assert time.monotonic() < deadline, f"still {answer!r} after {seconds} s"
        time.sleep(0.02)
    return answer


def reference(path: str) -> Any:
    """A provider's document from the shared reference data; skips, naming it, where that is not at hand."""
    file = PROVIDERS / path
    if not file.exists():
        pytest.skip(f"reference data is missing: {file}")
    return json.loads(file.read_text())


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Hook:
    """A webhook as received."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        """The parsed body."""
        return json.loads(self.raw)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


class Receiver:
    """An HTTP server that keeps what it is sent and answers with the statuses in `answers`, then 200."""

    def __init__(self) -> None:
        self.hooks: list[Hook] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.hooks.append(Hook(self.path, headers, raw))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def to(self, path: str) -> list[Hook]:
        """What was received at a path."""
        return [hook for hook in self.hooks if hook.path == path]

    def events(self, kind: str) -> list[Any]:
        """Stripe's events of a type."""
        return [hook.body for hook in self.to("/webhooks/payments/stripe") if hook.body["type"] == kind]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class Sandbox:
    """A running sandbox: `http` talks to it, `receiver` hears from it."""

    home: Path
    receiver: Receiver
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    smtp_port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = httpx.Client(base_url=self.url, trust_env=False, timeout=20)
        self.process = self.start()

    def environment(self) -> dict[str, str]:
        """The sandbox's whole environment."""
        return {
            **{f"SANDBOX_{name}": value for name, value in (KEYS | SECOND_KEYS).items()},
            "SANDBOX_HOME": str(self.home),
            "SANDBOX_PORT": str(self.port),
            "SANDBOX_SMTP_PORT": str(self.smtp_port),
            "SANDBOX_HOLDFAST_URL": self.receiver.url,
            "SANDBOX_PACE": "0.01",
            "PATH": os.environ["PATH"],
            **self.settings,
        }

    def start(self) -> subprocess.Popen[bytes]:
        """Start the process and wait until it answers."""
        command = [sys.executable, "-m", "backend.sandbox"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment(), stderr=subprocess.PIPE)
        eventually(self._ready, READY_SECONDS)
        return self.process

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Signal the process; its exit code and what it wrote to stderr."""
        self.process.send_signal(number)
        _, problems = self.process.communicate(timeout=20)
        return self.process.returncode, problems.decode()

    def close(self) -> None:
        """Stop for good."""
        self.http.close()
        if self.process.poll() is None:
            self.stop()

    def journal(self, **wanted: str) -> list[Any]:
        """Accepted effects."""
        return list(self.http.get("/control/journal", params=wanted).json()["journal"])

    def kinds(self, order: object) -> list[str]:
        """Kinds of the effects of one order, in order."""
        return [entry["kind"] for entry in self.journal(order=str(order))]

    def place(self, count: int = 1, trouble: str | None = None) -> list[Any]:
        """Orders placed now."""
        answer = self.http.post("/control/shop/orders", json={"count": count, "trouble": trouble})
        assert answer.status_code == 201, answer.text
        return list(answer.json()["orders"])

    def placed(self, trouble: str | None = None, status: str | None = None) -> Any:
        """One order as the shop shows it, with the financial status asked for."""
        while True:
            (order,) = self.place(trouble=trouble)
            if status in (None, order["financial_status"]):
                return self.http.get(f"{ADMIN}/orders/{order['id']}.json", headers=SHOPIFY).json()["order"]

    def fault(self, provider: str, fault: str, operation: str = "any", **more: object) -> int:
        """A fault, by id."""
        wish = {"provider": provider, "operation": operation, "fault": fault, **more}
        answer = self.http.put("/control/faults", json=wish)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def _ready(self) -> bool:
        assert self.process.poll() is None, self.process.communicate()[1].decode()
        try:
            return self.http.get("/control/health").status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def running(home: Path, **settings: str) -> Iterator[Sandbox]:
    """A sandbox with its receiver, stopped at the end."""
    receiver = Receiver()
    try:
        sandbox = Sandbox(home, receiver, {f"SANDBOX_{name.upper()}": value for name, value in settings.items()})
        try:
            yield sandbox
        finally:
            sandbox.close()
    finally:
        receiver.close()
