"""The short part of the campaigns: the same experiments with fewer orders and faults."""

import pytest

from tests.chaos import report
from tests.chaos.__main__ import CAMPAIGNS, experiments
from tests.chaos.experiment import Experiment, Verdict, conduct
from tests.chaos.site import Ground

SEED = 20260131
SHORT = [one for one in experiments(",".join(CAMPAIGNS)) if one.short_orders]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("experiment", SHORT, ids=lambda one: one.id)
def test_nothing_is_lost_and_nothing_happens_twice(ground: Ground, experiment: Experiment) -> None:
    result = conduct(ground, experiment, seed=SEED, short=True)

    assert result.verdict is Verdict.PASS, report.details(result)
