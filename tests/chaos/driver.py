"""The driver: the shop that sends orders until they are taken, and the people who click. Journal D is all it has seen."""

import random
import secrets
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from backend.clock import monotonic
from tests.chaos.site import Site
from tests.product.orders import shopify_order

SENDERS = 8
PAUSE = 0.1
"""Seconds until a shop sends again what was not taken."""


@dataclass(frozen=True)
class Sent:
    """One delivery: `status` is what we answered, None where there was no answer. `seconds`: how long that took."""

    at: float
    order: str
    event_id: str
    status: int | None
    seconds: float

    @property
    def acknowledged(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class Click:
    """One carried-out action over the API, by its token; `status` None where there was no answer."""

    at: float
    number: str
    action: str
    token: str
    status: int | None
    code: str = ""


class NotTaken(AssertionError):
    """A delivery was not acknowledged in time, however often it was repeated."""


class Driver:
    """Sends and clicks from several threads at once. What it writes down is never taken back."""

    def __init__(self, site: Site, seed: int) -> None:
        self.site = site
        self.chance = random.Random(seed)
        self.sent: list[Sent] = []
        self.clicks: list[Click] = []
        self.orders: dict[str, dict[str, Any]] = {}
        self._pool = ThreadPoolExecutor(SENDERS)
        self._running: list[Future[Any]] = []
        self._over = threading.Event()

    def close(self) -> None:
        self._over.set()
        self._pool.shutdown(cancel_futures=True)

    # the shop

    def order(self, serial: int, **facts: Any) -> dict[str, Any]:
        """An order that the shop knows of and that was not sent yet; `facts` as for `shopify_order`."""
        order = shopify_order(serial, **facts)
        self.site.register(order)
        self.orders[str(order["id"])] = order
        return order

    def place(self, count: int, *, first: int = 1, within: float = 60, pause: float = 0.0, **facts: Any) -> None:
        """That many orders, each sent until it is taken, several at a time; returns when all of them are.

        `pause`: seconds between two orders, so that faults meet some of each.
        """
        self.place_in_background(count, first=first, within=within, pause=pause, **facts)
        self.wait()

    def place_in_background(
        self, count: int, *, first: int = 1, within: float = 60, pause: float = 0.0, **facts: Any
    ) -> None:
        """As `place`, but goes on meanwhile; `wait` waits for it."""
        if pause:
            self._running.append(self._pool.submit(self._one_by_one, count, first, within, pause, facts))
        else:
            self.each(lambda serial: self._place(serial, within, facts), range(first, first + count))

    def each(self, work: Callable[[Any], Any], items: Iterable[Any]) -> None:
        """Do something with each, several at a time, in the background; `wait` waits for it and raises what it raises."""
        self._running += [self._pool.submit(work, item) for item in items]

    def wait(self) -> None:
        """Until everything in the background is over; raises the first thing that went wrong there."""
        running, self._running = self._running, []
        for future in running:
            future.result()

    def all_placed(self) -> bool:
        return all(future.done() for future in self._running)

    def _one_by_one(self, count: int, first: int, within: float, pause: float, facts: dict[str, Any]) -> None:
        for serial in range(first, first + count):
            if self._over.wait(pause):
                return
            self._place(serial, within, facts)

    def _place(self, serial: int, within: float, facts: dict[str, Any]) -> None:
        self.send_until_taken(self.order(serial, **facts), within=within)

    def send_until_taken(self, order: dict[str, Any], *, event_id: str = "", within: float = 60) -> None:
        """Deliver as a shop does: the same event again and again until it is acknowledged."""
        event_id = event_id or f"event-{order['id']}"
        deadline = monotonic() + within
        while not self.send(order, event_id=event_id).acknowledged:
            if monotonic() > deadline:
                raise NotTaken(f"order {order['id']} was not taken within {within:g} s")
            if self._over.wait(PAUSE):
                return

    def send(self, order: dict[str, Any], *, event_id: str = "", topic: str = "orders/create") -> Sent:
        """One delivery, whatever comes of it."""
        event_id = event_id or f"event-{order['id']}"
        began = monotonic()
        try:
            status: int | None = self.site.deliver(order, event_id=event_id, topic=topic).status_code
        except httpx.TransportError:
            status = None
        sent = Sent(began, str(order["id"]), event_id, status, monotonic() - began)
        self.sent.append(sent)
        return sent

    # people

    def click(self, number: str, action: str, chosen: dict[str, Any], *, reason: str = "checked by hand") -> Click:
        """Preview and carry out, looking again when the order has moved meanwhile; the last answer counts."""
        click = Click(monotonic(), number, action, "", None)
        for _ in range(5):
            shown = self.preview(number, action, chosen)
            if shown is None:
                return click
            body = {**chosen, "version": shown["version"], "token": shown["token"], "reason": reason}
            click = self.carry_out(number, action, body)
            if click.status != 409:
                break
        return click

    def preview(self, number: str, action: str, chosen: dict[str, Any]) -> dict[str, Any] | None:
        """What the button would do, with the version and the token that it carries; None where it cannot be pressed."""
        try:
            answer = self.site.api("GET", f"/admin/orders/{number}/{action}/preview", params=chosen)
        except httpx.TransportError:
            return None
        shown: dict[str, Any] = answer.json()
        return shown if answer.status_code == 200 and not shown["refusal"] else None

    def carry_out(self, number: str, action: str, body: dict[str, Any]) -> Click:
        """Press the button with a preview's token; to press it again, call this again with the same body."""
        began = monotonic()
        token = str(body.get("token") or secrets.token_hex(8))
        status, code = None, ""
        try:
            answer = self.site.api("POST", f"/admin/orders/{number}/{action}", json=body)
            status = answer.status_code
            code = str(answer.json().get("code", "")) if status >= 400 else ""
        except (httpx.TransportError, ValueError):
            pass
        click = Click(began, number, action, token, status, code)
        self.clicks.append(click)
        return click
