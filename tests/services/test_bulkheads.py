"""A provider gets a share of a process's threads: who finds no seat is neither claimed nor counted, and is woken later."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from backend import settings
from backend.services import bulkheads
from backend.services.bulkheads import NoSeat
from backend.store import db
from tests.world import World


@pytest.fixture(autouse=True)
def four_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HOLDFAST_WORKER_THREADS", "4")
    settings.current.cache_clear()
    yield
    db.set_waker(None)


@pytest.mark.parametrize(("threads", "seats"), [(1, 1), (2, 1), (3, 1), (4, 2), (8, 4), (64, 32)])
def test_a_provider_gets_half_of_the_threads_and_at_least_one(threads: int, seats: int) -> None:
    assert bulkheads.seats_per_provider(threads) == seats


def test_seats_are_counted_per_provider_and_given_back() -> None:
    with ExitStack() as seats:
        first, second, third = (seats.enter_context(bulkheads.seat()) for _ in range(3))
        first.take("slow", 1)
        second.take("slow", 2)
        second.take("slow", 2)
        with pytest.raises(NoSeat):
            third.take("slow", 3)
        third.take("other", 3)
    with bulkheads.seat() as again:
        again.take("slow", 3)


def test_who_found_no_seat_is_woken_when_one_is_given_back_the_first_first() -> None:
    woken: list[int] = []
    db.set_waker(woken.extend)
    with bulkheads.seat() as kept:
        kept.take("slow", 1)
        with bulkheads.seat() as given_back:
            given_back.take("slow", 2)
            for step_id in (3, 4, 3):
                with pytest.raises(NoSeat), bulkheads.seat() as none:
                    none.take("slow", step_id)
            assert woken == []
        assert woken == [3]
    assert woken == [3, 4]


def test_a_step_without_a_seat_is_as_it_was_and_runs_when_there_is_one(world: World) -> None:
    world.place()
    world.take_in()
    while not world.database.execute("select 1 from steps where kind = 'payment.capture'"):
        world.run_due()
        world.take_in()
    with ExitStack() as seats:
        for other in (-1, -2):
            seats.enter_context(bulkheads.seat()).take("shopify", other)
        step_id = world.step("payment.capture")["id"]
        world.run(step_id)
        step = world.step("payment.capture")
        assert (step["state"], step["attempts"], step["fence"]) == ("ready", 0, 0)
        assert world.database.execute("select count(*) from attempts") == [(0,)]
    world.run(step_id)
    assert world.step("payment.capture")["state"] == "done"
