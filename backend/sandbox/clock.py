"""The only reader of the clock in the sandbox."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present as an aware UTC datetime."""
    return datetime.now(UTC)


def unix() -> float:
    """Seconds since the epoch, for due times that must survive a restart."""
    return time.time()


def unix_seconds() -> int:
    """Whole seconds since the epoch, as payment providers write their `created`."""
    return int(time.time())


def iso() -> str:
    """The present as `2026-11-21T09:30:00Z`."""
    return now().strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_millis() -> str:
    """The present with milliseconds, as `2026-11-21T09:30:00.123Z`."""
    return now().isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stopwatch() -> float:
    """A clock that never goes backwards, for measuring how long something took (seconds)."""
    return time.perf_counter()
