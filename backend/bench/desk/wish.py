"""What of the desk is to be measured, and what it may cost."""

from dataclasses import dataclass
from pathlib import Path

LIMIT_MS = 300.0
"""No click may take longer at the 95th percentile."""
TIMES_EMPTY = 8.0
"""Next page, search and open order: so many times an empty click at most, both at the 95th percentile."""
TIMES_BARE = 2.0
"""Our queries: so many times the bare SQL for the same rows at most, both at the median."""
CURRENT_SECONDS = 1.0
"""Within which time every live desk shows a new hold, at the 95th percentile."""


@dataclass(frozen=True)
class Wish:
    """`rounds`: how often each click is measured. `desks`: how many live desks at once, 0 for none, for `seconds`.

    `keep`: a folder in which the shop stays for the next run; it is thrown away without one.
    """

    orders: int = 1_000_000
    held: int | None = None
    rounds: int = 40
    desks: int = 50
    seconds: float = 30.0
    per_second: float = 10.0
    browser: bool = True
    keep: Path | None = None
    chromium: Path | None = None


@dataclass(frozen=True)
class Sample:
    """Milliseconds of one kind of click, one for each time it was measured."""

    name: str
    milliseconds: tuple[float, ...]
    times_empty: float | None = None
    """Budget in empty clicks, where there is one."""

    def at(self, share: float) -> float:
        """A percentile: `0.5` is the median."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


@dataclass(frozen=True)
class Query:
    """What a page asks of the database, and the bare SQL for the same rows; medians in milliseconds."""

    name: str
    statements: int
    ours_ms: float
    bare_ms: float

    @property
    def ratio(self) -> float:
        return self.ours_ms / self.bare_ms if self.bare_ms else 0.0


@dataclass(frozen=True)
class Live:
    """What happened at the live desks: seconds from a hold's commit to each desk's showing it."""

    desks: int
    holds: int
    seconds: tuple[float, ...]
    missing: int
    """How many times a desk never showed a hold."""
    updates: int
    web_cpu: float
    """CPU seconds of the web process for each second of the storm."""

    def at(self, share: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
