"""When a provider counts as down, when it is asked again, and in what order those who waited go on.

A breaker belongs to one provider. It opens after several failures in a row that say "down" and are not about one order
only: an order that a provider chokes on is that order's trouble. While it is open nothing is sent but one probe at a
time; the first answer closes it.
"""

from collections.abc import Sequence
from enum import StrEnum

from backend.domain.retries import Outcome

FAILURES = 5
"""So many failures in a row, with no answer between them, …"""
ORDERS = 2
"""… of at least so many orders mean that the provider is down."""
FIRST_PROBE = 2.0
LONGEST_PAUSE = 30.0
GROWTH = 1.5
"""Every failed probe makes the pause longer: recovery is seen after half of the outage's length plus two seconds at most."""

VANGUARD = 3
"""Steps that go at once when a provider is back; the rest follows when those have had time to fail."""
VANGUARD_SECONDS = 1.0
PER_SECOND = 20.0
LONGEST_SPREAD = 60.0


class BreakerState(StrEnum):
    CLOSED = "closed"  # calls go through
    OPEN = "open"  # nothing is sent before the next probe is due
    PROBING = "probing"  # one call is under way to find out


class Health(StrEnum):
    """What one try says about its provider."""

    UP = "up"  # it answered, be it with a refusal
    DOWN = "down"  # no connection, no answer, or a 5xx
    LOCKED_OUT = "locked_out"  # it does not accept our key, and so nothing of ours: down for us until that is renewed
    UNCLEAR = "unclear"  # "later", something of ours, or nothing was asked


def health(outcome: Outcome, *, silent: bool, disproved: bool = False, locked_out: bool = False) -> Health:
    """`silent`: the provider gave no answer, or only a 5xx. `disproved`: it was asked, and answered that it has no trace.

    `locked_out`: it refused our key.
    """
    if locked_out:
        return Health.LOCKED_OUT
    if outcome in (Outcome.OK, Outcome.REJECTED) or disproved:
        return Health.UP
    if silent and outcome in (Outcome.NOT_SENT, Outcome.IN_DOUBT):
        return Health.DOWN
    return Health.UNCLEAR


def is_silence(statuses: Sequence[int | None]) -> bool:
    """Whether a call ended without a word from the provider itself.

    `statuses` of the call's exchanges, None where no whole answer came; what failed is the last one. An empty sequence
    says nothing about the provider: the call's time was up before anything was sent.
    """
    return bool(statuses) and (statuses[-1] is None or statuses[-1] >= 500)


def is_down(failures: int, orders: int) -> bool:
    """Whether `failures` in a row, of at least `orders` orders, open the breaker."""
    return failures >= FAILURES and orders >= ORDERS


def pause_before_probe(failed_probes: int) -> float:
    """Seconds until the next probe, after so many that failed since the breaker opened."""
    return min(LONGEST_PAUSE, FIRST_PROBE * GROWTH ** min(failed_probes, 50))


def turn(place: int, waiting: int) -> float:
    """Seconds after the recovery at which the step at `place` (from 0) of `waiting` goes on.

    A few go at once, the others evenly at a bounded rate, unless that would keep the last one too long.
    """
    if place < VANGUARD:
        return 0.0
    gap = min(1 / PER_SECOND, LONGEST_SPREAD / waiting)
    return VANGUARD_SECONDS + (place - VANGUARD) * gap
