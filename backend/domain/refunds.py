"""How much a refund pays back, and why it may not. Amounts are minor units of the order's currency."""

from dataclasses import dataclass, field

from backend.domain.money import display


@dataclass(frozen=True)
class RefundWish:
    """What somebody wants paid back: everything (`full`), an amount, or lines and shipping.

    `lines` maps an item's position to a quantity. `restock` gives the lines' goods (all goods for a full refund) back
    to stock.
    """

    full: bool = False
    amount_minor: int = 0
    lines: dict[int, int] = field(default_factory=dict)
    shipping: bool = False
    restock: bool = False


@dataclass(frozen=True)
class Line:
    """A line as it was paid: `paid_minor` is what the customer paid for the whole line, tax and discount included."""

    position: int
    quantity: int
    paid_minor: int


def amount(wish: RefundWish, *, lines: list[Line], shipping_minor: int, refundable_minor: int) -> int:
    """What the wish comes to. Part of a line is its share, rounded down, so that no sum of parts exceeds the whole."""
    if wish.full:
        return refundable_minor
    if wish.amount_minor:
        return wish.amount_minor
    by_position = {line.position: line for line in lines}
    parts = sum(
        by_position[position].paid_minor * quantity // by_position[position].quantity
        for position, quantity in wish.lines.items()
        if position in by_position
    )
    return parts + (shipping_minor if wish.shipping else 0)


def refusal(wish: RefundWish, *, lines: list[Line], amount_minor: int, refundable_minor: int, currency: str) -> str:
    """Why this refund is not possible, as a sentence with what to do; empty when it is."""
    if sum((wish.full, bool(wish.amount_minor), bool(wish.lines or wish.shipping))) != 1:
        return "Choose one: everything, an amount, or lines and shipping."
    quantities = {line.position: line.quantity for line in lines}
    for position, quantity in wish.lines.items():
        if not 1 <= quantity <= quantities.get(position, 0):
            return f"Line {position} has {quantities.get(position, 0)} pieces; {quantity} cannot be paid back."
    if refundable_minor <= 0:
        return "Nothing can be paid back: nothing was captured, or all of it is paid back or on its way back."
    if amount_minor <= 0:
        return "The refund comes to nothing. Choose an amount above zero."
    if amount_minor > refundable_minor:
        return (
            f"{display(amount_minor, currency)} is more than the {display(refundable_minor, currency)}"
            " that may still be paid back."
        )
    return ""
