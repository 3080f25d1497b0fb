"""What the order's page says of its money: every kind of entry in words, and what a bank disputes."""

import pytest
from sqlmodel import Session

from backend import clock
from backend.domain.order_page import Look, OrderShown, Tab
from backend.domain.payments import EntryKind
from backend.domain.permissions import Role
from backend.services import flow
from backend.services.order_page import order_shown
from backend.services.run import in_unit_of_work
from backend.store import orders, payments
from dashboard.components.marks import SHAPE_OF
from dashboard.pages.order import present_money
from tests import factories
from tests.conftest import Database

TOTAL = 10470


@pytest.fixture
def number(database: Database) -> str:
    factories.stocked("LNT-STR-BRS", 100)
    return factories.created().number


def told(number: str, *entries: tuple[EntryKind, int]) -> OrderShown:
    """The order's page after these entries of its money."""

    def record(session: Session) -> None:
        order = orders.lock_by_number(session, number)
        now = clock.now()
        for place, (kind, amount) in enumerate(entries):
            payments.record(
                session, order, kind,
                amount_minor=amount, currency="EUR", provider="stripe", reference=f"thing_{place}", at=now, now=now,
            )  # fmt: skip
        flow.update_facts(session, order)

    in_unit_of_work(record)
    return in_unit_of_work(order_shown, number, Tab.PAYMENTS, Look(), actor=factories.staff(Role.FINANCE))


def lines(view: OrderShown) -> dict[str, str]:
    return {line.label: line.amount for line in present_money.balance(view.content)}


def test_every_kind_of_entry_has_words_and_a_shape(number: str) -> None:
    view = told(number, *((kind, TOTAL if kind is EntryKind.CAPTURED else 100) for kind in EntryKind))
    cards = present_money.payments(view.content)
    words = {card.label for card in cards}
    assert {"Refund failed", "Dispute opened", "Dispute closed", "Chargeback", "Chargeback reversed"} <= words
    assert {card.mood for card in cards} <= set(SHAPE_OF)
    assert {card.label: card.mood for card in cards}["Refund failed"] == "bad"


def test_disputed_money_is_a_line_of_its_own_and_not_refundable(number: str) -> None:
    view = told(number, (EntryKind.CAPTURED, TOTAL), (EntryKind.REFUNDED, 470), (EntryKind.CHARGEBACK, 9000))
    assert view.head.payment_status == "disputed"
    assert lines(view) == {
        "Captured": "€104.70",
        "Refunded": "-€4.70",
        "Disputed by the bank": "-€90.00",
        "May still be refunded": "€10.00",
    }


def test_without_a_dispute_nothing_is_said_of_one(number: str) -> None:
    assert "Disputed by the bank" not in lines(told(number, (EntryKind.CAPTURED, TOTAL)))
