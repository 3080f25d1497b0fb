"""Reading the desk's side of held orders: whose they are, what they wait for, how old they are in business hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from backend import clock
from backend.domain import hold_clock as rules
from backend.domain.desk import NoteView
from backend.domain.hold_clock import Turn
from backend.domain.permissions import Actor, Area, Level
from backend.domain.teamwork import Colleague, Viewer, Work
from backend.services import hold_clock, notes
from backend.services import teamwork as sharing
from backend.store import orders, teamwork, viewers
from backend.store.tables import DeskWork
from backend.store.teamwork import DeskRow


def works(session: Session, order_ids: Sequence[int]) -> dict[int, Work]:
    """The desk's side of these orders, by order id, with who looks at each; for services that list orders."""
    now = clock.now()
    looking = viewers.of_orders(session, order_ids)
    found = {
        work.order_id: view(work, name, looking.get(work.order_id, ()), now)
        for work, name in teamwork.of_orders(session, order_ids)
    }
    return {
        order_id: found.get(order_id) or Work(order_id, viewers=looking.get(order_id, ())) for order_id in order_ids
    }


def work_of(session: Session, number: str, *, actor: Actor) -> Work:
    """The desk's side of one order, held or not; raises `OrderNotFound`."""
    actor.require(Area.HOLDS, Level.VIEW, "see held orders")
    order_id = orders.by_number(session, number).id
    return works(session, [order_id])[order_id]


@dataclass(frozen=True)
class DeskSide:
    """What colleagues share about one order: the desk's side of it, its notes, and who works here."""

    work: Work
    notes: tuple[NoteView, ...]
    people: tuple[Colleague, ...]


def desk_side(session: Session, number: str, *, actor: Actor) -> DeskSide:
    """Everything that the order page shows of it; raises `OrderNotFound`."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    order_id = orders.by_number(session, number).id
    shared = works(session, [order_id])[order_id]
    return DeskSide(shared, notes.of_order(session, order_id), sharing.colleagues(session, actor=actor))


def view(work: DeskWork | DeskRow, assignee: str, looking: tuple[Viewer, ...], now: datetime) -> Work:
    """The desk's side of an order as people read it; `assignee` is the name of whose it is, `looking` who looks at it."""
    whose = work.assignee_id if work.claim_until is None or work.claim_until > now else None
    calendar = hold_clock.current().calendar
    return Work(
        order_id=work.order_id,
        held=work.held,
        assignee_id=whose or 0,
        assignee=assignee if whose else "",
        assigned_by=work.assigned_by_name if whose else "",
        claim_until=work.claim_until if whose else None,
        turn=Turn(work.turn),
        turn_by=work.turn_by,
        turn_provider=work.turn_provider,
        age_seconds=rules.spent(calendar, Turn(work.turn), work.turn_at, work.spent_seconds, now) if work.held else 0,
        target_seconds=work.target_seconds,
        bucket=rules.bucket(work.due_at, work.risk_at, now),
        due_at=work.due_at,
        held_at=work.held_at if work.held else None,
        snoozed=work.snoozed_at is not None,
        snooze_until=work.snooze_until,
        snooze_event=work.snooze_event,
        snooze_provider=work.snooze_provider,
        snoozed_by=work.snoozed_by_name,
        woken_at=work.woken_at,
        woken_why=work.woken_why,
        version=work.version,
        viewers=looking,
    )
