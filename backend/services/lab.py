"""The failure lab: QA brings due times forward instead of waiting for them. It exists only beside the sandbox.

Due steps (and with them every grace time), leases of dead workers, pauses of breakers and kept messages come sooner;
nothing else changes.
"""

import hmac
from collections.abc import Callable
from typing import Any, TypeVar

from sqlmodel import Session, col, or_, select

from backend import settings
from backend.domain.errors import InvalidInput, NotFound, OrderNotFound
from backend.domain.lab import DEAD_AFTER, LONGEST_MOVE, Reach
from backend.domain.permissions import Actor, ActorKind, Area, Level, Role
from backend.services import accounts, audit
from backend.store import db, lab
from backend.store.tables import Order

T = TypeVar("T")

LAB = Actor(ActorKind.STAFF, "token:lab", "Failure lab", Role.QA)
_SWEEPS_MISSED = 5


def for_token(session: Session, bearer: str, service: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run a service for the lab's own page, or for whoever holds an API token; raises `TokenRefused`."""
    own = settings.current().lab_token.get_secret_value()
    if own and hmac.compare_digest(own.encode(), bearer.encode()):
        return service(session, *args, actor=LAB, **kwargs)
    return accounts.for_token(session, bearer, service, *args, **kwargs)


def move_clock(session: Session, *, seconds: float | None, order: str = "", actor: Actor) -> Reach:
    """Let what waits come so many seconds sooner (None: now), for one order (our number, or the shop's id) or for all.

    Raises `NotFound` where there is no lab, `NotAllowed`, `InvalidInput` and `OrderNotFound`.
    """
    config = settings.current()
    if not config.lab_is_open:
        raise NotFound("There is no failure lab here.")
    actor.require(Area.LAB, Level.ACT, "move the lab's clock")
    if seconds is not None and not 0 < seconds <= LONGEST_MOVE:
        raise InvalidInput([f"seconds must be above 0 and at most {LONGEST_MOVE}, or null for now."])
    order_id = _order_id(session, order) if order else None
    reach, due = lab.hurry(
        session,
        seconds=seconds,
        order_id=order_id,
        silent=max(DEAD_AFTER, _SWEEPS_MISSED * config.sweep_seconds),
        longest_call=config.step_deadline,
    )
    details = {"seconds": seconds, **vars(reach)}
    audit.write_down(session, "move_clock", actor=actor, order_id=order_id, details=details)
    for step_id in due:
        db.wake_after_commit(session, step_id)
    return reach


def _order_id(session: Session, name: str) -> int:
    """By our number; else by the shop's id, the newest where two shops use the same."""
    wanted = or_(col(Order.number) == name, col(Order.external_id) == name)
    by_number_first = (col(Order.number) == name).desc()
    found = session.exec(select(Order.id).where(wanted).order_by(by_number_first, col(Order.id).desc())).first()
    if found is None:
        raise OrderNotFound(name)
    return found
