"""A bulk run in worker processes: it goes on with their sweeps, and whoever is killed in the middle of an order leaves nothing."""

from tests.bulk_runs import colleague, look, on_terms, started
from tests.jobs.conftest import Workers
from tests.world import World

KILLED_IN_THE_EIGHTH = "audit.before_link=kill:0.2@2"


def test_workers_killed_in_mid_run_end_it_exactly_once(world: World, workers: Workers) -> None:
    on_terms(14)
    anna = colleague("Anna")
    run_id = started(anna)
    process = workers.start(demo="true", failpoints=KILLED_IN_THE_EIGHTH)
    workers.until(lambda: process.poll() is not None, "the worker was not killed")
    assert process.returncode == -9
    left = look(run_id, anna).run
    assert (left.state, left.counts["waiting"]) == ("running", 7)

    workers.start()
    workers.until(lambda: look(run_id, anna).run.state == "done", "the run did not end")

    assert look(run_id, anna).run.counts == {"done": 14}
    once = "select count(*), count(distinct order_id) from {} where {}"
    assert world.database.execute(once.format("audit", "action = 'release'")) == [(14, 14)]
    assert world.database.execute(once.format("timeline", "kind = 'hold:closed'")) == [(14, 14)]
    assert world.database.execute("select count(*) from holds where closed_at is null") == [(0,)]
