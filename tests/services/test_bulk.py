"""Bulk runs: frozen members, canaries, one transaction for each order, and a person's rights until the last of them."""

import csv
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from backend import clock, settings
from backend.domain.bulk import BulkAction, Choice, Gathered, Options
from backend.domain.desk import MoneySum
from backend.domain.errors import (
    HoldfastError,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotPossible,
    OrderNotFound,
    ReasonMissing,
    TooMany,
)
from backend.domain.permissions import SYSTEM, Actor, ActorKind, Role
from backend.services import accounts, actions, bulk, bulk_turns, sending
from backend.services.run import in_unit_of_work
from tests.bulk_runs import REASON, TERMS, colleague, look, on_terms, preview, start, started
from tests.conftest import Database
from tests.factories import created, new_order
from tests.services.racing import work
from tests.services.scenes import declined
from tests.world import World


@pytest.fixture
def anna(database: Database) -> Actor:
    return colleague("Anna")


def run_on(run_id: int, most: int = 100) -> None:
    """Take turns until they begin nothing any more."""
    for _ in range(most):
        if not bulk_turns.take_turn(run_id):
            return
    raise AssertionError("the run never comes to rest")


def state_of(database: Database) -> list[list[tuple[Any, ...]]]:
    tables = ("orders", "holds", "steps", "timeline", "audit", "bulk_runs", "bulk_members")
    return [database.execute(f"select t::text from {table} t order by 1") for table in tables]


def refused(database: Database, kind: type[HoldfastError], attempt: Callable[[], object]) -> HoldfastError:
    before = state_of(database)
    with pytest.raises(kind) as refusal:
        attempt()
    assert state_of(database) == before
    return refusal.value


def test_a_preview_says_for_how_many_what_and_for_how_much_and_does_nothing(database: Database, anna: Actor) -> None:
    numbers = on_terms(3)
    before = state_of(database)[:5]

    shown = preview(anna)

    assert state_of(database)[:5] == before
    assert (shown.orders, shown.acting, shown.refused, shown.still_held) == (3, 3, (), 0)
    assert shown.effects == (Gathered("The order goes on without money received.", 3),)
    assert shown.money == (MoneySum("EUR", 3 * 5490),)
    assert (shown.needs_reason, shown.refusal, shown.words) == (True, "", "all held for “To be paid later”")
    frozen = database.execute(
        "select number, m.version, m.state from bulk_members m join orders o on o.id = order_id order by position"
    )
    assert frozen == [(number, 2, "waiting") for number in numbers]


def test_what_cannot_be_done_is_left_out_and_told_why(database: Database, anna: Actor) -> None:
    first, second = on_terms(2)
    free = created(new_order()).number

    shown = preview(anna, Choice((first, second, free)), BulkAction.RETRY)

    assert (shown.orders, shown.acting) == (3, 0)
    assert [(each.orders, each.sentence[:34]) for each in shown.refused] == [
        (2, "“To be paid later” has nothing to "),
        (1, "No hold like this is open any more"),
    ]
    assert shown.refusal != ""
    assert isinstance(refused(database, NotPossible, lambda: start(shown, anna)), NotPossible)


def test_more_orders_than_the_guard_allows_are_refused_and_nothing_is_changed(
    database: Database, anna: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = on_terms(3)
    monkeypatch.setenv("HOLDFAST_BULK_LIMIT", "2")
    monkeypatch.setenv("HOLDFAST_BULK_LIMIT_MANAGERS", "3")
    settings.current.cache_clear()

    error = refused(database, TooMany, lambda: preview(anna))
    refused(database, TooMany, lambda: preview(anna, Choice(tuple(numbers))))

    assert error.sentence.startswith("These are too many orders: at most 2 at once. Nothing was changed.")
    assert preview(anna, Choice(tuple(numbers[:2]))).acting == 2
    assert preview(colleague("Ben", Role.MANAGER)).acting == 3


def test_nothing_chosen_and_orders_that_do_not_exist_are_refused(database: Database, anna: Actor) -> None:
    refused(database, InvalidInput, lambda: preview(anna, Choice()))
    refused(database, OrderNotFound, lambda: preview(anna, Choice(("ORD-20260131-99999",))))
    refused(database, NotFound, lambda: preview(anna, Choice(run_id=77, results=("failed",))))


def test_who_may_not_do_it_to_one_may_not_do_it_to_many(database: Database, anna: Actor) -> None:
    on_terms(1)
    for role in (Role.QA, Role.FINANCE):
        refused(database, NotAllowed, lambda role=role: preview(Actor(ActorKind.STAFF, "user:9", "Q", role)))
    run_id = started(anna)
    watcher = Actor(ActorKind.STAFF, "user:9", "Q", Role.QA)
    for act in (bulk.pause, bulk.stop, bulk.resume):
        refused(database, NotAllowed, lambda act=act: in_unit_of_work(act, run_id, actor=watcher))
    assert look(run_id, watcher).may_act is False


def test_a_run_needs_its_reason_its_own_previewer_and_starts_once(database: Database, anna: Actor) -> None:
    on_terms(1)
    ben = colleague("Ben")
    shown = preview(anna)
    refused(database, ReasonMissing, lambda: start(shown, anna, " "))
    refused(database, NotPossible, lambda: start(shown, ben))
    assert start(shown, anna).repeated is False

    assert start(shown, anna).repeated is True

    assert preview(anna).run_id != shown.run_id
    assert database.execute("select count(*) from audit where action = 'bulk_start'") == [(1,)]
    assert len(in_unit_of_work(bulk.recent, actor=ben)) == 1


def test_every_order_is_released_once_in_its_own_name_and_says_by_which_run(database: Database, anna: Actor) -> None:
    numbers = on_terms(14)
    run_id = started(anna)

    run_on(run_id)

    view = look(run_id, anna)
    assert (view.run.state, view.run.counts, view.wave) == ("done", {"done": 14}, 3)
    assert {row.result for row in view.rows} == {"The order went on."}
    who = f"Anna (bulk run {run_id})"
    assert database.execute("select distinct closed_by, closed_by_name, closed_reason from holds") == [
        (anna.id, who, REASON)
    ]
    ((told,),) = database.execute(
        "select count(*) from timeline where kind = 'hold:closed' and actor_name = %s", (who,)
    )
    assert told == 14
    assert database.execute("select count(*), count(distinct action_token) from audit where action = 'release'") == [
        (14, 14)
    ]
    assert sorted(row.number for row in view.rows) == numbers


def test_an_order_that_changed_since_the_preview_is_skipped_and_said_so(database: Database, anna: Actor) -> None:
    numbers = on_terms(3)
    run_id = started(anna)
    ben = colleague("Ben")
    in_unit_of_work(actions.hold, numbers[1], actor=ben, reason="The customer called.")

    run_on(run_id)

    view = look(run_id, anna)
    assert (view.run.state, view.run.counts) == ("done", {"done": 2, "skipped": 1})
    (skipped,) = look(run_id, anna, state="skipped").rows
    assert skipped.number == numbers[1]
    assert skipped.result.startswith(f"Order {numbers[1]} has changed since you looked at it: Ben")
    assert database.execute("select count(*) from holds where closed_at is null") == [(2,)]


def test_a_second_failure_in_the_canary_leaves_the_rest_untouched_and_says_which(world: World) -> None:
    numbers = list(declined(world, 14))
    anna = colleague("Anna")
    run_id = started(anna, Choice(kind="payment_declined"), BulkAction.RETRY)
    assert bulk_turns.take_turn(run_id) == 1
    assert bulk_turns.take_turn(run_id) == 0, "the first order's step has not ended yet"
    work(world)
    world.fault("shopify", "decline", "capture", times=1)
    assert [bulk_turns.take_turn(run_id) for _ in range(3)] == [5, 5, 0]
    work(world)

    assert bulk_turns.take_turn(run_id) == 0

    view = look(run_id, anna)
    assert (view.run.state, view.run.counts) == ("stopped", {"done": 10, "failed": 1, "waiting": 3})
    (failed,) = look(run_id, anna, state="failed").rows
    assert failed.result.startswith("Capture payment failed again: ")
    assert view.run.why.startswith(f"Stopped at the first failure. 3 orders are untouched. {failed.number}: Capture")
    untouched = [row.number for row in look(run_id, anna, state="waiting").rows]
    assert untouched == numbers[11:]
    world.heal()
    run_on(run_id)
    assert look(run_id, anna).run.counts["waiting"] == 3
    captured = world.database.execute("select count(*) from steps where kind = 'payment.capture' and state = 'done'")
    assert captured == [(10,)]


def test_a_stopped_run_goes_on_with_a_new_canary_and_its_failures_are_previewed_anew(world: World) -> None:
    declined(world, 3)
    anna, ben = colleague("Anna"), colleague("Ben")
    run_id = started(anna, Choice(kind="payment_declined"), BulkAction.RETRY)
    world.fault("shopify", "decline", "capture", times=1)
    bulk_turns.take_turn(run_id)
    work(world)
    bulk_turns.take_turn(run_id)
    assert look(run_id, anna).run.counts == {"failed": 1, "waiting": 2}

    in_unit_of_work(bulk.resume, run_id, actor=ben)
    assert bulk_turns.take_turn(run_id) == 1, "one order first, again"
    work(world)
    run_on(run_id)
    work(world)
    run_on(run_id)

    view = look(run_id, anna)
    assert (view.run.state, view.run.counts, view.run.started_by) == ("done", {"done": 2, "failed": 1}, "Ben")
    again = preview(ben, Choice(run_id=run_id, results=("failed",)), BulkAction.RETRY)
    assert (again.acting, again.words) == (1, f"from bulk run {run_id}: failed")
    start(again, ben)
    run_on(again.run_id)
    work(world)
    run_on(again.run_id)
    assert look(again.run_id, ben).run.counts == {"done": 1}


def test_a_role_that_is_taken_away_stops_the_run_before_the_next_order(database: Database, anna: Actor) -> None:
    on_terms(14)
    run_id = started(anna)
    assert bulk_turns.take_turn(run_id) == 1
    database.execute("update users set role = 'qa' where name = 'Anna'")

    assert bulk_turns.take_turn(run_id) == 0

    view = look(run_id, anna)
    assert (view.run.state, view.run.counts) == ("stopped", {"done": 1, "waiting": 13})
    assert view.run.why == "Anna may no longer release held orders. Somebody else can resume the run."
    ben = colleague("Ben")
    in_unit_of_work(bulk.resume, run_id, actor=ben)
    run_on(run_id)
    assert look(run_id, ben).run.counts == {"done": 14}
    names = database.execute("select closed_by_name, count(*) from holds group by 1 order by 1")
    assert names == [(f"Anna (bulk run {run_id})", 1), (f"Ben (bulk run {run_id})", 13)]


def test_a_leaver_stops_the_run_too(database: Database, anna: Actor) -> None:
    on_terms(2)
    run_id = started(anna)
    in_unit_of_work(accounts.disable_user, email="anna@shop.test", actor=SYSTEM)
    run_on(run_id)
    assert look(run_id, anna).run.counts == {"waiting": 2}
    assert look(run_id, anna).run.why.startswith("Anna may not act here any more.")


def test_a_pause_begins_no_further_order_and_a_resume_goes_on(database: Database, anna: Actor) -> None:
    on_terms(4)
    run_id = started(anna)
    bulk_turns.take_turn(run_id)
    in_unit_of_work(bulk.pause, run_id, actor=anna)
    run_on(run_id)
    view = look(run_id, anna)
    assert (view.run.state, view.run.why, view.run.counts) == ("paused", "Paused by Anna.", {"done": 1, "waiting": 3})
    assert in_unit_of_work(bulk.pause, run_id, actor=anna).repeated

    in_unit_of_work(bulk.resume, run_id, actor=anna)
    run_on(run_id)

    assert look(run_id, anna).run.counts == {"done": 4}
    refused(database, NotPossible, lambda: in_unit_of_work(bulk.stop, run_id, actor=anna))


def test_a_stop_leaves_the_untouched_alone_and_says_by_whom(database: Database, anna: Actor) -> None:
    on_terms(4)
    run_id = started(anna)
    bulk_turns.take_turn(run_id)
    done = in_unit_of_work(bulk.stop, run_id, actor=colleague("Ben"))
    run_on(run_id)
    assert done.sentence == f"Bulk run {run_id} has stopped. 3 orders are untouched."
    assert look(run_id, anna).run.why == "Stopped by Ben. 3 orders are untouched."
    assert look(run_id, anna).run.counts == {"done": 1, "waiting": 3}


def test_workers_that_take_turns_at_once_do_every_order_once(database: Database, anna: Actor) -> None:
    on_terms(20)
    run_id = started(anna)
    with ThreadPoolExecutor(4) as pool:
        for _ in range(60):
            if look(run_id, anna).run.state == "done":
                break
            list(pool.map(bulk_turns.take_turn, [run_id] * 4))
    assert look(run_id, anna).run.counts == {"done": 20}
    assert database.execute("select count(*), count(distinct order_id) from audit where action = 'release'") == [
        (20, 20)
    ]


def test_a_restored_backup_stops_the_run_until_a_person_has_looked(database: Database, anna: Actor) -> None:
    on_terms(2)
    run_id = started(anna)
    in_unit_of_work(sending.restored, cause="a restore drill")
    run_on(run_id)
    assert look(run_id, anna).run.why == bulk_turns.RESTORED
    in_unit_of_work(bulk.resume, run_id, actor=anna)
    run_on(run_id)
    assert look(run_id, anna).run.counts == {"waiting": 2}, "nothing is begun while nothing is sent"


def test_the_results_can_be_taken_away_as_a_table(database: Database, anna: Actor) -> None:
    (number,) = on_terms(1)
    run_id = started(anna)
    run_on(run_id)
    rows = list(csv.reader(in_unit_of_work(bulk.results_csv, run_id, actor=anna).splitlines()))
    assert rows[0] == ["order", "result", "details", "amount", "currency", "began", "ended"]
    assert rows[1][:5] == [number, "done", "The order went on.", "54.90", "EUR"]


def test_a_preview_that_nobody_started_is_no_run(database: Database, anna: Actor) -> None:
    on_terms(1)
    shown = preview(anna)
    refused(database, NotFound, lambda: look(shown.run_id, anna))
    assert in_unit_of_work(bulk.recent, actor=anna) == ()
    database.execute("update bulk_runs set created_at = created_at - interval '25 hours'")
    preview(anna)
    assert database.execute("select count(*) from bulk_runs") == [(1,)]


def test_many_are_given_to_a_colleague_or_put_away_at_once(database: Database, anna: Actor) -> None:
    numbers = on_terms(3)
    ben = colleague("Ben")
    until = clock.now() + timedelta(days=2)
    for action, options, effect in (
        (BulkAction.ASSIGN, Options(to=ben.id.removeprefix("user:")), "Assigned to Ben."),
        (
            BulkAction.SNOOZE,
            Options(until=until),
            "Out of the queue; it comes back by itself, also when its holds change.",
        ),
    ):
        shown = preview(anna, Choice(tuple(numbers)), action, options=options)
        assert (shown.effects, shown.needs_reason) == ((Gathered(effect, 3),), False)
        start(shown, anna, "")
        run_on(shown.run_id)
        assert look(shown.run_id, anna).run.counts == {"done": 3}
    assert database.execute("select distinct assignee_id, snooze_until from desk_work") == [(int(ben.id[5:]), until)]
    assert database.execute("select count(*) from holds where closed_at is null") == [(3,)]


def test_orders_are_given_to_nobody_and_put_away_for_nothing(database: Database, anna: Actor) -> None:
    on_terms(1)
    watcher = colleague("Tom", Role.QA)
    wrong = (
        (BulkAction.ASSIGN, Options()),
        (BulkAction.ASSIGN, Options(to=watcher.id.removeprefix("user:"))),
        (BulkAction.SNOOZE, Options()),
        (BulkAction.SNOOZE, Options(until=clock.now() - timedelta(hours=1))),
    )
    for action, options in wrong:
        with pytest.raises(InvalidInput):
            preview(anna, TERMS, action, options=options)
    assert database.execute("select count(*) from bulk_runs") == [(0,)]


def test_all_that_a_search_finds_are_meant(database: Database, anna: Actor) -> None:
    numbers = on_terms(3)
    created(new_order())

    shown = preview(anna, Choice(search="status:held amount:<60"))

    assert (shown.acting, shown.words) == (3, "all found by “status:held amount:<60”")
    one = preview(anna, Choice(search=numbers[1]), BulkAction.RELEASE)
    assert (one.orders, one.acting) == (1, 1)
    refused(database, InvalidInput, lambda: preview(anna, Choice(search="status:held amount:>900")))
    assert preview(anna, Choice(whole=True)).words == "all held orders"
