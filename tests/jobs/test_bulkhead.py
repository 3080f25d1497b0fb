"""A slow provider in a real worker process: it keeps its share of the threads busy, and no more."""

from datetime import datetime

from tests.jobs.conftest import Workers
from tests.world import World

ORDERS = 6


def spans(world: World, provider: str) -> list[tuple[datetime, datetime]]:
    """When tries at a provider were under way."""
    return [
        (row[0], row[1])
        for row in world.database.execute(
            "select a.started_at, a.finished_at from attempts a join steps s on s.id = a.step_id "
            "where s.provider = %s and a.finished_at is not null order by a.started_at",
            (provider,),
        )
    ]


def most_at_once(tries: list[tuple[datetime, datetime]]) -> int:
    return max(sum(start <= moment < end for start, end in tries) for moment, _ in tries)


def test_a_slow_provider_occupies_half_of_the_threads_while_the_others_work(world: World, workers: Workers) -> None:
    world.fault("shipengine", "slow", delay_seconds=2)
    world.keep_parcels_back()
    for _ in range(ORDERS):
        world.place()
    process = workers.start()

    bought = "select count(*) from steps where kind = 'shipment.create' and state = 'done'"
    workers.until(lambda: world.database.execute(bought) == [(ORDERS,)], "not every label was bought")

    slow = spans(world, "shipengine")
    assert most_at_once(slow) == 2
    beside = [
        moment
        for provider in ("shopify", "invoiceninja", "smtp")
        for moment, _ in spans(world, provider)
        if sum(start <= moment < end for start, end in slow) == 2
    ]
    assert len(beside) >= ORDERS
    assert world.effects()["label.bought"] == ORDERS
    assert {row[0] for row in world.database.execute("select attempts from steps where state = 'done'")} == {1}
    assert workers.stop(process) == 0
