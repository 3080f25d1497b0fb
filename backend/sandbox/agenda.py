"""What is to happen later: a durable list of jobs with due times, so that a restart forgets no event."""

import asyncio
import heapq
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from backend.sandbox import clock
from backend.sandbox.store import Document, Store

log = logging.getLogger("sandbox.agenda")

Handler = Callable[[Document], Awaitable[float | None]]
CONCURRENT_JOBS = 32


class Agenda:
    """Jobs by due time. A handler returns None when done, or seconds after which to try the job again."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._handlers: dict[str, Handler] = {}
        self._heap: list[tuple[float, int]] = []
        self._changed = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._in_hand: set[int] = set()
        for job in store.all("agenda").values():
            self._push(job)

    def on(self, kind: str, handler: Handler) -> None:
        """Say who does jobs of a kind."""
        self._handlers[kind] = handler

    def add(self, kind: str, delay_seconds: float = 0.0, **payload: Any) -> Document:
        """Put a job on the list, durable with the next commit of the store."""
        serial = self._store.next_number("agenda")
        job = {"id": serial, "kind": kind, "due": clock.unix() + delay_seconds, "attempts": 0, "payload": payload}
        self._store.put("agenda", str(serial), job)
        self._push(job)
        self._changed.set()
        return job

    def cancel(self, fits: Callable[[Document], bool]) -> int:
        """Drop waiting jobs; returns how many."""
        dropped = [str(job["id"]) for job in self._store.all("agenda").values() if fits(job)]
        for key in dropped:
            self._store.delete("agenda", key)
        return len(dropped)

    def hurry(self, seconds: float | None, fits: Callable[[Document], bool]) -> int:
        """Bring waiting jobs forward, None: to now; returns how many."""
        now = clock.unix()
        found = [job for job in self._store.all("agenda").values() if job["id"] not in self._in_hand]
        chosen = [job for job in found if job["due"] > now and fits(job)]
        for job in chosen:
            job["due"] = now if seconds is None else job["due"] - seconds
            self._store.put("agenda", str(job["id"]), job)
            self._push(job)
        self._changed.set()
        return len(chosen)

    def waiting(self) -> dict[str, int]:
        """How many jobs of each kind are not done yet."""
        counts: dict[str, int] = {}
        for job in self._store.all("agenda").values():
            counts[job["kind"]] = counts.get(job["kind"], 0) + 1
        return counts

    @property
    def running(self) -> int:
        """How many jobs are being done right now."""
        return len(self._running)

    async def run(self) -> None:
        """Do due jobs until cancelled."""
        places = asyncio.Semaphore(CONCURRENT_JOBS)
        while True:
            self._changed.clear()
            delay = self._heap[0][0] - clock.unix() if self._heap else None
            if delay is None or delay > 0:
                await self._wait(delay)
                continue
            due, serial = heapq.heappop(self._heap)
            job = self._store.get("agenda", str(serial))
            if job is None or job["due"] != due:
                continue
            self._in_hand.add(serial)
            await places.acquire()
            task = asyncio.create_task(self._do(job))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            task.add_done_callback(lambda _: places.release())

    async def stop(self) -> None:
        """Let go of jobs under way; they stay on the list and start again next time."""
        for task in tuple(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _wait(self, delay: float | None) -> None:
        try:
            await asyncio.wait_for(self._changed.wait(), delay)
        except TimeoutError:
            return

    async def _do(self, job: Document) -> None:
        job["attempts"] += 1
        try:
            again = await self._handlers[job["kind"]](job)
        except Exception:
            log.exception("job %s %s failed for good", job["kind"], job["id"])
            again = None
        key = str(job["id"])
        self._in_hand.discard(job["id"])
        if again is None or self._store.get("agenda", key) is None:
            self._store.delete("agenda", key)
        else:
            job["due"] = clock.unix() + again
            self._store.put("agenda", key, job)
            self._push(job)
            self._changed.set()
        self._store.commit()

    def _push(self, job: Document) -> None:
        heapq.heappush(self._heap, (job["due"], job["id"]))
