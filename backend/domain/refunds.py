"""How much a refund pays back, and why it may not. Amounts are minor units of the order's currency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from backend.domain.money import display


@dataclass(frozen=True)
class RefundWish:
    """What somebody wants paid back: everything (`full`), an amount, or lines and shipping.

    `lines` maps an item's position to a quantity. `restock` gives the lines' goods (all goods for a full refund) back
    to stock; `restocked` says for single lines how many pieces. `currency`, where given, is what the amount is meant in.
    """

    full: bool = False
    amount_minor: int = 0
    lines: dict[int, int] = field(default_factory=dict)
    shipping: bool = False
    restock: bool = False
    restocked: dict[int, int] = field(default_factory=dict)
    currency: str = ""

    def back_to_stock(self, position: int) -> int:
        """Pieces of a line that go back to stock with it."""
        return self.lines.get(position, 0) if self.restock else self.restocked.get(position, 0)


@dataclass(frozen=True)
class Line:
    """A line as it was paid: `paid_minor` is what the customer paid for the whole line, tax and discount included.

    `away`: pieces that are reserved or shipped and can come back to stock; None where stock is not kept of it.
    """

    position: int
    quantity: int
    paid_minor: int
    away: int | None = None


@dataclass(frozen=True)
class Earlier:
    """A refund decided before (carried out, or on its way): which pieces of which line, and by whom."""

    who: str
    lines: Mapping[int, int]
    shipping: bool = False


@dataclass(frozen=True)
class Paid:
    """What a refund is measured against. `refundable_minor`: captured, less paid back, on its way back or disputed."""

    currency: str
    lines: Sequence[Line]
    shipping_minor: int
    refundable_minor: int
    disputed_minor: int = 0
    earlier: Sequence[Earlier] = ()

    def paid_back(self, position: int) -> int:
        """Pieces of a line that earlier refunds stand for."""
        return sum(refund.lines.get(position, 0) for refund in self.earlier)


def amount(wish: RefundWish, paid: Paid) -> int:
    """What the wish comes to. Part of a line is its share, rounded down; a line's last pieces bring what is left of it."""
    if wish.full:
        return paid.refundable_minor
    if wish.amount_minor:
        return wish.amount_minor
    parts = sum(_share(line, wish.lines.get(line.position, 0), paid.paid_back(line.position)) for line in paid.lines)
    return parts + (paid.shipping_minor if wish.shipping else 0)


def _share(line: Line, quantity: int, before: int) -> int:
    """What `quantity` pieces of a line come to, after `before` pieces of it were paid back."""
    return line.paid_minor * (before + quantity) // line.quantity - line.paid_minor * before // line.quantity


def refusal(wish: RefundWish, amount_minor: int, paid: Paid) -> str:
    """Why this refund is not possible, as a sentence with what to do; empty when it is."""
    if sum((wish.full, bool(wish.amount_minor), bool(wish.lines or wish.shipping))) != 1:
        return "Choose one: everything, an amount, or lines and shipping."
    if wish.currency and wish.currency != paid.currency:
        return f"The order was paid in {paid.currency}; nothing can be paid back in {wish.currency}."
    return (
        _lines_refusal(wish, paid)
        or _shipping_refusal(wish, paid)
        or _amount_refusal(amount_minor, paid)
        or _stock_refusal(wish, paid)
    )


def _lines_refusal(wish: RefundWish, paid: Paid) -> str:
    pieces = {line.position: line.quantity for line in paid.lines}
    for position, quantity in wish.lines.items():
        if not 1 <= quantity <= pieces.get(position, 0):
            return f"Line {position} has {pieces.get(position, 0)} pieces; {quantity} cannot be paid back."
        gone = paid.paid_back(position)
        if gone + quantity > pieces[position]:
            by = _names([refund.who for refund in paid.earlier if refund.lines.get(position)])
            return (
                f"Of line {position}, {gone} of {pieces[position]} pieces are paid back already, by {by};"
                f" {quantity} more cannot be."
            )
    return ""


def _shipping_refusal(wish: RefundWish, paid: Paid) -> str:
    by = _names([refund.who for refund in paid.earlier if refund.shipping])
    return f"The shipping is paid back already, by {by}." if wish.shipping and by else ""


def _amount_refusal(amount_minor: int, paid: Paid) -> str:
    if paid.refundable_minor <= 0:
        if paid.disputed_minor:
            return (
                f"The customer's bank disputes {display(paid.disputed_minor, paid.currency)} or took it by a chargeback:"
                " paying it back as well would pay it twice. Settle the dispute with the payment provider."
            )
        if paid.earlier:
            by = _names([refund.who for refund in paid.earlier])
            return f"Nothing can be paid back: all of it is paid back or on its way back, as decided by {by}."
        return "Nothing can be paid back: nothing was captured."
    if amount_minor <= 0:
        return "The refund comes to nothing. Choose an amount above zero."
    if amount_minor > paid.refundable_minor:
        return (
            f"{display(amount_minor, paid.currency)} is more than the {display(paid.refundable_minor, paid.currency)}"
            " that may still be paid back."
        )
    return ""


def _stock_refusal(wish: RefundWish, paid: Paid) -> str:
    if wish.amount_minor and (wish.restock or wish.restocked):
        return "Goods go back to stock with their lines or with everything, not with an amount."
    if wish.full and wish.restocked:
        return "With everything, all goods go back to stock or none. Choose lines to tell them apart."
    if wish.restock and wish.restocked:
        return "Choose one: all of the lines' pieces go back to stock, or so many of each line."
    for position, pieces in wish.restocked.items():
        if not 0 <= pieces <= wish.lines.get(position, 0):
            return f"Of line {position}, {wish.lines.get(position, 0)} are paid back; {pieces} cannot go back to stock."
    for line in paid.lines:
        back = wish.back_to_stock(line.position)
        if line.away is not None and back > line.away:
            return f"Of line {line.position}, {line.away} are reserved or shipped; {back} cannot go back to stock."
    return ""


def _names(names: Sequence[str]) -> str:
    return " and ".join(dict.fromkeys(names))
