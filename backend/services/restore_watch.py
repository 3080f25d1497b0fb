"""Noticing that the database was restored from a backup although nobody said so.

Every worker compares the database with what its machine has seen of it (`store.marker`) before its first step and at
every sweep. One that is behind, or that PostgreSQL recovered onto another timeline, has lost something.
"""

import secrets

from sqlmodel import Session

from backend import settings
from backend.services import sending
from backend.services.run import in_unit_of_work
from backend.store import marker
from backend.store import sending as store
from backend.store.marker import Seen


def look() -> bool:
    """Compare, remember what was seen, and pause sending if the database went back; whether it did."""
    folder = settings.current().home
    before = marker.read(folder)
    installation, now = in_unit_of_work(store.beat, secrets.token_hex(8))
    known = before.get(installation)
    why = lost(known, now) if known else ""
    noticed = bool(known and why and in_unit_of_work(_pause, known, why))
    if noticed:
        _, now = in_unit_of_work(store.beat, "")
    marker.write(folder, installation, now)
    return noticed


def lost(known: Seen, now: Seen) -> str:
    """Why the database must have lost something since it was seen, in words; empty where it has not.

    A higher epoch means that somebody has noticed already.
    """
    if now.epoch > known.epoch:
        return ""
    if now.pulse < known.pulse or now.epoch < known.epoch:
        return "noticed by Holdfast: the database is older than this machine knows it"
    if now.timeline and now.system == known.system and now.timeline > known.timeline > 0:
        return f"noticed by Holdfast: PostgreSQL recovered it onto timeline {now.timeline}"
    return ""


def _pause(session: Session, known: Seen, why: str) -> bool:
    """False when somebody else was quicker."""
    row = store.lock(session)
    if row.epoch > known.epoch:
        return False
    sending.restored(session, cause=why)
    store.catch_up(session, known)
    return True
