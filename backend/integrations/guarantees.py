"""Guarantees that several adapters share."""

import math

from backend.domain.retries import Guarantees

READ_ONLY = Guarantees(key_seconds=math.inf, can_ask=False)
"""Calls that change nothing outside: they may be repeated at any time, so nothing about them is ever in doubt."""
