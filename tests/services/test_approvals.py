"""What takes two people: above the limit a click only asks, somebody else of a right role decides, and it counts once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from backend import clock, settings
from backend.domain.desk import ActionDone
from backend.domain.errors import (
    AlreadyDone,
    NotAllowed,
    NotFound,
    NotPossible,
    OwnRequest,
    PreviewOutdated,
    ReasonMissing,
)
from backend.domain.permissions import SYSTEM, Actor, Role
from backend.domain.refunds import RefundWish
from backend.services import accounts, actions, approvals, notes, orders, refunds, sweep
from backend.services.run import in_unit_of_work
from backend.store.tables import Order
from tests.conftest import Database
from tests.factories import colleague
from tests.services.approving import (
    FULL,
    REFUNDS,
    approve,
    asked,
    asked_release,
    decline,
    limit,
    look,
    order,
    priya,
    refund,
    sofia,
    suspected,
    withdraw,
)

__all__ = ["limit", "order", "priya", "sofia"]

REQUESTS = "select action, state, amount_minor, decided_by_name from approvals order by id"


def told(order: Order, kind: str) -> list[tuple[str, str]]:
    entries = in_unit_of_work(orders.timeline_of, order.number, actor=SYSTEM)
    return [(entry.actor, entry.text) for entry in reversed(entries) if entry.kind.startswith(kind)]


# -- the limit --------------------------------------------------------------------------------------------------------


def test_up_to_the_limit_one_person_is_enough(order: Order, sofia: Actor, database: Database) -> None:
    assert refund(order, sofia, RefundWish(amount_minor=5000)) == ActionDone("50.00 EUR is being paid back.")
    assert database.execute(REFUNDS) == [(5000, "came broken", sofia.id, False)]
    assert database.execute(REQUESTS) == []


def test_above_it_the_click_pays_nothing_back_and_asks_a_second_person(
    order: Order, sofia: Actor, database: Database
) -> None:
    shown = in_unit_of_work(refunds.preview_refund, order.number, FULL, actor=sofia)
    assert shown.asks
    assert shown.effects[0] == (
        "104.70 EUR back is more than the 50.00 EUR of one order that you may pay back alone. Finance, a manager or an"
        " administrator decides in Review. Until then nothing happens."
    )

    done = refund(order, sofia, version=shown.version, token=shown.token)

    assert done == ActionDone(
        "A second person was asked: finance, a manager or an administrator decides in Review.", asked=True
    )
    assert database.execute(REQUESTS) == [("refund", "pending", 10470, "")]
    assert database.execute("select count(*) from refunds") == [(0,)]
    assert database.execute("select count(*) from steps where kind = 'payment.refund'") == [(0,)]
    assert told(order, "approval") == [
        (
            "Sofia Marin",
            "Refund of 104.70 EUR asked for; finance, a manager or an administrator decides. Reason: came broken",
        )
    ]
    assert database.execute("select actor_id, reason from audit where action = 'request_refund'") == [
        (sofia.id, "came broken")
    ]
    again = refund(order, sofia, version=shown.version, token=shown.token)
    assert (again.repeated, again.asked) == (True, True)


def test_the_limit_is_the_roles_own(order: Order, priya: Actor) -> None:
    assert not refund(order, priya, RefundWish(amount_minor=8000)).asked


def test_many_small_refunds_of_one_order_do_not_get_round_the_limit(
    order: Order, sofia: Actor, priya: Actor, database: Database
) -> None:
    refund(order, sofia, RefundWish(amount_minor=3000))
    shown = in_unit_of_work(refunds.preview_refund, order.number, RefundWish(amount_minor=2001), actor=sofia)
    assert shown.effects[0].startswith("20.01 EUR back, after 30.00 EUR before, is more than the 50.00 EUR")
    approve(asked(order, sofia, RefundWish(amount_minor=2001)), priya)
    assert not refund(order, sofia, RefundWish(amount_minor=2000)).asked
    assert [row[0] for row in database.execute(REFUNDS)] == [3000, 2001, 2000]


def test_without_limits_nobody_is_asked(order: Order, sofia: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_REFUND_LIMIT", "none")
    settings.current.cache_clear()
    assert not refund(order, sofia).asked


def test_the_same_is_asked_once(order: Order, sofia: Actor, priya: Actor, database: Database) -> None:
    asked(order, sofia)
    shown = in_unit_of_work(refunds.preview_refund, order.number, FULL, actor=priya)
    assert shown.refusal.startswith("Sofia Marin asked for a second person 0 s ago (refund).")
    with pytest.raises(NotPossible, match="Sofia Marin asked"):
        refund(order, priya)
    assert len(database.execute(REQUESTS)) == 1


# -- the second person ------------------------------------------------------------------------------------------------


def test_the_second_person_sees_the_same_and_approving_carries_it_out_in_the_name_of_both(
    order: Order, sofia: Actor, priya: Actor, database: Database
) -> None:
    approval_id = asked(order, sofia)
    found = look(approval_id, priya)
    assert (found.changes, found.preview.refusal) == ("", "")
    assert found.preview.effects == found.approval.effects
    assert found.approval.effects[0] == "104.70 EUR is paid back the way it was paid."

    done = approve(approval_id, priya, found.preview)

    assert done.sentence == "Approved. 104.70 EUR is being paid back."
    assert database.execute(REFUNDS) == [(10470, "came broken", sofia.id, True)]
    assert database.execute(REQUESTS) == [("refund", "approved", 10470, "Priya Nair")]
    assert told(order, "approval")[1:] == [("Priya Nair", "Refund of 104.70 EUR: approved; asked by Sofia Marin.")]
    assert told(order, "refund:requested") == [
        ("Sofia Marin and Priya Nair", "Refund of 104.70 EUR decided. Reason: came broken")
    ]
    assert database.execute("select action, actor_id from audit where action in ('approve', 'refund') order by 1") == [
        ("approve", priya.id),
        ("refund", sofia.id),
    ]
    assert approve(approval_id, priya, found.preview).repeated
    assert len(database.execute(REFUNDS)) == 1


def test_who_asked_is_never_the_second_person_whatever_they_come_with(
    order: Order, priya: Actor, database: Database
) -> None:
    approval_id = asked(order, priya)
    bearer = in_unit_of_work(
        accounts.create_token, role=Role.ADMIN, name="robot", actor=SYSTEM, owner="priya@shop.test"
    )
    token = in_unit_of_work(accounts.api_actor, bearer)
    assert token is not None
    assert (token.id, token.party) == ("token:1", priya.id)
    for same in (priya, replace(priya, name="P. Nair", role=Role.ADMIN), token):
        shown = look(approval_id, same)
        assert (shown.approval.mine, shown.approval.may_decide) == (True, False)
        with pytest.raises(OwnRequest):
            approve(approval_id, same)
        with pytest.raises(OwnRequest):
            decline(approval_id, same)
    assert database.execute(REQUESTS) == [("refund", "pending", 10470, "")]
    assert database.execute(REFUNDS) == []


def test_the_database_itself_refuses_one_person_as_both(order: Order, sofia: Actor, database: Database) -> None:
    asked(order, sofia)
    with pytest.raises(Exception, match="ck_approvals_two_people"):
        database.execute("update approvals set state = 'approved', decided_at = now(), decided_party = requested_party")


@pytest.mark.parametrize("role", [Role.CUSTOMER_SERVICE, Role.QA])
def test_a_role_that_may_not_be_the_second_person_decides_nothing(
    order: Order, sofia: Actor, role: Role, database: Database
) -> None:
    approval_id = asked(order, sofia)
    other = colleague("Tom Okafor", role)
    assert look(approval_id, other).preview.refusal == "Only finance, a manager or an administrator can decide this."
    for decide in (approve, decline):
        with pytest.raises(NotAllowed):
            decide(approval_id, other)
    assert database.execute(REQUESTS) == [("refund", "pending", 10470, "")]


def test_finance_decides_refunds_but_no_suspicion_of_fraud(order: Order, sofia: Actor) -> None:
    jonas = colleague("Jonas Weber", Role.FINANCE)
    assert approve(asked(order, sofia), jonas).sentence.startswith("Approved.")
    suspected(order, sofia)
    approval_id = asked_release(order, sofia)
    with pytest.raises(NotAllowed):
        approve(approval_id, jonas)


def test_declining_says_why_and_does_nothing(order: Order, sofia: Actor, priya: Actor, database: Database) -> None:
    approval_id = asked(order, sofia)
    with pytest.raises(ReasonMissing):
        decline(approval_id, priya, " ")
    assert decline(approval_id, priya).sentence == "Declined; Sofia Marin sees why."
    assert told(order, "approval")[-1] == (
        "Priya Nair",
        "Refund of 104.70 EUR: declined. Reason: Ask the carrier first.",
    )
    (decided,) = in_unit_of_work(approvals.review, actor=sofia).decided
    assert (decided.state, decided.decided_by, decided.decided_reason) == (
        "declined",
        "Priya Nair",
        "Ask the carrier first.",
    )
    assert database.execute(REFUNDS) == []
    assert refund(order, sofia).asked, "it may be asked again"


def test_who_asked_can_withdraw_and_nobody_else(order: Order, sofia: Actor, priya: Actor, database: Database) -> None:
    approval_id = asked(order, sofia)
    with pytest.raises(NotPossible, match="Only Sofia Marin can withdraw this"):
        withdraw(approval_id, priya)
    assert withdraw(approval_id, sofia).sentence == "Withdrawn. Nothing was done."
    with pytest.raises(AlreadyDone, match="withdrawn by Sofia Marin"):
        approve(approval_id, priya)
    assert database.execute(REFUNDS) == []


def test_a_request_that_does_not_exist_says_so(priya: Actor) -> None:
    with pytest.raises(NotFound, match="There is no request 99"):
        look(99, priya)


# -- facts that move --------------------------------------------------------------------------------------------------


def test_what_moved_since_the_second_person_looked_refuses_and_is_shown_anew(
    order: Order, sofia: Actor, priya: Actor, database: Database
) -> None:
    approval_id = asked(order, sofia, RefundWish(amount_minor=6000))
    shown = look(approval_id, priya).preview
    in_unit_of_work(actions.hold, order.number, actor=sofia, reason="wait for the photo")
    with pytest.raises(PreviewOutdated, match="Sofia Marin held it"):
        approve(approval_id, priya, shown)
    assert database.execute(REFUNDS) == []
    anew = look(approval_id, priya)
    assert "Sofia Marin held it" in anew.changes
    assert anew.preview.remaining_holds == ("Held by staff",)
    approve(approval_id, priya, anew.preview)
    assert [row[0] for row in database.execute(REFUNDS)] == [6000]


def test_another_amount_than_was_asked_is_not_approved(
    order: Order, sofia: Actor, priya: Actor, database: Database
) -> None:
    approval_id = asked(order, sofia)
    refund(order, priya, RefundWish(amount_minor=1000))
    shown = look(approval_id, priya)
    said = "It comes to 94.70 EUR now, not to the 104.70 EUR that was asked. Decline it, and have it asked again."
    assert shown.preview.refusal == said
    with pytest.raises(NotPossible, match=r"It comes to 94\.70 EUR now"):
        approve(approval_id, priya)
    assert [row[0] for row in database.execute(REFUNDS)] == [1000]


def test_a_note_changes_nothing_that_was_decided_on(order: Order, sofia: Actor, priya: Actor) -> None:
    approval_id = asked(order, sofia)
    shown = look(approval_id, priya).preview
    in_unit_of_work(notes.add_note, order.number, "Customer called again.", actor=sofia)
    assert approve(approval_id, priya, shown).sentence.startswith("Approved.")


def test_what_somebody_asked_who_has_left_is_not_carried_out(
    order: Order, sofia: Actor, priya: Actor, database: Database
) -> None:
    approval_id = asked(order, sofia)
    in_unit_of_work(accounts.disable_user, email="sofia@shop.test", actor=SYSTEM)
    with pytest.raises(NotPossible, match="Sofia Marin no longer has access"):
        approve(approval_id, priya)
    assert database.execute(REFUNDS) == []


def test_what_somebody_asked_who_may_no_longer_do_it_is_not_carried_out(
    order: Order, sofia: Actor, priya: Actor, database: Database
) -> None:
    approval_id = asked(order, sofia)
    database.execute("update users set role = 'qa' where id = %s", (sofia.id.partition(":")[2],))
    with pytest.raises(NotAllowed, match="The role QA may not refund orders"):
        approve(approval_id, priya)
    assert database.execute(REQUESTS) == [("refund", "pending", 10470, "")]


def test_what_nobody_decides_in_time_expires_and_may_be_asked_again(
    order: Order, sofia: Actor, priya: Actor, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    approval_id = asked(order, sofia)
    shown = look(approval_id, priya).preview
    later = clock.now() + timedelta(hours=72, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    with pytest.raises(NotPossible, match="Nobody decided this in time"):
        approve(approval_id, priya, shown)
    assert in_unit_of_work(approvals.review, actor=priya).to_decide == ()
    in_unit_of_work(sweep.sweep, "test")
    assert database.execute(REQUESTS) == [("refund", "expired", 10470, "Holdfast")]
    assert told(order, "approval")[-1] == (
        "Holdfast",
        "Refund of 104.70 EUR was decided by nobody in time; Sofia Marin may ask again.",
    )
    assert refund(order, sofia).asked
    assert database.execute(REFUNDS) == []
