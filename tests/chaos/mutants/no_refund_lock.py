"""A refund is decided without locking its order."""

from typing import Any

from backend.store import orders
from tests.chaos.mutants.patching import put_in_place_of


def apply() -> None:
    def unlocked(session: Any, order_id: int) -> Any:
        return session.get(orders.Order, order_id)

    put_in_place_of(orders, "lock", unlocked)
    put_in_place_of(orders, "lock_by_number", orders.by_number)
