"""Stock: reserved when an order is created, consumed when it ships, returned when it does not.

Rows are always taken in the order of their SKU, so two orders with the same goods never wait for each other in a circle.
"""

from datetime import datetime

from sqlmodel import Session, col, select

from backend.domain.permissions import Actor
from backend.store.tables import InventoryItem, OrderItem, Reservation, StockMovement


def lock_items(session: Session, skus: set[str]) -> dict[str, InventoryItem]:
    """Lock the tracked SKUs among `skus`; the others are not tracked and have no entry."""
    if not skus:
        return {}
    statement = (
        select(InventoryItem)
        .where(col(InventoryItem.sku).in_(skus))
        .order_by(col(InventoryItem.sku))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {item.sku: item for item in session.exec(statement).all()}


def reservations(session: Session, order_id: int) -> list[Reservation]:
    return list(
        session.exec(select(Reservation).where(Reservation.order_id == order_id).order_by(col(Reservation.sku))).all()
    )


def reserve(session: Session, item: OrderItem, stock: InventoryItem, *, actor: Actor, at: datetime) -> None:
    """Set a line's whole quantity aside; the caller has checked that it is there."""
    session.add(
        Reservation(order_id=item.order_id, order_item_id=item.id, sku=item.sku, quantity=item.quantity, updated_at=at)
    )
    _change(session, stock, item.order_id, "reserved", 0, item.quantity, actor, at)


def consume(session: Session, held: Reservation, stock: InventoryItem, *, actor: Actor, at: datetime) -> None:
    """The goods left the house."""
    pieces = left(held)
    held.state, held.updated_at = "consumed", at
    _change(session, stock, held.order_id, "shipped", -pieces, -pieces, actor, at)


def left(held: Reservation) -> int:
    """Pieces of a line that are reserved or shipped and have not come back."""
    return 0 if held.state == "returned" else held.quantity - held.returned


def give_back(
    session: Session, held: Reservation, stock: InventoryItem, pieces: int, *, actor: Actor, at: datetime
) -> None:
    """Reserved goods become free again; goods that had left come back to the shelf. At most what is `left`."""
    on_hand, reserved = (0, -pieces) if held.state == "reserved" else (pieces, 0)
    held.returned += pieces
    held.updated_at = at
    if held.returned == held.quantity:
        held.state = "returned"
    _change(session, stock, held.order_id, "returned", on_hand, reserved, actor, at)


def forget(session: Session, held: Reservation, stock: InventoryItem, *, actor: Actor, at: datetime) -> None:
    """A reservation was for the wrong item: it is free again, and the line can be reserved anew."""
    if held.state == "reserved":
        _change(session, stock, held.order_id, "returned", 0, -left(held), actor, at)
    session.delete(held)
    session.flush()


def set_on_hand(
    session: Session, sku: str, name: str, on_hand: int, *, cause: str, actor: Actor, at: datetime
) -> InventoryItem:
    """Count a SKU's shelf; begins tracking it when it is new. Raises ValueError below what is reserved."""
    stock = lock_items(session, {sku}).get(sku)
    if stock is None:
        stock = InventoryItem(sku=sku, name=name, on_hand=0, updated_at=at)
        session.add(stock)
        session.flush()
    if on_hand < stock.reserved:
        raise ValueError(f"{sku}: {stock.reserved} are reserved for orders, so {on_hand} on hand cannot be right")
    _change(session, stock, None, cause, on_hand - stock.on_hand, 0, actor, at)
    return stock


def _change(
    session: Session,
    stock: InventoryItem,
    order_id: int | None,
    cause: str,
    on_hand: int,
    reserved: int,
    actor: Actor,
    at: datetime,
) -> None:
    stock.on_hand += on_hand
    stock.reserved += reserved
    stock.updated_at = at
    session.add(stock)
    session.add(
        StockMovement(
            sku=stock.sku,
            order_id=order_id,
            cause=cause,
            on_hand_change=on_hand,
            reserved_change=reserved,
            actor=actor.id,
            at=at,
        )
    )
