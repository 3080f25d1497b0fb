"""The queue in Redis: it wakes workers as PostgreSQL's does, and losing Redis loses nothing."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from backend.installation.addresses import free_port
from tests.jobs.conftest import Workers
from tests.waiting import until
from tests.world import World

pytestmark = pytest.mark.skipif(
    shutil.which("redis-server") is None, reason="needs redis-server, which is not installed"
)


class RedisServer:
    def __init__(self, folder: Path) -> None:
        self.port = free_port(26_379)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)],
            stdout=subprocess.DEVNULL,
        )
        until(self._answers, what="Redis answers")

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


def test_workers_woken_through_redis_bring_orders_home(
    world: World, workers: Workers, redis_server: RedisServer
) -> None:
    process = workers.start(redis_url=redis_server.url)
    for _ in range(3):
        world.place()

    workers.until_delivered(3)

    assert world.database.execute("select count(*) from huey_task") == [(0,)]
    with redis.Redis.from_url(redis_server.url) as client:
        assert client.info("commandstats")["cmdstat_lpush"]["calls"] > 0
    assert workers.stop(process) == 0


def test_while_redis_is_away_the_sweeper_does_the_work_itself(
    world: World, workers: Workers, redis_server: RedisServer
) -> None:
    workers.start(redis_url=redis_server.url)
    redis_server.stop()
    world.place()

    workers.until_delivered(1)
