"""Refunds that failed and the limit of what one person pays back alone: one click sends them again, so they count."""

import pytest
from sqlmodel import Session

from backend import settings
from backend.domain.holds import HoldKind
from backend.domain.permissions import Actor
from backend.domain.refunds import RefundWish
from backend.domain.steps import StepKind
from backend.services import actions, orders, proofs, refunds
from backend.services.run import in_unit_of_work
from backend.store import orders as order_store
from backend.store import refunds as refund_store
from backend.store import steps
from backend.store.tables import Order
from tests.conftest import Database
from tests.factories import colleague, paid, stocked
from tests.services.approving import refund


@pytest.fixture
def sofia(database: Database, monkeypatch: pytest.MonkeyPatch) -> Actor:
    """Customer service pays back 50 EUR of an order alone."""
    monkeypatch.setenv("HOLDFAST_REFUND_LIMIT", "50")
    settings.current.cache_clear()
    return colleague()


@pytest.fixture
def order(database: Database) -> Order:
    """104.70 EUR, all captured."""
    stocked("LNT-STR-BRS", 100)
    return paid()


def did_not_arrive(session: Session, order_id: int) -> None:
    order = order_store.lock(session, order_id)
    (made,) = refund_store.of_order(session, order_id)
    step = steps.latest(session, order_id, StepKind.PAYMENT_REFUND, str(made.id))
    assert step is not None
    refund_store.fail(session, made, "re_1")
    assert proofs.failed(session, order, step, "stripe", "It came back.", HoldKind.PAYMENT_REFUSED)


def test_one_that_may_be_sent_again_and_a_new_one_do_not_get_round_the_limit_together(
    order: Order, sofia: Actor, database: Database
) -> None:
    another = RefundWish(amount_minor=2001)
    refund(order, sofia, RefundWish(amount_minor=3000))
    in_unit_of_work(did_not_arrive, order.id)

    shown = in_unit_of_work(refunds.preview_refund, order.number, another, actor=sofia)
    assert shown.effects[0].startswith("20.01 EUR back, after 30.00 EUR before, is more than the 50.00 EUR")
    (hold,) = in_unit_of_work(orders.order_view, order.number, actor=sofia).holds
    again = in_unit_of_work(actions.preview_retry, order.number, hold.id, actor=sofia)
    click = {"version": again.version, "token": again.token}
    in_unit_of_work(actions.retry, order.number, hold.id, actor=sofia, **click)
    assert database.execute("select state from refunds") == [("failed",)]  # until the step runs

    assert refund(order, sofia, another).asked
    assert database.execute("select amount_minor from refunds") == [(3000,)]


def test_one_that_was_called_off_counts_no_more(order: Order, sofia: Actor, database: Database) -> None:
    refund(order, sofia, RefundWish(amount_minor=3000))
    in_unit_of_work(did_not_arrive, order.id)
    database.execute("update steps set state = 'cancelled' where kind = 'payment.refund'")

    assert not refund(order, sofia, RefundWish(amount_minor=5000)).asked
