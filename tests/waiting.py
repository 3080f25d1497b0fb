"""Waiting for conditions: tests never sleep for a guessed time."""

import time
from collections.abc import Callable

from backend.clock import monotonic


def until(
    condition: Callable[[], object],
    *,
    within: float = 60,
    every: float = 0.02,
    what: str = "the condition holds",
    otherwise: Callable[[], str] = lambda: "",
) -> None:
    """Return as soon as the condition is true; fail after `within` seconds, with the picture that `otherwise` draws."""
    deadline = monotonic() + within
    while not condition():
        if monotonic() > deadline:
            raise AssertionError(f"after {within:g} s it is still not so that {what}\n{otherwise()}")
        time.sleep(every)


def crowding() -> float:
    """How much longer everything takes now because others use this machine too; 1.0 where it is ours alone."""
    wall, used = time.perf_counter(), time.process_time()
    while time.process_time() - used < 0.05:
        pass
    return max(1.0, (time.perf_counter() - wall) / (time.process_time() - used))


def quick(took: float, seconds: float) -> bool:
    """Whether something that took `took` seconds took no more than `seconds`, as far as that is ours to answer for."""
    return took < seconds or took < 1.5 * seconds * crowding()
