"""People who click over the API, each with a name and a token of their own; every press goes into journal D."""

import json
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import httpx

from backend.clock import monotonic
from tests.chaos.driver import Click, Driver
from tests.chaos.site import Site

Body = dict[str, Any]


@dataclass(frozen=True)
class Answered:
    """What a press came to: `status` None where there was no answer; `detail` is the sentence that was read."""

    status: int | None
    code: str = ""
    detail: str = ""


class Person:
    """One colleague at one desk."""

    def __init__(self, site: Site, driver: Driver, name: str, role: str = "manager") -> None:
        self.site, self.driver, self.name = site, driver, name
        token = site.holdfast("token", "create", "--role", role, "--name", name).strip()
        self._headers = {"Authorization": f"Bearer {token}"}

    def look(self, number: str, action: str, chosen: Body, *, reason: str = "agreed with the customer") -> Body | None:
        """What the button would send: version and token of a preview; None where there is nothing to press."""
        try:
            answer = self.site.http.get(self._url(number, f"{action}/preview"), params=chosen, headers=self._headers)
        except httpx.TransportError:
            return None
        if answer.status_code != 200 or answer.json()["refusal"]:
            return None
        shown = answer.json()
        return {**chosen, "version": shown["version"], "token": shown["token"], "reason": reason}

    def press(self, number: str, action: str, body: Body) -> Answered:
        began = monotonic()
        try:
            answer = self.site.http.post(self._url(number, action), json=body, headers=self._headers)
            problem = answer.json() if answer.status_code >= 400 else {}
            answered = Answered(answer.status_code, str(problem.get("code", "")), str(problem.get("detail", "")))
        except (httpx.TransportError, ValueError):
            answered = Answered(None)
        self.driver.clicks.append(
            Click(began, number, action, str(body.get("token", "")), answered.status, answered.code)
        )
        return answered

    def press_and_leave(self, number: str, action: str, body: Body) -> None:
        """Send the press and cut the line before any answer can come, as a lost connection does."""
        address, raw = urlsplit(self.site.url), json.dumps(body).encode()
        assert address.hostname is not None
        lines = [
            f"POST /admin/orders/{number}/{action} HTTP/1.1",
            f"Host: {address.netloc}",
            f"Authorization: {self._headers['Authorization']}",
            "Content-Type: application/json",
            f"Content-Length: {len(raw)}",
        ]
        with socket.create_connection((address.hostname, address.port or 80), timeout=5) as line:
            line.sendall("\r\n".join([*lines, "", ""]).encode() + raw)
        self.driver.clicks.append(Click(monotonic(), number, action, str(body["token"]), None))

    def press_until_answered(self, number: str, action: str, body: Body, *, within: float = 30) -> Answered:
        """Press again and again, with the same token, as somebody does whose screen does not react."""
        deadline = monotonic() + within
        while (answered := self.press(number, action, body)).status in (None, 502, 503) and monotonic() < deadline:
            threading.Event().wait(0.1)
        return answered

    def lose_rights(self) -> None:
        """An administrator takes the role away; only looking is left."""
        self.site.execute(f"update api_tokens set role = 'qa' where name = '{self.name}'")

    def be_locked_out(self) -> None:
        self.site.execute(f"update api_tokens set revoked_at = now() where name = '{self.name}'")

    def _url(self, number: str, rest: str) -> str:
        return f"{self.site.url}/admin/orders/{number}/{rest}"


def at_once(presses: list[Callable[[], Answered]]) -> list[Answered]:
    """All at the same instant; answers in the order of the presses."""
    start = threading.Barrier(len(presses))

    def pressed(press: Callable[[], Answered]) -> Answered:
        start.wait(20)
        return press()

    with ThreadPoolExecutor(len(presses)) as threads:
        return list(threads.map(pressed, presses))


def without_token(answered: Answered) -> Answered:
    """An answer as it is told in a finding: short."""
    return replace(answered, detail=answered.detail[:120])
