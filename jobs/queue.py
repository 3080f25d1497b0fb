"""The Huey object, nothing else. Its queue carries wake-ups only: losing every one of them loses nothing."""

from huey import Huey, PostgresHuey, RedisHuey

from backend import settings, wiring
from jobs.messages import WakeUpSerializer

_LOSABLE = "-c synchronous_commit=off"
"""A wake-up may be lost in a crash of the server, so nobody waits until it is on the disk."""


def _make() -> Huey:
    config = settings.current()
    common = {"results": False, "utc": True, "serializer": WakeUpSerializer()}
    redis = config.redis_url.get_secret_value()
    if redis:
        return RedisHuey("holdfast", url=redis, **common)
    return PostgresHuey("holdfast", dsn=wiring.listen_dsn(), options=_LOSABLE, create_tables=False, **common)


huey: Huey = _make()
