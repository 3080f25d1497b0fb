"""Readings that many open pages share: one answer per change and web process, however many desks want it.

Only for what every person who may see it sees alike. Whoever is patient (a page that follows changes) also waits a
moment between two readings of the same thing, so that fifty desks and a storm of changes cost a few readings a second.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from backend.clock import monotonic
from dashboard.shell.live import REFRESH_SECONDS, hub

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

PAUSE_SECONDS = 0.3
"""Between two readings of the same thing for pages that follow it."""
MOST_KEPT = 128


@dataclass(frozen=True)
class _Known(Generic[V]):
    serial: int
    read_at: float
    value: V


class Shared(Generic[K, V]):
    """What `read` answers, by key."""

    def __init__(self, read: Callable[[K], Awaitable[V]]) -> None:
        self._read = read
        self._known: OrderedDict[K, _Known[V]] = OrderedDict()
        self._locks: dict[K, asyncio.Lock] = {}

    async def now(self, key: K) -> V:
        """Read at once, for a person who waits for it or has just changed something; others get the same answer."""
        serial = hub.serial
        value = await self._read(key)
        self._keep(key, _Known(serial, monotonic(), value))
        return value

    async def current(self, key: K) -> V:
        """The answer as of the latest change; read by the first page that asks, after a moment's pause."""
        async with self._locks.setdefault(key, asyncio.Lock()):
            known = self._known.get(key)
            if known is not None:
                age = monotonic() - known.read_at
                if known.serial == hub.serial and age < REFRESH_SECONDS / 2:
                    return known.value
                await asyncio.sleep(max(0.0, PAUSE_SECONDS - age))
            return await self.now(key)

    def forget(self) -> None:
        self._known.clear()
        self._locks.clear()

    def _keep(self, key: K, known: _Known[V]) -> None:
        self._known[key] = known
        self._known.move_to_end(key)
        while len(self._known) > MOST_KEPT:
            oldest, _ = self._known.popitem(last=False)
            if oldest in self._locks and not self._locks[oldest].locked():
                del self._locks[oldest]
