"""The lab's orders: found under any of their names, with their faults and what struck and happened outside."""

import re

from backend.sandbox.store import Document
from backend.sandbox.world import World

NEXT = "next"
"""Faults of this name wait for the order that is placed next from the lab."""
_OUR_NUMBER = re.compile(r"[A-Z]+-\d{8}-\d{5,}")


def order(world: World, order_id: str) -> Document | None:
    """An order of the shop by its id."""
    return world.store.get("shop_orders", order_id) or world.store.get("direct_orders", order_id)


def newest(world: World, count: int) -> list[Document]:
    """The orders placed last, whichever way they came."""
    found = [
        one
        for kind in ("shop_orders", "direct_orders")
        for one, _ in zip(world.store.newest_first(kind), range(count), strict=False)
    ]
    return sorted(found, key=lambda one: str(one.get("created_at")), reverse=True)[:count]


def find(world: World, name: str) -> str | None:
    """The id of the order that goes by a name: the shop's number or id, ours, a tracking number, a payment's id."""
    for wanted in (name, name.upper(), f"#{name}"):
        order_id = wanted if order(world, wanted) else world.references.order_of([wanted])
        if order_id is not None and order(world, order_id) is not None:
            return order_id
    return None


def our_number(world: World, order_id: str) -> str:
    """Holdfast's number of an order, once a provider was told it; else the empty string."""
    names = sorted(world.references.expand([order_id]))
    return next((name for name in names if _OUR_NUMBER.fullmatch(name)), "")


def faults_of(world: World, order_id: str) -> list[Document]:
    """The faults aimed at an order under any of its names, newest first."""
    names = {order_id} if order_id == NEXT else world.references.expand([order_id])
    return [fault for fault in reversed(world.faults.list()) if fault["order"] in names]


def strikes_on(world: World, order_id: str) -> list[Document]:
    """What struck an order, newest first."""
    return [strike for strike in reversed(world.faults.strikes) if strike["order"] == order_id]


def webhooks_about(world: World, order_id: str) -> list[Document]:
    """The tries to tell Holdfast about an order, oldest first."""
    return [attempt for attempt in world.delivery.tries if attempt["order"] == order_id]
