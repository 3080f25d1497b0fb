"""Append-only payment entries and what they add up to."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session, col, select

from backend.domain.payments import Balance, EntryKind, balance
from backend.store.tables import Order, PaymentEntry


def record(
    session: Session,
    order: Order,
    kind: EntryKind,
    *,
    amount_minor: int,
    currency: str,
    provider: str,
    reference: str,
    at: datetime,
    now: datetime,
    step_key: str = "",
    detail: str = "",
) -> bool:
    """Record one fact; False when (provider, reference, kind) is known already, so repeated news changes nothing."""
    session.flush()
    statement = text(
        "insert into payment_entries (order_id, kind, amount_minor, currency, provider, reference, step_key, detail, "
        "occurred_at, recorded_at) values (:order_id, :kind, :amount, :currency, :provider, :reference, :step_key, :detail, "
        ":at, :now) on conflict (provider, reference, kind) do nothing returning id"
    )
    values = {
        "order_id": order.id,
        "kind": str(kind),
        "amount": amount_minor,
        "currency": currency,
        "provider": provider,
        "reference": reference,
        "step_key": step_key,
        "detail": detail,
        "at": at,
        "now": now,
    }
    return session.execute(statement, values).scalar_one_or_none() is not None


def entries(session: Session, order_id: int) -> list[PaymentEntry]:
    return list(
        session.exec(select(PaymentEntry).where(PaymentEntry.order_id == order_id).order_by(col(PaymentEntry.id))).all()
    )


def find(session: Session, kind: EntryKind, *, provider: str, reference: str) -> PaymentEntry | None:
    """The fact as it was recorded before, by whatever way we heard of it."""
    statement = select(PaymentEntry).where(
        PaymentEntry.provider == provider, PaymentEntry.reference == reference, PaymentEntry.kind == str(kind)
    )
    return session.exec(statement).first()


def order_of(session: Session, provider: str, references: Iterable[str]) -> int | None:
    """The order in whose books one of these references stands."""
    named = [reference for reference in references if reference]
    statement = select(PaymentEntry.order_id).where(
        PaymentEntry.provider == provider, col(PaymentEntry.reference).in_(named)
    )
    return session.exec(statement).first() if named else None


def known(session: Session, kind: EntryKind, *, provider: str, reference: str) -> bool:
    """Whether this fact was recorded before, by whatever way we heard of it."""
    return find(session, kind, provider=provider, reference=reference) is not None


_OWN_ENTRIES = text(
    "select p.kind, p.amount_minor from payment_entries p join orders o on o.id = p.order_id "
    "where p.order_id = :order_id and p.currency = o.currency order by p.id"
)


def balance_of(session: Session, order_id: int) -> Balance:
    """What the entries in the order's own currency add up to; money in another one settles nothing by itself."""
    session.flush()
    rows = session.execute(_OWN_ENTRIES, {"order_id": order_id}).all()
    return balance((EntryKind(kind), amount_minor) for kind, amount_minor in rows)


_ENTRIES_OF_MANY = text(
    "select p.order_id, p.kind, sum(p.amount_minor) from payment_entries p join orders o on o.id = p.order_id "
    "where p.order_id = any(:order_ids) and p.currency = o.currency group by p.order_id, p.kind"
)


def balances_of(session: Session, order_ids: Sequence[int]) -> dict[int, Balance]:
    """`balance_of` for many orders with one statement; an order without entries is not in it."""
    session.flush()
    sums: dict[int, list[tuple[EntryKind, int]]] = {}
    for order_id, kind, amount_minor in session.execute(_ENTRIES_OF_MANY, {"order_ids": list(order_ids)}).all():
        sums.setdefault(order_id, []).append((EntryKind(kind), int(amount_minor)))
    return {order_id: balance(entries) for order_id, entries in sums.items()}
