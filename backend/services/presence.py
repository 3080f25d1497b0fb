"""Who looks at an order now. Nobody is locked out by it; it only spares two people the same work."""

from sqlmodel import Session

from backend import clock
from backend.domain.permissions import Actor, Area, Level
from backend.domain.teamwork import CLAIM_LASTS, Viewer
from backend.store import desk_notices, orders, teamwork, viewers


def arrive(session: Session, number: str, tab: str, *, actor: Actor) -> int:
    """The person opened an order in this tab: an activity, which keeps their claim and reads what they were told of it.

    Returns the order's id, under which the tab goes on looking.
    """
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    order = orders.by_number(session, number)
    me = teamwork.user_id(actor)
    if me:
        now = clock.now()
        viewers.look(session, order.id, me, tab[:64], actor.name)
        teamwork.renew_claim(session, order.id, me, now + CLAIM_LASTS)
        desk_notices.read_of_order(session, me, order.id, now)
    return order.id


def still_there(session: Session, order_id: int, tab: str, *, actor: Actor) -> tuple[Viewer, ...]:
    """The tab still shows the order, by itself: no activity. Who else looks at it now."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    me = teamwork.user_id(actor)
    if me:
        viewers.look(session, order_id, me, tab[:64], actor.name)
    return others(session, order_id, actor=actor)


def others(session: Session, order_id: int, *, actor: Actor) -> tuple[Viewer, ...]:
    """Who looks at the order now, but for the actor."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    me = teamwork.user_id(actor)
    found = viewers.of_orders(session, [order_id]).get(order_id, ())
    return tuple(viewer for viewer in found if viewer.user_id != me)


def leave(session: Session, order_id: int, tab: str, *, actor: Actor) -> None:
    """The tab shows something else now, or is closed."""
    me = teamwork.user_id(actor)
    if me:
        viewers.leave(session, order_id, me, tab[:64])
