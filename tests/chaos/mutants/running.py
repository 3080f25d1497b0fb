"""Every mutant, and every one of their experiments without it: `python -m tests.chaos --mutants [NAMES]`."""

from backend.clock import monotonic
from tests.chaos import report
from tests.chaos.experiment import Experiment, Result, Verdict, conduct
from tests.chaos.mutants.catalogue import MUTANTS, Mutant
from tests.chaos.site import Ground

SEEDS = 3
"""With how many seeds a mutant may go unnoticed: chance decides whom a fault meets. What is sound must pass at once."""


def run(names: str, *, seed: int) -> int:
    """Exit code 0 where every defence that was taken out was missed, and nothing else."""
    chosen = [mutant for mutant in MUTANTS if not names or mutant.name in names.split(",")]
    _say(f"seed {seed}\n\n{'taken out':<20} {'what it is':<45} verdict")
    began = monotonic()
    right = True
    with Ground() as ground:
        sound: dict[str, Result] = {}
        for mutant in chosen:
            experiment = mutant.experiment
            right &= _tell(mutant.name, mutant, _taken_out(ground, mutant, seed))
            if experiment.id not in sound:
                sound[experiment.id] = conduct(ground, experiment, seed=seed)
                right &= _tell_sound(experiment, sound[experiment.id])
    _say(f"\n{len(chosen)} mutants in {monotonic() - began:.0f} s, seed {seed}")
    return 0 if right and chosen else 1


def _taken_out(ground: Ground, mutant: Mutant, seed: int) -> Result:
    """The first result that is as it should be, or the last."""
    for turn in range(SEEDS):
        result = conduct(ground, mutant.experiment, seed=seed + turn, mutants=mutant.modules)
        if mutant.redundant or result.verdict is Verdict.FAIL:
            break
    return result


def _tell(name: str, mutant: Mutant, result: Result) -> bool:
    wanted = Verdict.PASS if mutant.redundant else Verdict.FAIL
    words = result.findings[0] if result.findings else mutant.redundant or "nothing was noticed"
    return _line(name, mutant.defence, result, wanted, words)


def _tell_sound(experiment: Experiment, result: Result) -> bool:
    return _line("-", experiment.title, result, Verdict.PASS, "")


def _line(name: str, what: str, result: Result, wanted: Verdict, words: str) -> bool:
    right = result.verdict is wanted
    _say(f"{name:<20} {what:<45} {'' if right else '✗ '}{result.verdict} ({result.seconds:.0f} s) {words[:110]}")
    if not right:
        _say(report.details(result))
    return right


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - this is what the command is for
