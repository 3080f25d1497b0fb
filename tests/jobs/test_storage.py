"""The queue in PostgreSQL: a wake-up reaches one waiting thread, through one listening connection for all of them."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from jobs.storage import WakeUpStorage
from tests.conftest import Database
from tests.waiting import until

LISTENING = "select count(*) from pg_stat_activity where datname = current_database() and query ilike 'listen %%'"


@pytest.fixture
def storage(database: Database) -> Iterator[WakeUpStorage]:
    queue = WakeUpStorage("test", dsn=database.url, create_tables=False, read_timeout=20)
    yield queue
    queue.close()


def listening(database: Database) -> int:
    return int(database.execute(LISTENING)[0][0])


def patient(storage: WakeUpStorage) -> Callable[[], bytes]:
    """Waits as a consumer's thread does: again and again."""

    def take() -> bytes:
        while True:
            data = storage.dequeue()
            if data is not None:
                return data

    return take


def test_tasks_come_out_as_they_went_in(storage: WakeUpStorage) -> None:
    for data in (b"one", b"two"):
        storage.enqueue(data)
    storage.enqueue(b"urgent", priority=1)

    assert [storage.dequeue() for _ in range(3)] == [b"urgent", b"one", b"two"]


def test_every_task_reaches_one_of_the_threads_that_wait_through_one_connection(
    database: Database, storage: WakeUpStorage
) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = [pool.submit(patient(storage)) for _ in range(8)]
        until(lambda: listening(database) == 1, what="the process listens")
        sent = [f"task {number}".encode() for number in range(8)]
        for data in sent:
            storage.enqueue(data)

        assert sorted(one.result(30) for one in taken) == sent
    assert listening(database) == 1


def test_a_listener_that_lost_its_connection_takes_another_one(database: Database, storage: WakeUpStorage) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(patient(storage))
        until(lambda: listening(database) == 1, what="the process listens")
        database.execute(LISTENING.replace("count(*)", "pg_terminate_backend(pid)"))
        storage.enqueue(b"after the cut")

        assert waiting.result(30) == b"after the cut"
    until(lambda: listening(database) == 1, what="the process listens again")


def test_nobody_waits_longer_than_a_read_may_take(database: Database) -> None:
    storage = WakeUpStorage("test", dsn=database.url, create_tables=False, read_timeout=0.05)
    done = threading.Event()

    def look() -> None:
        while storage.dequeue() is not None:
            pass
        done.set()

    thread = threading.Thread(target=look)
    thread.start()
    assert done.wait(30)
    thread.join()
    storage.close()
