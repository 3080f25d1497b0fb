"""A hostile client: it speaks to the running web process over a plain websocket, sends whatever it likes, and keeps all it
is told. No page of ours runs in it, and nothing in it keeps to the rules."""

import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from simple_websocket import Client, ConnectionClosed, ConnectionError

from backend.installation.addresses import free_port
from dashboard import serve
from dashboard.build import ROOT
from dashboard.shell.sessions import COOKIE
from tests.waiting import until

NAMESPACE = "/_event"
NOWHERE = {"pathname": "/nowhere", "asPath": "/nowhere", "query": {}}
"""A page that does not exist: no page's own events run, so whatever is told was asked for."""


class Server:
    """One web process for all connections."""

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self.host = f"127.0.0.1:{port}"
        self._log = log

    def log(self) -> str:
        return self._log.read_text(errors="replace")


@contextmanager
def running(folder: Path, environment: Mapping[str, str]) -> Iterator[Server]:
    """The web process as the product starts it, without a bundle: whoever attacks brings no pages."""
    port = free_port(25_000 + os.getpid() % 5_000)
    log = folder / "web.log"
    given = {name: value for name, value in serve.environment().items() if not name.startswith("HOLDFAST_")}
    given |= {"__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "", "HOLDFAST_PORT": str(port), "HOLDFAST_HOME": str(folder)}
    with log.open("wb") as out:
        process = subprocess.Popen(
            serve.command("127.0.0.1", port), cwd=ROOT, env=given | dict(environment), stdout=out, stderr=out
        )
    try:
        until(lambda: _answers(process, port, log), within=90, what="the web process answers")
        yield Server(port, log)
    finally:
        process.terminate()
        process.wait(20)


def _answers(process: "subprocess.Popen[bytes]", port: int, log: Path) -> bool:
    assert process.poll() is None, log.read_text(errors="replace")[-2000:]
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


class _Line(Client):
    """A websocket that says where it wants to go as browsers do, with the port."""

    def handshake(self) -> None:
        self.host = f"{self.host}:{self.port}"
        try:
            super().handshake()
        except BaseException:
            self.sock.close()
            raise


class Refused(Exception):
    """The server did not let the socket in."""


class Socket:
    """One connection. `heard` is every state change it was sent, in order, as `{state: {variable: value}}`."""

    def __init__(self, server: Server, session: str, *, origin: str | None = None) -> None:
        self.heard: list[dict[str, dict[str, Any]]] = []
        self.raw: list[str] = []
        headers = {"Cookie": f"{COOKIE}={session}"} if session else {}
        if origin != "":
            headers["Origin"] = origin or f"http://{server.host}"
        address = f"ws://{server.host}{NAMESPACE}/?EIO=4&transport=websocket&token={secrets.token_hex(8)}"
        try:
            self._line = _Line(address, headers=headers)
            self._hear(20.0)
            self._line.send(f"40{NAMESPACE},")
            self._hear()
        except (ConnectionClosed, ConnectionError, OSError) as error:
            raise Refused(f"{type(error).__name__}: {error}") from error

    def send(self, event: str, payload: dict[str, Any]) -> None:
        body = {"name": event, "payload": payload, "router_data": NOWHERE}
        self._line.send(f"42{NAMESPACE}," + json.dumps(["event", body]))

    def listen(self, enough: Any, within: float = 60.0) -> None:
        """Hear what is said until `enough()` is true."""
        deadline = time.monotonic() + within
        while not enough():
            assert time.monotonic() < deadline, f"not heard; the last was {self.raw[-1:]}"
            self._hear(0.5)

    def notices(self) -> list[dict[str, Any]]:
        """Every notice that was ever shown, once each."""
        shown = {
            notice["id"]: notice
            for delta in self.heard
            for variables in delta.values()
            for notice in variables.get("notices_rx_state_", [])
        }
        return [shown[number] for number in sorted(shown)]

    def close(self) -> None:
        self._line.close()

    def _hear(self, timeout: float = 60.0) -> None:
        said = self._line.receive(timeout)
        if said is None:
            return
        text = said if isinstance(said, str) else said.decode()
        if text == "2":
            self._line.send("3")
            return
        self.raw.append(text)
        head = f"42{NAMESPACE},"
        if text.startswith(head):
            kind, update = json.loads(text.removeprefix(head))
            if kind == "event" and isinstance(update, dict) and update.get("delta"):
                self.heard.append(update["delta"])
