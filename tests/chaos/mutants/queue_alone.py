"""Everything rests on the queue and its retries; no sweep looks into the ledger."""

import importlib
import time

from backend import wiring
from backend.services import steps
from tests.chaos.mutants import no_sweeper
from tests.chaos.mutants.patching import put_in_place_of

RETRIES = 3


def apply() -> None:
    no_sweeper.apply()

    def run_step(step_id: int) -> None:
        for _ in range(RETRIES):
            steps.run(step_id, wiring.adapters(), worker="queue")
            time.sleep(0.3)

    put_in_place_of(importlib.import_module("jobs.steps").run_step, "func", run_step)
