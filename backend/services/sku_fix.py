"""Saying which of our items a line is: the stock that is set aside moves along, and the channel's next orders follow."""

import re

from sqlmodel import Session

from backend import clock, settings
from backend.domain.checks import Finding
from backend.domain.fixes import FixField, Item
from backend.domain.holds import HoldKind
from backend.domain.permissions import Actor
from backend.store import orders, skus, stock
from backend.store.tables import Order, OrderItem

_LONGEST, _SHORTEST = 60, 2
"""Of a text that is looked for in the catalogue."""


def read(session: Session, order: Order) -> tuple[FixField, ...]:
    """One field per line that is shipped: the shop's name for it, and our SKU."""
    return tuple(
        FixField(f"sku-{item.position}", _label(item), item.sku, kind="sku")
        for item in orders.items(session, order.id)
        if item.requires_shipping
    )


def _label(item: OrderItem) -> str:
    theirs = f" (in the shop: {item.channel_sku})" if item.channel_sku else ""
    return f"{item.quantity} × {item.name}{theirs}"


def judge(
    session: Session, order: Order, kind: HoldKind, values: dict[str, str]
) -> tuple[dict[str, str], list[Finding]]:
    """A line may be given only an item that we stock; what is too short then holds the order by itself."""
    errors: dict[str, str] = {}
    short, unknown = [], []
    free = skus.stocked(session, set(values.values()))
    for item in orders.items(session, order.id):
        sku = values.get(f"sku-{item.position}", item.sku)
        if item.requires_shipping and sku not in free:
            unknown.append(sku or "A line without an item number")
        changed = sku != item.sku
        if sku not in free and (changed or kind is HoldKind.SKU_UNKNOWN) and item.requires_shipping:
            errors[f"sku-{item.position}"] = (
                "This is not one of our items." if sku else "Type or choose one of our item numbers."
            )
        elif changed and free[sku] < item.quantity:
            short.append(f"{sku}: {item.quantity} ordered, {max(free[sku], 0)} free.")
    names = settings.current().check_names
    found = [Finding(HoldKind.OUT_OF_STOCK, " ".join(short))] if short and "stock" in names else []
    if unknown and "sku" in names:
        found.append(Finding(HoldKind.SKU_UNKNOWN, " ".join(f"{name} is not one of our items." for name in unknown)))
    return errors, found


def find(session: Session, text: str, limit: int) -> list[Item]:
    """Our items that fit a text; where none does, those that fit its beginning, so that a suffix of the shop's hides nothing."""
    wanted = " ".join(text.split())[:_LONGEST]
    while True:
        found = [Item(sku, name) for sku, name in skus.search(session, wanted, limit)]
        shorter = re.sub(r"[\s\-_./]*[^\s\-_./]+$", "", wanted)
        if found or len(shorter) < _SHORTEST:
            return found
        wanted = shorter


def write(session: Session, order: Order, values: dict[str, str], actor: Actor) -> None:
    """Name the lines anew; what was reserved for them under the old name is free again."""
    changed = [
        item for item in orders.items(session, order.id) if values.get(f"sku-{item.position}", item.sku) != item.sku
    ]
    reserved = {row.order_item_id: row for row in stock.reservations(session, order.id)}
    old = [reserved[item.id] for item in changed if item.id in reserved]
    shelf = stock.lock_items(session, {row.sku for row in old})
    for row in sorted(old, key=lambda row: row.sku):
        stock.forget(session, row, shelf[row.sku], actor=actor, at=clock.now())
    for item in changed:
        sku = values[f"sku-{item.position}"]
        item.channel_sku = item.channel_sku or item.sku
        if item.channel_sku:
            skus.remember(session, order.channel, item.channel_sku, sku, actor=actor, at=clock.now())
        item.sku = sku
        session.add(item)
    session.flush()
