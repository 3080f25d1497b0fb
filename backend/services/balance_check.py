"""Reading a provider's own list of movements: what moved there and is not in our books, whoever's order it was."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from backend import clock, settings
from backend.domain.payments import EntryKind
from backend.domain.reconciliation import Break, BreakKind, Movement, compare
from backend.ports.calls import Call, ProviderError
from backend.ports.payments import BalanceKind, BalanceRow, BalanceStatement
from backend.ports.registry import Adapters
from backend.services.reconciliation import OrderReconciled
from backend.services.run import in_unit_of_work
from backend.store import payments
from backend.store.tables import Order

PATIENCE = 300.0
"""Seconds that reading one provider's day may take in all."""

_ENTRIES = {
    BalanceKind.PAYMENT: EntryKind.CAPTURED,
    BalanceKind.REFUND: EntryKind.REFUNDED,
    BalanceKind.REFUND_FAILED: EntryKind.REFUND_FAILED,
    BalanceKind.CHARGEBACK: EntryKind.CHARGEBACK,
    BalanceKind.CHARGEBACK_REVERSED: EntryKind.CHARGEBACK_REVERSED,
}


def reconcile_balances(day: date, adapters: Adapters) -> Iterator[OrderReconciled]:
    """Every movement of the day (in the shop's time zone) that our books lack or have otherwise; nothing where all fit."""
    zone = ZoneInfo(settings.current().time_zone)
    since = datetime.combine(day, time(), zone).astimezone(UTC)
    until = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    for name, gateway in adapters.gateways.items():
        if isinstance(gateway, BalanceStatement):
            yield from _read(name, gateway, since, until)


def _read(name: str, gateway: BalanceStatement, since: datetime, until: datetime) -> Iterator[OrderReconciled]:
    call = Call(key=f"balance:{since:%Y-%m-%d}", deadline=clock.monotonic() + PATIENCE)
    try:
        for row in gateway.balance_rows(call, since=since, until=until):
            found = in_unit_of_work(_look_up, name, row) if row.kind in _ENTRIES and row.final else None
            if found is not None:
                yield found
    except ProviderError as error:
        yield OrderReconciled("", name, unanswered=error.sentence)


def _look_up(session: Session, provider: str, row: BalanceRow) -> OrderReconciled | None:
    entry = payments.find(session, _ENTRIES[row.kind], provider=provider, reference=row.reference)
    theirs = Movement(row.reference, abs(row.amount_minor), row.currency)
    if entry is None:
        number = session.exec(select(Order.number).where(Order.number == row.order_number)).first() or ""
        return OrderReconciled(number, provider, (Break(BreakKind.MISSING_HERE, row.reference, None, theirs),))
    ours = Movement(entry.reference, entry.amount_minor, entry.currency)
    breaks = compare([ours], [theirs])
    if not breaks:
        return None
    number = session.exec(select(Order.number).where(Order.id == entry.order_id)).one()
    return OrderReconciled(number, provider, tuple(breaks))
