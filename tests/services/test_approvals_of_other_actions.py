"""Cancelling and suspected fraud take two people too, and of two who decide at once one counts."""

from collections.abc import Callable
from typing import Any

import pytest

from backend import settings
from backend.domain.approvals import Review
from backend.domain.desk import ActionDone
from backend.domain.errors import (
    AlreadyDone,
    OwnRequest,
)
from backend.domain.permissions import Actor, Role
from backend.services import approvals, cancellations, orders
from backend.services.run import in_unit_of_work
from backend.store.tables import Order
from tests.conftest import Database
from tests.factories import colleague, new_order, paid, stocked
from tests.services.approving import (
    REFUNDS,
    approve,
    asked,
    asked_release,
    limit,
    look,
    order,
    priya,
    release,
    sofia,
    suspected,
)
from tests.services.racing import Racer, at_once, in_turn

__all__ = ["limit", "order", "priya", "sofia"]

# -- cancelling, and suspected fraud ----------------------------------------------------------------------------------


def cancel(order: Order, actor: Actor) -> ActionDone:
    shown = in_unit_of_work(cancellations.preview_cancel, order.number, restock=True, actor=actor)
    return in_unit_of_work(
        cancellations.cancel, order.number, restock=True, actor=actor,
        version=shown.version, token=shown.token, reason="changed her mind",
    )  # fmt: skip


def test_cancelling_takes_two_where_it_pays_back_more_than_the_limit(
    order: Order, sofia: Actor, priya: Actor, database: Database
) -> None:
    assert cancel(order, sofia).asked
    assert database.execute("select count(*) from holds") == [(0,)]
    (waiting,) = in_unit_of_work(approvals.review, actor=priya).to_decide
    assert (waiting.title, waiting.amount_minor) == ("Cancel order", 10470)

    done = approve(waiting.id, priya)

    assert done.sentence == f"Approved. Order {order.number} is being cancelled."
    assert database.execute("select kind, placed_by_name, facts from holds") == [
        ("being_cancelled", "Sofia Marin and Priya Nair", {"restock": True, "approval": waiting.id})
    ]


def test_an_order_that_a_colleague_suspects_of_fraud_is_released_by_two(
    order: Order, sofia: Actor, priya: Actor, database: Database
) -> None:
    suspected(order, sofia)
    approval_id = asked_release(order, sofia)
    assert database.execute("select kind, source, closed_by_name from holds") == [("fraud_suspected", "person", "")]
    assert approve(approval_id, priya).sentence == "Approved. Released. The order goes on."
    assert database.execute("select closed_by_name, closed_reason from holds") == [
        ("Sofia Marin and Priya Nair", "spoke to her")
    ]


def test_a_managers_own_suspicion_takes_a_second_person_too(order: Order, priya: Actor, database: Database) -> None:
    suspected(order, priya)
    approval_id = asked_release(order, priya)
    with pytest.raises(OwnRequest):
        approve(approval_id, priya)
    assert database.execute("select closed_at from holds") == [(None,)]


@pytest.mark.parametrize(("setting", "asks"), [("person", False), ("always", True)])
def test_the_shops_own_suspicion_takes_two_where_that_is_set(
    database: Database, sofia: Actor, monkeypatch: pytest.MonkeyPatch, setting: str, asks: bool
) -> None:
    monkeypatch.setenv("HOLDFAST_FRAUD_RELEASE", setting)
    settings.current.cache_clear()
    stocked("LNT-STR-BRS", 100)
    risky = paid(new_order(risk="high"))
    (hold,) = in_unit_of_work(orders.order_view, risky.number, actor=sofia).holds
    assert (hold.kind, hold.source) == ("fraud_risk", "check")
    assert release(risky, sofia, hold.id).asked is asks


# -- at once ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [at_once, in_turn])
def test_of_two_approvers_at_once_one_counts_and_the_other_is_told_by_whom(
    order: Order, sofia: Actor, priya: Actor, database: Database, start: Callable[..., Any]
) -> None:
    ada = colleague("Ada Lindqvist", Role.ADMIN)
    approval_id = asked(order, sofia)
    shown = {actor.id: look(approval_id, actor).preview for actor in (priya, ada)}
    racers = [
        Racer("approve", lambda actor=actor: approve(approval_id, actor, shown[actor.id]), actor)
        for actor in (priya, ada)
    ]

    results = start(database, order.number, racers)

    (winner,) = [result for result in results if result.done]
    (loser,) = [result for result in results if not result.done]
    assert isinstance(loser.refusal, AlreadyDone)
    assert f"approved by {winner.who}" in loser.said
    assert len(database.execute(REFUNDS)) == 1


def test_approving_and_withdrawing_at_once_ends_in_one_of_them(
    order: Order, sofia: Actor, priya: Actor, database: Database
) -> None:
    approval_id = asked(order, sofia)
    shown, own = look(approval_id, priya).preview, look(approval_id, sofia).preview.token
    racers = [
        Racer("approve", lambda: approve(approval_id, priya, shown), priya),
        Racer("withdraw", lambda: in_unit_of_work(approvals.withdraw, approval_id, actor=sofia, token=own), sofia),
    ]

    results = at_once(database, order.number, racers)

    assert sorted(result.done for result in results) == [False, True]
    ((state,),) = database.execute("select state from approvals")
    assert len(database.execute(REFUNDS)) == (1 if state == "approved" else 0)


def test_the_queue_tells_mine_to_decide_from_what_i_asked_and_what_waits_for_others(
    order: Order, sofia: Actor, priya: Actor, database: Database
) -> None:
    approval_id = asked(order, sofia)
    greta = colleague(name="Greta Holm")

    def ids(review: Review) -> tuple[list[int], ...]:
        return tuple(
            [view.id for view in part] for part in (review.to_decide, review.mine, review.others, review.decided)
        )

    assert ids(in_unit_of_work(approvals.review, actor=sofia)) == ([], [approval_id], [], [])
    assert ids(in_unit_of_work(approvals.review, actor=priya)) == ([approval_id], [], [], [])
    assert ids(in_unit_of_work(approvals.review, actor=greta)) == ([], [], [approval_id], [])
    (found,) = in_unit_of_work(approvals.waiting_on, order.number, actor=greta)
    assert (found.number, found.requested_by, found.amount_minor) == (order.number, "Sofia Marin", 10470)
    approve(approval_id, priya)
    assert ids(in_unit_of_work(approvals.review, actor=greta)) == ([], [], [], [approval_id])
    assert in_unit_of_work(approvals.waiting_on, order.number, actor=greta) == ()
