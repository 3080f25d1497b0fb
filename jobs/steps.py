"""Thin tasks: an id in, one service call."""

from uuid import UUID

from backend import wiring
from backend.services import inbox, steps
from jobs.queue import huey
from jobs.worker import worker_name


@huey.task()
def run_step(step_id: int) -> None:
    """Run a step if it is due and free."""
    steps.run(step_id, wiring.adapters(), worker=worker_name())


@huey.task()
def handle_message(message_id: str) -> None:
    """Handle an inbound message that was kept but not handled."""
    inbox.handle(UUID(message_id), wiring.adapters())


def wake(step_ids: list[int]) -> None:
    """Tell the workers of due steps; the process's waker after a commit."""
    for step_id in step_ids:
        run_step(step_id)
