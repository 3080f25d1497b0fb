"""Guarantees that several adapters share."""

import math

from backend.domain.retries import Guarantees

REPEATABLE = Guarantees(key_seconds=math.inf, can_ask=False)
"""Calls that read, or that come to the same when they are made twice: they may be repeated at any time."""
