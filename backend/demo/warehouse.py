"""The demo's shelves: what is sold is delivered anew, so that they are never emptier than nothing."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session, select

from backend.demo import sheets
from backend.demo.life import STOCK
from backend.domain.permissions import Actor
from backend.sandbox.shop.catalogue import catalogue
from backend.store.tables import InventoryItem


def begin_to_track(session: Session, at: datetime, actor: Actor) -> str:
    """Track the whole catalogue, with the shelves counted; returns the movements' lines."""
    known = set(session.exec(select(InventoryItem.sku)).all())
    goods = [product for product in catalogue() if product.sku not in known]
    session.add_all(
        InventoryItem(sku=product.sku, name=product.name, on_hand=product.stock, updated_at=at) for product in goods
    )
    session.flush()
    counted = [(product.sku, None, "counted", product.stock, 0, actor.id, at) for product in goods]
    return "".join(map(sheets.MOVEMENTS.line, counted))


@dataclass
class Warehouse:
    """On hand and reserved by SKU. `moved` are SKUs whose levels have to be saved."""

    levels: dict[str, tuple[int, int]]
    moved: dict[str, datetime] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session) -> "Warehouse":
        """The levels in the database, locked until the transaction ends."""
        rows = session.execute(text("select sku, on_hand, reserved from inventory order by sku for update")).all()
        return cls({sku: (on_hand, reserved) for sku, on_hand, reserved in rows})

    def take(self, on_hand: Counter[str], reserved: Counter[str], at: datetime, actor: Actor) -> str:
        """Bring the levels to what a batch leaves behind; returns the lines of what is delivered at its beginning."""
        lines = []
        for sku in sorted({*on_hand, *reserved} & self.levels.keys()):
            there, kept = self.levels[sku]
            there, kept = there + on_hand[sku], kept + reserved[sku]
            delivered = max(0, STOCK[sku] - there, 2 * kept - there)
            self.levels[sku], self.moved[sku] = (there + delivered, kept), at
            if delivered:
                lines.append(sheets.MOVEMENTS.line((sku, None, "received", delivered, 0, actor.id, at)))
        return "".join(lines)

    def save(self, session: Session) -> None:
        changes = [
            {"sku": sku, "on_hand": self.levels[sku][0], "reserved": self.levels[sku][1], "at": at}
            for sku, at in self.moved.items()
        ]
        if changes:
            statement = (
                "update inventory set on_hand = :on_hand, reserved = :reserved, updated_at = :at where sku = :sku"
            )
            session.execute(text(statement), changes)
        self.moved.clear()
