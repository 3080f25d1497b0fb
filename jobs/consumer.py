"""What a worker runs: `python -m jobs.consumer`. SIGTERM and SIGINT end it after the steps that are under way."""

import logging
import sys

from backend import settings, wiring
from backend.domain.errors import HoldfastError
from jobs.queue import huey
from jobs.sweeper import Sweeper

POLL_CEILING = 0.5


def main() -> int:
    """Run until told to stop; the exit code is 0 after a stop in good order."""
    wiring.start("worker")
    config = settings.current()
    sweeper = Sweeper()
    consumer = huey.create_consumer(
        workers=config.worker_threads,
        worker_type="thread",
        periodic=False,
        initial_delay=0.05,
        max_delay=POLL_CEILING,
        # A stop from systemd, a container or `holdfast up` is a SIGTERM: let running steps end. By default Huey would
        # interrupt them and lose their wake-ups.
        graceful_signal="TERM",
        shutdown_timeout=config.step_deadline + 5,
    )
    sweeper.start()
    try:
        consumer.run()
    finally:
        sweeper.stop()
    return 0


if __name__ == "__main__":
    logging.getLogger("huey").setLevel(logging.WARNING)
    try:
        sys.exit(main())
    except HoldfastError as error:
        sys.exit(f"The worker cannot start. {error.sentence}")
