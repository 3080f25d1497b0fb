"""An order as a channel hands it over, in our words, and the business rules it must meet to become one.

All amounts are minor units of `currency`. Arithmetic follows the lines: Σ(unit price · quantity) − Σ discounts
+ shipping + tax (unless prices include it) must be the total, within one minor unit for the channel's own rounding.
"""

from dataclasses import dataclass, field
from datetime import datetime

from backend.domain.money import MAX_MINOR, display
from backend.domain.orders import PaymentMode

ROUNDING_TOLERANCE_MINOR = 1
"""Channels round tax per line or per order; one minor unit of difference is theirs, more is a mistake."""
MAX_LINES = 10_000
MAX_QUANTITY = 1_000_000


@dataclass(frozen=True)
class NewAddress:
    name: str
    company: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    province: str = ""
    postal_code: str = ""
    country: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class NewItem:
    """One line; `discount_minor` and `tax_minor` are for the whole line."""

    external_id: str
    sku: str
    name: str
    quantity: int
    unit_price_minor: int
    discount_minor: int
    tax_minor: int
    grams: int
    requires_shipping: bool
    tax_rate: str = ""
    wishes: tuple[tuple[str, str], ...] = ()

    @property
    def net_minor(self) -> int:
        return self.unit_price_minor * self.quantity - self.discount_minor


@dataclass(frozen=True)
class NewDiscount:
    code: str
    kind: str
    amount_minor: int


@dataclass(frozen=True)
class NewCustomer:
    external_id: str
    name: str
    email: str
    phone: str


@dataclass(frozen=True)
class NewOrder:
    channel: str
    external_id: str
    external_number: str
    placed_at: datetime
    currency: str
    payment_mode: PaymentMode
    gateway: str
    payment_reference: str
    customer: NewCustomer
    billing: NewAddress | None
    shipping: NewAddress | None
    items: tuple[NewItem, ...]
    discounts: tuple[NewDiscount, ...]
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    taxes_included: bool
    note: str = ""
    tags: tuple[str, ...] = ()
    risk: str = ""
    test: bool = False
    wishes: tuple[tuple[str, str], ...] = field(default=())
    cancelled: bool = False
    tax_id: str = ""
    """The buyer's VAT or other tax number, as the shop gave it."""

    @property
    def tax_country(self) -> str:
        """Whose tax number it should be: that of the country that is billed."""
        return (self.billing or self.shipping or NewAddress("")).country

    @property
    def size(self) -> str:
        """For people: `1 line`, `2 lines`."""
        return "1 line" if len(self.items) == 1 else f"{len(self.items)} lines"

    @property
    def requires_shipping(self) -> bool:
        return any(item.requires_shipping for item in self.items)


def problems(order: NewOrder) -> list[str]:
    """Every broken rule as a sentence with what, where and by how much; an empty list means the order may be created."""
    found = [*_amount_problems(order), *_line_problems(order)]
    return found or _sum_problems(order)


def _amount_problems(order: NewOrder) -> list[str]:
    amounts = {
        "subtotal": order.subtotal_minor,
        "discount": order.discount_minor,
        "shipping": order.shipping_minor,
        "tax": order.tax_minor,
        "total": order.total_minor,
    }
    found = [
        f"The {name} is negative ({display(value, order.currency)})." for name, value in amounts.items() if value < 0
    ]
    found += [f"The {name} is larger than any order can be." for name, value in amounts.items() if value > MAX_MINOR]
    return found


def _line_problems(order: NewOrder) -> list[str]:
    if not order.items:
        return ["The order has no line items; it needs at least one."]
    if len(order.items) > MAX_LINES:
        return [f"The order has {len(order.items)} lines; at most {MAX_LINES} are taken."]
    found = []
    for place, item in enumerate(order.items, start=1):
        if not 1 <= item.quantity <= MAX_QUANTITY:
            found.append(f"Line {place}: the quantity is {item.quantity}; it must be between 1 and {MAX_QUANTITY}.")
        if min(item.unit_price_minor, item.discount_minor, item.tax_minor) < 0:
            found.append(f"Line {place}: price, discount and tax must not be negative.")
        elif item.net_minor < 0:
            found.append(f"Line {place}: the discount is larger than the line itself.")
    return found


def _sum_problems(order: NewOrder) -> list[str]:
    lines = sum(item.net_minor for item in order.items)
    tax = 0 if order.taxes_included else order.tax_minor
    computed = lines + order.shipping_minor + tax
    difference = order.total_minor - computed
    if abs(difference) <= ROUNDING_TOLERANCE_MINOR:
        return []

    def show(minor: int) -> str:
        return display(minor, order.currency)

    return [
        f"The total does not add up: lines after discount {show(lines)} + shipping {show(order.shipping_minor)}"
        f" + tax {show(tax)} = {show(computed)}, but the order says {show(order.total_minor)}"
        f" (difference {show(difference)}). Correct the amounts in the shop and send the order again."
    ]
