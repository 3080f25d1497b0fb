"""The only reader of the clock.

Application time is used for what people and signatures see (timestamps in mails, webhook tolerance, sessions).
Leases and due times use the database's own clock, and local deadlines use `monotonic()`.
"""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware and in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds on a clock that never jumps; only differences mean anything."""
    return time.monotonic()


def wall_seconds() -> float:
    """Seconds since the epoch, for signature tolerance and sortable identifiers."""
    return time.time()
