"""The Huey object, nothing else. Its queue carries wake-ups only: losing every one of them loses nothing."""

from huey import Huey, PostgresHuey, RedisHuey

from backend import settings, wiring
from jobs.messages import WakeUpSerializer


def _make() -> Huey:
    config = settings.current()
    common = {"results": False, "utc": True, "serializer": WakeUpSerializer()}
    redis = config.redis_url.get_secret_value()
    if redis:
        return RedisHuey("holdfast", url=redis, **common)
    return PostgresHuey("holdfast", connection=wiring.queue_connection, create_tables=False, **common)


huey: Huey = _make()
