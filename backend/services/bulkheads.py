"""A share of a worker's threads for each provider, so that a slow one cannot occupy them all.

A step that finds its provider's seats taken is not claimed: it is remembered here, its thread does something else, and
whoever gives a seat back wakes it. What is remembered is only wake-ups; if they are lost, the sweep finds the steps.
"""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from backend import settings
from backend.store import db


def seats_per_provider(threads: int) -> int:
    """How many calls to one provider a process with so many threads makes at a time."""
    return max(1, threads // 2)


class NoSeat(Exception):
    """The provider's seats are taken; the step is remembered and will be woken."""


class _Hall:
    """The seats of this process, and who waits for them, the first first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: dict[str, int] = defaultdict(int)
        self._waiting: dict[str, dict[int, None]] = defaultdict(dict)

    def take(self, provider: str, step_id: int, seats: int) -> bool:
        with self._lock:
            if self._taken[provider] >= seats:
                self._waiting[provider][step_id] = None
                return False
            self._taken[provider] += 1
            self._waiting[provider].pop(step_id, None)
            return True

    def give_back(self, provider: str) -> int | None:
        """Free one seat; the step whose turn it is."""
        with self._lock:
            self._taken[provider] -= 1
            waiting = self._waiting[provider]
            following = next(iter(waiting), None)
            if following is not None:
                del waiting[following]
            return following


_hall = _Hall()


class Seat:
    """One thread's place at one provider, for one step."""

    def __init__(self) -> None:
        self._provider = ""

    def take(self, provider: str, step_id: int) -> None:
        """Raises `NoSeat`. A transaction that is tried again asks again, and has its seat already."""
        if self._provider == provider:
            return
        self.leave()
        if not _hall.take(provider, step_id, seats_per_provider(settings.current().worker_threads)):
            raise NoSeat
        self._provider = provider

    def leave(self) -> None:
        if self._provider:
            following = _hall.give_back(self._provider)
            self._provider = ""
            if following is not None:
                db.wake([following])


@contextmanager
def seat() -> Iterator[Seat]:
    """A seat that is given back in the end, if one was taken."""
    mine = Seat()
    try:
        yield mine
    finally:
        mine.leave()
