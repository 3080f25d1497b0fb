"""A desk at work: colleagues share the demo's held orders, write to each other, and ask for a second person.

Everything is done through the very services that a click goes through, once, after the orders are there. It costs the same
for a small shop and for a large one.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from backend import clock, settings
from backend.demo import staff, words
from backend.domain.bulk import BulkAction, Choice, Options
from backend.domain.hold_clock import Turn
from backend.domain.holds import HoldKind
from backend.domain.permissions import Actor, Role
from backend.domain.queue import Filter, HeldOrder, Wish
from backend.domain.refunds import RefundWish
from backend.domain.teamwork import SnoozeEvent
from backend.services import (
    actions,
    bulk,
    bulk_previews,
    bulk_turns,
    notes,
    order_lists,
    orders,
    queue,
    refunds,
    teamwork,
    views,
)
from backend.services.run import in_unit_of_work
from backend.store.tables import Setting

_KEY = "demo_teamwork"
_LOOKED_AT = 60
"""So many of the oldest held orders are shared out; the others are nobody's yet."""
_RUN_OF = 6
_MOST_TURNS = 60
_LARGE = "payment:paid,partially_refunded status:delivered amount:>500"


@dataclass
class Desk:
    """The colleagues by role, and held orders that nobody of them has taken up so far, the oldest first."""

    session: Session
    people: dict[Role, Actor]
    free: list[HeldOrder]

    def next(self, kind: HoldKind | None = None) -> str:
        """The number of an order that nobody has, held for this reason where one is named; empty where there is none."""
        if kind is not None and not any(order.kind == kind for order in self.free):
            found = queue.held_page(self.session, Wish(Filter(kind=kind), size=1), actor=self.people[Role.ADMIN]).rows
            return found[0].number if found else ""
        for order in self.free:
            if kind in (None, order.kind):
                self.free.remove(order)
                return order.number
        return ""


def add() -> None:
    """Have the desk at work, unless it was before; a bulk run that is cut off goes on with the workers' next look."""
    run_id = in_unit_of_work(_work)
    for _ in range(_MOST_TURNS if run_id else 0):
        if not bulk_turns.take_turn(run_id):
            break


def _work(session: Session) -> int:
    """All of it in one transaction; returns the bulk run that was started, 0 where there was none to start."""
    people = staff.actors(session)
    if session.get(Setting, _KEY) is not None or len(people) < len(Role):
        return 0
    rows = queue.held_page(session, Wish(size=_LOOKED_AT), actor=people[Role.ADMIN]).rows
    desk = Desk(session, people, list(rows))
    _ask_second_persons(desk)
    _share_out(desk)
    _put_off(desk)
    _write_to_each_other(desk)
    _keep_views(desk)
    session.merge(Setting(key=_KEY, value={"done": True}, updated_at=clock.now(), updated_by="system"))
    return _start_a_run(desk)


def _share_out(desk: Desk) -> None:
    """Some orders are given to somebody, some are claimed."""
    sofia, priya, ada = (desk.people[role] for role in (Role.CUSTOMER_SERVICE, Role.MANAGER, Role.ADMIN))
    for giver, to in ((priya, sofia), (priya, sofia), (priya, sofia), (sofia, priya), (sofia, ada)):
        if number := desk.next():
            teamwork.assign(desk.session, number, int(to.id.partition(":")[2]), actor=giver)
    for claimer in (sofia, sofia, priya):
        if number := desk.next():
            teamwork.claim(desk.session, number, actor=claimer)
    if number := desk.next(HoldKind.PAYMENT_DECLINED):
        teamwork.set_turn(desk.session, number, Turn.CUSTOMER, actor=sofia)


def _put_off(desk: Desk) -> None:
    """Some wait for a day, some for something to happen; one is back already."""
    sofia, priya = desk.people[Role.CUSTOMER_SERVICE], desk.people[Role.MANAGER]
    for days in (1, 3):
        if number := desk.next():
            teamwork.snooze(desk.session, number, until=_morning(days), actor=sofia)
    for kind, event in (
        (HoldKind.PAYMENT_TERMS, SnoozeEvent.PAYMENT),
        (HoldKind.DELIVERY_EXCEPTION, SnoozeEvent.PARCEL),
        (HoldKind.ADDRESS_INVALID, SnoozeEvent.ANSWER),
    ):
        if number := desk.next(kind):
            teamwork.snooze(desk.session, number, event=event, actor=sofia)
    if number := desk.next():
        teamwork.snooze(desk.session, number, until=_morning(2), actor=sofia)
        teamwork.unsnooze(desk.session, number, actor=priya)


def _morning(days: int) -> datetime:
    """Nine o'clock in the shop's zone, so many days from now."""
    zone = ZoneInfo(settings.current().time_zone)
    return datetime.combine(clock.now().astimezone(zone).date() + timedelta(days=days), time(9), zone)


def _write_to_each_other(desk: Desk) -> None:
    """Notes that name a colleague, who has yet to read them; and what a customer answered."""
    for role, kind, text in words.MENTIONS:
        if number := desk.next(kind):
            notes.add_note(desk.session, number, text, actor=desk.people[role])
    if number := desk.next(HoldKind.ADDRESS_INVALID):
        notes.add_note(
            desk.session, number, words.ANSWERED, actor=desk.people[Role.CUSTOMER_SERVICE], from_customer=True
        )


def _ask_second_persons(desk: Desk) -> None:
    """A large refund and the release of a suspicion wait for somebody else."""
    sofia = desk.people[Role.CUSTOMER_SERVICE]
    for row in order_lists.listed(desk.session, actor=sofia, q=_LARGE).rows:
        wish = RefundWish(full=True)
        shown = refunds.preview_refund(desk.session, row.number, wish, actor=sofia)
        if shown.asks and not shown.refusal:
            given: dict[str, Any] = {"version": shown.version, "token": shown.token, "reason": words.WANTS_MONEY_BACK}
            refunds.refund(desk.session, row.number, wish, actor=sofia, **given)
            break
    number = desk.next(HoldKind.FRAUD_SUSPECTED)
    if number:
        holds = orders.order_view(desk.session, number, actor=sofia).holds
        chosen = [hold.id for hold in holds if hold.kind == HoldKind.FRAUD_SUSPECTED]
        shown = actions.preview_release(desk.session, number, chosen, actor=sofia)
        given = {"version": shown.version, "token": shown.token, "reason": words.NO_FRAUD}
        actions.release(desk.session, number, chosen, actor=sofia, **given)


def _keep_views(desk: Desk) -> None:
    """Lists that everybody finds in the strip, and one of somebody's own."""
    for role, page, name, q, shared in words.VIEWS:
        views.save_view(desk.session, page, actor=desk.people[role], name=name, q=q, shared=shared)


def _start_a_run(desk: Desk) -> int:
    """A handful of orders given to one colleague in one go."""
    priya, sofia = desk.people[Role.MANAGER], desk.people[Role.CUSTOMER_SERVICE]
    numbers = tuple(number for number in (desk.next() for _ in range(_RUN_OF)) if number)
    if len(numbers) < _RUN_OF:
        return 0
    options = Options(to=sofia.id.partition(":")[2])
    shown = bulk_previews.preview(desk.session, BulkAction.ASSIGN, Choice(numbers), options=options, actor=priya)
    bulk.start(desk.session, shown.run_id, actor=priya, token=shown.token)
    return shown.run_id
