"""Tags that colleagues put on orders and take off again."""

from sqlmodel import Session

from backend import clock
from backend.domain.errors import NotPossible
from backend.domain.permissions import Actor, Area, Level
from backend.domain.tags import MOST, tag_of
from backend.domain.timeline import TimelineKind, Weight
from backend.store import orders, timeline
from backend.store.tables import Order


def add_tag(session: Session, number: str, text: str, *, actor: Actor) -> tuple[str, ...]:
    """Put a tag on an order; one that it has already stays as it is. Returns all its tags."""
    actor.require(Area.ORDERS, Level.ACT, "tag orders")
    tag = tag_of(text)
    order = orders.lock_by_number(session, number)
    if tag in order.tags:
        return tuple(order.tags)
    if len(order.tags) >= MOST:
        raise NotPossible(f"The order has {MOST} tags already. Take one off first.")
    return _tagged(session, order, [*order.tags, tag], f"{actor.name} tagged the order “{tag}”.", actor)


def remove_tag(session: Session, number: str, tag: str, *, actor: Actor) -> tuple[str, ...]:
    """Take a tag off an order; one that it has no more is gone already. Returns the tags that are left."""
    actor.require(Area.ORDERS, Level.ACT, "tag orders")
    order = orders.lock_by_number(session, number)
    if tag not in order.tags:
        return tuple(order.tags)
    left = [other for other in order.tags if other != tag]
    return _tagged(session, order, left, f"{actor.name} took the tag “{tag}” off.", actor)


def _tagged(session: Session, order: Order, tags: list[str], text: str, actor: Actor) -> tuple[str, ...]:
    order.tags = tags
    session.add(order)
    timeline.add(session, order.id, TimelineKind.TAGGED, text, actor=actor, at=clock.now(), weight=Weight.MILESTONE)
    return tuple(tags)
