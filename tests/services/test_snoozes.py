"""A snoozed order comes back by itself, once, and says why."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backend import clock
from backend.domain.errors import InvalidInput, NotPossible
from backend.domain.hold_clock import Turn
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.permissions import SYSTEM, Actor, Role
from backend.domain.teamwork import SnoozeEvent, Work
from backend.services import actions, desk_notices, desk_round, desk_work, holds, notes, teamwork
from backend.services.run import in_unit_of_work
from backend.store import orders
from backend.store import teamwork as store
from tests import factories
from tests.conftest import Database

HOUR = timedelta(hours=1)


@pytest.fixture
def sofia(database: Database) -> Actor:
    return factories.colleague("Sofia Marin")


@pytest.fixture
def number(database: Database) -> str:
    return factories.created(factories.new_order(shipping=None)).number


def work_of(number: str) -> Work:
    return in_unit_of_work(desk_work.work_of, number, actor=factories.staff(Role.ADMIN))


def snooze(number: str, actor: Actor, **wish: object) -> None:
    in_unit_of_work(teamwork.snooze, number, actor=actor, **wish)


def rounds() -> list[int]:
    """What two rounds found to do; the second one must have nothing left."""
    return [in_unit_of_work(desk_round.go_round), in_unit_of_work(desk_round.go_round)]


def woken(database: Database) -> list[str]:
    return [row[0] for row in database.execute("select text from timeline where kind = 'desk:woken' order by id")]


def a_payment(database: Database, number: str) -> None:
    database.execute(
        "insert into payment_entries (order_id, kind, amount_minor, currency, provider, reference, step_key, detail, "
        "occurred_at, recorded_at) select id, 'captured', 100, currency, 'stripe', 'pi_' || random(), '', '', "
        "now() - interval '1 day', now() - interval '1 day' from orders where number = %s",
        (number,),
    )


def a_scan(database: Database, number: str) -> None:
    database.execute(
        "insert into tracking_scans (parcel_id, provider, event_id, status, provider_status, description, location, "
        "occurred_at, recorded_at) select parcels.id, 'shipengine', random()::text, 'in_transit', 'IT', '', '', now(), now() "
        "from parcels join orders on orders.id = order_id where number = %s",
        (number,),
    )


def a_note(database: Database, number: str) -> None:
    in_unit_of_work(notes.add_note, number, "they called back", actor=factories.staff(Role.MANAGER, 77))


def a_parcel(database: Database, number: str) -> None:
    database.execute(
        "insert into shipments (order_id, key, provider, carrier, service, state, reference, cost_minor, "
        "cost_currency, created_at) "
        "select id, 'k', 'shipengine', 'ups', '', 'labelled', 'se-1', 0, 'EUR', now() from orders where number = %s",
        (number,),
    )
    database.execute(
        "insert into parcels (shipment_id, order_id, provider, tracking_number, tracking_url, label_url, grams, status, "
        "updated_at) select id, order_id, provider, '1Z1', '', '', 0, 'label_created', now() from shipments"
    )


Happening = Callable[[Database, str], None]


@pytest.mark.parametrize(
    ("event", "happens", "turn", "why"),
    [
        (SnoozeEvent.PAYMENT, a_payment, Turn.CUSTOMER, "payment arrived"),
        (SnoozeEvent.ANSWER, a_note, Turn.CUSTOMER, "there is a new note"),
        (SnoozeEvent.PARCEL, a_scan, Turn.PROVIDER, "the parcel moved"),
    ],
)
def test_it_comes_back_with_its_event_and_its_clock_stood_still(
    database: Database, number: str, sofia: Actor, event: SnoozeEvent, happens: Happening, turn: Turn, why: str
) -> None:
    a_parcel(database, number)
    happens(database, number)  # what came before does not count
    snooze(number, sofia, event=event)
    away = work_of(number)
    assert (away.snoozed, away.snooze_event, away.turn, away.due_at) == (True, event, turn, None)
    assert rounds() == [0, 0]

    happens(database, number)

    assert rounds() == [1, 0]
    back = work_of(number)
    assert (back.snoozed, back.turn, back.woken_why) == (False, Turn.US, f"Snooze ended: {why}")
    assert back.due_at is not None
    assert woken(database) == [f"Back in the queue: {why}."]
    inbox = in_unit_of_work(desk_notices.inbox, actor=sofia)
    assert [(notice.kind, notice.text) for notice in inbox.notices] == [("woken", f"is back: {why}")]


def test_it_comes_back_when_its_provider_answers_again(database: Database, number: str, sofia: Actor) -> None:
    database.execute("update holds set provider = 'shipengine', kind = 'provider_unavailable'")
    with pytest.raises(NotPossible, match="No provider that this order waits for is known to be down"):
        snooze(number, sofia, event=SnoozeEvent.PROVIDER)
    database.execute(
        "insert into breakers (provider, state, failures, orders, failed_probes, next_probe_at) "
        "values ('shipengine', 'open', 5, 5, 0, now() + interval '1 hour')"
    )
    assert rounds()[0] == 1
    assert (work_of(number).turn, work_of(number).turn_provider) == (Turn.PROVIDER, "shipengine")
    snooze(number, sofia, event=SnoozeEvent.PROVIDER)
    assert rounds() == [0, 0]

    database.execute("update breakers set state = 'closed', next_probe_at = null")

    assert rounds() == [1, 0]
    assert (work_of(number).turn, work_of(number).woken_why) == (Turn.US, "Snooze ended: ShipEngine answers again")


def test_it_comes_back_on_its_date_and_an_event_alone_has_a_date_too(
    database: Database, number: str, sofia: Actor
) -> None:
    snooze(number, sofia, until=clock.now() + HOUR)
    assert (work_of(number).turn, work_of(number).due_at is None) == (Turn.US, False)
    assert rounds() == [0, 0]
    database.execute("update desk_work set snooze_until = now() - interval '1 second'")
    assert rounds() == [1, 0]
    snooze(number, sofia, event=SnoozeEvent.PAYMENT)
    until = work_of(number).snooze_until
    assert until is not None
    assert until > clock.now() + timedelta(days=13)
    database.execute("update desk_work set snooze_until = now() - interval '1 second'")
    assert rounds() == [1, 0]

    assert woken(database) == [
        "Back in the queue: the time is up.",
        "Back in the queue: the time is up, and what it waited for has not come.",
    ]


def test_what_was_put_away_for_longer_a_moment_ago_stays_away(
    database: Database, number: str, sofia: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    snooze(number, sofia, until=clock.now() + HOUR)
    database.execute("update desk_work set snooze_until = now() - interval '1 second'")
    take = store._locked

    def a_moment_too_late(*given: Any) -> Any:
        monkeypatch.setattr(store, "_locked", take)
        snooze(number, sofia, until=clock.now() + HOUR)
        return take(*given)

    monkeypatch.setattr(store, "_locked", a_moment_too_late)

    assert in_unit_of_work(desk_round.go_round) == 0
    assert (work_of(number).snoozed, woken(database)) == (True, [])


def test_it_comes_back_at_once_when_its_holds_change(database: Database, number: str, sofia: Actor) -> None:
    snooze(number, sofia, event=SnoozeEvent.PAYMENT)
    in_unit_of_work(actions.hold, number, actor=factories.colleague("Priya Nair", Role.MANAGER), reason="stop it")
    assert work_of(number).woken_why == "Snooze ended: it is held once more: Held by staff"

    snooze(number, sofia, event=SnoozeEvent.PAYMENT)
    in_unit_of_work(_lift_by_check, number)

    assert (work_of(number).held, work_of(number).snoozed) == (True, False)
    assert work_of(number).woken_why == "Snooze ended: a hold was closed: No delivery address"


def _lift_by_check(session, number: str) -> None:  # type: ignore[no-untyped-def]
    order = orders.lock_by_number(session, number)
    holds.lift_by_check(session, order, HoldKind.ADDRESS_MISSING, "there is one now")


def test_a_snooze_ends_in_silence_when_nothing_holds_the_order_any_more(
    database: Database, number: str, sofia: Actor
) -> None:
    snooze(number, sofia, event=SnoozeEvent.PAYMENT)

    in_unit_of_work(_lift_by_check, number)

    assert (work_of(number).held, work_of(number).snoozed) == (False, False)
    assert woken(database) == []


def test_somebody_may_bring_it_back(database: Database, number: str, sofia: Actor) -> None:
    priya = factories.colleague("Priya Nair", Role.MANAGER)
    snooze(number, sofia, event=SnoozeEvent.PARCEL)

    in_unit_of_work(teamwork.unsnooze, number, actor=priya)

    assert in_unit_of_work(teamwork.unsnooze, number, actor=priya).repeated is True
    assert woken(database) == ["Back in the queue: Priya Nair brought it back."]
    assert [notice.text for notice in in_unit_of_work(desk_notices.inbox, actor=sofia).notices] == [
        "is back: Priya Nair brought it back"
    ]


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({}, "Say until when"),
        ({"until": timedelta(seconds=-1)}, "within the next 90 days"),
        ({"until": timedelta(days=91)}, "within the next 90 days"),
    ],
)
def test_a_wish_that_cannot_be_meant_is_refused(
    database: Database, number: str, sofia: Actor, wish: dict[str, timedelta], says: str
) -> None:
    before = work_of(number)

    with pytest.raises(InvalidInput, match=says):
        snooze(number, sofia, **{name: clock.now() + away for name, away in wish.items()})

    assert work_of(number).version == before.version
    assert work_of(number).snoozed is False


def test_one_round_at_a_time_goes_and_others_leave_it_to_that_one(
    database: Database, number: str, sofia: Actor
) -> None:
    snooze(number, sofia, event=SnoozeEvent.PAYMENT)
    a_payment(database, number)

    def two(session) -> list[int]:  # type: ignore[no-untyped-def]
        mine = desk_round.go_round(session)
        return [mine, in_unit_of_work(desk_round.go_round)]

    assert in_unit_of_work(two) == [1, 0]
    assert len(woken(database)) == 1


def test_a_hold_placed_by_a_check_is_known_to_the_desk_in_the_same_transaction(database: Database) -> None:
    order = factories.created()

    def place(session) -> bool:  # type: ignore[no-untyped-def]
        locked = orders.lock_by_number(session, order.number)
        holds.place(session, locked, HoldKind.FRAUD_RISK, "odd", source=HoldSource.CHECK, actor=SYSTEM)
        return desk_work.works(session, [locked.id])[locked.id].held

    assert in_unit_of_work(place) is True
