"""A worker at work: the threads that take wake-ups from the queue, and the sweeper beside them."""

import logging
import signal
import time

from huey.consumer import Consumer

from backend import settings, wiring
from backend.services import restore_watch
from backend.services.health import database_trouble
from jobs.queue import huey
from jobs.sweeper import Sweeper
from jobs.worker import stop_with

log = logging.getLogger(__name__)

POLL_CEILING = 0.5


class _Consumer(Consumer):  # type: ignore[misc]
    def start(self) -> None:
        super().start()
        # Huey would run its module again as a script, with other modules in reach than before. Whoever started this
        # process starts it again; SIGHUP ends it in as good an order as SIGTERM does.
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))


def run() -> None:
    """Work until told to stop."""
    config = settings.current()
    _see_the_database()
    wiring.adapters()  # before the threads come, so that they share one pool of connections
    sweeper = Sweeper()
    consumer = _Consumer(
        huey,
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


def _see_the_database() -> None:
    """No step runs before it is known that the database has not gone back; while it is away there is nothing to run."""
    waited = False
    while True:
        try:
            restore_watch.look()
        except Exception as error:
            if not database_trouble(error):
                raise
            if not waited:
                log.warning("the database is away; the worker begins when it is there")
            waited = True
            time.sleep(POLL_CEILING)
        else:
            return
