"""`python -m tests.chaos`: run campaigns, print what came out; exit code 0 only where everything held."""

import argparse
import importlib
import importlib.util
import secrets
import signal
import sys

from backend.clock import monotonic
from tests.chaos import report
from tests.chaos.experiment import Experiment, Result, Verdict, conduct
from tests.chaos.mutants import running as mutants
from tests.chaos.site import Ground

CAMPAIGNS = ("A", "B", "C", "E")


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whatever was started is stopped, as at Ctrl-C
    wish = _arguments()
    chosen = experiments(wish.campaign)
    if wish.experiment:
        chosen = [one for one in chosen if one.id in wish.experiment.upper().split(",")]
    elif wish.short:
        chosen = [one for one in chosen if one.short_orders]
    if not chosen:
        sys.exit("There is no such experiment.")
    if wish.mutants is not None:
        return mutants.run(wish.mutants, seed=wish.seed if wish.seed is not None else secrets.randbelow(1_000_000))
    seed = wish.seed if wish.seed is not None else secrets.randbelow(1_000_000)
    _say(f"seed {seed}\n\n{report.head()}")
    began = monotonic()
    results: list[Result] = []
    with Ground() as ground:
        for experiment in chosen:
            result = conduct(ground, experiment, seed=seed, short=wish.short)
            results.append(result)
            _say(report.line(result))
            if result.verdict is not Verdict.PASS or wish.schedule:
                _say(report.details(result))
        if report.exit_code(results) or wish.keep:
            _say(f"\nThe logs are kept in {ground.keep()}.")
    _say(f"\n{len(results)} experiments in {monotonic() - began:.0f} s, seed {seed}")
    return report.exit_code(results)


def experiments(campaigns: str) -> list[Experiment]:
    """Those of these campaigns (letters, separated by commas) in order."""
    found: list[Experiment] = []
    for letter in campaigns.upper().split(","):
        name = f"tests.chaos.campaign_{letter.strip().lower()}"
        if importlib.util.find_spec(name) is not None:
            found += importlib.import_module(name).EXPERIMENTS
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--campaign", default=",".join(CAMPAIGNS), help="letters, separated by commas")
    parser.add_argument("--experiment", default="", help="numbers, separated by commas: F01,F04")
    parser.add_argument("--seed", type=int, help="the seed of an earlier run, to see the same faults again")
    parser.add_argument("--short", action="store_true", help="the short part that `make test` runs")
    parser.add_argument(
        "--mutants", nargs="?", const="", help="take out one defence at a time; names, or nothing for all"
    )
    parser.add_argument("--schedule", action="store_true", help="print every fault as it struck")
    parser.add_argument("--keep", action="store_true", help="keep the logs even where all went well")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - this is what the command is for


if __name__ == "__main__":
    sys.exit(main())
