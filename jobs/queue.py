"""The Huey object, nothing else. Its queue carries wake-ups only: losing every one of them loses nothing."""

from typing import Any

from huey import Huey, PostgresHuey, RedisHuey

from backend import settings, wiring
from jobs.messages import WakeUpSerializer
from jobs.storage import WakeUpStorage


class _NeverRevoked:
    """A wake-up for a step that is not due finds nothing to do, so nobody revokes one, and nobody needs to ask."""

    def is_revoked(self, task: Any, timestamp: Any = None, peek: bool = True) -> bool:
        return False

    def delete(self, key: str) -> bool:
        """Called after each task, for the mark of a task that was revoked."""
        return False


class _PostgresQueue(_NeverRevoked, PostgresHuey):  # type: ignore[misc]
    storage_class = WakeUpStorage


class _RedisQueue(_NeverRevoked, RedisHuey):  # type: ignore[misc]
    pass


def _make() -> Huey:
    config = settings.current()
    common = {"results": False, "utc": True, "serializer": WakeUpSerializer()}
    redis = config.redis_url.get_secret_value()
    if redis:
        return _RedisQueue("holdfast", url=redis, **common)
    return _PostgresQueue("holdfast", connection=wiring.queue_connection, create_tables=False, **common)


huey: Huey = _make()
