"""The desk's side of held orders: reading it for screens, locking it for acts, and finding what the sweep has to see to."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import func, text
from sqlmodel import Session, col, select

from backend.domain.hold_clock import WHEN_DOWN, OpenHold
from backend.domain.holds import HoldKind
from backend.domain.permissions import Actor, Role
from backend.domain.teamwork import Colleague, SnoozeEvent
from backend.domain.timeline import DESK_KINDS
from backend.store.tables import DeskWork, TimelineEntry, User

_COUNTS = {
    SnoozeEvent.PAYMENT: "select count(*) from payment_entries where payment_entries.order_id = work.order_id "
    "and payment_entries.kind in ('authorized', 'captured')",
    SnoozeEvent.PROVIDER: "select count(*) from (select 1 where not exists (select 1 from breakers "
    "where breakers.provider = work.snooze_provider and breakers.state <> 'closed')) as up",
    SnoozeEvent.ANSWER: "select count(*) from notes where notes.order_id = work.order_id "
    "and (notes.from_customer or notes.author_id <> work.snoozed_by)",
    SnoozeEvent.PARCEL: "select count(*) from tracking_scans join parcels on parcels.id = tracking_scans.parcel_id "
    "where parcels.order_id = work.order_id",
}
"""How much of what a snoozed order waits for has come. Counted, not dated: what is committed later may have been written
earlier. A provider counts once while it answers."""
_COME = (
    "case work.snooze_event " + " ".join(f"when '{event}' then ({count})" for event, count in _COUNTS.items()) + " end"
)
_SEEN = text(f"select {_COME} from desk_work as work where order_id = :order_id")  # nosec B608 - constants
_WAITING = (
    "select order_id from (select order_id, snooze_until, snooze_seen, "  # nosec B608 - constants
    f"{_COME} as come from desk_work as work where snoozed_at is not null and {{which}}) as waiting "
    "where snooze_until <= clock_timestamp() or come > snooze_seen order by snooze_until limit :limit"
)
_DUE = text(_WAITING.format(which="true"))
_DUE_OF_THESE = text(_WAITING.format(which="order_id = any(:ids)"))


@dataclass(frozen=True)
class DeskRow:
    """What a list shows of the desk's side of an order: the columns of `DeskWork` with these names."""

    order_id: int
    held: bool
    assignee_id: int | None
    assigned_by_name: str
    claim_until: datetime | None
    turn: str
    turn_by: str
    turn_provider: str
    turn_at: datetime
    spent_seconds: int
    target_seconds: int
    due_at: datetime | None
    risk_at: datetime | None
    held_at: datetime
    snoozed_at: datetime | None
    snooze_until: datetime | None
    snooze_event: str
    snooze_provider: str
    snoozed_by_name: str
    woken_at: datetime | None
    woken_why: str
    version: int


COLUMNS = tuple(each.name for each in fields(DeskRow))


def lock(session: Session, order_ids: Sequence[int], *, patiently: bool = True) -> list[DeskWork]:
    """The desk's side of these orders, locked, where there is one; the impatient leave out what somebody else has.

    Lock order everywhere: order, then this.
    """
    session.flush()
    statement = select(DeskWork).where(col(DeskWork.order_id).in_(order_ids)).order_by(col(DeskWork.order_id))
    statement = statement.with_for_update(skip_locked=not patiently).execution_options(populate_existing=True)
    return list(session.exec(statement).all())


def begin(session: Session, order_ids: Sequence[int]) -> None:
    """Make the rows of orders that are held for the first time; nothing for others."""
    session.flush()
    session.execute(
        text(
            "insert into desk_work (order_id, held, open_holds, held_at, assigned_by, assigned_by_name, turn, turn_by, "
            "turn_provider, turn_at, spent_seconds, target_seconds, clock_key, snooze_event, snooze_provider, snooze_seen, "
            "snoozed_by, snoozed_by_name, woken_why, version) select order_id, false, 0, min(placed_at), '', '', 'us', '', "
            "'', min(placed_at), 0, 0, '', '', '', 0, '', '', '', 1 from holds where order_id = any(:ids) "
            "and closed_at is null group by order_id order by order_id on conflict (order_id) do nothing"
        ),
        {"ids": list(order_ids)},
    )


def open_holds(session: Session, order_ids: Sequence[int]) -> dict[int, list[OpenHold]]:
    """The open holds of these orders, oldest first."""
    rows = session.execute(
        text(
            "select order_id, kind, provider, placed_at from holds where order_id = any(:ids) and holds.closed_at is null "
            "order by order_id, id"
        ),
        {"ids": list(order_ids)},
    )
    found: dict[int, list[OpenHold]] = {}
    for order_id, kind, provider, placed_at in rows:
        found.setdefault(order_id, []).append(OpenHold(HoldKind(kind), provider, placed_at))
    return found


def seen(session: Session, order_id: int) -> int:
    """How much of what the order is snoozed for has come before."""
    session.flush()
    return int(session.execute(_SEEN, {"order_id": order_id}).scalar_one() or 0)


def due_snoozes(session: Session, limit: int = 100) -> list[DeskWork]:
    """Snoozed orders whose date or event has come, locked; those in somebody's hands are left out."""
    found = list(session.execute(_DUE, {"limit": limit}).scalars())
    locked = _locked(session, found, col(DeskWork.snoozed_at).is_not(None))
    if not locked:
        return []
    # Asked once more under the lock: somebody may just have put the order away for longer.
    ids = [work.order_id for work in locked]
    still = set(session.execute(_DUE_OF_THESE, {"ids": ids, "limit": limit}).scalars())
    return [work for work in locked if work.order_id in still]


def ended_claims(session: Session, limit: int = 100) -> list[DeskWork]:
    """Claims that have run out, locked."""
    over = text(
        "select order_id from desk_work where claim_until <= clock_timestamp() order by claim_until limit :limit"
    )
    found = list(session.execute(over, {"limit": limit}).scalars())
    return _locked(session, found, col(DeskWork.claim_until) <= func.clock_timestamp())  # not renewed meanwhile


def _locked(session: Session, ids: list[int], still: Any) -> list[DeskWork]:
    if not ids:
        return []
    statement = select(DeskWork).where(col(DeskWork.order_id).in_(ids), still).order_by(col(DeskWork.order_id))
    statement = statement.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return list(session.exec(statement).all())


def alone(session: Session) -> bool:
    """Whether no other process goes round at the moment; none will, until this transaction ends."""
    return bool(session.execute(text("select pg_try_advisory_xact_lock(7201953118)")).scalar_one())


def behind(session: Session, clock_key: str, limit: int) -> list[int]:
    """Orders whose holds the desk does not know of, that it takes for held and are not, or reckoned by other settings."""
    found = session.execute(
        text(
            "select order_id from holds where closed_at is null and not exists (select 1 from desk_work "
            "where desk_work.order_id = holds.order_id and held) union "
            "select order_id from desk_work where held and (clock_key <> :key or not exists (select 1 from holds "
            "where holds.order_id = desk_work.order_id and closed_at is null)) limit :limit"
        ),
        {"key": clock_key, "limit": limit},
    )
    return list(found.scalars())


def turned(session: Session, limit: int = 500) -> list[int]:
    """Orders whose turn the breakers have changed: their provider answers again, or is known to be down by now."""
    found = session.execute(
        text(
            "select order_id from desk_work where held and snoozed_at is null and due_at is null and turn_provider <> '' "
            "and turn_by = '' and not exists (select 1 from breakers where breakers.provider = turn_provider "
            "and breakers.state <> 'closed') union "
            "select holds.order_id from breakers join holds on holds.provider = breakers.provider and holds.closed_at is null "
            "and holds.kind = any(:kinds) join desk_work on desk_work.order_id = holds.order_id and held "
            "and turn = 'us' and turn_by = '' and open_holds = 1 where breakers.state <> 'closed' limit :limit"
        ),
        {"limit": limit, "kinds": [str(kind) for kind in WHEN_DOWN]},
    )
    return list(found.scalars())


def providers_down(session: Session) -> frozenset[str]:
    """Providers that are known not to answer."""
    return frozenset(session.execute(text("select provider from breakers where state <> 'closed'")).scalars())


def asked_customer(session: Session, order_ids: Sequence[int]) -> set[int]:
    """Those of these held orders whose customer was written to since they are held, and has not answered."""
    rows = session.execute(
        text(
            "select distinct on (order_id) order_id, public from notes where order_id = any(:ids) "
            "and (public or from_customer) and created_at >= (select min(placed_at) from holds "
            "where holds.order_id = notes.order_id and closed_at is null) order by order_id, id desc"
        ),
        {"ids": list(order_ids)},
    )
    return {order_id for order_id, public in rows if public}


def of_orders(session: Session, order_ids: Sequence[int]) -> list[tuple[DeskWork, str]]:
    """The desk's side of these orders, with the name of whose each is."""
    if not order_ids:
        return []
    session.flush()
    statement = (
        select(DeskWork, User.name)
        .join(User, col(User.id) == col(DeskWork.assignee_id), isouter=True)
        .where(col(DeskWork.order_id).in_(order_ids))
        .execution_options(populate_existing=True)
    )
    return [(work, name or "") for work, name in session.exec(statement).all()]


def last_act(session: Session, order_id: int) -> TimelineEntry | None:
    """The newest thing that somebody did on the desk with an order."""
    statement = (
        select(TimelineEntry)
        .where(TimelineEntry.order_id == order_id, col(TimelineEntry.kind).in_([str(kind) for kind in DESK_KINDS]))
        .order_by(col(TimelineEntry.id).desc())
    )
    return session.exec(statement.limit(1)).first()


def renew_claim(session: Session, order_id: int, user_id: int, until: datetime) -> None:
    """Whoever claimed the order does something with it."""
    session.execute(
        text(
            "update desk_work set claim_until = :until where order_id = :order_id and assignee_id = :user_id "
            "and claim_until is not null and claim_until < :until"
        ),
        {"order_id": order_id, "user_id": user_id, "until": until},
    )


def people(session: Session) -> list[User]:
    """Everybody who works here, by name."""
    return list(session.exec(select(User).where(col(User.active)).order_by(col(User.name), col(User.id))).all())


def user_id(actor: Actor) -> int:
    """The number of a signed-in person; 0 for tokens, providers and the system."""
    kind, _, number = actor.id.partition(":")
    return int(number) if kind == "user" and number.isdigit() else 0


def colleague(user: User, may_act: bool) -> Colleague:
    return Colleague(user.id, user.name, user.email, str(Role(user.role)), may_act)
