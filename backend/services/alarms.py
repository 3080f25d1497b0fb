"""Telling finance of money that moved, or failed to, without anybody here having decided it."""

from sqlmodel import Session

from backend import clock
from backend.domain.permissions import provider_actor
from backend.domain.steps import StepKind
from backend.domain.timeline import TimelineKind, Weight
from backend.store import steps, timeline
from backend.store.tables import Order


def tell_finance(session: Session, order: Order, provider: str, about: str, title: str, text: str) -> None:
    """A problem on the order's timeline and one mail to finance; `about` names the cause, and is told once."""
    data = {"title": title, "text": text}
    if not steps.promise(session, order, StepKind.MAIL_FINANCE_ALERT, at=clock.now(), subject=about, data=data):
        return
    note(session, order, provider, text, Weight.PROBLEM)


def note(session: Session, order: Order, provider: str, text: str, weight: Weight = Weight.ROUTINE) -> None:
    """What the provider told of the order's money, for staff to read."""
    timeline.add(
        session,
        order.id,
        TimelineKind.PAYMENT_RECORDED,
        text,
        actor=provider_actor(provider),
        at=clock.now(),
        weight=weight,
    )
