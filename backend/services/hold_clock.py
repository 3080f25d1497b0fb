"""Keeps the desk's side of an order true: whether it is held, whose turn it is, and when it is due.

Called in the same transaction by everything that opens or closes a hold, by notes, and by the desk's round for what
changes by itself. It can be called any number of times. The caller has locked the order, or nothing.
"""

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from backend import clock, settings
from backend.domain import business_hours
from backend.domain import hold_clock as rules
from backend.domain.business_hours import BusinessHours
from backend.domain.hold_clock import OpenHold, Turn, Waiting
from backend.domain.teamwork import AWAITED, COMES_BACK_WITHIN, SnoozeEvent
from backend.store import teamwork
from backend.store.tables import DeskWork


@dataclass(frozen=True)
class Clock:
    """The working hours and targets of this installation; `key` tells them from others."""

    calendar: BusinessHours
    targets: dict[str, float]
    key: str


def current() -> Clock:
    """The clock by the settings of this process."""
    told = settings.current()
    return _clock(told.time_zone, told.business_days, told.business_hours, told.business_holidays, told.hold_targets)


@functools.lru_cache(maxsize=8)
def _clock(zone: str, days: str, hours: str, holidays: str, targets: str) -> Clock:
    key = hashlib.sha256("|".join((zone, days, hours, holidays, targets)).encode()).hexdigest()[:12]
    return Clock(business_hours.read(zone, days, hours, holidays), rules.read_targets(targets), key)


def reckon(session: Session, order_id: int, *, anew: bool = False) -> DeskWork | None:
    """Bring the desk's side of an order up to date; returns it, locked, where there is one.

    `anew`: the facts have changed so much that a turn set by hand no longer counts.
    """
    found = _reckon(session, [order_id], patiently=True, anew=anew)
    return found[0] if found else None


def reckon_many(session: Session, order_ids: Sequence[int]) -> None:
    """Bring many up to date; those that somebody else has in hand are left to them."""
    if order_ids:
        _reckon(session, order_ids, patiently=False, anew=False)


def _reckon(session: Session, order_ids: Sequence[int], *, patiently: bool, anew: bool) -> list[DeskWork]:
    teamwork.begin(session, order_ids)
    found = teamwork.lock(session, order_ids, patiently=patiently)
    opened = teamwork.open_holds(session, order_ids)  # after the lock: whoever had it may have changed them
    down = teamwork.providers_down(session) if opened else frozenset()
    asked = teamwork.asked_customer(session, list(opened)) if opened else set()
    for work in found:
        work.turn_by = "" if anew else work.turn_by
        if holds := opened.get(work.order_id):
            _held(work, holds, down, asked=work.order_id in asked)
        elif work.held:
            _ended(work)
        session.add(work)
    return found


def _held(work: DeskWork, opened: Sequence[OpenHold], down: frozenset[str], *, asked: bool) -> None:
    now = clock.now()
    first = min(hold.placed_at for hold in opened)
    if not work.held:
        _begin(work, first, now)
    work.open_holds, work.held_at = len(opened), first
    wound = current()
    _turn(work, _waiting(work, opened, down, asked), wound.calendar, now)
    work.target_seconds = rules.target_seconds([hold.kind for hold in opened], wound.targets)
    work.clock_key = wound.key
    told = rules.reading(wound.calendar, Turn(work.turn), work.turn_at, work.spent_seconds, work.target_seconds)
    work.due_at, work.risk_at = told.due_at, told.risk_at


def _begin(work: DeskWork, held_at: datetime, now: datetime) -> None:
    """The order is held, for the first time or once more. What comes back soon goes to whoever had it."""
    if work.ended_at is None or now - work.ended_at > COMES_BACK_WITHIN:
        give_up(work)
    work.held, work.ended_at, work.spent_seconds = True, None, 0
    work.turn, work.turn_by, work.turn_provider = Turn.US, "", ""
    work.turn_at = held_at
    work.woken_at, work.woken_why = None, ""


def _ended(work: DeskWork) -> None:
    """The last hold is closed."""
    work.held, work.ended_at, work.open_holds = False, clock.now(), 0
    work.due_at = work.risk_at = None
    end_snooze(work)


def _waiting(work: DeskWork, opened: Sequence[OpenHold], down: frozenset[str], asked: bool) -> Waiting:
    if work.snooze_event:
        return Waiting(AWAITED[SnoozeEvent(work.snooze_event)], work.snooze_provider)
    if work.turn_by:
        return Waiting(Turn(work.turn))
    return rules.whose_turn(opened, down=down, asked_customer=asked)


def _turn(work: DeskWork, waiting: Waiting, calendar: BusinessHours, now: datetime) -> None:
    """Stop or start the clock where the turn has changed; what was used up stays used up."""
    work.turn_provider = waiting.provider
    if waiting.turn == work.turn:
        return
    work.spent_seconds = rules.spent(calendar, Turn(work.turn), work.turn_at, work.spent_seconds, now)
    work.turn, work.turn_at = waiting.turn, now


def end_snooze(work: DeskWork) -> None:
    """The order is in the queue again."""
    work.snoozed_at = work.snooze_until = None
    work.snooze_event = work.snooze_provider = work.snoozed_by = work.snoozed_by_name = ""
    work.snooze_seen = 0


def give_up(work: DeskWork) -> None:
    """The order is nobody's."""
    work.assignee_id = work.assigned_at = work.claim_until = None
    work.assigned_by = work.assigned_by_name = ""


def set_by_hand(work: DeskWork, turn: Turn | None, who: str) -> None:
    """A person says whose turn it is; None leaves it to the facts, at the next reckoning."""
    work.turn_by = who if turn is not None else ""
    if turn is not None:
        _turn(work, Waiting(turn), current().calendar, clock.now())
