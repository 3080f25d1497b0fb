"""Many live desks at once: websocket clients that follow `/held` as browsers do, while orders are held beside them.

Each desk speaks the dashboard's own protocol (socket.io over one websocket) and signs in with a real session; what it
shows is read out of the updates that it is sent.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from simple_websocket import AioClient, ConnectionClosed
from simple_websocket.aiows import AioBase
from sqlalchemy import text
from sqlmodel import Session

from backend.bench.desk.site import Site
from backend.bench.desk.wish import Live, Wish
from backend.bench.site import Invalid
from backend.clock import monotonic
from backend.domain.holds import HoldKind, HoldSource
from backend.services import holds
from backend.store import db
from backend.store.tables import Order

PATH = "/held"
_SPACE = "/_event"
_HYDRATE = "reflex___state____state.hydrate_and_load"
_HEADLINE = re.compile(r'"headline[^"]*": ?"([\d,]+) orders?"')
_PATIENCE = 60.0
_LAST_UPDATE = 10.0


class _Socket(AioClient):  # type: ignore[misc]
    """A client that names the host with its port, as browsers do."""

    host: str
    port: int

    async def _connect(self) -> None:
        self.rsock, self.wsock = await asyncio.open_connection(self.host, self.port)
        self.host = f"{self.host}:{self.port}"
        await AioBase.connect(self)
        # What came together with the server's consent lies there unread until more comes, the next ping at the latest.
        self.connected = await self._handle_events()


@dataclass
class Desk:
    """One open page. `seen` are the totals it showed, each with the moment it came."""

    number: int
    socket: Any = None
    seen: list[tuple[float, int]] = field(default_factory=list)
    updates: int = 0

    async def open(self, site: Site) -> None:
        """Connect as a browser does and ask for the page."""
        place = urlsplit(site.url)
        address = f"ws://{place.netloc}{_SPACE}/?token={uuid4()}&EIO=4&transport=websocket"
        headers = {"Cookie": f"holdfast_session={site.cookie}", "Origin": site.url}
        self.socket = await _Socket.connect(address, headers=headers, receive_bytes=1 << 16)
        await self.socket.receive()
        where = {"pathname": PATH, "asPath": PATH, "query": {}}
        first = {"name": _HYDRATE, "payload": {"vars": {}}, "router_data": where}
        await self.socket.send(f"40{_SPACE}," + json.dumps({"event": first}))

    async def follow(self) -> None:
        """Read what comes until the connection is closed; answer the server's pings."""
        try:
            while True:
                message = await self.socket.receive()
                if message == "2":
                    await self.socket.send("3")
                elif isinstance(message, str):
                    self._take(message)
        except ConnectionClosed:
            return

    def _take(self, message: str) -> None:
        self.updates += 1
        for found in _HEADLINE.findall(message):
            self.seen.append((monotonic(), int(found.replace(",", ""))))

    def shows(self) -> int:
        return self.seen[-1][1] if self.seen else -1

    def showed(self, total: int) -> float | None:
        """When it first showed at least so many held orders."""
        return next((at for at, shown in self.seen if shown >= total), None)


def measure(wish: Wish, site: Site, doing: Callable[[str], None]) -> Live:
    """Open the desks, hold orders beside them, and see when each desk shows each hold."""
    return asyncio.run(_measure(wish, site, doing))


async def _measure(wish: Wish, site: Site, doing: Callable[[str], None]) -> Live:
    desks = [Desk(number) for number in range(wish.desks)]
    readers = []
    for desk in desks:
        doing(f"opening desk {desk.number + 1} of {wish.desks}")
        await desk.open(site)
        readers.append(asyncio.create_task(desk.follow()))
    try:
        start = await _all_open(desks)
        doing(f"{wish.desks} desks, {wish.per_second:g} holds a second")
        cpu, began = site.web_cpu(), monotonic()
        opened = await asyncio.to_thread(_hold_orders, wish)
        spent = (site.web_cpu() - cpu) / (monotonic() - began)
        await _until(lambda: all(desk.shows() >= start + len(opened) for desk in desks), _LAST_UPDATE)
    finally:
        for reader in readers:
            reader.cancel()
        for desk in desks:
            if desk.socket.connected:
                await desk.socket.close()
    return _result(desks, start, opened, spent)


async def _all_open(desks: list[Desk]) -> int:
    """The total that every desk shows, once they agree."""
    if not await _until(lambda: all(desk.shows() >= 0 for desk in desks), _PATIENCE):
        waiting = sum(desk.shows() < 0 for desk in desks)
        raise Invalid(f"{waiting} of {len(desks)} desks showed no held orders within {_PATIENCE:.0f} s.")
    return max(desk.shows() for desk in desks)


async def _until(true: Callable[[], bool], seconds: float) -> bool:
    deadline = monotonic() + seconds
    while not true() and monotonic() < deadline:
        await asyncio.sleep(0.02)
    return true()


def _hold_orders(wish: Wish) -> list[float]:
    """Hold delivered orders one by one, as a worker does; returns when each was committed."""
    pause, opened, began = 1 / wish.per_second, [], monotonic()
    for count, order_id in enumerate(db.in_unit_of_work(_free_orders, round(wish.seconds * wish.per_second))):
        time.sleep(max(0.0, began + count * pause - monotonic()))
        db.in_unit_of_work(_hold, order_id)
        opened.append(monotonic())
    return opened


def _free_orders(session: Session, count: int) -> list[int]:
    """The youngest orders that nothing holds."""
    statement = (
        "select id from orders where not exists (select 1 from holds where order_id = orders.id and closed_at is null) "
        "order by id desc limit :count"
    )
    return list(session.execute(text(statement), {"count": count}).scalars())


def _hold(session: Session, order_id: int) -> None:
    order = session.get(Order, order_id, with_for_update=True)
    if order is not None:
        reason = "Held by the measurement of live desks."
        holds.place(session, order, HoldKind.SHIPMENT_NOT_ACCEPTED, reason, source=HoldSource.CHECK)


def _result(desks: list[Desk], start: int, opened: list[float], spent: float) -> Live:
    waits, missing = [], 0
    for place, committed in enumerate(opened, start=1):
        for desk in desks:
            at = desk.showed(start + place)
            if at is None:
                missing += 1
            else:
                waits.append(max(0.0, at - committed))
    return Live(len(desks), len(opened), tuple(waits), missing, sum(desk.updates for desk in desks), spent)
