"""Working together on held orders: claim, assign, snooze, and whose turn it is.

None of it touches the order itself, so nothing anybody has previewed is outdated by it. Every act locks the desk's side of
the order, so of two people at once one wins and the other is told by whom. An act may carry the `version` it was decided
on, and a `token` that makes it count once.
"""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from backend import clock
from backend.domain.desk import ActionDone
from backend.domain.errors import AlreadyDone, InvalidInput, NotPossible, PreviewOutdated
from backend.domain.hold_clock import Turn
from backend.domain.permissions import MATRIX, Actor, Area, Level, Role
from backend.domain.providers import provider_name
from backend.domain.teamwork import (
    CLAIM_LASTS,
    LONGEST_SNOOZE,
    SNOOZE_WORDS,
    WITHOUT_DATE,
    Colleague,
    NoticeKind,
    SnoozeEvent,
)
from backend.domain.timeline import TimelineKind, Weight
from backend.services import clicks, desk_notices, hold_clock, snoozes
from backend.store import holds, orders, parcels, payments, teamwork, timeline
from backend.store.tables import DeskWork, Order, User

TURN_WORDS = {Turn.US: "our", Turn.CUSTOMER: "the customer's", Turn.PROVIDER: "the provider's"}


def claim(session: Session, number: str, *, actor: Actor, person: str = "", token: str = "") -> ActionDone:
    """Take a held order for oneself, or for whoever has the e-mail address `person`, as long as they work on it.

    It ends when they do nothing with it for half an hour. Raises `AlreadyDone` when somebody else has claimed it.
    """
    actor.require(Area.HOLDS, Level.ACT, "claim held orders")
    me = _assignable(session, person).id if person else teamwork.user_id(actor)
    if not me:
        raise NotPossible("An API token cannot claim an order for itself. Name a person.")
    order, work = _open(session, number)
    if _repeated(session, order, "claim", token, actor):
        return ActionDone(f"Order {number} was claimed already.", repeated=True)
    now = clock.now()
    whose = "yours" if me == teamwork.user_id(actor) else f"{_name(session, me)}'s"
    if work.assignee_id == me:
        teamwork.renew_claim(session, order.id, me, now + CLAIM_LASTS)
        return ActionDone(f"Order {number} is {whose} already.", repeated=True)
    _refuse_taken(session, order, work, now)
    _give(work, me, actor, now, until=now + CLAIM_LASTS)
    words = "Claimed." if whose == "yours" else f"Claimed for {_name(session, me)}."
    _tell(session, order, work, TimelineKind.DESK_ASSIGNED, words, actor, "claim", token, Weight.ROUTINE)
    return ActionDone(f"Order {number} is {whose} for half an hour, and longer while it is worked on.")


def assign(
    session: Session,
    number: str,
    to: int | str,
    *,
    actor: Actor,
    version: int | None = None,
    token: str = "",
    run_id: int | None = None,
) -> ActionDone:
    """Give a held order to a colleague, by number or e-mail address; it stays theirs until somebody changes it.

    `run_id`: the bulk run that does it, whose notices are gathered into one.
    """
    actor.require(Area.HOLDS, Level.ACT, "assign held orders")
    person = _assignable(session, to)
    order, work = _open(session, number)
    if _repeated(session, order, "assign", token, actor):
        return ActionDone(f"Order {number} was assigned already.", repeated=True)
    _check(session, order, work, version)
    if work.assignee_id == person.id and work.claim_until is None:
        return ActionDone(f"Order {number} is assigned to {person.name} already.", repeated=True)
    now, before = clock.now(), None if _over(work, clock.now()) else work.assignee_id
    _give(work, person.id, actor, now, until=None)
    words = f"Assigned to {person.name}."
    _tell(session, order, work, TimelineKind.DESK_ASSIGNED, words, actor, "assign", token, Weight.MILESTONE)
    _tell_whose(session, order, before, person, actor, run_id)
    return ActionDone(f"Order {number} is assigned to {person.name}.")


def _tell_whose(
    session: Session, order: Order, before: int | None, person: User, actor: Actor, run_id: int | None
) -> None:
    """Who gets an order and who had it hear of it, unless they did it themselves."""
    me = teamwork.user_id(actor)
    told = {person.id: (NoticeKind.ASSIGNED, "is yours now", "are yours now")}
    if before is not None and before != person.id:
        to = f"assigned to {person.name} now"
        told[before] = (NoticeKind.TAKEN, f"was yours and is {to}", f"were yours and are {to}")
    for whom, (kind, text, of_many) in told.items():
        if whom == me:
            continue
        if run_id is None:
            desk_notices.tell(session, whom, kind, order.id, text, actor=actor)
        else:
            desk_notices.tell_of_run(session, whom, kind, order.id, run_id, (text, of_many), actor=actor)


def unassign(session: Session, number: str, *, actor: Actor, version: int | None = None, token: str = "") -> ActionDone:
    """Let a held order go, so that anybody may take it."""
    actor.require(Area.HOLDS, Level.ACT, "assign held orders")
    order, work = _open(session, number)
    if _repeated(session, order, "unassign", token, actor):
        return ActionDone(f"Order {number} was let go already.", repeated=True)
    _check(session, order, work, version)
    if work.assignee_id is None:
        return ActionDone(f"Order {number} is nobody's.", repeated=True)
    before, name = work.assignee_id, _name(session, work.assignee_id)
    hold_clock.give_up(work)
    words = f"No longer {name}'s: anybody may take it."
    _tell(session, order, work, TimelineKind.DESK_ASSIGNED, words, actor, "unassign", token, Weight.ROUTINE)
    if before != teamwork.user_id(actor):
        desk_notices.tell(session, before, NoticeKind.TAKEN, order.id, "is no longer yours", actor=actor)
    return ActionDone(f"Order {number} is nobody's now; anybody may take it.")


def snooze(
    session: Session,
    number: str,
    *,
    actor: Actor,
    until: datetime | None = None,
    event: SnoozeEvent | None = None,
    version: int | None = None,
    token: str = "",
) -> ActionDone:
    """Take a held order out of the queue until a moment, or until something happens, whichever is first.

    It comes back at once when its holds change. Raises `InvalidInput` for a moment that is not to come.
    """
    actor.require(Area.HOLDS, Level.ACT, "snooze held orders")
    now = clock.now()
    end = _end_of_snooze(until, event, now)
    order, work = _open(session, number)
    if _repeated(session, order, "snooze", token, actor):
        return ActionDone(f"Order {number} was snoozed already.", repeated=True)
    _check(session, order, work, version)
    provider = _provider_awaited(session, order, event)
    work.snoozed_at, work.snooze_until, work.snooze_event = now, end, str(event or "")
    work.snooze_provider, work.snoozed_by, work.snoozed_by_name = provider, actor.id, actor.name
    work.turn_by, work.woken_at, work.woken_why = "", None, ""
    session.add(work)
    work.snooze_seen = teamwork.seen(session, order.id) if event else 0
    words = _snooze_words(event, until, provider)
    _tell(session, order, work, TimelineKind.DESK_SNOOZED, words, actor, "snooze", token, Weight.MILESTONE)
    hold_clock.reckon(session, order.id)
    return ActionDone(f"Order {number} is out of the queue and comes back by itself.")


def unsnooze(session: Session, number: str, *, actor: Actor, version: int | None = None, token: str = "") -> ActionDone:
    """Bring a snoozed order back now."""
    actor.require(Area.HOLDS, Level.ACT, "snooze held orders")
    order, work = _open(session, number)
    if _repeated(session, order, "unsnooze", token, actor):
        return ActionDone(f"Order {number} is back already.", repeated=True)
    _check(session, order, work, version)
    if work.snoozed_at is None:
        return ActionDone(f"Order {number} is not snoozed.", repeated=True)
    clicks.audit(session, order, "unsnooze", actor=actor, token=token or None)
    snoozes.wake(session, work, f"{actor.name} brought it back", actor=actor)
    return ActionDone(f"Order {number} is back in the queue.")


def set_turn(
    session: Session, number: str, turn: Turn | None, *, actor: Actor, version: int | None = None, token: str = ""
) -> ActionDone:
    """Say whose turn it is, where the facts do not know better; None leaves it to the facts again."""
    actor.require(Area.HOLDS, Level.ACT, "say whose turn it is")
    order, work = _open(session, number)
    if _repeated(session, order, "turn", token, actor):
        return ActionDone("That was said already.", repeated=True)
    _check(session, order, work, version)
    if work.snooze_event:
        raise NotPossible(f"Order {number} is snoozed until {SNOOZE_WORDS[SnoozeEvent(work.snooze_event)]}.")
    if (Turn(work.turn) if work.turn_by else None) is turn:
        return ActionDone("That is so already.", repeated=True)
    hold_clock.set_by_hand(work, turn, actor.name)
    session.add(work)
    hold_clock.reckon(session, order.id)
    whose = TURN_WORDS[Turn(work.turn)]
    words = f"It is {whose} turn."
    _tell(session, order, work, TimelineKind.DESK_TURN, words, actor, "turn", token, Weight.ROUTINE)
    return ActionDone(words)


def colleagues(session: Session, *, actor: Actor) -> tuple[Colleague, ...]:
    """Everybody who can be mentioned, by name, and whether they may be given held orders."""
    actor.require(Area.ORDERS, Level.VIEW, "see colleagues")
    return tuple(teamwork.colleague(user, _may_act(user)) for user in teamwork.people(session))


def awaitable(session: Session, number: str, *, actor: Actor) -> tuple[SnoozeEvent, ...]:
    """What may still happen to an order, so that it can be snoozed until then; the likeliest first."""
    actor.require(Area.HOLDS, Level.ACT, "snooze held orders")
    order = orders.by_number(session, number)
    found = [SnoozeEvent.ANSWER]
    if payments.balance_of(session, order.id).captured_minor < order.total_minor:
        found.append(SnoozeEvent.PAYMENT)
    if parcels.status_of(session, order.id) is not None:
        found.append(SnoozeEvent.PARCEL)
    down = teamwork.providers_down(session)
    if any(hold.provider in down for hold in holds.open_of(session, order.id)):
        found.append(SnoozeEvent.PROVIDER)
    return tuple(found)


def _may_act(user: User) -> bool:
    return MATRIX[Role(user.role)][Area.HOLDS] >= Level.ACT


def _assignable(session: Session, to: int | str) -> User:
    wanted = to.strip().casefold() if isinstance(to, str) else to
    found = [user for user in teamwork.people(session) if wanted in (user.id, user.email)]
    if not found:
        raise InvalidInput([f"Nobody who works here is {to}."])
    if not _may_act(found[0]):
        raise NotPossible(f"{found[0].name} may not act on held orders, so none can be given to them.")
    return found[0]


def _open(session: Session, number: str) -> tuple[Order, DeskWork]:
    """The order and the desk's side of it, locked; raises `NotPossible` unless it is held."""
    order = orders.by_number(session, number)
    found = teamwork.lock(session, [order.id])
    if not (found and found[0].held):
        found = [work for work in [hold_clock.reckon(session, order.id)] if work is not None and work.held]
    if not found:
        raise NotPossible(f"Order {number} is not held, so there is nothing to share out.")
    return order, found[0]


def _repeated(session: Session, order: Order, action: str, token: str, actor: Actor) -> bool:
    return bool(token) and clicks.carried_out(session, order, action, token, actor)


def _check(session: Session, order: Order, work: DeskWork, version: int | None) -> None:
    if version is None or work.version == version:
        return
    last = teamwork.last_act(session, order.id)
    news = f"{last.actor_name}: “{last.text.rstrip('.')}” {clicks.ago(last.at)}" if last else ""
    raise PreviewOutdated(order.number, news)


def _refuse_taken(session: Session, order: Order, work: DeskWork, now: datetime) -> None:
    """Raise, saying by whom, when the order is somebody's."""
    if work.assignee_id is None or _over(work, now):
        return
    who = _name(session, work.assignee_id)
    if work.claim_until is not None:
        raise AlreadyDone(f"Order {order.number}", who, how="claimed", ago=clicks.ago(work.assigned_at or now))
    raise NotPossible(
        f"Order {order.number} is assigned to {who}. Nothing was done; reassign it if you are to have it."
    )


def _over(work: DeskWork, now: datetime) -> bool:
    return work.claim_until is not None and work.claim_until <= now


def _give(work: DeskWork, person: int, actor: Actor, now: datetime, *, until: datetime | None) -> None:
    work.assignee_id, work.assigned_by, work.assigned_by_name = person, actor.id, actor.name
    work.assigned_at, work.claim_until = now, until


def _name(session: Session, person: int) -> str:
    return session.get_one(User, person).name


def _end_of_snooze(until: datetime | None, event: SnoozeEvent | None, now: datetime) -> datetime:
    if until is None and event is None:
        raise InvalidInput(["Say until when, or until what, the order is snoozed."])
    if until is not None and not now < until <= now + LONGEST_SNOOZE:
        raise InvalidInput([f"Snooze to a moment within the next {LONGEST_SNOOZE.days} days."])
    return until or now + WITHOUT_DATE


def _provider_awaited(session: Session, order: Order, event: SnoozeEvent | None) -> str:
    """The provider that is down and holds the order; raises `NotPossible` where none is."""
    if event is not SnoozeEvent.PROVIDER:
        return ""
    down = teamwork.providers_down(session)
    for hold in holds.open_of(session, order.id):
        if hold.provider in down:
            return hold.provider
    raise NotPossible("No provider that this order waits for is known to be down. Snooze it to a date.")


def _snooze_words(event: SnoozeEvent | None, until: datetime | None, provider: str) -> str:
    what = f"{provider_name(provider)} answers again" if provider else SNOOZE_WORDS[event] if event else ""
    return f"Snoozed until {what}." if what else "Snoozed to a date."


def _tell(
    session: Session,
    order: Order,
    work: DeskWork,
    kind: TimelineKind,
    words: str,
    actor: Actor,
    action: str,
    token: str,
    weight: Weight,
) -> None:
    """Write the act into timeline and audit, and outdate what others have decided on the desk's side as it was."""
    work.version += 1
    session.add(work)
    details: dict[str, Any] = {"assignee": work.assignee_id, "turn": work.turn, "event": work.snooze_event}
    if work.snooze_until is not None:
        details["until"] = work.snooze_until.isoformat()
    timeline.add(session, order.id, kind, words, actor=actor, at=clock.now(), weight=weight, data=details)
    clicks.audit(session, order, action, actor=actor, token=token or None, details=details)
