"""What attempts sent and were answered with personal data in it: sealed, kept for a limited time, opened one by one."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, select

from backend.ports.calls import Exchange
from backend.settings import current
from backend.store.ids import new_id
from backend.store.personal import Sealed, keyring
from backend.store.tables import Attempt, AttemptOriginal, Step

_TABLE, _COLUMN = "attempt_originals", "exchanges"
MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Kept:
    """Exchanges ready to be stored for so many days."""

    id: UUID
    sealed: Sealed
    days: int


def to_keep(exchanges: Sequence[Exchange]) -> Kept | None:
    """None where nothing personal was said, or where the settings keep nothing."""
    days = current().keep_originals_days
    if not days or all(exchange.original is None for exchange in exchanges):
        return None
    said = [asdict(exchange.original) if exchange.original else None for exchange in exchanges]
    row_id = new_id()
    packed = zlib.compress(json.dumps(said, ensure_ascii=False, default=str).encode())
    return Kept(row_id, keyring().seal(_TABLE, _COLUMN, row_id, packed), days)


def kept_until(session: Session, step_id: int) -> dict[int, datetime]:
    """By the fence of the attempt: until when its originals are there."""
    statement = select(AttemptOriginal.fence, AttemptOriginal.kept_until).where(AttemptOriginal.step_id == step_id)
    return {int(fence): until for fence, until in session.exec(statement).all()}


def of_attempt(session: Session, attempt: Attempt) -> list[dict[str, Any] | None] | None:
    """The exchanges with personal data; None where they are not kept (any more)."""
    statement = select(AttemptOriginal).where(
        AttemptOriginal.step_id == attempt.step_id, AttemptOriginal.fence == attempt.fence
    )
    found = session.exec(statement).first()
    if found is None or found.exchanges is None:
        return None
    packed = keyring().open_bytes(_TABLE, _COLUMN, found.id, found.exchanges)
    said: list[dict[str, Any] | None] = json.loads(zlib.decompress(packed))
    return said


def attempt_of(session: Session, order_id: int, attempt_id: int) -> Attempt | None:
    """An attempt of one of this order's steps."""
    statement = (
        select(Attempt)
        .join(Step, col(Step.id) == col(Attempt.step_id))
        .where(Attempt.id == attempt_id, Step.order_id == order_id)
    )
    return session.exec(statement).first()


_FORGET = text(
    "delete from attempt_originals where id in (select id from attempt_originals where kept_until < clock_timestamp() "
    "order by kept_until limit :limit for update skip locked)"
)


def forget_old(session: Session) -> None:
    """Delete what was kept long enough, a part at a time."""
    session.execute(_FORGET, {"limit": MOST_AT_ONCE})
