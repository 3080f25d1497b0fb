"""What happens to stock in the life of an order."""

from sqlmodel import Session

from backend import clock
from backend.domain.permissions import SYSTEM, Actor
from backend.domain.timeline import TimelineKind, Weight
from backend.store import orders, stock, timeline
from backend.store.tables import Order


def reserve(session: Session, order: Order, *, actor: Actor = SYSTEM) -> list[str]:
    """Reserve every line that is not reserved yet and is there in full; returns what is missing, in sentences."""
    reserved = {held.order_item_id for held in stock.reservations(session, order.id)}
    wanted = [item for item in orders.items(session, order.id) if item.id not in reserved and item.sku]
    shelf = stock.lock_items(session, {item.sku for item in wanted})
    now, taken, missing = clock.now(), 0, []
    for item in wanted:
        tracked = shelf.get(item.sku)
        if tracked is None:
            continue
        free = tracked.on_hand - tracked.reserved
        if free < item.quantity:
            missing.append(f"{item.sku}: {item.quantity} ordered, {max(free, 0)} free.")
            continue
        stock.reserve(session, item, tracked, actor=actor, at=now)
        taken += item.quantity
    if taken:
        _note(session, order, TimelineKind.STOCK_RESERVED, f"{taken} items reserved.", actor)
    return missing


def consume(session: Session, order: Order, *, actor: Actor = SYSTEM) -> None:
    """The parcel left: what was reserved is gone from the shelf."""
    held = [row for row in stock.reservations(session, order.id) if row.state == "reserved"]
    shelf = stock.lock_items(session, {row.sku for row in held})
    if held:
        total = sum(stock.left(row) for row in held)
        _note(session, order, TimelineKind.STOCK_CONSUMED, f"{total} items taken from stock.", actor)
    for row in held:
        stock.consume(session, row, shelf[row.sku], actor=actor, at=clock.now())


def give_back(session: Session, order: Order, *, actor: Actor, pieces: dict[int, int] | None = None) -> int:
    """Return reserved or shipped goods to stock; how many pieces came back.

    `pieces` maps order item ids to how many of them are wanted back; without it all. Never more than are away.
    """
    rows = [row for row in stock.reservations(session, order.id) if stock.left(row)]
    back = {row.id: stock.left(row) for row in rows}
    if pieces is not None:
        back = {row.id: min(stock.left(row), pieces.get(row.order_item_id, 0)) for row in rows}
    rows = [row for row in rows if back[row.id]]
    shelf = stock.lock_items(session, {row.sku for row in rows})
    for row in rows:
        stock.give_back(session, row, shelf[row.sku], back[row.id], actor=actor, at=clock.now())
    total = sum(back.values())
    if total:
        _note(session, order, TimelineKind.STOCK_RETURNED, f"{total} items given back to stock.", actor)
    return total


def _note(session: Session, order: Order, kind: TimelineKind, text: str, actor: Actor) -> None:
    timeline.add(session, order.id, kind, text, actor=actor, at=clock.now(), weight=Weight.ROUTINE)
