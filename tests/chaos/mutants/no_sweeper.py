"""No mutant but a fault: the sweeper's thread has ended; its worker goes on."""

import importlib
from typing import Any

from tests.chaos.mutants.patching import put_in_place_of


def apply() -> None:
    def end(_: Any) -> None:
        return None

    # Named, not imported: what lies in `jobs` reads the settings, which only a started process has.
    put_in_place_of(importlib.import_module("jobs.sweeper").Sweeper, "run", end)
