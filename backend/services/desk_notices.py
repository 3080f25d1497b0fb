"""What people are told about orders: each person's notices, unread ones counted, read ones marked."""

from collections.abc import Sequence

from sqlmodel import Session

from backend import clock
from backend.domain import teamwork as words
from backend.domain.errors import NotPossible
from backend.domain.permissions import Actor, Area, Level
from backend.domain.teamwork import Inbox, NoticeKind
from backend.store import desk_notices
from backend.store.tables import DeskNotice
from backend.store.teamwork import user_id

SHOWN = 50


def tell(
    session: Session,
    person: int,
    kind: NoticeKind,
    order_id: int,
    text: str,
    *,
    actor: Actor,
    note_id: int | None = None,
) -> None:
    """Tell a person something about an order. `text` goes on after the order's number."""
    notice = DeskNotice(
        user_id=person,
        kind=kind,
        order_id=order_id,
        note_id=note_id,
        actor_name=actor.name,
        text=text,
        at=clock.now(),
    )
    desk_notices.add(session, notice)


def inbox(session: Session, *, actor: Actor, before: int = 0) -> Inbox:
    """The actor's own newest notices, or those older than notice `before`."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    me = user_id(actor)
    found = desk_notices.newest(session, me, before=before, limit=SHOWN) if me else []
    notices = tuple(
        words.DeskNotice(
            notice.id, notice.kind, number, notice.text, notice.actor_name, notice.at, notice.read_at is not None
        )
        for notice, number in found
    )
    return Inbox(notices, desk_notices.unread(session, me) if me else 0)


def unread(session: Session, *, actor: Actor) -> int:
    """How many notices the actor has not read."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    me = user_id(actor)
    return desk_notices.unread(session, me) if me else 0


def mark_read(session: Session, ids: Sequence[int] | None = None, *, actor: Actor) -> None:
    """Mark these of the actor's own notices as read, or all of them; other people's are not touched."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    me = user_id(actor)
    if not me:
        raise NotPossible("An API token has no notices.")
    desk_notices.mark_read(session, me, ids, clock.now())
