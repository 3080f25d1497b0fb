"""What the order page is handed: a head that is always read, and the contents of the one tab that is open.

Amounts are minor units, times aware UTC.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from backend.domain.desk import (
    AddressView,
    AttemptView,
    HoldView,
    ItemView,
    MoneySum,
    ParcelView,
    PartView,
    PaymentView,
    RefundView,
    StepView,
)
from backend.domain.history import Happening, Show


class Tab(StrEnum):
    TIMELINE = "timeline"
    ITEMS = "items"
    PAYMENTS = "payments"
    DOCUMENTS = "documents"
    PARCELS = "parcels"
    ATTEMPTS = "attempts"
    CUSTOMER = "customer"


@dataclass(frozen=True)
class Look:
    """How the open tab is looked at: what of the timeline (`routine` shows successes too), how much of it, which
    step's attempts, and from where on the customer's other orders."""

    show: Show = Show.EVERYTHING
    routine: bool = False
    lines: int = 50
    step_id: int = 0
    cursor: str = ""


@dataclass(frozen=True)
class Move:
    """The order reached a status."""

    status: str
    at: datetime


@dataclass(frozen=True)
class OrderHead:
    """Where the order is, why it stopped, and what it is about; `version` goes back with every click.

    `shop_url` is the order's page in the shop, where that is known. `open_to_refund_minor`: what may be paid back, less
    what is on its way back already.
    """

    id: int
    number: str
    external_number: str
    shop_url: str
    channel: str
    status: str
    payment_status: str
    shipping_status: str
    version: int
    currency: str
    total_minor: int
    open_to_refund_minor: int
    customer: str
    note: str
    tags: tuple[str, ...]
    placed_at: datetime
    created_at: datetime
    moves: tuple[Move, ...]
    holds: tuple[HoldView, ...]
    closed_holds: tuple[HoldView, ...]
    cancellation: tuple[PartView, ...]

    @property
    def held(self) -> bool:
        return bool(self.holds)


@dataclass(frozen=True)
class TimelineTab:
    """Newest first. `routine_count`: how many successes are folded away; `more`: there are older lines."""

    lines: tuple[Happening, ...]
    routine_count: int
    more: bool


@dataclass(frozen=True)
class LineView:
    """A line as it was sold. Of its pieces, `refunded` were paid back and `returning` are on their way back."""

    item: ItemView
    tax_rate: str
    refunded: int
    returning: int


@dataclass(frozen=True)
class SnapshotView:
    """How the prices came about, as it was frozen when the order came in."""

    engine_version: str
    taken_at: datetime
    rule_hash: str
    prices: dict[str, Any]


@dataclass(frozen=True)
class DoubtView:
    """A call about money of which nobody knows yet whether it took effect."""

    label: str
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class ItemsTab:
    currency: str
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    taxes_included: bool
    lines: tuple[LineView, ...]
    discounts: tuple[tuple[str, int], ...]
    authorized_minor: int
    captured_minor: int
    refunded_minor: int
    refundable_minor: int
    refunds: tuple[RefundView, ...]
    doubts: tuple[DoubtView, ...]
    snapshot: SnapshotView | None


@dataclass(frozen=True)
class PaymentFact:
    """An entry of the order's money. `step_key` names the call that it answers; empty where the provider told us."""

    entry: PaymentView
    step_key: str
    recorded_at: datetime


@dataclass(frozen=True)
class PaymentsTab:
    """`open_steps` are calls about money that have not succeeded."""

    currency: str
    facts: tuple[PaymentFact, ...]
    refunds: tuple[RefundView, ...]
    open_steps: tuple[StepView, ...]
    captured_minor: int
    refunded_minor: int
    refundable_minor: int


@dataclass(frozen=True)
class PaperView:
    """An invoice or credit note, and how far it is: issued, stored here, sent to the customer."""

    id: str
    kind: str
    number: str
    date: date
    total_minor: int
    currency: str
    provider: str
    reference: str
    issued_at: datetime | None
    stored_at: datetime | None
    sent_at: datetime | None


@dataclass(frozen=True)
class DocumentsTab:
    papers: tuple[PaperView, ...]
    open_steps: tuple[StepView, ...]


@dataclass(frozen=True)
class BoxView:
    """A parcel with what is known of its shipment. `goods`: what is in it, as (quantity, sku, name); empty where unknown."""

    parcel: ParcelView
    provider: str
    reference: str
    label_url: str
    grams: int
    cost_minor: int
    cost_currency: str
    bought_at: datetime
    voided: bool
    goods: tuple[tuple[int, str, str], ...] = ()


@dataclass(frozen=True)
class ParcelsTab:
    """`contents`: (quantity, sku, name) of what is shipped; everything that is shipped leaves together."""

    boxes: tuple[BoxView, ...]
    contents: tuple[tuple[int, str, str], ...]
    needs_shipping: bool
    open_steps: tuple[StepView, ...]


@dataclass(frozen=True)
class TryView(AttemptView):
    """One attempt. `kept_until`: until then, what was sent and answered can be shown with its personal data."""

    kept_until: datetime | None = None


@dataclass(frozen=True)
class AttemptsTab:
    """Every promised call; `tries` are those of the opened one."""

    steps: tuple[StepView, ...]
    opened: int
    tries: tuple[TryView, ...]


@dataclass(frozen=True)
class OtherOrder:
    number: str
    channel: str
    status: str
    held: bool
    total_minor: int
    currency: str
    placed_at: datetime


@dataclass(frozen=True)
class CustomerTab:
    """Who bought, and what else they bought, here or through another channel under the same e-mail address.

    `spent`: captured less paid back over all orders, by currency. `returned`: orders that came back, in whole or in
    part, as parcels or as money.
    """

    name: str
    email: str
    phone: str
    since: datetime
    shipping_address: AddressView | None
    billing_address: AddressView | None
    note: str
    tags: tuple[str, ...]
    orders: int
    held: int
    returned: int
    spent: tuple[MoneySum, ...]
    others: tuple[OtherOrder, ...]
    next_cursor: str


Content = TimelineTab | ItemsTab | PaymentsTab | DocumentsTab | ParcelsTab | AttemptsTab | CustomerTab


@dataclass(frozen=True)
class OrderShown:
    head: OrderHead
    content: Content
