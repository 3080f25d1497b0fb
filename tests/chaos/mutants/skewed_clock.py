"""No mutant but a fault: this process's clock is a minute fast, as a machine's may be."""

from datetime import datetime, timedelta

from backend import clock
from tests.chaos.mutants.patching import put_in_place_of

_now, _wall_seconds = clock.now, clock.wall_seconds
FAST = 60.0


def apply() -> None:
    def now() -> datetime:
        return _now() + timedelta(seconds=FAST)

    def wall_seconds() -> float:
        return _wall_seconds() + FAST

    put_in_place_of(clock, "now", now)
    put_in_place_of(clock, "wall_seconds", wall_seconds)
