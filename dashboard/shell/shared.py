"""Readings that many open pages share: one answer per change and web process, however many desks want it.

Only for what every person who may see it sees alike. Whoever is patient (a page that follows changes) also waits a
moment between two readings of the same thing, so that fifty desks and a storm of changes cost a few readings a second.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from backend.clock import monotonic
from dashboard.shell.live import REFRESH_SECONDS, hub

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
T = TypeVar("T")

PAUSE_SECONDS = 0.2
"""Between two readings of the same thing for pages that follow it, and at least as long as the last one took."""
MOST_KEPT = 128


@dataclass(frozen=True)
class Reading(Generic[V]):
    """An answer: `value` has everything that had been told when `serial` was the hub's; `took` is in seconds."""

    serial: int
    read_at: float
    took: float
    value: V
    _made: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)
    _before: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)

    def made(self, key: Hashable, make: Callable[[T | None], T]) -> T:
        """What is made of this answer for everybody with the same `key`: made by the first who asks.

        `make` is given what was made of the answer before this one, so that it can keep what is still good of it.
        """
        if key not in self._made:
            self._made[key] = make(self._before.get(key))
        made: T = self._made[key]
        return made


class Shared(Generic[K, V]):
    """What `read` answers, by key; for pages that follow it read every `pause` seconds at most.

    `of_viewers`: it also says who looks at what, so that it is read anew when somebody comes or goes.
    """

    def __init__(
        self, read: Callable[[K], Awaitable[V]], *, pause: float | None = None, of_viewers: bool = False
    ) -> None:
        self._read = read
        self._pause = pause
        self._of_viewers = of_viewers
        self._known: OrderedDict[K, Reading[V]] = OrderedDict()
        self._locks: dict[K, asyncio.Lock] = {}

    async def now(self, key: K) -> Reading[V]:
        """Read at once, for a person who has just changed something; others get the same answer."""
        serial, began = hub.serial, monotonic()
        value = await self._read(key)
        ended = monotonic()
        before = self._known.get(key)
        reading = Reading(serial, ended, ended - began, value, _before=before._made if before else {})
        self._keep(key, reading)
        return reading

    async def recent(self, key: K, seconds: float = 0.0) -> Reading[V]:
        """For a person who waits: what is known, where nothing was told since, or where it is at most so old.

        While the process hears no changes nothing is known for sure, and everybody reads for themselves.
        """
        known = self._known.get(key)
        if known is not None and hub.hears:
            age = monotonic() - known.read_at
            if age < seconds or (known.serial >= self._changed_at() and age < REFRESH_SECONDS / 2):
                return known
        return await self.now(key)

    async def current(self, key: K) -> Reading[V]:
        """The answer as of the latest change that was told before asking; read by the first page that asks, after a pause.

        Whoever waits for that reading is content with it, although more may have changed meanwhile: they hear of it.
        """
        wanted = self._changed_at()
        async with self._locks.setdefault(key, asyncio.Lock()):
            known = self._known.get(key)
            if known is not None:
                age = monotonic() - known.read_at
                if known.serial >= wanted and age < REFRESH_SECONDS / 2:
                    return known
                pause = PAUSE_SECONDS if self._pause is None else self._pause
                await asyncio.sleep(max(0.0, max(pause, known.took) - age))
            return await self.now(key)

    def _changed_at(self) -> int:
        """The serial from which on an answer is as good as a new one."""
        return hub.serial if self._of_viewers else hub.changed_at

    def forget(self) -> None:
        self._known.clear()
        self._locks.clear()

    def _keep(self, key: K, reading: Reading[V]) -> None:
        self._known[key] = reading
        self._known.move_to_end(key)
        while len(self._known) > MOST_KEPT:
            oldest, _ = self._known.popitem(last=False)
            if oldest in self._locks and not self._locks[oldest].locked():
                del self._locks[oldest]
