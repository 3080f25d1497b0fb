"""What people are told about orders: each person's notices, unread ones counted, read ones marked."""

from collections.abc import Sequence

from sqlmodel import Session

from backend import clock, settings
from backend.domain import teamwork as words
from backend.domain.errors import NotPossible
from backend.domain.permissions import Actor, Area, Level
from backend.domain.steps import StepKind
from backend.domain.teamwork import Inbox, NoticeKind
from backend.store import desk_notices, steps
from backend.store.tables import DeskNotice, Order
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
    run_id: int | None = None,
) -> int:
    """Tell a person something about an order; returns the notice's id. `text` goes on after the order's number."""
    notice = DeskNotice(
        user_id=person,
        kind=kind,
        order_id=order_id,
        note_id=note_id,
        run_id=run_id,
        actor_name=actor.name,
        text=text,
        at=clock.now(),
    )
    desk_notices.add(session, notice)
    return notice.id


def tell_of_run(
    session: Session, person: int, kind: NoticeKind, order_id: int, run_id: int, texts: tuple[str, str], *, actor: Actor
) -> None:
    """Tell a person what a bulk run did to an order of theirs: once for all its orders, which are counted.

    `texts` goes on after one order's number, and after several. The caller has locked the run.
    """
    known = desk_notices.of_run(session, person, kind, run_id)
    if known is None:
        tell(session, person, kind, order_id, texts[0], actor=actor, run_id=run_id)
    else:
        known.orders, known.text, known.at, known.read_at = known.orders + 1, texts[1], clock.now(), None
        desk_notices.add(session, known)


def tell_of_mention(session: Session, person: int, order: Order, note_id: int, *, actor: Actor) -> None:
    """Tell a colleague that a note names them, and by mail unless they see it soon."""
    text = "mentions you in a note"
    notice_id = tell(session, person, NoticeKind.MENTION, order.id, text, actor=actor, note_id=note_id)
    delay = words.MAILED_AFTER.total_seconds() * settings.current().retry_scale
    steps.promise(
        session, order, StepKind.MAIL_MENTION,
        at=clock.now(), subject=str(notice_id), requested_by=actor.id, delay=delay,
    )  # fmt: skip


def inbox(session: Session, *, actor: Actor, before: int = 0, only_unread: bool = False) -> Inbox:
    """The actor's own newest notices, or those older than notice `before`; all of them, or the unread ones."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    me = user_id(actor)
    found = _newest(session, me, before, only_unread) if me else []
    notices = tuple(
        words.DeskNotice(
            notice.id,
            notice.kind,
            number,
            notice.text,
            notice.actor_name,
            notice.at,
            notice.read_at is not None,
            notice.orders,
        )
        for notice, number in found[:SHOWN]
    )
    older = notices[-1].id if len(found) > SHOWN else 0
    return Inbox(notices, desk_notices.unread(session, me) if me else 0, older)


def _newest(session: Session, person: int, before: int, only_unread: bool) -> list[tuple[DeskNotice, str]]:
    """One more than is shown, which tells whether there are more."""
    return desk_notices.newest(session, person, before=before, only_unread=only_unread, limit=SHOWN + 1)


def unread(session: Session, *, actor: Actor) -> int:
    """How many notices the actor has not read."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    me = user_id(actor)
    return desk_notices.unread(session, me) if me else 0


def mark_read(session: Session, ids: Sequence[int] | None = None, *, actor: Actor) -> None:
    """Mark these of the actor's own notices as read, or all of them; other people's are not touched."""
    desk_notices.mark_read(session, _person(actor), ids, clock.now())


def mark_unread(session: Session, ids: Sequence[int], *, actor: Actor) -> None:
    """Mark these of the actor's own notices as not read, to come back to them; other people's are not touched."""
    desk_notices.mark_unread(session, _person(actor), ids)


def _person(actor: Actor) -> int:
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    me = user_id(actor)
    if not me:
        raise NotPossible("An API token has no notices.")
    return me
