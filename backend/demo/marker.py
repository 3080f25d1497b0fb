"""What the database knows of its demo data: which load was begun, and how far it came. Kept in the settings table."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from backend.demo.plan import Wish
from backend.demo.story import Ids
from backend.store.tables import Setting

_KEY = "demo"


@dataclass(frozen=True)
class Marker:
    """A load that was begun; `batches` of it are in the database."""

    wish: Wish
    first: Ids
    batches: int = 0
    complete: bool = False

    def after_one_more(self) -> "Marker":
        return replace(self, batches=self.batches + 1)


def read(session: Session) -> Marker | None:
    """The load that this database knows of; None where there is none."""
    row = session.get(Setting, _KEY, populate_existing=True)
    if row is None:
        return None
    value: dict[str, Any] = row.value
    wish = Wish(**{**value["wish"], "end": datetime.fromisoformat(value["wish"]["end"])})
    return Marker(wish, Ids(**value["first"]), value["batches"], value["complete"])


def write(session: Session, marker: Marker, at: datetime) -> None:
    """Note how far a load has come, in the transaction that brings it there."""
    value = {
        "wish": {**vars(marker.wish), "end": marker.wish.end.isoformat()},
        "first": vars(marker.first),
        "batches": marker.batches,
        "complete": marker.complete,
    }
    session.merge(Setting(key=_KEY, value=value, updated_at=at, updated_by="system"))


def has_orders(session: Session) -> bool:
    """Whether there is any order at all."""
    return bool(session.execute(text("select exists (select 1 from orders)")).scalar_one())
