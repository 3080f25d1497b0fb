"""Identifiers made before the row exists: time-ordered UUIDs (version 7, RFC 9562 section 5.7)."""

import secrets
from uuid import UUID

from backend import clock


def new_id() -> UUID:
    """A fresh UUIDv7: sorts by creation time to the millisecond, the rest is random."""
    milliseconds = int(clock.wall_seconds() * 1000) & 0xFFFF_FFFF_FFFF
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return UUID(int=value)
