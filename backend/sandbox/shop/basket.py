"""A basket and its sums in minor units: discounts spread over lines, shipping, taxes in or on top of the prices."""

from dataclasses import dataclass, field

from backend.sandbox.shop.catalogue import CURRENCIES, Product
from backend.sandbox.shop.places import Market


@dataclass
class Line:
    """Units of one product; `off` is the line's part of the discount, `tax` the tax in or on it."""

    product: Product
    price: int
    quantity: int
    off: int = 0
    tax: int = 0

    @property
    def gross(self) -> int:
        """Price times quantity."""
        return self.price * self.quantity


@dataclass
class Basket:
    """Everything that makes an order's total. Call `discount`, `ship` and `tax` in this order."""

    market: Market
    lines: list[Line]
    code: str | None = None
    percent: int | None = None
    fixed: int = 0
    shipping_title: str = ""
    shipping_code: str = ""
    shipping: int = 0
    shipping_tax: int = 0
    taxes_included: bool = field(init=False)

    def __post_init__(self) -> None:
        self.taxes_included = self.market.tax_included

    @property
    def goods(self) -> int:
        """Lines before discount."""
        return sum(line.gross for line in self.lines)

    @property
    def discounts(self) -> int:
        """What all lines get off."""
        return sum(line.off for line in self.lines)

    @property
    def total_tax(self) -> int:
        """Tax of lines and shipping, whether in or on top of the prices."""
        return sum(line.tax for line in self.lines) + self.shipping_tax

    @property
    def total(self) -> int:
        """What the customer owes."""
        owed = self.goods - self.discounts + self.shipping
        return owed if self.taxes_included else owed + self.total_tax

    def discount(self, code: str, percent: int | None, euro_cents: int) -> None:
        """Apply a code to all lines: a percentage, or an amount that is spread so that it adds up exactly."""
        self.code, self.percent = code, percent
        goods = self.goods
        if percent is not None:
            target = goods * percent // 100
        else:
            rate, _, places = CURRENCIES[self.market.currency]
            self.fixed = round(euro_cents * rate / 100) * 10**places
            target = min(self.fixed, goods)
        left, left_of = target, goods
        for line in self.lines:
            # What is left over what is left of: rounding never accumulates and the last line takes the rest.
            line.off = left * line.gross // left_of if left_of else 0
            left, left_of = left - line.off, left_of - line.gross

    def ship(self, method: tuple[str, str, int]) -> None:
        """Choose shipping; standard shipping is free from the market's threshold on."""
        self.shipping_title, self.shipping_code, self.shipping = method
        free = self.shipping_code.startswith("STD") and self.goods - self.discounts >= self.market.free_from
        if free or not any(line.product.requires_shipping for line in self.lines):
            self.shipping = 0

    def tax(self) -> None:
        """Work out the tax of each line and of shipping."""
        basis_points = round(self.market.tax_percent * 100)
        for line in self.lines:
            line.tax = _tax(line.gross - line.off, basis_points, self.taxes_included)
        # Shipping is taxed where prices contain tax; the North American markets here tax goods only.
        self.shipping_tax = _tax(self.shipping, basis_points, True) if self.taxes_included else 0


def _tax(amount: int, basis_points: int, included: bool) -> int:
    """Tax in or on an amount, half up."""
    whole = 10_000 + basis_points if included else 10_000
    return (2 * amount * basis_points + whole) // (2 * whole)
