"""Running services off the event loop, with a time limit: whoever asks gets an answer even when the database hangs."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from backend.api.errors import Unavailable
from backend.services.health import database_trouble

T = TypeVar("T")


class Threads:
    """A few threads of one area of the API, so that a flood in one leaves the others room.

    Work whose time is up is answered with `Unavailable`; it may still end well in its thread, which is why everything
    that is run here must bear being asked for again. Callers beyond `queue` are turned away at once.
    """

    def __init__(self, name: str, *, workers: int, queue: int, patience: float) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=f"api-{name}")
        self._queue = queue
        self._patience = patience
        self._inside = 0

    def close(self) -> None:
        """Wait for what runs, and forget what has not begun."""
        self._pool.shutdown(cancel_futures=True)

    async def run(self, work: Callable[[], T]) -> T:
        """The result of `work`; raises what it raises, and `Unavailable` when database or time do not allow it."""
        if self._inside >= self._queue:
            raise Unavailable
        self._inside += 1
        try:
            future = asyncio.get_running_loop().run_in_executor(self._pool, work)
            return await asyncio.wait_for(future, self._patience)
        except TimeoutError as error:
            raise Unavailable from error
        except Exception as error:
            if database_trouble(error):
                raise Unavailable from error
            raise
        finally:
            self._inside -= 1
