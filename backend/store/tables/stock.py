"""Stock on hand and reserved, reservations per order line, and every movement."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.store.tables.base import big, identity, moment


class InventoryItem(SQLModel, table=True):
    """Stock of one SKU. A SKU without a row here is not tracked: it is neither reserved nor missed."""

    __tablename__ = "inventory"
    __table_args__ = (CheckConstraint("reserved >= 0 and reserved <= on_hand", name="reserved_at_most_on_hand"),)

    sku: str = Field(primary_key=True)
    name: str = ""
    on_hand: int
    reserved: int = 0
    updated_at: datetime = moment()


class Reservation(SQLModel, table=True):
    """Stock set aside for one order line: reserved, then consumed by the shipment or returned.

    `returned` of the `quantity` pieces went back to stock; the state is `returned` once all of them did.
    """

    __tablename__ = "reservations"
    __table_args__ = (
        UniqueConstraint("order_item_id"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("returned >= 0 and returned <= quantity", name="returned"),
        CheckConstraint("state in ('reserved', 'consumed', 'returned')", name="state"),
    )

    id: int = identity()
    order_id: int = big("orders.id", index=True)
    order_item_id: int = big("order_items.id")
    sku: str = Field(foreign_key="inventory.sku")
    quantity: int
    returned: int = 0
    state: str = "reserved"
    updated_at: datetime = moment()


class StockMovement(SQLModel, table=True):
    """Append-only: every change of stock with its cause; `on_hand_change` is signed."""

    __tablename__ = "stock_movements"
    __table_args__ = (Index("ix_stock_movements_sku_id", "sku", "id"),)

    id: int = identity()
    sku: str = Field(foreign_key="inventory.sku")
    order_id: int | None = big("orders.id", default=None, index=True)
    cause: str
    on_hand_change: int
    reserved_change: int
    actor: str
    at: datetime = moment()
