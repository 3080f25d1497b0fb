"""Worker processes: whatever happens to them and to their queue, every order arrives and nothing happens twice."""

import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

from tests.jobs.conftest import Workers
from tests.world import ROOT, World

ONE_OF_EACH = (
    "payment.captured",
    "invoice.created",
    "invoice.sent",
    "address.validated",
    "label.bought",
    "fulfilment.created",
)


def one_of_each(world: World, orders: int) -> None:
    """The outside has accepted each effect once per order, and sent no mail twice."""
    effects = world.effects()
    effects.pop("address.validated")  # asking is no effect
    assert effects == {kind: orders for kind in ONE_OF_EACH if kind != "address.validated"}
    ids = {mail["message_id"] for mail in world.control("GET", "/mails")["mails"]}
    assert len(ids) == 5 * orders
    assert world.database.execute("select count(*) from holds") == [(0,)]


def queued(world: World) -> int:
    return int(world.database.execute("select count(*) from huey_task")[0][0])


def test_two_workers_bring_orders_home_and_sign_off_when_asked_to_stop(world: World, workers: Workers) -> None:
    processes = [workers.start(), workers.start()]
    for _ in range(6):
        world.place()
    workers.until_delivered(6)
    one_of_each(world, 6)
    assert world.database.execute("select count(distinct split_part(worker, '/', 1)) >= 1 from attempts") == [(True,)]
    assert [workers.stop(process) for process in processes] == [0, 0]
    assert workers.alive() == 0
    assert "Traceback" not in workers.log.read_text()


def test_a_hangup_ends_a_worker_in_good_order(world: World, workers: Workers) -> None:
    process = workers.start()
    world.place()
    workers.until_delivered(1)

    process.send_signal(signal.SIGHUP)

    assert process.wait(30) == 0
    assert workers.alive() == 0
    assert "Traceback" not in workers.log.read_text()


def test_a_queue_that_is_emptied_again_and_again_loses_nothing(world: World, workers: Workers) -> None:
    process = workers.start()
    for _ in range(8):
        world.place()
    lost = 0

    def emptied_often_enough() -> bool:
        nonlocal lost
        lost += len(world.database.execute("delete from huey_task returning id"))
        return lost >= 10

    workers.until(emptied_often_enough, "the queue was never caught with anything in it")
    workers.until_delivered(8)
    one_of_each(world, 8)
    assert workers.stop(process) == 0


def test_without_its_queue_tables_the_sweeper_does_the_work_itself(world: World, workers: Workers) -> None:
    process = workers.start()
    world.database.execute("drop table huey_task, huey_schedule, huey_kv, huey_counter cascade")
    world.place()
    workers.until_delivered(1)
    one_of_each(world, 1)
    assert world.database.execute("select distinct split_part(worker, '/', 2) from attempts") == [("sweeper",)]
    assert "the queue is away: this thread does the work itself until it is back" in workers.log.read_text()
    assert workers.stop(process) == 0


def test_sigterm_lets_the_running_step_end_and_its_answer_be_recorded(world: World, workers: Workers) -> None:
    process = workers.start()
    world.fault("shipengine", "slow", "label", times=1, delay_seconds=1.5)
    world.place()
    running = "select 1 from attempts a join steps s on s.id = a.step_id where s.kind = 'shipment.create'"
    workers.until(lambda: bool(world.database.execute(running)), "the label was never begun")
    assert world.step("shipment.create")["state"] == "running"

    assert workers.stop(process) == 0

    assert (world.step("shipment.create")["state"], world.step("shipment.create")["attempts"]) == ("done", 1)
    assert workers.alive() == 0
    workers.start()
    workers.until_delivered(1)
    one_of_each(world, 1)
    assert world.database.execute("select count(*) from attempts where outcome <> 'ok'") == [(0,)]


def test_workers_killed_in_mid_call_are_replaced_and_the_outside_is_asked_before_anything_is_repeated(
    world: World, workers: Workers
) -> None:
    process = workers.start(step_deadline="1")
    for operation, provider in (("capture", "shopify"), ("invoice", "invoiceninja"), ("label", "shipengine")):
        world.fault(provider, "accept_then_hang", operation, times=1, delay_seconds=0.7)
    for _ in range(4):
        world.place()
    kills = 0
    for kind in ("payment.capture", "shipment.create"):
        begun = f"select 1 from attempts a join steps s on s.id = a.step_id where s.kind = '{kind}' and a.outcome = ''"
        workers.until(lambda begun=begun: bool(world.database.execute(begun)), f"{kind} was never under way")
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        kills += 1
        process = workers.start(step_deadline="1")
    workers.until_delivered(4)
    one_of_each(world, 4)
    unfinished = world.database.execute("select count(*) from attempts where outcome = 'unfinished'")[0][0]
    assert kills == 2
    assert unfinished >= 1
    assert workers.stop(process) == 0


def test_a_planted_message_is_refused_and_the_worker_goes_on(world: World, workers: Workers, tmp_path: Path) -> None:
    process = workers.start()
    trace = tmp_path / "exploded"
    bomb = pickle.dumps(Planted(str(trace)))
    for data in (bomb, b"not json", b'{"id": "x", "name": "os.system", "args": ["true"]}'):
        world.database.execute("insert into huey_task (queue, data) values ('holdfast', %s)", (data,))
    workers.until(lambda: queued(world) == 0, "the planted messages were never taken")
    world.place()
    workers.until_delivered(1)
    assert not trace.exists()
    assert process.poll() is None
    assert workers.stop(process) == 0


class Planted:
    """Makes a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return (open, (self._path, "w"))


def test_a_worker_without_a_database_says_so_and_ends() -> None:
    environment = {"PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "jobs.consumer"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("The worker cannot start. HOLDFAST_DATABASE_URL is not set.")
    assert "Traceback" not in ended.stderr
