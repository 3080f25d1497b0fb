"""Sharing held orders: of two people one wins and the other is told; nothing of it outdates what anybody previewed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlmodel import Session

from backend import clock, settings
from backend.domain.desk import ActionDone
from backend.domain.errors import AlreadyDone, HoldfastError, InvalidInput, NotAllowed, NotPossible, PreviewOutdated
from backend.domain.hold_clock import Bucket, Turn
from backend.domain.permissions import Actor, ActorKind, Role
from backend.domain.teamwork import SnoozeEvent, Work
from backend.services import actions, desk_notices, desk_round, desk_work, notes, teamwork
from backend.services.run import in_unit_of_work
from backend.store import teamwork as store
from tests import factories
from tests.conftest import Database

ROBOT = Actor(ActorKind.STAFF, "token:1", "robot", Role.MANAGER)


@pytest.fixture
def sofia(database: Database) -> Actor:
    return factories.colleague("Sofia Marin")


@pytest.fixture
def priya(database: Database) -> Actor:
    return factories.colleague("Priya Nair", Role.MANAGER)


@pytest.fixture
def number(database: Database) -> str:
    """An order that is held because it came without an address."""
    return factories.created(factories.new_order(shipping=None)).number


def work_of(number: str) -> Work:
    return in_unit_of_work(desk_work.work_of, number, actor=ROBOT)


def told(person: Actor) -> list[str]:
    return [notice.text for notice in in_unit_of_work(desk_notices.inbox, actor=person).notices]


def texts(database: Database, kind: str) -> list[str]:
    return [row[0] for row in database.execute("select text from timeline where kind = %s order by id", (kind,))]


def act(service, *arguments, **named):  # type: ignore[no-untyped-def]
    return in_unit_of_work(service, *arguments, **named)


def test_a_held_order_has_a_desk_side_at_once_and_loses_it_with_its_last_hold(
    database: Database, number: str, sofia: Actor
) -> None:
    held = work_of(number)
    assert (held.held, held.assignee, held.turn, held.snoozed) == (True, "", Turn.US, False)
    assert held.due_at is not None
    assert held.held_at is not None

    order = factories.created()
    assert work_of(order.number).held is False
    ((hold_id,),) = database.execute("select id from holds")
    shown = act(actions.preview_release, number, [hold_id], actor=sofia)
    act(actions.release, number, [hold_id], actor=sofia, version=shown.version, token=shown.token, reason="settled")

    assert (work_of(number).held, work_of(number).due_at) == (False, None)
    with pytest.raises(NotPossible, match="is not held"):
        act(teamwork.claim, number, actor=sofia)


def test_a_claim_lasts_half_an_hour_and_as_long_as_its_owner_works(
    database: Database, number: str, sofia: Actor, priya: Actor
) -> None:
    assert act(teamwork.claim, number, actor=sofia).repeated is False
    claimed = work_of(number)
    assert claimed.assignee == "Sofia Marin"
    assert claimed.claim_until is not None
    assert claimed.claim_until > clock.now() + timedelta(minutes=29)
    assert act(teamwork.claim, number, actor=sofia).repeated is True

    database.execute("update desk_work set claim_until = now() + interval '1 minute'")
    act(notes.add_note, number, "calling them", actor=priya)
    assert database.execute("select claim_until < now() + interval '2 minutes' from desk_work") == [(True,)]
    act(notes.add_note, number, "called them", actor=sofia)
    assert database.execute("select claim_until > now() + interval '29 minutes' from desk_work") == [(True,)]

    database.execute("update desk_work set claim_until = now() - interval '1 second'")
    assert work_of(number).assignee == ""
    assert act(desk_round.go_round) == 1
    assert act(desk_round.go_round) == 0
    assert database.execute("select assignee_id, claim_until from desk_work") == [(None, None)]
    assert texts(database, "desk:assigned") == [
        "Claimed.",
        "The claim ran out: nothing was done with the order for half an hour.",
    ]


def test_a_claim_that_was_renewed_a_moment_ago_does_not_run_out(
    database: Database, number: str, sofia: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    act(teamwork.claim, number, actor=sofia)
    database.execute("update desk_work set claim_until = now() - interval '1 second'")
    take = store._locked

    def a_moment_too_late(session: Session, ids: list[int], still: Any) -> Any:
        if ids:
            act(notes.add_note, number, "I am at it", actor=sofia)
        return take(session, ids, still)

    monkeypatch.setattr(store, "_locked", a_moment_too_late)

    assert act(desk_round.go_round) == 0
    assert work_of(number).assignee == "Sofia Marin"


def test_of_two_who_claim_at_once_one_wins_and_the_other_is_told_by_whom(
    database: Database, number: str, sofia: Actor, priya: Actor
) -> None:
    together = Barrier(2)

    def claim(person: Actor) -> ActionDone | HoldfastError:
        together.wait(10)
        try:
            return act(teamwork.claim, number, actor=person)
        except HoldfastError as refusal:
            return refusal

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(claim, (sofia, priya)))

    (won,) = [who for who, what in zip((sofia, priya), results, strict=True) if isinstance(what, ActionDone)]
    (refused,) = [what for what in results if isinstance(what, AlreadyDone)]
    assert refused.who == won.name == work_of(number).assignee
    assert f"Order {number} was already claimed by {won.name}" in refused.sentence
    assert texts(database, "desk:assigned") == ["Claimed."]
    assert database.execute("select action, actor_name from audit") == [("claim", won.name)]


def test_an_assignment_stays_and_everybody_concerned_is_told(
    database: Database, number: str, sofia: Actor, priya: Actor
) -> None:
    ben = factories.colleague("Ben Ito")
    act(teamwork.assign, number, "sofia@shop.test", actor=priya)
    assert (work_of(number).assignee, work_of(number).claim_until) == ("Sofia Marin", None)
    assert told(sofia) == ["is yours now"]
    with pytest.raises(NotPossible, match="is assigned to Sofia Marin"):
        act(teamwork.claim, number, actor=ben)

    act(teamwork.assign, number, int(ben.id.split(":")[1]), actor=priya)
    assert act(teamwork.assign, number, "ben@shop.test", actor=priya).repeated is True
    assert told(sofia) == ["was yours and is assigned to Ben Ito now", "is yours now"]
    act(teamwork.unassign, number, actor=priya)
    assert act(teamwork.unassign, number, actor=priya).repeated is True

    assert told(ben) == ["is no longer yours", "is yours now"]
    assert told(priya) == []
    assert texts(database, "desk:assigned") == [
        "Assigned to Sofia Marin.",
        "Assigned to Ben Ito.",
        "No longer Ben Ito's: anybody may take it.",
    ]


def test_only_who_may_act_on_holds_shares_them_or_is_given_them(database: Database, number: str, sofia: Actor) -> None:
    finance = factories.colleague("Fay Adeyemi", Role.FINANCE)
    for service, arguments in (
        (teamwork.claim, ()), (teamwork.unassign, ()), (teamwork.unsnooze, ()),
        (teamwork.assign, ("sofia@shop.test",)), (teamwork.set_turn, (Turn.CUSTOMER,)), (teamwork.snooze, ()),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            act(service, number, *arguments, actor=finance)
    with pytest.raises(NotPossible, match="Fay Adeyemi may not act"):
        act(teamwork.assign, number, "fay@shop.test", actor=sofia)
    with pytest.raises(InvalidInput, match=r"Nobody who works here is nobody@shop\.test"):
        act(teamwork.assign, number, "nobody@shop.test", actor=sofia)
    with pytest.raises(NotPossible, match="An API token cannot claim"):
        act(teamwork.claim, number, actor=ROBOT)

    assert work_of(number).version == 1
    assert database.execute("select count(*) from audit") == [(0,)]


def test_a_decision_on_what_somebody_has_changed_meanwhile_is_refused(number: str, sofia: Actor, priya: Actor) -> None:
    seen = work_of(number).version
    act(teamwork.snooze, number, actor=priya, event=SnoozeEvent.ANSWER, version=seen)

    with pytest.raises(PreviewOutdated, match="Priya Nair: “Snoozed until the customer answers"):
        act(teamwork.assign, number, "sofia@shop.test", actor=sofia, version=seen)

    assert work_of(number).assignee == ""


def test_an_act_with_a_token_counts_once(database: Database, number: str, sofia: Actor, priya: Actor) -> None:
    act(teamwork.claim, number, actor=ROBOT, person="sofia@shop.test", token="once")
    act(teamwork.unassign, number, actor=priya)

    assert act(teamwork.claim, number, actor=ROBOT, person="sofia@shop.test", token="once").repeated is True
    assert work_of(number).assignee == ""


def test_sharing_does_not_outdate_what_a_colleague_has_previewed(
    database: Database, number: str, sofia: Actor, priya: Actor
) -> None:
    ((hold_id,),) = database.execute("select id from holds")
    shown = act(actions.preview_release, number, [hold_id], actor=sofia)

    act(teamwork.claim, number, actor=priya)
    act(teamwork.snooze, number, actor=priya, event=SnoozeEvent.ANSWER)
    act(notes.add_note, number, "@Sofia Marin see this", actor=priya)
    done = act(
        actions.release, number, [hold_id], actor=sofia, version=shown.version, token=shown.token, reason="settled"
    )

    assert done.repeated is False
    assert work_of(number).snoozed is False


def test_whose_turn_it_is_stops_and_starts_the_clock(
    database: Database, number: str, sofia: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monday = datetime.fromisoformat("2026-02-02T10:00:00+00:00")
    database.execute("update holds set placed_at = %s", (monday,))
    database.execute("delete from desk_work")

    def later(hours: float) -> None:
        monkeypatch.setattr(clock, "now", lambda: monday + timedelta(hours=hours))

    later(0)
    act(desk_round.catch_up)
    assert work_of(number).due_at == monday + timedelta(days=1)  # seven business hours on Monday, one on Tuesday
    later(2)
    act(notes.add_note, number, "Which street is it?", actor=sofia, public=True)
    asked = work_of(number)
    assert (asked.turn, asked.age_seconds, asked.due_at, asked.bucket) == (Turn.CUSTOMER, 7200, None, Bucket.PAUSED)

    later(26)
    assert work_of(number).age_seconds == 7200
    act(notes.add_note, number, "Torstraße 140", actor=sofia, from_customer=True)
    answered = work_of(number)
    assert (answered.turn, answered.due_at) == (Turn.US, monday + timedelta(days=2))
    later(27)
    assert (work_of(number).age_seconds, work_of(number).bucket) == (3 * 3600, Bucket.OK)
    later(30)
    assert work_of(number).bucket is Bucket.AT_RISK
    later(60)
    assert work_of(number).bucket is Bucket.OVERDUE


def test_staff_know_better_whose_turn_it_is_until_the_facts_change(
    database: Database, number: str, sofia: Actor, priya: Actor
) -> None:
    act(teamwork.set_turn, number, Turn.PROVIDER, actor=sofia)
    assert act(teamwork.set_turn, number, Turn.PROVIDER, actor=priya).repeated is True
    said = work_of(number)
    assert (said.turn, said.turn_by, said.due_at) == (Turn.PROVIDER, "Sofia Marin", None)
    act(desk_round.go_round)
    assert work_of(number).turn is Turn.PROVIDER

    act(teamwork.set_turn, number, None, actor=sofia)
    assert (work_of(number).turn, work_of(number).turn_by) == (Turn.US, "")
    act(teamwork.set_turn, number, Turn.CUSTOMER, actor=sofia)
    act(actions.hold, number, actor=priya, reason="wait for the manager")

    assert (work_of(number).turn, work_of(number).turn_by) == (Turn.US, "")
    assert texts(database, "desk:turn") == [
        "It is the provider's turn.",
        "It is our turn.",
        "It is the customer's turn.",
    ]


def test_what_is_held_again_soon_goes_to_whom_it_was_assigned(
    database: Database, number: str, sofia: Actor, priya: Actor
) -> None:
    act(teamwork.assign, number, "sofia@shop.test", actor=priya)

    def release() -> None:
        ((open_id,),) = database.execute("select id from holds where closed_at is null")
        shown = act(actions.preview_release, number, [open_id], actor=priya)
        act(actions.release, number, [open_id], actor=priya, version=shown.version, token=shown.token, reason="done")

    release()
    act(actions.hold, number, actor=priya, reason="once more")
    assert work_of(number).assignee == "Sofia Marin"
    release()
    database.execute("update desk_work set ended_at = ended_at - interval '25 hours'")
    act(actions.hold, number, actor=priya, reason="days later")

    assert work_of(number).assignee == ""


def test_the_round_reckons_what_was_loaded_in_bulk_and_what_other_settings_reckoned(
    database: Database, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = work_of(number).due_at
    database.execute("delete from desk_work")
    assert work_of(number).held is False

    assert act(desk_round.catch_up) == 1
    assert act(desk_round.catch_up) == 0
    assert work_of(number).due_at == before

    monkeypatch.setenv("HOLDFAST_HOLD_TARGETS", "address=1")
    settings.current.cache_clear()
    assert act(desk_round.catch_up) == 1
    assert act(desk_round.catch_up) == 0
    assert work_of(number).target_seconds == 3600
