"""What the tests of approvals begin with, and do as the one who asks and as the one who decides."""

from typing import Any

import pytest

from backend import settings
from backend.domain.approvals import ApprovalPreview
from backend.domain.desk import ActionDone, Preview
from backend.domain.permissions import Actor, Role
from backend.domain.refunds import RefundWish
from backend.services import actions, approvals, orders, refunds
from backend.services.run import in_unit_of_work
from backend.store.tables import Order
from tests.conftest import Database
from tests.factories import colleague, paid, stocked

FULL = RefundWish(full=True)
REFUNDS = "select amount_minor, reason, requested_by, approval_id is not null from refunds order by id"


@pytest.fixture(autouse=True)
def limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Customer service pays back 50 EUR of an order alone, managers 80."""
    monkeypatch.setenv("HOLDFAST_REFUND_LIMIT", "50,manager:80")
    settings.current.cache_clear()


@pytest.fixture
def sofia(database: Database) -> Actor:
    return colleague()


@pytest.fixture
def priya(database: Database) -> Actor:
    return colleague("Priya Nair", Role.MANAGER)


@pytest.fixture
def order(database: Database) -> Order:
    """104.70 EUR, two lanterns of 49.90 and 4.90 for shipping, all captured."""
    stocked("LNT-STR-BRS", 100)
    return paid()


def refund(order: Order, actor: Actor, wish: RefundWish = FULL, **more: Any) -> ActionDone:
    shown = in_unit_of_work(refunds.preview_refund, order.number, wish, actor=actor)
    given = {"version": shown.version, "token": shown.token, "reason": "came broken"} | more
    return in_unit_of_work(refunds.refund, order.number, wish, actor=actor, **given)


def asked(order: Order, actor: Actor, wish: RefundWish = FULL) -> int:
    assert refund(order, actor, wish).asked
    return in_unit_of_work(approvals.review, actor=actor).mine[-1].id


def look(approval_id: int, actor: Actor) -> ApprovalPreview:
    return in_unit_of_work(approvals.preview, approval_id, actor=actor)


def approve(approval_id: int, actor: Actor, shown: Preview | None = None) -> ActionDone:
    preview = shown or look(approval_id, actor).preview
    return in_unit_of_work(approvals.approve, approval_id, actor=actor, version=preview.version, token=preview.token)


def decline(approval_id: int, actor: Actor, reason: str = "Ask the carrier first.") -> ActionDone:
    token = look(approval_id, actor).preview.token
    return in_unit_of_work(approvals.decline, approval_id, actor=actor, token=token, reason=reason)


def withdraw(approval_id: int, actor: Actor) -> ActionDone:
    token = look(approval_id, actor).preview.token
    return in_unit_of_work(approvals.withdraw, approval_id, actor=actor, token=token)


def suspected(order: Order, actor: Actor) -> None:
    in_unit_of_work(actions.hold, order.number, actor=actor, reason="three cards in a day", fraud=True)


def release(order: Order, actor: Actor, hold_id: int, reason: str = "spoke to her") -> ActionDone:
    shown = in_unit_of_work(actions.preview_release, order.number, [hold_id], actor=actor)
    return in_unit_of_work(
        actions.release, order.number, [hold_id],
        actor=actor, version=shown.version, token=shown.token, reason=reason,
    )  # fmt: skip


def asked_release(order: Order, actor: Actor) -> int:
    (hold,) = in_unit_of_work(orders.order_view, order.number, actor=actor).holds
    assert release(order, actor, hold.id).asked
    return in_unit_of_work(approvals.review, actor=actor).mine[-1].id
