"""Breakers: what speaks of a provider that is down, when it is asked again, and that nobody storms it when it is back."""

import pytest

from backend.domain import breakers
from backend.domain.breakers import Health
from backend.domain.retries import Outcome


@pytest.mark.parametrize(
    ("outcome", "silent", "says"),
    [
        (Outcome.OK, False, Health.UP),
        (Outcome.REJECTED, False, Health.UP),
        (Outcome.REJECTED, True, Health.UP),
        (Outcome.NOT_SENT, True, Health.DOWN),
        (Outcome.IN_DOUBT, True, Health.DOWN),
        (Outcome.NOT_SENT, False, Health.UNCLEAR),
        (Outcome.IN_DOUBT, False, Health.UNCLEAR),
        (Outcome.DEFERRED, False, Health.UNCLEAR),
        (Outcome.DEFERRED, True, Health.UNCLEAR),
        (Outcome.UNFINISHED, True, Health.UNCLEAR),
    ],
)
def test_only_silence_speaks_of_a_provider_that_is_down(outcome: Outcome, silent: bool, says: Health) -> None:
    assert breakers.health(outcome, silent=silent) is says


def test_a_provider_that_knows_of_nothing_has_answered() -> None:
    assert breakers.health(Outcome.NOT_SENT, silent=False, disproved=True) is Health.UP


@pytest.mark.parametrize(
    ("statuses", "silent"),
    [
        ([None], True),
        ([500], True),
        ([200, 502], True),
        ([200, None], True),
        ([500, 200], False),
        ([409], False),
        ([499], False),
        ([200], False),
        ([], False),
    ],
)
def test_silence_is_no_answer_or_a_5xx_at_the_end_of_a_call(statuses: list[int | None], silent: bool) -> None:
    assert breakers.is_silence(statuses) is silent


@pytest.mark.parametrize(
    ("failures", "orders", "down"), [(4, 4, False), (5, 1, False), (5, 2, True), (50, 1, False), (6, 6, True)]
)
def test_five_failures_in_a_row_of_more_than_one_order_open_a_breaker(failures: int, orders: int, down: bool) -> None:
    assert breakers.is_down(failures, orders) is down


def test_probes_begin_after_two_seconds_and_come_to_rest_at_thirty() -> None:
    pauses = [breakers.pause_before_probe(failed) for failed in range(12)]
    assert pauses[:4] == [2.0, 3.0, 4.5, 6.75]
    assert pauses == sorted(pauses)
    assert pauses[-1] == breakers.pause_before_probe(10_000) == 30.0


@pytest.mark.parametrize("outage", [1.0, 10.0, 20.0, 55.0])
def test_a_recovery_is_seen_after_half_of_the_outage_and_two_seconds_at_most(outage: float) -> None:
    probed, failed = 0.0, 0
    while probed < outage:
        probed += breakers.pause_before_probe(failed)
        failed += 1
    assert probed - outage <= outage / 2 + 2


@pytest.mark.parametrize("waiting", [1, 3, 4, 12, 100, 1000, 50_000])
def test_a_few_go_first_and_the_rest_at_a_steady_rate_that_ends(waiting: int) -> None:
    turns = [breakers.turn(place, waiting) for place in range(waiting)]
    assert turns[:3] == [0.0] * min(3, waiting)
    assert all(turn >= 1.0 for turn in turns[3:])
    assert turns == sorted(turns)
    assert turns[-1] <= 61.0


def test_those_who_follow_are_twenty_a_second() -> None:
    turns = [breakers.turn(place, 1000) for place in range(1000)]
    assert max(sum(second <= turn < second + 1 for turn in turns[3:]) for second in range(1, 61)) <= 21
