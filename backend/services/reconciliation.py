"""Reconciling payments: every order that captured money on a day is read back from whoever holds it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from backend import clock, settings
from backend.domain.payments import EntryKind
from backend.domain.reconciliation import Break, Movement, compare
from backend.ports.calls import Call, ProviderError
from backend.ports.payments import PaymentOrder
from backend.ports.registry import Adapters
from backend.services import payment_steps
from backend.services.run import in_unit_of_work
from backend.store.tables import Order, PaymentEntry


@dataclass(frozen=True)
class OrderReconciled:
    """One order's verdict: `breaks` where the two sides differ, `unanswered` where the gateway could not be asked."""

    number: str
    gateway: str
    breaks: tuple[Break, ...] = ()
    unanswered: str = ""


@dataclass(frozen=True)
class _Captured:
    order: PaymentOrder
    provider: str
    ours: list[Movement]


def reconcile_payments(day: date, adapters: Adapters) -> Iterator[OrderReconciled]:
    """Compare the day's captures (in the shop's time zone) order by order; asks outside of any transaction."""
    for captured in in_unit_of_work(_captured_on, day):
        yield _reconcile(captured, adapters)


def _reconcile(captured: _Captured, adapters: Adapters) -> OrderReconciled:
    number = captured.order.number
    gateway = adapters.gateways.get(captured.provider)
    if gateway is None:
        return OrderReconciled(number, captured.provider, unanswered="this gateway is not connected")
    call = Call(key=f"{number}:reconcile", deadline=clock.monotonic() + settings.current().step_deadline)
    try:
        found = gateway.verify(captured.order, call)
    except ProviderError as error:
        return OrderReconciled(number, captured.provider, unanswered=error.sentence)
    theirs = [Movement(capture.reference, capture.amount_minor, capture.currency) for capture in found]
    return OrderReconciled(number, captured.provider, tuple(compare(captured.ours, theirs)))


def _captured_on(session: Session, day: date) -> list[_Captured]:
    zone = ZoneInfo(settings.current().time_zone)
    begin = datetime.combine(day, time(), zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    touched = (
        select(PaymentEntry.order_id)
        .where(
            PaymentEntry.kind == EntryKind.CAPTURED,
            col(PaymentEntry.occurred_at) >= begin,
            col(PaymentEntry.occurred_at) < end,
        )
        .distinct()
    )
    rows = session.exec(select(Order).where(col(Order.id).in_(touched)).order_by(col(Order.id))).all()
    return [found for order in rows for found in _by_provider(session, order)]


def _by_provider(session: Session, order: Order) -> list[_Captured]:
    """An order's captures, all days of it, one group for each gateway that made them."""
    statement = select(PaymentEntry).where(PaymentEntry.order_id == order.id, PaymentEntry.kind == EntryKind.CAPTURED)
    groups: dict[str, list[Movement]] = {}
    for entry in session.exec(statement.order_by(col(PaymentEntry.id))).all():
        movement = Movement(entry.reference, entry.amount_minor, entry.currency)
        groups.setdefault(entry.provider, []).append(movement)
    asked = payment_steps.whole_payment(order)
    return [_Captured(asked, provider, ours) for provider, ours in groups.items()]
