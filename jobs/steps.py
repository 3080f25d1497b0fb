"""Thin tasks: an id in, one service call."""

import threading
from uuid import UUID

from backend import wiring
from backend.services import inbox, steps
from jobs.queue import huey
from jobs.worker import stopping, worker_name


class _Thread(threading.local):
    """What the thread does that runs steps: `following` is the step that it goes on with when this one has ended."""

    running = False
    following: int | None = None


_thread = _Thread()


@huey.task()
def run_step(step_id: int) -> None:
    """Run a step if it is due and free, and then the first of those that follow from it, without a way round the queue."""
    _thread.running = True
    try:
        _run(step_id)
        while _thread.following is not None and not stopping():
            step_id, _thread.following = _thread.following, None
            _run(step_id)
    finally:
        left, _thread.running, _thread.following = _thread.following, False, None
        if left is not None:
            run_step(left)


def _run(step_id: int) -> None:
    steps.run(step_id, wiring.adapters(), worker=worker_name())


@huey.task()
def handle_message(message_id: str) -> None:
    """Handle an inbound message that was kept but not handled."""
    inbox.handle(UUID(message_id), wiring.adapters())


def wake(step_ids: list[int]) -> None:
    """Tell the workers of due steps; the process's waker after a commit. A thread that runs steps keeps the first one."""
    queued = list(step_ids)
    if queued and _thread.running and _thread.following is None:
        _thread.following = queued.pop(0)
    for step_id in queued:
        run_step(step_id)
