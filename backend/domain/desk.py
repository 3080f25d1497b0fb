"""What services hand to screens and the HTTP API: frozen, display-neutral facts. Amounts are minor units, times aware UTC."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from backend.domain.holds import HoldAction


@dataclass(frozen=True)
class MoneySum:
    currency: str
    amount_minor: int


@dataclass(frozen=True)
class OrderRow:
    """One row of the orders list. `held` tells whether a hold is open."""

    id: int
    number: str
    external_number: str
    customer: str
    channel: str
    status: str
    payment_status: str
    shipping_status: str
    total_minor: int
    currency: str
    held: bool
    placed_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class OrderPage:
    """A page of orders; `next_cursor` opens the next one and is empty at the end."""

    rows: tuple[OrderRow, ...]
    next_cursor: str


@dataclass(frozen=True)
class HoldView:
    """A hold with what to do about it: `actions` are the clicks that help, `fixes` what may be corrected in place."""

    id: int
    kind: str
    title: str
    reason: str
    advice: str
    provider: str
    source: str
    actions: tuple[HoldAction, ...]
    placed_at: datetime
    placed_by: str
    closed_at: datetime | None
    closed_by: str
    closed_how: str
    closed_reason: str
    step_id: int | None
    fixes: tuple[str, ...] = ()


@dataclass(frozen=True)
class AttemptView:
    """One try, with its masked exchanges: [{method, url, request, status, response, duration_ms}]."""

    id: int
    number: int
    started_at: datetime
    duration_ms: int | None
    outcome: str
    error: str
    asked_first: bool
    worker: str
    exchanges: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class StepView:
    """A promised call: `attempts` of `allowed` used, `next_try_at` while it will run again by itself.

    `can_retry`: it ended without success, and a person may run it again (documents and messages that hold nothing).
    """

    id: int
    kind: str
    label: str
    state: str
    provider: str
    key: str
    attempts: int
    allowed: int
    next_try_at: datetime | None
    error: str
    in_doubt: bool
    can_retry: bool
    created_at: datetime
    done_at: datetime | None
    tries: tuple[AttemptView, ...] = ()


@dataclass(frozen=True)
class TimelineView:
    id: int
    at: datetime
    kind: str
    weight: str
    actor_kind: str
    actor: str
    text: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ItemView:
    """A line of the order; `position` is its place in it, by which a refund names it."""

    position: int
    sku: str
    name: str
    quantity: int
    unit_price_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int
    requires_shipping: bool
    reservation: str
    wishes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class PaymentView:
    kind: str
    amount_minor: int
    currency: str
    provider: str
    reference: str
    detail: str
    occurred_at: datetime


@dataclass(frozen=True)
class RefundView:
    """A decision to pay back; `state` is requested (on its way), succeeded or failed.

    `problem` says why one that is not settled does not get on; as long as it is requested, its amount stays reserved.
    `in_doubt`: it is not known whether it was paid back.
    """

    amount_minor: int
    currency: str
    state: str
    reason: str
    requested_at: datetime
    settled_at: datetime | None
    problem: str = ""
    in_doubt: bool = False


@dataclass(frozen=True)
class PartView:
    """A part of a cancellation; `state` is done, not_needed, running, failed or to_come."""

    name: str
    label: str
    state: str
    detail: str
    step_id: int | None


@dataclass(frozen=True)
class ParcelView:
    tracking_number: str
    tracking_url: str
    carrier: str
    service: str
    status: str
    updated_at: datetime
    scans: tuple[tuple[datetime, str, str], ...] = ()


@dataclass(frozen=True)
class DocumentView:
    id: str
    kind: str
    number: str
    date: date
    total_minor: int
    currency: str
    stored: bool
    sent_at: datetime | None


@dataclass(frozen=True)
class AddressView:
    name: str
    company: str
    line1: str
    line2: str
    city: str
    province: str
    postal_code: str
    country: str
    phone: str
    email: str
    tax_id: str = ""


@dataclass(frozen=True)
class NoteView:
    """A note; a `public` one may be shown to the customer. `earlier`: what it said before, the last words first."""

    author: str
    text: str
    public: bool
    created_at: datetime
    id: int = 0
    author_id: str = ""
    from_customer: bool = False
    edited_at: datetime | None = None
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True)
class OrderView:
    """Everything the order page shows. `version` goes back with every click, so a click on stale facts is refused.

    `cancellation` has the parts of its cancellation, once somebody has begun one.
    """

    id: int
    number: str
    external_number: str
    external_id: str
    channel: str
    status: str
    payment_status: str
    shipping_status: str
    payment_mode: str
    held: bool
    version: int
    currency: str
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    captured_minor: int
    refunded_minor: int
    refundable_minor: int
    taxes_included: bool
    note: str
    tags: tuple[str, ...]
    customer: str
    email: str
    phone: str
    placed_at: datetime
    created_at: datetime
    updated_at: datetime
    holds: tuple[HoldView, ...]
    closed_holds: tuple[HoldView, ...]
    steps: tuple[StepView, ...]
    timeline: tuple[TimelineView, ...]
    items: tuple[ItemView, ...]
    payments: tuple[PaymentView, ...]
    parcels: tuple[ParcelView, ...]
    documents: tuple[DocumentView, ...]
    notes: tuple[NoteView, ...]
    shipping_address: AddressView | None
    billing_address: AddressView | None
    discounts: tuple[tuple[str, int], ...] = ()
    refunds: tuple[RefundView, ...] = ()
    cancellation: tuple[PartView, ...] = ()


@dataclass(frozen=True)
class Preview:
    """What a click will do, in sentences. `refusal` is filled when it can't be done; `token` makes the click count once.

    `asks`: the click does nothing yet but ask a second person.
    """

    action: str
    number: str
    title: str
    effects: tuple[str, ...]
    remaining_holds: tuple[str, ...]
    needs_reason: bool
    version: int
    token: str
    refusal: str = ""
    asks: bool = False


@dataclass(frozen=True)
class ActionDone:
    """What a click did, in a sentence. `repeated`: this very click had been carried out before; nothing new was done.

    `asked`: nothing was done yet, a second person was asked to decide.
    """

    sentence: str
    repeated: bool = False
    asked: bool = False


@dataclass(frozen=True)
class RunNews:
    """How a bulk run stands, and as whom it acts."""

    id: int
    state: str
    actor_id: str
    failed: int


@dataclass(frozen=True)
class Pulse:
    """Whether the machinery runs: open holds, steps due, the age of the last sweep in seconds (None: no worker)."""

    held_orders: int
    due_steps: int
    quarantined: int
    failed_documents: int
    sweep_age_seconds: float | None
    orders_today: int
    delivered_today: int
    open_incidents: int
    incident: str
    """The newest open incident in a sentence; empty when all is well."""
    pause: str = ""
    """That nothing is sent outside, in a sentence; empty while everything is sent as it is due."""
    approvals: tuple[tuple[str, str], ...] = ()
    """What waits for a second person: (action, who asked)."""
    runs: tuple[RunNews, ...] = ()
    """Bulk runs that are not over, or were until lately."""
