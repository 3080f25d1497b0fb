"""What is to be measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wish:
    """`scale`: how many times as many orders a second round takes, 1 for none. `wakes`: samples of wake-up latency."""

    orders: int = 200
    workers: int = 2
    threads: int = 8
    latency_ms: float = 50.0
    scale: int = 1
    wakes: int = 100
    profile: bool = False
