"""A provider that is down: its steps wait uncounted, everything else goes on, staff are told once, and all come home."""

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

import pytest

from backend import settings
from backend.domain.permissions import Role
from backend.services import incidents, sweep
from backend.services import steps as runner
from backend.services.run import in_unit_of_work
from tests.factories import staff
from tests.world import STAFF_ADDRESS, World

T = TypeVar("T")
ORDERS = 12
FEWER = 8
SHIPPING = "s.kind like 'shipment.%'"


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """With True the pauses of breakers are so long that only a test's own hand ends them."""

    def choose(slow: bool) -> None:
        monkeypatch.setenv("HOLDFAST_RETRY_SCALE", "10" if slow else "0.01")
        settings.current.cache_clear()

    return choose


def place(world: World, orders: int = ORDERS) -> None:
    for _ in range(orders):
        world.place()


def rounds(world: World, number: int = 8) -> None:
    """Everything that is ready, so many times over; there is no settling while a provider is down."""
    for _ in range(number):
        while world.take_in() == 0 and world.waiting():
            world.outside.letterbox.wait(0.05)
        world.run_due()


def outage(world: World, slowly: Callable[[bool], None], orders: int = ORDERS) -> None:
    """ShipEngine is down, its breaker open, and nothing but its steps left to do."""
    slowly(True)
    world.fault("shipengine", "error_5xx")
    place(world, orders)
    rounds(world)


def breaker(world: World, provider: str = "shipengine") -> dict[str, Any]:
    columns = ["state", "failures", "orders", "failed_probes", "probe_step_id"]
    (row,) = world.database.execute(f"select {', '.join(columns)} from breakers where provider = %s", (provider,)) or [
        (None,) * len(columns)
    ]
    return dict(zip(columns, row, strict=True))


def tries(world: World) -> int:
    """How often ShipEngine was really called."""
    ((number,),) = world.database.execute(
        f"select count(*) from attempts a join steps s on s.id = a.step_id where {SHIPPING}"
    )
    return int(number)


def counted(world: World) -> list[int]:
    return [row[0] for row in world.database.execute(f"select attempts from steps s where {SHIPPING} order by id")]


def waiting(world: World) -> list[int]:
    return [row[0] for row in world.database.execute("select id from steps where state = 'ready' order by id")]


def probe_is_due(world: World) -> None:
    world.database.execute("update breakers set next_probe_at = clock_timestamp()")


def all_are_due(world: World) -> list[int]:
    world.database.execute("update steps set due_at = clock_timestamp() where state = 'ready'")
    return waiting(world)


def incident_mails(world: World) -> list[str]:
    return [mail["subject"] for mail in world.mails(to=STAFF_ADDRESS) if mail["subject"].startswith("Incident")]


def at_once(actions: list[Callable[[], T]]) -> list[T]:
    """Run each in a thread of its own, all from the same moment."""
    barrier = threading.Barrier(len(actions))

    def start(action: Callable[[], T]) -> T:
        barrier.wait(20)
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return [future.result(60) for future in [pool.submit(start, action) for action in actions]]


def begun(world: World, step_id: int) -> Any:
    return in_unit_of_work(runner._begin, step_id, world.adapters, "test")


def called(job: Any) -> tuple[Any, Any]:
    call = runner.Call(key=job.key, deadline=runner.clock.monotonic() + 5)
    return call, runner._call(job, call)


def test_while_a_provider_is_down_its_steps_wait_uncounted_and_everything_else_goes_on(
    world: World, slowly: Callable[[bool], None]
) -> None:
    outage(world, slowly)

    assert breaker(world)["state"] == "open"
    assert tries(world) == 5
    assert sum(counted(world)) == 5
    assert max(counted(world)) == 1
    assert len(waiting(world)) == ORDERS
    assert world.database.execute("select count(*) from timeline where kind = 'step:failed'") == [(5,)]
    assert world.database.execute("select count(*) from holds") == [(0,)]
    assert world.effects() == {"payment.captured": ORDERS, "invoice.created": ORDERS, "invoice.sent": ORDERS}
    assert incident_mails(world) == [
        "Incident: ShipEngine does not answer; its steps wait and go on by themselves when it does."
    ]
    (incident,) = in_unit_of_work(incidents.open_incidents, actor=staff(Role.CUSTOMER_SERVICE))
    assert (incident.provider, incident.provider_name, incident.category) == (
        "shipengine", "ShipEngine", "provider_down",
    )  # fmt: skip
    assert (incident.occurrences, incident.waiting_steps, incident.waiting_orders) == (1, ORDERS, ORDERS)


def test_when_it_is_back_every_order_arrives_with_one_label_and_the_incident_is_over(
    world: World, slowly: Callable[[bool], None]
) -> None:
    outage(world, slowly)
    world.heal()
    slowly(False)
    probe_is_due(world)

    world.settle()

    assert world.database.execute("select status, count(*) from orders group by status") == [("delivered", ORDERS)]
    assert world.effects()["label.bought"] == ORDERS
    assert max(counted(world)) <= 2
    assert breaker(world)["state"] == "closed"
    assert in_unit_of_work(incidents.open_incidents, actor=world.actor) == ()
    ((title, closed, lasted),) = world.database.execute(
        "select title, closed_at, round(extract(epoch from closed_at - opened_at)) from incidents"
    )
    assert isinstance(closed, datetime)
    assert title == f"ShipEngine did not answer for {lasted} s."
    assert len(incident_mails(world)) == 1


def test_orders_whose_labels_were_bought_in_the_dark_are_asked_about_and_keep_one_label_each(
    world: World, slowly: Callable[[bool], None]
) -> None:
    slowly(True)
    world.fault("shipengine", "accept_then_500", "label")
    world.fault("shipengine", "error_5xx", "read")
    place(world, FEWER)
    rounds(world)
    assert world.effects()["label.bought"] == 5
    assert breaker(world)["state"] == "open"
    assert world.database.execute("select count(*) from steps where in_doubt") == [(5,)]
    world.heal()
    slowly(False)
    probe_is_due(world)

    world.settle()

    assert world.database.execute("select status, count(*) from orders group by status") == [("delivered", FEWER)]
    assert world.effects()["label.bought"] == FEWER
    assert world.database.execute("select count(*) from holds") == [(0,)]


def test_one_probe_an_interval_asks_and_is_not_counted(world: World, slowly: Callable[[bool], None]) -> None:
    outage(world, slowly, FEWER)
    before = counted(world)
    for probes in (1, 2, 3):
        probe_is_due(world)
        rounds(world, 3)
        assert tries(world) == 5 + probes
        assert breaker(world)["failed_probes"] == probes
    assert counted(world) == before
    assert world.database.execute("select count(*) from timeline where kind = 'step:failed'") == [(5,)]
    ((pause,),) = world.database.execute(
        "select extract(epoch from next_probe_at - clock_timestamp())::float8 from breakers where state = 'open'"
    )
    assert 50 < pause <= 67.5


def test_of_many_who_ask_at_once_one_is_the_probe(world: World, slowly: Callable[[bool], None]) -> None:
    outage(world, slowly, FEWER)
    probe_is_due(world)
    ids = all_are_due(world)

    jobs = at_once([lambda step_id=step_id: begun(world, step_id) for step_id in ids])

    (probe,) = [job for job in jobs if job is not None]
    assert breaker(world) | {"failures": 0, "orders": 0} == {
        "state": "probing", "failures": 0, "orders": 0, "failed_probes": 0, "probe_step_id": probe.claim.step_id,
    }  # fmt: skip
    assert tries(world) == 6
    assert [begun(world, step_id) for step_id in all_are_due(world)] == [None] * (FEWER - 1)


def test_a_probe_that_is_lost_with_its_worker_is_replaced_and_its_late_answer_does_not_close(
    world: World, slowly: Callable[[bool], None]
) -> None:
    outage(world, slowly, FEWER)
    probe_is_due(world)
    lost, *others = all_are_due(world)
    job = begun(world, lost)
    probe_is_due(world)
    replacement = begun(world, others[0])
    assert replacement.admission.probe
    world.heal()

    in_unit_of_work(runner._settle, job, *called(job), 1)
    assert breaker(world)["state"] == "probing"
    assert breaker(world)["probe_step_id"] == replacement.claim.step_id

    in_unit_of_work(runner._settle, replacement, *called(replacement), 1)
    assert breaker(world)["state"] == "closed"


def test_failures_that_arrive_together_open_it_once(world: World, slowly: Callable[[bool], None]) -> None:
    slowly(True)
    world.fault("shipengine", "error_5xx")
    place(world, 8)
    while (
        len(ids := [row[0] for row in world.database.execute("select id from steps where kind like 'shipment.%'")]) < 8
    ):
        world.take_in()
        for (step_id,) in world.database.execute("select id from steps where kind = 'payment.capture' order by id"):
            world.run(step_id)
    jobs = [begun(world, step_id) for step_id in ids]
    endings = [called(job) for job in jobs]

    at_once(
        [
            lambda job=job, ending=ending: in_unit_of_work(runner._settle, job, *ending, 1)
            for job, ending in zip(jobs, endings, strict=True)
        ]
    )

    assert breaker(world)["state"] == "open"
    assert world.database.execute("select count(*), sum(occurrences) from incidents") == [(1, 1)]
    assert world.database.execute("select count(*) from steps where kind = 'mail.incident'") == [(1,)]


def test_the_sweep_calls_one_waiting_step_when_a_probe_is_due_and_none_before(
    world: World, slowly: Callable[[bool], None]
) -> None:
    outage(world, slowly, FEWER)
    rounds(world, 1)
    assert in_unit_of_work(sweep.sweep, "test").step_ids == []
    probe_is_due(world)
    first = in_unit_of_work(sweep.sweep, "test").step_ids
    second = in_unit_of_work(sweep.sweep, "test").step_ids
    assert (len(first), len(second)) == (1, 1)
    assert {*first, *second} <= set(waiting(world))
    assert first != second
    world.run(first[0])
    assert breaker(world)["failed_probes"] == 1
    assert in_unit_of_work(sweep.sweep, "test").step_ids == []


def test_on_recovery_a_few_go_at_once_the_rest_in_turn_and_a_doubtful_one_keeps_its_grace(
    world: World, slowly: Callable[[bool], None]
) -> None:
    outage(world, slowly, FEWER)
    world.heal()
    probe, doubtful, *_ = waiting(world)
    world.database.execute(
        "update steps set outcome = 'in_doubt', due_at = clock_timestamp() + interval '1 hour' where id = %s",
        (doubtful,),
    )
    world.database.execute("update steps set due_at = clock_timestamp() where id = %s", (probe,))
    probe_is_due(world)

    world.run(probe)

    seconds = [
        row[0]
        for row in world.database.execute(
            "select extract(epoch from due_at - (select closed_at from breakers))::float8 from steps "
            "where kind = 'shipment.verify_address' and state = 'ready' and id <> %s order by created_at, id",
            (doubtful,),
        )
    ]
    assert len(seconds) == FEWER - 2
    assert [round(second, 0) for second in seconds[:4]] == [0, 0, 0, 10]
    assert [round(after - before, 1) for before, after in itertools.pairwise(seconds[3:])] == [0.5] * 2
    ((grace,),) = world.database.execute(
        "select extract(epoch from due_at - clock_timestamp())::float8 from steps where id = %s", (doubtful,)
    )
    assert grace > 3000


def test_a_provider_that_fails_again_soon_has_the_same_incident_and_staff_get_no_second_mail(
    world: World, slowly: Callable[[bool], None]
) -> None:
    outage(world, slowly, FEWER)
    world.heal()
    probe_is_due(world)
    world.run(all_are_due(world)[0])
    assert breaker(world)["state"] == "closed"
    world.fault("shipengine", "error_5xx")
    rounds(world)

    assert breaker(world)["state"] == "open"
    assert world.database.execute("select occurrences, closed_at from incidents") == [(2, None)]
    assert len(incident_mails(world)) == 1


def test_being_told_to_wait_opens_nothing(world: World) -> None:
    world.fault("shipengine", "rate_limit", "validate", times=25)
    place(world, FEWER)
    world.settle()
    assert world.database.execute("select count(*) from attempts where outcome = 'deferred'") == [(25,)]
    assert world.database.execute("select count(*) from breakers where failures > 0 or state <> 'closed'") == [(0,)]
    assert world.database.execute("select count(*) from incidents") == [(0,)]


def test_a_probe_that_is_told_to_wait_leaves_it_open(world: World, slowly: Callable[[bool], None]) -> None:
    outage(world, slowly, FEWER)
    world.heal()
    world.fault("shipengine", "rate_limit", "validate")
    probe_is_due(world)
    rounds(world, 1)
    assert (breaker(world)["state"], breaker(world)["failed_probes"]) == ("open", 0)
    assert tries(world) == 6


def test_an_answer_between_failures_begins_the_count_anew(world: World) -> None:
    world.fault("shipengine", "error_5xx", "validate", times=4)
    place(world, FEWER)
    rounds(world, 3)
    assert (breaker(world)["state"], breaker(world)["failures"], breaker(world)["orders"]) == ("closed", 0, 0)


def test_an_order_that_a_provider_chokes_on_is_its_own_trouble(world: World) -> None:
    world.fault("shipengine", "error_5xx")
    world.place()
    world.settle()
    assert tries(world) == 8
    assert (world.step("shipment.verify_address")["state"], breaker(world)["state"]) == ("parked", "closed")
    assert world.database.execute("select count(*) from incidents") == [(0,)]


def test_a_mail_about_an_incident_that_is_over_is_not_sent(world: World, slowly: Callable[[bool], None]) -> None:
    slowly(True)
    world.fault("smtp", "connection_cut")
    place(world, 3)
    rounds(world)
    assert breaker(world, "smtp")["state"] == "open"
    world.heal()
    slowly(False)
    probe_is_due(world)

    world.settle()
    assert world.database.execute("select count(*) from orders where status = 'delivered'") == [(3,)]
    assert incident_mails(world) == []
    assert world.database.execute("select state, result->>'not_needed' from steps where kind = 'mail.incident'") == [
        ("done", "The incident was over before the mail went out.")
    ]
