"""The harness must be able to fail: with a defence taken out, its smallest experiment reports it."""

import pytest

from tests.chaos import report
from tests.chaos.experiment import Verdict, conduct
from tests.chaos.mutants.catalogue import MUTANTS, Mutant
from tests.chaos.site import Ground

SEED = 20260131
FAST = [mutant for mutant in MUTANTS if mutant.fast]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("mutant", FAST, ids=lambda mutant: mutant.name)
def test_a_defence_that_is_taken_out_is_missed(ground: Ground, mutant: Mutant) -> None:
    result = conduct(ground, mutant.experiment, seed=SEED, mutants=mutant.modules)

    assert result.verdict is Verdict.FAIL, report.details(result)


@pytest.mark.timeout(180)
def test_the_same_experiments_pass_where_nothing_is_taken_out(ground: Ground) -> None:
    for experiment in {mutant.experiment.id: mutant.experiment for mutant in FAST}.values():
        result = conduct(ground, experiment, seed=SEED)
        assert result.verdict is Verdict.PASS, report.details(result)
