"""Who looks at which order now: signs of life of open tabs, on the database's clock, so that all web processes agree."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlmodel import Session

from backend.domain.teamwork import VIEWERS, Viewer, viewers_topic

SECONDS = 40
"""A tab that has not been heard of for so long is gone."""


def look(session: Session, order_id: int, user_id: int, tab: str, name: str) -> None:
    """This tab shows the order; listeners are told when it did not a moment ago."""
    came = session.execute(
        text(
            "insert into desk_viewers as known (order_id, user_id, tab, name, seen_at) "
            "values (:order_id, :user_id, :tab, :name, clock_timestamp()) on conflict (order_id, user_id, tab) "
            "do update set name = :name, seen_at = clock_timestamp() returning "
            "(select before.seen_at from desk_viewers as before where before.order_id = :order_id "
            "and before.user_id = :user_id and before.tab = :tab) > clock_timestamp() - make_interval(secs => :seconds)"
        ),
        {"order_id": order_id, "user_id": user_id, "tab": tab, "name": name, "seconds": SECONDS},
    ).scalar_one()
    if not came:
        _tell(session, order_id)


def leave(session: Session, order_id: int, user_id: int, tab: str) -> None:
    """This tab no longer shows the order."""
    gone = session.execute(
        text("delete from desk_viewers where order_id = :order_id and user_id = :user_id and tab = :tab returning 1"),
        {"order_id": order_id, "user_id": user_id, "tab": tab},
    )
    if gone.first() is not None:
        _tell(session, order_id)


def of_orders(session: Session, order_ids: Sequence[int]) -> dict[int, tuple[Viewer, ...]]:
    """Who looks at these orders, each person once."""
    if not order_ids:
        return {}
    rows = session.execute(
        text(
            "select order_id, user_id, max(name) from desk_viewers where order_id = any(:ids) "
            "and seen_at > clock_timestamp() - make_interval(secs => :seconds) group by order_id, user_id "
            "order by order_id, user_id"
        ),
        {"ids": list(order_ids), "seconds": SECONDS},
    )
    found: dict[int, tuple[Viewer, ...]] = {}
    for order_id, user_id, name in rows:
        found[order_id] = (*found.get(order_id, ()), Viewer(user_id, name))
    return found


OF_QUEUE = (
    "select order_id, jsonb_agg(jsonb_build_array(user_id, name) order by user_id) as people from ("
    "select order_id, user_id, max(name) as name from desk_viewers where order_id = any(array(select order_id from queue)) "
    "and seen_at > clock_timestamp() - make_interval(secs => :seconds) group by order_id, user_id) as each_one "
    "group by order_id"
)
"""The same as part of a statement in which `queue` names the orders: `people` is [[user id, name]] per order."""


def forget_gone(session: Session) -> None:
    """Tabs that went without a word."""
    session.execute(
        text("delete from desk_viewers where seen_at < clock_timestamp() - make_interval(secs => :seconds)"),
        {"seconds": SECONDS * 3},
    )


def _tell(session: Session, order_id: int) -> None:
    for topic in (VIEWERS, viewers_topic(order_id)):
        session.execute(text("select pg_notify('holdfast_orders', :topic)"), {"topic": topic})
