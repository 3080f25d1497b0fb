"""The step ledger: one worker per claim, a higher fence for whoever takes over, and no late word counts."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from backend import clock
from backend.domain.errors import StaleWrite
from backend.domain.retries import Outcome
from backend.domain.steps import RULES, StepKind
from backend.services import sweep
from backend.services.run import in_unit_of_work
from backend.store import db, steps
from backend.store.steps import Claim, LeaseLost
from backend.store.tables import Order, Step
from tests.conftest import Database
from tests.factories import created

CAPTURE = StepKind.PAYMENT_CAPTURE


@pytest.fixture
def step(database: Database) -> Step:
    """A due step that nobody has claimed."""
    order = created()
    found = in_unit_of_work(steps.latest, order.id, CAPTURE)
    assert found is not None
    return found


def claim(step_id: int, lease: float = 30.0) -> Claim | None:
    return in_unit_of_work(steps.claim, step_id, lease)


def claimed(step_id: int, lease: float = 30.0) -> Claim:
    found = claim(step_id, lease)
    assert found is not None
    return found


def now(database: Database, step_id: int, *columns: str) -> tuple[Any, ...]:
    return database.execute(f"select {', '.join(columns)} from steps where id = %s", (step_id,))[0]


def expire(database: Database, step_id: int) -> None:
    """Let the lease run out, as it does when a worker dies."""
    database.execute("update steps set lease_until = clock_timestamp() - interval '1 ms' where id = %s", (step_id,))


def test_a_promise_is_due_at_once_and_made_once(database: Database) -> None:
    woken: list[int] = []
    db.set_waker(woken.extend)
    order = created()
    (row,) = database.execute("select id, key, state, attempts, allowed, generation, due_at <= now() from steps")
    assert row[1:] == (f"{order.number}:payment.capture:1", "ready", 0, 8, 1, True)
    assert woken == [row[0]]

    def again(session: Session) -> bool:
        return steps.promise(session, order, CAPTURE, at=clock.now())

    assert in_unit_of_work(again) is False
    assert database.execute("select count(*) from steps") == [(1,)]
    assert woken == [row[0]]


def test_of_twenty_who_claim_a_step_at_once_one_gets_it(database: Database, step: Step) -> None:
    together = threading.Barrier(20)

    def race(_: int) -> Claim | None:
        together.wait(10)
        return claim(step.id)

    with ThreadPoolExecutor(20) as pool:
        won = [found for found in pool.map(race, range(20)) if found is not None]

    assert [(found.fence, found.attempt, found.orphaned) for found in won] == [(1, 1, False)]
    assert now(database, step.id, "state", "fence", "attempts", "in_doubt") == ("running", 1, 1, False)


def test_a_step_that_is_not_due_yet_is_left_alone(database: Database, step: Step) -> None:
    database.execute("update steps set due_at = clock_timestamp() + interval '1 minute'")
    assert claim(step.id) is None
    assert now(database, step.id, "state", "attempts") == ("ready", 0)


@pytest.mark.parametrize("state", ["held", "waiting", "done", "parked", "cancelled"])
def test_only_a_ready_step_can_be_claimed(database: Database, step: Step, state: str) -> None:
    database.execute("update steps set state = %s", (state,))
    assert claim(step.id) is None
    assert now(database, step.id, "state", "fence") == (state, 0)


def test_a_lease_is_respected_until_it_ends_and_then_taken_over_with_a_higher_fence(
    database: Database, step: Step
) -> None:
    first = claimed(step.id)
    assert claim(step.id) is None
    expire(database, step.id)
    second = claimed(step.id)
    assert (second.fence, second.attempt, second.orphaned) == (first.fence + 1, 2, True)
    assert now(database, step.id, "in_doubt", "attempts") == (True, 2)


def test_the_lease_is_on_the_databases_clock(database: Database, step: Step) -> None:
    claimed(step.id, 30.0)
    (left,) = database.execute("select extract(epoch from lease_until - clock_timestamp())::float8 from steps")
    assert 25 < left[0] <= 30


def settle_late(step: Step, database: Database, settle: Any) -> None:
    first = claimed(step.id)
    expire(database, step.id)
    claimed(step.id)
    before = now(database, step.id, "state", "fence", "outcome", "result::text", "attempts")
    with pytest.raises(LeaseLost) as lost:
        in_unit_of_work(settle, first)
    assert lost.value.sentence == f"Step {step.id} was taken over by another worker; this outcome is not written."
    assert isinstance(lost.value, StaleWrite)
    assert now(database, step.id, "state", "fence", "outcome", "result::text", "attempts") == before


@pytest.mark.parametrize(
    "settle",
    [
        lambda session, old: steps.finish(session, old, result={"reference": "late"}),
        lambda session, old: steps.try_later(session, old, Outcome.NOT_SENT, delay=1, error="late"),
        lambda session, old: steps.park(session, old, Outcome.REJECTED, error="late", category="c", proven=True),
        lambda session, old: steps.set_aside(session, old),
    ],
    ids=["finish", "try_later", "park", "set_aside"],
)
def test_whoever_lost_the_lease_can_write_nothing(database: Database, step: Step, settle: Any) -> None:
    settle_late(step, database, settle)


def test_a_step_is_settled_once(database: Database, step: Step) -> None:
    held = claimed(step.id)
    in_unit_of_work(steps.finish, held, result={"reference": "r"})
    with pytest.raises(LeaseLost):
        in_unit_of_work(steps.finish, held, result={"reference": "other"})
    assert now(database, step.id, "state", "result", "done_at is not null") == ("done", {"reference": "r"}, True)


def test_every_claim_counts_so_a_step_that_kills_its_worker_comes_to_an_end(database: Database, step: Step) -> None:
    for attempt in range(1, 4):
        assert claimed(step.id).attempt == attempt
        expire(database, step.id)
    assert now(database, step.id, "attempts", "fence") == (3, 3)


def test_the_attempt_of_a_dead_worker_is_closed_as_unfinished(database: Database, step: Step) -> None:
    def begin(session: Session, held: Claim) -> None:
        steps.begin_attempt(session, held, worker="w1", asks_first=False, provider="stripe")

    in_unit_of_work(begin, claimed(step.id))
    assert now(database, step.id, "first_sent_at is not null", "first_sent_at <= last_sent_at") == (True, True)
    expire(database, step.id)
    second = claimed(step.id)
    in_unit_of_work(begin, second)
    in_unit_of_work(steps.end_attempt, second, Outcome.OK, error="", exchanges=[{"a": 1}], duration_ms=7)
    assert database.execute(
        "select number, fence, outcome, error, exchanges, duration_ms from attempts order by id"
    ) == [
        (1, 1, "unfinished", "The worker ended before the answer was recorded.", [], None),
        (2, 2, "ok", "", [{"a": 1}], 7),
    ]
    assert now(database, step.id, "first_sent_at + interval '1 us' <= last_sent_at") == (True,)


def test_the_time_since_the_first_sending_is_told(database: Database, step: Step) -> None:
    assert claimed(step.id).since_first_sent == 0
    database.execute(
        "update steps set first_sent_at = clock_timestamp() - interval '2 hours', state = 'ready', due_at = now()"
    )
    assert claimed(step.id).since_first_sent == pytest.approx(7200, abs=30)


def test_a_step_set_aside_for_a_hold_does_not_lose_a_try(database: Database, step: Step) -> None:
    in_unit_of_work(steps.set_aside, claimed(step.id))
    assert now(database, step.id, "state", "attempts", "lease_until") == ("held", 0, None)
    assert claim(step.id) is None


def test_steps_that_waited_behind_a_hold_are_due_and_told_of_when_it_is_gone(database: Database, step: Step) -> None:
    in_unit_of_work(steps.set_aside, claimed(step.id))
    woken: list[int] = []
    db.set_waker(woken.extend)
    in_unit_of_work(steps.wake_held, step.order_id)
    assert woken == [step.id]
    assert claimed(step.id).attempt == 1


def test_a_failed_try_waits_and_counts_and_a_deferred_one_does_not_count(database: Database, step: Step) -> None:
    in_unit_of_work(steps.try_later, claimed(step.id), Outcome.NOT_SENT, delay=60, error="refused")
    assert now(database, step.id, "state", "attempts", "outcome", "error", "in_doubt") == (
        "ready", 1, "not_sent", "refused", False,
    )  # fmt: skip
    (wait,) = database.execute("select extract(epoch from due_at - clock_timestamp())::float8 from steps")
    assert 55 < wait[0] <= 60
    assert claim(step.id) is None
    database.execute("update steps set due_at = clock_timestamp()")
    in_unit_of_work(steps.try_later, claimed(step.id), Outcome.DEFERRED, delay=0, error="later", counted=False)
    assert now(database, step.id, "attempts") == (1,)
    assert claimed(step.id).attempt == 2


def test_doubt_stays_until_the_outcome_is_proven(database: Database, step: Step) -> None:
    in_unit_of_work(steps.try_later, claimed(step.id), Outcome.IN_DOUBT, delay=0, error="cut")
    in_unit_of_work(steps.try_later, claimed(step.id), Outcome.NOT_SENT, delay=0, error="refused")
    assert now(database, step.id, "in_doubt") == (True,)
    in_unit_of_work(
        steps.park, claimed(step.id), Outcome.NOT_SENT, error="refused", category="provider_unavailable", proven=False
    )
    assert now(database, step.id, "state", "in_doubt") == ("parked", True)
    in_unit_of_work(steps.rearm, step.id)
    assert now(database, step.id, "state", "in_doubt") == ("ready", True)
    in_unit_of_work(
        steps.park, claimed(step.id), Outcome.REJECTED, error="no", category="payment_declined", proven=True
    )
    assert now(database, step.id, "state", "in_doubt", "category") == ("parked", False, "payment_declined")


def test_success_ends_all_doubt(database: Database, step: Step) -> None:
    in_unit_of_work(steps.try_later, claimed(step.id), Outcome.IN_DOUBT, delay=0, error="cut")
    in_unit_of_work(steps.finish, claimed(step.id), result={})
    assert now(database, step.id, "state", "in_doubt", "error") == ("done", False, "")


def test_a_rearmed_step_keeps_its_key_and_gets_fresh_tries(database: Database, step: Step) -> None:
    limit = RULES[CAPTURE].limit
    for _ in range(3):
        held = claimed(step.id)
        expire(database, step.id)
    in_unit_of_work(steps.park, held, Outcome.IN_DOUBT, error="?", category="outcome_unknown", proven=False)
    in_unit_of_work(steps.rearm, step.id)
    assert now(database, step.id, "key", "generation", "attempts", "allowed", "state", "done_at") == (
        step.key, 1, 3, 3 + limit, "ready", None,
    )  # fmt: skip


def test_only_a_parked_step_is_rearmed(database: Database, step: Step) -> None:
    in_unit_of_work(steps.finish, claimed(step.id), result={})
    in_unit_of_work(steps.rearm, step.id)
    assert now(database, step.id, "state", "allowed") == ("done", RULES[CAPTURE].limit)


def test_the_next_generation_has_a_key_of_its_own_and_is_made_once(database: Database, step: Step) -> None:
    in_unit_of_work(
        steps.park, claimed(step.id), Outcome.REJECTED, error="no", category="payment_declined", proven=True
    )

    def again(session: Session) -> int:
        order = session.get(Order, step.order_id)
        old = steps.get(session, step.id)
        assert order is not None
        return steps.promise_again(session, order, old, at=clock.now(), requested_by="user:1")

    new = in_unit_of_work(again)
    assert now(database, new, "key", "generation", "requested_by", "attempts") == (
        step.key[:-1] + "2", 2, "user:1", 0,
    )  # fmt: skip
    with pytest.raises(StaleWrite, match="already retried by somebody else"):
        in_unit_of_work(again)
    assert database.execute("select count(*) from steps") == [(2,)]


def test_a_step_called_off_is_never_run(database: Database, step: Step) -> None:
    in_unit_of_work(steps.call_off, step.id, "accepted by A")
    assert now(database, step.id, "state", "outcome") == ("cancelled", "accepted by A")
    assert claim(step.id) is None


def test_a_running_step_is_not_called_off_under_its_worker(database: Database, step: Step) -> None:
    held = claimed(step.id)
    in_unit_of_work(steps.call_off, step.id, "accepted by A")
    in_unit_of_work(steps.finish, held, result={})
    assert now(database, step.id, "state") == ("done",)


def test_the_sweep_hands_a_forgotten_step_out_once_and_again_only_after_a_while(database: Database, step: Step) -> None:
    assert in_unit_of_work(steps.take_due) == []  # somebody was told of it when it was promised, a moment ago
    database.execute("update steps set woken_at = clock_timestamp() - interval '6 seconds'")
    assert in_unit_of_work(steps.take_due) == [step.id]
    assert [in_unit_of_work(steps.take_due) for _ in range(3)] == [[], [], []]
    database.execute("update steps set woken_at = clock_timestamp() - interval '6 seconds'")
    assert in_unit_of_work(steps.take_due) == [step.id]


def test_a_step_behind_many_others_in_the_queue_is_not_taken_for_forgotten(database: Database, step: Step) -> None:
    told = (
        "update steps set due_at = clock_timestamp() - interval '1 hour', woken_at = clock_timestamp() - interval '%s'"
    )
    database.execute(told % "6 seconds")
    assert in_unit_of_work(sweep.sweep, "w", queued=1_000).step_ids == []
    assert in_unit_of_work(sweep.sweep, "w", queued=0).step_ids == [step.id]
    database.execute(told % "110 seconds")
    assert in_unit_of_work(sweep.sweep, "w", queued=1_000).step_ids == [step.id]  # its wake-up is lost after all


def test_the_sweep_finds_retries_that_came_due_and_leases_that_ran_out(database: Database, step: Step) -> None:
    in_unit_of_work(steps.try_later, claimed(step.id), Outcome.NOT_SENT, delay=0, error="x")
    assert in_unit_of_work(steps.take_due) == [step.id]
    claimed(step.id)
    assert in_unit_of_work(steps.take_due) == []
    database.execute("update steps set woken_at = clock_timestamp() - interval '1 minute'")
    assert in_unit_of_work(steps.take_due) == []  # its lease still runs
    expire(database, step.id)
    assert in_unit_of_work(steps.take_due) == [step.id]


def test_ten_sweeps_at_once_hand_each_step_out_once(database: Database) -> None:
    for _ in range(6):
        created()
    database.execute("update steps set woken_at = null")
    together = threading.Barrier(10)

    def sweep(_: int) -> list[int]:
        together.wait(10)
        return in_unit_of_work(steps.take_due)

    with ThreadPoolExecutor(10) as pool:
        found = [step_id for ids in pool.map(sweep, range(10)) for step_id in ids]

    assert len(found) == len(set(found)) == 6


def test_the_sweep_begins_with_what_has_waited_longest(database: Database) -> None:
    for _ in range(3):
        created()
    database.execute("update steps set woken_at = null, due_at = now() - make_interval(secs => id)")
    ids = [row[0] for row in database.execute("select id from steps order by id desc")]
    assert set(in_unit_of_work(steps.take_due, limit=2)) == set(ids[:2])
    assert in_unit_of_work(steps.take_due, limit=2) == ids[2:]


def test_steps_wait_by_the_databases_clock_not_ours(
    database: Database, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = clock.now() - timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: wrong)
    assert claimed(step.id).attempt == 1


def test_a_step_of_a_kind_that_only_a_newer_version_knows_is_left_alone(database: Database, step: Step) -> None:
    database.execute("update steps set kind = 'parcel.insure', woken_at = null where id = %s", (step.id,))

    assert in_unit_of_work(sweep.sweep, "worker").step_ids == []
    assert in_unit_of_work(steps.lock_order_if_due, step.id) is None
    assert claim(step.id) is None
    assert now(database, step.id, "state", "attempts", "woken_at") == ("ready", 0, None)
