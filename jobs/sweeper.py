"""The loop that sweeps, one thread in every worker process, independent of the queue."""

import logging
import threading

from backend import clock, failpoints, settings
from backend.services import desk_round, restore_watch, sweep
from backend.services.run import in_unit_of_work
from jobs import bulk, steps
from jobs.queue import huey
from jobs.worker import process_name

log = logging.getLogger(__name__)

ROUND_SECONDS = 2.0
"""Pause between two rounds of the desk: so late may a snoozed order come back."""
CATCH_UP_SECONDS = 30.0


def _queued() -> int:
    """How many wake-ups wait in the queue; none where it cannot be asked."""
    try:
        return int(huey.pending_count())
    except Exception:
        return 0


class Sweeper(threading.Thread):
    """Sweeps until told to stop. A failing sweep (database away, queue away) is logged once per change and tried again."""

    def __init__(self) -> None:
        super().__init__(name="sweeper", daemon=True)
        self._stop_asked = threading.Event()
        self._failing = False
        self._next_round = 0.0
        self._next_catch_up = 0.0

    def run(self) -> None:
        pause = settings.current().sweep_seconds
        while not self._stop_asked.wait(pause):
            try:
                self._sweep()
            except Exception as error:
                if not self._failing:
                    log.warning("sweep failed and will be tried again: %s", type(error).__name__, exc_info=True)
                self._failing = True
            else:
                if self._failing:
                    log.info("sweeps work again")
                self._failing = False

    def _sweep(self) -> None:
        restore_watch.look()
        found = in_unit_of_work(sweep.sweep, process_name(), queued=_queued())
        if found.step_ids or found.message_ids:
            failpoints.hit(failpoints.SWEEP_MID_BATCH)
        try:
            steps.wake(found.step_ids)
            for message_id in found.message_ids:
                steps.handle_message(str(message_id))
        except Exception:
            log.warning("the queue is away: this thread does the work itself until it is back")
            for step_id in found.step_ids:
                steps.run_step.call_local(step_id)
            for message_id in found.message_ids:
                steps.handle_message.call_local(str(message_id))
        bulk.take_turns()
        self._desk_round()

    def _desk_round(self) -> None:
        """What changes about held orders by itself; it comes after the promises, so that it never keeps one waiting."""
        now = clock.monotonic()
        if now >= self._next_round:
            self._next_round = now + ROUND_SECONDS
            in_unit_of_work(desk_round.go_round)
        if now >= self._next_catch_up:
            more = in_unit_of_work(desk_round.catch_up)
            self._next_catch_up = now + (0.0 if more else CATCH_UP_SECONDS)

    def stop(self) -> None:
        """Ask the loop to end and say goodbye in the list of workers."""
        self._stop_asked.set()
        self.join(timeout=5)
        try:
            in_unit_of_work(sweep.leave, process_name())
        except Exception:
            log.info("could not sign off; the list of workers forgets this process by itself")
