"""The orders list as services hand it out: what may be asked of it, its rows and its pages.

Amounts are minor units, times aware UTC. A page begins after a place in the list or ends before one, never at a number:
orders that come and go meanwhile neither repeat nor hide a row.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from backend.domain.errors import InvalidInput
from backend.domain.search import Query

MAX_PAGE = 200
MOST_COUNTED = 10_000
"""Counting ends here; more is said to be `10,000+`."""
_BIGGEST = 2**63 - 1


class Sort(StrEnum):
    PLACED = "placed"
    AMOUNT = "amount"


@dataclass(frozen=True)
class Place:
    """Where an order stands: the value the list is ordered by (epoch microseconds or minor units), and its id."""

    value: int
    order_id: int

    def __str__(self) -> str:
        return f"{self.value}~{self.order_id}"

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        """Read a cursor; None for an empty one. Raises `InvalidInput` for one that we did not give out."""
        if not text:
            return None
        value, _, order_id = text.partition("~")
        if not all(part.isascii() and part.isdigit() and len(part) < 20 for part in (value, order_id)):
            raise InvalidInput(["The cursor is not one we gave out; begin again without it."])
        if int(value) > _BIGGEST or not 0 < int(order_id) <= _BIGGEST:
            raise InvalidInput(["The cursor is not one we gave out; begin again without it."])
        return cls(int(value), int(order_id))


@dataclass(frozen=True)
class Wish:
    """A page of the list. At most one of `after` and `before` counts: `before` wins."""

    query: Query = field(default_factory=Query)
    sort: Sort = Sort.PLACED
    ascending: bool = False
    after: Place | None = None
    before: Place | None = None
    size: int = 50


@dataclass(frozen=True)
class ListedOrder:
    """One row. `causes` are the kinds of its open holds, oldest first; `tracking` the numbers of its parcels."""

    id: int
    number: str
    external_number: str
    external_id: str
    channel: str
    customer: str
    email: str
    phone: str
    country: str
    status: str
    payment_status: str
    shipping_status: str
    causes: tuple[str, ...]
    total_minor: int
    currency: str
    payment_reference: str
    tracking: tuple[str, ...]
    tags: tuple[str, ...]
    placed_at: datetime
    created_at: datetime
    updated_at: datetime
    delivered_at: datetime | None

    @property
    def held(self) -> bool:
        return bool(self.causes)


@dataclass(frozen=True)
class ListedPage:
    """Rows in the order asked for; `previous` opens the page in front with `before`, `next` the one behind with `after`."""

    rows: tuple[ListedOrder, ...]
    previous: str = ""
    next: str = ""
