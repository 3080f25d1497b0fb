"""The failure lab's clock: how far due times may be brought forward, and what that reached."""

from dataclasses import dataclass

LONGEST_MOVE = 31 * 24 * 3600
"""Seconds; nothing of ours waits longer."""
DEAD_AFTER = 10.0
"""Seconds without a sweep after which a worker counts as dead, at the usual pause between sweeps."""


@dataclass(frozen=True)
class Reach:
    """How many waiting things came sooner: steps, leases of dead workers, pauses of breakers, kept messages."""

    steps: int
    leases: int
    breakers: int
    messages: int
