"""The queue in PostgreSQL, with one listening connection for each process and one statement for each wake-up.

Huey's own has a listening connection for every thread, so that the server tells all of them of each wake-up and all but
one look in vain.
"""

import logging
import threading
from typing import Any

import psycopg
from huey.storage import PostgresStorage

log = logging.getLogger(__name__)

_MOST_RINGS = 16
_PAUSE_SECONDS = 1.0


class _Bell:
    """Every ring lets one thread go on that waits, or the next one that comes to wait."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._rings = 0

    def ring(self, times: int = 1) -> None:
        with self._changed:
            self._rings = min(self._rings + times, _MOST_RINGS)
            self._changed.notify(times)

    def wait(self, seconds: float) -> bool:
        """Whether it rang within so many seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._rings > 0, seconds):
                return False
            self._rings -= 1
            return True


class WakeUpStorage(PostgresStorage):  # type: ignore[misc]
    """Huey's queue tables as they are; only how a task is put in and waited for differs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._bell = _Bell()
        self._starting = threading.Lock()
        self._listener: threading.Thread | None = None
        self._closed = threading.Event()

    def close(self) -> Any:
        self._closed.set()
        return super().close()

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        with self.db() as cursor:
            cursor.execute(
                f"with task as (insert into {self.table_task} (queue, data, priority) values (%s, %s, %s) returning 1) "  # nosec B608
                "select pg_notify(%s, '') from task",
                (self.name, data, priority or 0, self.channel),
            )

    def dequeue(self) -> bytes | None:
        """The next task; None when none came within the time a read may take."""
        self._listen()
        data: bytes | None = self._dequeue()
        if data is None and self._bell.wait(self.read_timeout):
            data = self._dequeue()
        return data

    def _listen(self) -> None:
        if self._listener is None:
            with self._starting:
                if self._listener is None:
                    self._listener = threading.Thread(target=self._hear, name="queue listener", daemon=True)
                    self._listener.start()

    def _hear(self) -> None:
        """Ring for every notification. While the server is away, threads look by themselves after each read's time."""
        while not self._closed.is_set():
            try:
                with self._connect() as connection:
                    connection.execute(psycopg.sql.SQL("listen {}").format(psycopg.sql.Identifier(self.channel)))
                    self._bell.ring(_MOST_RINGS)  # what came while nobody listened
                    while not self._closed.is_set():
                        for _ in connection.notifies(timeout=_PAUSE_SECONDS):
                            self._bell.ring()
            except psycopg.Error as error:
                log.info("the queue's listener lost its connection: %s", type(error).__name__)
            self._closed.wait(_PAUSE_SECONDS)
