"""What people were told: their notices, newest first, and how many they have not read."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, text
from sqlmodel import Session, col, select

from backend.domain.teamwork import person_topic
from backend.store.tables import DeskNotice, Order


def add(session: Session, notice: DeskNotice) -> None:
    """Tell a person something; their open pages hear of it."""
    session.add(notice)
    _tell(session, notice.user_id)


def newest(session: Session, user_id: int, *, before: int, limit: int) -> list[tuple[DeskNotice, str]]:
    """A person's notices older than `before` (0: the newest), each with its order's number."""
    statement = select(DeskNotice, Order.number).join(Order, col(Order.id) == col(DeskNotice.order_id))
    statement = statement.where(DeskNotice.user_id == user_id)
    if before:
        statement = statement.where(col(DeskNotice.id) < before)
    rows = session.exec(statement.order_by(col(DeskNotice.id).desc()).limit(limit)).all()
    return [(notice, number) for notice, number in rows]


def unread(session: Session, user_id: int) -> int:
    statement = select(func.count()).where(DeskNotice.user_id == user_id, col(DeskNotice.read_at).is_(None))
    return int(session.exec(statement).one())


def mark_read(session: Session, user_id: int, ids: Iterable[int] | None, at: datetime) -> None:
    """Note that a person has read these notices, or all of theirs."""
    chosen = "" if ids is None else " and id = any(:ids)"
    changed = session.execute(
        text(
            "update desk_notices set read_at = :at where user_id = :user_id and read_at is null"  # nosec B608 - constants
            f"{chosen} returning 1"
        ),
        {"at": at, "user_id": user_id} | ({} if ids is None else {"ids": list(ids)}),
    )
    if changed.first() is not None:
        _tell(session, user_id)


def read_of_order(session: Session, user_id: int, order_id: int, at: datetime) -> None:
    """A person who opens an order has seen what they were told about it."""
    changed = session.execute(
        text(
            "update desk_notices set read_at = :at where user_id = :user_id and order_id = :order_id "
            "and read_at is null returning 1"
        ),
        {"at": at, "user_id": user_id, "order_id": order_id},
    )
    if changed.first() is not None:
        _tell(session, user_id)


def _tell(session: Session, user_id: int) -> None:
    session.execute(text("select pg_notify('holdfast_orders', :topic)"), {"topic": person_topic(user_id)})
