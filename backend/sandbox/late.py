"""What was asked for and happens only later, after the caller was told nothing or something else.

Kept in memory only: what a killed process had not done yet was never accepted.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from backend.sandbox import clock
from backend.sandbox.faults import Call
from backend.sandbox.references import References

log = logging.getLogger("sandbox.late")


@dataclass
class _Promise:
    names: set[str]
    due: float
    happen: Callable[[], object]
    timer: asyncio.TimerHandle | None = None


class LateEffects:
    """Effects that are still to come; `after_each` is called when one has happened."""

    def __init__(self, references: References, after_each: Callable[[], None]) -> None:
        self._references = references
        self._after_each = after_each
        self._promises: list[_Promise] = []

    def __len__(self) -> int:
        return len(self._promises)

    def promise(self, call: Call, seconds: float, happen: Callable[[], object]) -> None:
        """Let something happen for this call in so many seconds."""
        promise = _Promise(self._references.expand(call.refs), clock.unix() + seconds, happen)
        self._promises.append(promise)
        self._start(promise)

    def hurry(self, seconds: float | None, names: set[str] | None) -> int:
        """Bring what is to come forward, None: to now; only what concerns these names. Returns how many."""
        chosen = [one for one in self._promises if names is None or names & one.names]
        for promise in chosen:
            promise.due = clock.unix() if seconds is None else promise.due - seconds
            if promise.due <= clock.unix():
                self._happen(promise)
            else:
                self._start(promise)
        return len(chosen)

    def drop(self) -> None:
        """Forget what has not happened."""
        for promise in self._promises:
            if promise.timer is not None:
                promise.timer.cancel()
        self._promises.clear()

    def _start(self, promise: _Promise) -> None:
        if promise.timer is not None:
            promise.timer.cancel()
        wait = max(0.0, promise.due - clock.unix())
        promise.timer = asyncio.get_running_loop().call_later(wait, self._happen, promise)

    def _happen(self, promise: _Promise) -> None:
        if promise not in self._promises:
            return
        if promise.timer is not None:
            promise.timer.cancel()
        self._promises.remove(promise)
        try:
            promise.happen()
        except Exception:
            log.exception("what was promised could not be done")
        self._after_each()
