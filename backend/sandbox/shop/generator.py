"""Makes complete `orders/create` bodies (Shopify REST, 2025-01) that add up exactly: pure, seeded, fast.

For the same seed, moment, serial and trouble the body is the same, byte for byte.
"""

import random
from datetime import UTC, datetime
from functools import cached_property
from itertools import accumulate
from typing import Any

from backend.sandbox.shop import body
from backend.sandbox.shop.basket import Basket, Line
from backend.sandbox.shop.catalogue import LIMITED_STOCK, Product, catalogue
from backend.sandbox.shop.people import Customer, make
from backend.sandbox.shop.seasons import black_friday
from backend.sandbox.shop.troubles import TROUBLES

CUSTOMERS = 1_500
# Shares of (lines in a basket) and (units of a line).
LINE_COUNTS = (1, 1, 1, 1, 1, 2, 2, 2, 3, 4)
QUANTITIES = (1, 1, 1, 1, 1, 1, 1, 2, 2, 3)
FINANCIAL_STATUSES = ("authorized",) * 7 + ("paid",) * 2 + ("pending",)
DISCOUNT_SHARE = 0.16
# Code, percent off (or None), minor units off for a basket.
DISCOUNTS: tuple[tuple[str, int | None, int], ...] = (
    ("WELCOME10", 10, 0),
    ("WELCOME10", 10, 0),
    ("CREW15", 15, 0),
    ("HARBOUR5", None, 500),
)
TAGS = ("", "", "", "", "gift", "returning", "wholesale-sample", "newsletter")
NOTES = (
    "Please deliver after 5 pm, the bell does not work.",
    "It is a present: please put no invoice into the parcel.",
    "Can you send it together with my order from last week?",
)


class Generator:
    """A shop with its customers. `order` may be called for any serial in any sequence."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._goods = [item for item in catalogue() if item.popularity]
        self._limited = [item for item in catalogue() if item.stock == LIMITED_STOCK]
        self._popularity = list(accumulate(item.popularity for item in self._goods))

    @cached_property
    def customers(self) -> list[Customer]:
        """The shop's customers; made at first use, which takes a few tenths of a second."""
        return make(self.seed, CUSTOMERS)

    def order(self, at: datetime, serial: int, trouble: str | None = None) -> dict[str, Any]:
        """The webhook body of one order placed at `at` (aware). `trouble` is one of `troubles.TROUBLES` or None."""
        if trouble is not None and trouble not in TROUBLES:
            raise ValueError(f"trouble must be None or one of {', '.join(TROUBLES)}")
        dice = random.Random(f"{self.seed}:{serial}")
        # Squaring favours the front of the list: those customers come back again and again.
        customer = self.customers[int(len(self.customers) * dice.random() ** 2)]
        basket = self._basket(dice, customer, at.astimezone(UTC), trouble)
        status = dice.choice(FINANCIAL_STATUSES)
        if trouble == "decline" and status == "paid":
            status = "authorized"
        order = body.order(dice, self.seed, serial, at.astimezone(UTC), customer, basket, status)
        order["tags"] = dice.choice(TAGS)
        if trouble:
            _arrange(order, trouble, dice)
        return order

    def _basket(self, dice: random.Random, customer: Customer, at: datetime, trouble: str | None) -> Basket:
        market = customer.market
        goods = self._pick(dice, dice.choice(LINE_COUNTS))
        lines = [Line(item, item.prices[market.currency], dice.choice(QUANTITIES)) for item in goods]
        if trouble == "too_many":
            item = dice.choice(self._limited)
            lines = [Line(item, item.prices[market.currency], LIMITED_STOCK + dice.randint(3, 20))]
        basket = Basket(market, lines)
        friday = black_friday(at.year)
        if 0 <= (at.date() - friday).days <= 3:
            basket.discount("BLACKFRIDAY20", 20, 0)
        elif dice.random() < DISCOUNT_SHARE:
            basket.discount(*dice.choice(DISCOUNTS))
        basket.ship(dice.choice(market.shipping))
        basket.tax()
        return basket

    def _pick(self, dice: random.Random, count: int) -> list[Product]:
        found: dict[str, Product] = {}
        while len(found) < count:
            item = dice.choices(self._goods, cum_weights=self._popularity)[0]
            found[item.sku] = item
        return list(found.values())


def _arrange(order: dict[str, Any], trouble: str, dice: random.Random) -> None:
    """What a trouble changes in the order itself."""
    if trouble == "customer_note":
        order["note"] = dice.choice(NOTES)
    elif trouble == "engraving":
        order["line_items"][0]["properties"] = [
            {"name": "Engraving", "value": f"For {order['customer']['first_name']}"}
        ]
    elif trouble == "bad_address":
        address = order["shipping_address"] = dict(order["shipping_address"])
        # Well formed, but far beyond the last house of any street: only the carrier can tell.
        words = [str(dice.randint(7001, 9899)) if w.isdigit() else w for w in address["address1"].split()]
        address["address1"] = " ".join(words)
    elif trouble == "post_box":
        address = order["shipping_address"] = dict(order["shipping_address"])
        address["address1"] = f"PO Box {dice.randint(100, 999)}"
