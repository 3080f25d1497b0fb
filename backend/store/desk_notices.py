"""What people were told: their notices, newest first, and how many they have not read."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, text
from sqlmodel import Session, col, select

from backend.domain.teamwork import person_topic
from backend.store.tables import DeskNotice, Order, User


def add(session: Session, notice: DeskNotice) -> None:
    """Tell a person something; their open pages hear of it."""
    session.add(notice)
    session.flush()
    _tell(session, notice.user_id)


def of_run(session: Session, user_id: int, kind: str, run_id: int) -> DeskNotice | None:
    """What a person was told about a bulk run already."""
    wanted = (DeskNotice.user_id == user_id, DeskNotice.run_id == run_id, DeskNotice.kind == kind)
    return session.exec(select(DeskNotice).where(*wanted).execution_options(populate_existing=True)).first()


def newest(
    session: Session, user_id: int, *, before: int, only_unread: bool, limit: int
) -> list[tuple[DeskNotice, str]]:
    """A person's notices older than `before` (0: the newest), each with its order's number."""
    statement = select(DeskNotice, Order.number).join(Order, col(Order.id) == col(DeskNotice.order_id))
    statement = statement.where(DeskNotice.user_id == user_id)
    if before:
        statement = statement.where(col(DeskNotice.id) < before)
    if only_unread:
        statement = statement.where(col(DeskNotice.read_at).is_(None))
    rows = session.exec(statement.order_by(col(DeskNotice.id).desc()).limit(limit)).all()
    return [(notice, number) for notice, number in rows]


def to_be_mailed(session: Session, notice_id: int) -> tuple[DeskNotice, User]:
    """A notice and whom it is for, as they are now."""
    notice = session.exec(
        select(DeskNotice).where(DeskNotice.id == notice_id).execution_options(populate_existing=True)
    ).one()
    person = session.exec(select(User).where(User.id == notice.user_id).execution_options(populate_existing=True)).one()
    return notice, person


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


def mark_unread(session: Session, user_id: int, ids: Iterable[int]) -> None:
    """Have these of a person's notices count as unread again."""
    changed = session.execute(
        text(
            "update desk_notices set read_at = null where user_id = :user_id and read_at is not null and id = any(:ids) "
            "returning 1"
        ),
        {"user_id": user_id, "ids": list(ids)},
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
