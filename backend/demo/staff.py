"""The colleagues of demo mode: one for each role, with sign-ins that everybody may know."""

from datetime import timedelta

from sqlmodel import Session

from backend.demo.journey import Frame
from backend.demo.plan import Wish
from backend.domain.demo import SIGN_INS
from backend.domain.permissions import SYSTEM, Actor, ActorKind, Role
from backend.services import accounts
from backend.store.accounts import user_by_email

DETAILED = timedelta(days=30)
"""How long attempts keep what was said in them; failed ones keep it for good."""


def add_missing(session: Session) -> None:
    """Give every colleague of `domain.demo` a user who has none yet."""
    for known in SIGN_INS:
        if user_by_email(session, known.email) is None:
            accounts.add_user(
                session, email=known.email, name=known.name, role=known.role, password=known.password, actor=SYSTEM
            )


def actors(session: Session) -> dict[Role, Actor]:
    """The demo's colleagues as they act, by role."""
    found = {}
    for known in SIGN_INS:
        user = user_by_email(session, known.email)
        if user is not None:
            found[known.role] = Actor(ActorKind.STAFF, f"user:{user.id}", user.name, known.role)
    return found


def frame(session: Session, wish: Wish, pay_url: str) -> Frame:
    """What all orders of a load have in common."""
    by_role = actors(session)
    return Frame(
        end=wish.end,
        detailed_since=wish.end - DETAILED,
        service=by_role[Role.CUSTOMER_SERVICE],
        manager=by_role[Role.MANAGER],
        finance=by_role[Role.FINANCE],
        admin=by_role[Role.ADMIN],
        pay_url=pay_url,
    )
