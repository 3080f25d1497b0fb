"""Signals that ask `up` to stop: noted, and looked at wherever something is waited for."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from backend.clock import monotonic


class Stopped(Exception):
    """Somebody asked for an orderly stop while the product was being started."""


class StopRequest:
    """Whether a stop has been asked for."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def ask(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Signal handler."""
        self._asked.set()

    def wait(self, seconds: float) -> bool:
        """Wait, at most so long; True when a stop was asked for."""
        return self._asked.wait(seconds)

    def check(self) -> None:
        """Raise `Stopped` when a stop was asked for."""
        if self._asked.is_set():
            raise Stopped

    def until(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait for a condition, at most `timeout` seconds; whether it came true. Raises `Stopped`."""
        deadline = monotonic() + timeout
        while not condition():
            if monotonic() > deadline:
                return False
            if self.wait(0.05):
                raise Stopped
        return True


@contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Take over Ctrl-C, SIGTERM and the closing of the terminal for the time of the block."""
    request = StopRequest()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before: dict[signal.Signals, Any] = {number: signal.signal(number, request.ask) for number in numbers}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
