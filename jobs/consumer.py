"""What a worker runs: `python -m jobs.consumer`. SIGTERM ends it after the steps that are under way, SIGINT at once."""

import importlib
import logging
import sys

from backend import wiring
from backend.domain.errors import HoldfastError

WORK = "jobs.running"
"""Named, not imported: the queue reads the settings, and a wrong one is to be told in a sentence."""


def main() -> int:
    """Run until told to stop; the exit code is 0 after a stop in good order."""
    wiring.start("worker")
    importlib.import_module(WORK).run()
    return 0


if __name__ == "__main__":
    logging.getLogger("huey").setLevel(logging.WARNING)
    try:
        sys.exit(main())
    except HoldfastError as error:
        sys.exit(f"The worker cannot start. {error.sentence}")
