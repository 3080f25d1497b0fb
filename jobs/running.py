"""A worker at work: the threads that take wake-ups from the queue, and the sweeper beside them."""

from backend import settings, wiring
from jobs.queue import huey
from jobs.sweeper import Sweeper
from jobs.worker import stop_with

POLL_CEILING = 0.5


def run() -> None:
    """Work until told to stop."""
    config = settings.current()
    wiring.adapters()  # before the threads come, so that they share one pool of connections
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
    stop_with(consumer.stop_flag)
    sweeper.start()
    try:
        consumer.run()
    finally:
        sweeper.stop()
