"""Decision memory: what a person released is not held again for the same facts; when it recurs, the order says who decided.

The facts are known again by a blind token, so that no address lies in the clear beside the hold.
"""

from sqlmodel import Session

from backend import clock
from backend.domain.checks import Finding
from backend.domain.holds import CATALOGUE, HoldKind, HoldSource
from backend.domain.intake import NewAddress
from backend.domain.permissions import SYSTEM
from backend.domain.timeline import TimelineKind, Weight
from backend.services import holds
from backend.store import holds as hold_store
from backend.store import timeline
from backend.store.personal import keyring
from backend.store.tables import Hold, Order

REMEMBERED = frozenset({HoldKind.ADDRESS_MALFORMED, HoldKind.COUNTRY_NOT_SERVED, HoldKind.PO_BOX})
"""Kinds that are about an address alone, so that a decision on it holds for every order to that address."""


def token_of(kind: HoldKind, address: NewAddress | None) -> int | None:
    """By what a decision on this address is known again; None for what is decided anew each time."""
    if kind not in REMEMBERED or address is None:
        return None
    parts = (address.line1, address.line2, address.city, address.postal_code, address.province, address.country)
    return keyring().token(f"decision|{kind}", "|".join(" ".join(part.casefold().split()) for part in parts))


def earlier(session: Session, kind: HoldKind, token: int | None) -> Hold | None:
    """The newest hold of this kind on the very same facts that a person released."""
    return None if token is None else hold_store.released_on(session, kind, token)


def place(session: Session, order: Order, finding: Finding, address: NewAddress | None) -> None:
    """Hold the order for what a check found, unless a person has released it on the same facts before."""
    token = token_of(finding.kind, address)
    decided = earlier(session, finding.kind, token)
    if decided is None:
        holds.place(session, order, finding.kind, finding.reason, source=HoldSource.CHECK, facts_token=token)
        return
    timeline.add(
        session,
        order.id,
        TimelineKind.HOLD_WAIVED,
        sentence(finding, decided),
        actor=SYSTEM,
        at=clock.now(),
        weight=Weight.MILESTONE,
        data={"kind": str(finding.kind), "decided_by_hold": decided.id},
    )


def sentence(finding: Finding, decided: Hold) -> str:
    """That it is not held again, and whose decision that was."""
    day = f"{decided.closed_at:%-d %B %Y}" if decided.closed_at else "an earlier day"
    title = CATALOGUE[finding.kind].title
    return f"{title}: not held, approved by {decided.closed_by_name} on {day} for this address. {finding.reason}"
