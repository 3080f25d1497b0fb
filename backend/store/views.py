"""Saved views, and which columns each person wants."""

import json

from sqlalchemy import text
from sqlmodel import Session, col, func, or_, select

from backend.domain.views import ListPage
from backend.store.tables import SavedView, User


def seen_by(session: Session, page: ListPage, user_id: int) -> list[tuple[SavedView, str]]:
    """The person's own views and everybody's shared ones, each with its owner's name, by name."""
    statement = (
        select(SavedView, User.name)
        .join(User, col(User.id) == col(SavedView.owner_id))
        .where(SavedView.page == page, or_(SavedView.owner_id == user_id, col(SavedView.shared)))
        .order_by(func.lower(SavedView.name), col(SavedView.id))
    )
    return [(view, name) for view, name in session.exec(statement).all()]


def locked(session: Session, view_id: int) -> SavedView | None:
    return session.exec(select(SavedView).where(SavedView.id == view_id).with_for_update()).first()


def named(session: Session, page: ListPage, user_id: int, name: str) -> SavedView | None:
    """The person's own view of this name."""
    return session.exec(
        select(SavedView).where(SavedView.page == page, SavedView.owner_id == user_id, SavedView.name == name)
    ).first()


def own_count(session: Session, user_id: int) -> int:
    return int(session.exec(select(func.count()).select_from(SavedView).where(SavedView.owner_id == user_id)).one())


def serialise(session: Session, user_id: int) -> None:
    """Make changes of one person's views wait for each other until the transaction ends."""
    session.execute(text("select id from users where id = :id for update"), {"id": user_id})


def columns(session: Session, user_id: int, page: ListPage) -> list[str]:
    """The columns the person last chose for the list; none where they never did."""
    found = session.execute(
        text("select preferences -> 'columns' -> :page from users where id = :id"), {"id": user_id, "page": str(page)}
    ).scalar_one_or_none()
    return [key for key in found if isinstance(key, str)] if isinstance(found, list) else []


def remember_columns(session: Session, user_id: int, page: ListPage, keys: list[str]) -> None:
    """Nothing else of the person's preferences is touched, whoever changes those at the same moment."""
    session.execute(
        text(
            "update users set preferences = preferences || jsonb_build_object('columns', "
            "coalesce(preferences -> 'columns', '{}'::jsonb) || jsonb_build_object(cast(:page as text), cast(:keys as jsonb))) "
            "where id = :id"
        ),
        {"id": user_id, "page": str(page), "keys": json.dumps(keys)},
    )
