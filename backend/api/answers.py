"""What the admin API answers with: the services' facts, with every amount beside its currency and times in UTC."""

from datetime import date, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from backend.domain import desk, queue
from backend.domain.desk import AddressView, HoldView, NoteView, ParcelView, PartView, StepView, TimelineView

_MINOR = "_minor"


class Money(BaseModel):
    """A whole number of the currency's smallest unit: 1999 for 19.99 EUR."""

    amount_minor: int = Field(examples=[1999])
    currency: str = Field(examples=["EUR"], description="ISO 4217.")


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OrderSummary(Answer):
    number: str = Field(examples=["ORD-20260131-00001"])
    external_number: str = Field(description="The number in the shop.")
    customer: str
    channel: str
    status: str = Field(examples=["processing"])
    payment_status: str
    shipping_status: str
    total: Money
    held: bool = Field(description="Whether a hold is open.")
    placed_at: datetime
    updated_at: datetime


class OrderList(Answer):
    orders: list[OrderSummary]
    next_cursor: str = Field(description="Send it as `cursor` for the next page; empty on the last one.")


class Item(Answer):
    sku: str
    name: str
    quantity: int
    unit_price: Money
    discount: Money
    tax: Money
    total: Money
    requires_shipping: bool
    reservation: str
    wishes: list[tuple[str, str]]


class Payment(Answer):
    kind: str
    amount: Money
    provider: str
    reference: str
    detail: str
    occurred_at: datetime


class Document(Answer):
    id: str = Field(description="Opens as `/admin/documents/{id}.pdf` when `stored`.")
    kind: str
    number: str
    date: date
    total: Money
    stored: bool
    sent_at: datetime | None


class Discount(Answer):
    code: str
    amount: Money


class Order(Answer):
    """One order with everything about it."""

    number: str
    external_number: str
    external_id: str
    channel: str
    status: str
    payment_status: str
    shipping_status: str
    payment_mode: str
    held: bool
    version: int = Field(description="Goes back with every action, so that an action on stale facts is refused.")
    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    captured: Money
    refunded: Money
    refundable: Money
    taxes_included: bool
    note: str
    tags: list[str]
    customer: str
    email: str
    phone: str
    placed_at: datetime
    created_at: datetime
    updated_at: datetime
    holds: list[HoldView]
    closed_holds: list[HoldView]
    steps: list[StepView]
    timeline: list[TimelineView]
    items: list[Item]
    payments: list[Payment]
    parcels: list[ParcelView]
    documents: list[Document]
    notes: list[NoteView]
    shipping_address: AddressView | None
    billing_address: AddressView | None
    discounts: list[Discount]
    cancellation: list[PartView] = Field(
        description="How far its cancellation is, part by part in their order; empty while nobody has cancelled it."
    )


class Held(Answer):
    number: str
    external_number: str
    customer: str
    channel: str
    status: str
    total: Money
    kind: str
    title: str
    reason: str
    advice: str = Field(description="What to do.")
    provider: str
    cluster: str = Field(description="The cause that this hold has in common with others.")
    other_holds: int
    held_at: datetime
    placed_at: datetime


class HeldCause(Answer):
    cluster: str = Field(description="Names the cause; send it as `cause` for its orders alone.")
    kind: str
    title: str
    label: str = Field(
        description="What these holds have in common, `…` for what differs; empty where the title says all."
    )
    provider: str
    orders: int
    at_stake: list[Money]
    oldest_at: datetime


class HeldList(Answer):
    orders: list[Held]
    matching: int = Field(description="Held orders that fit the filter.")
    held: int = Field(description="All held orders.")
    at_stake: list[Money] = Field(description="The worth of all held orders, one sum per currency.")
    causes: list[HeldCause]
    oldest_at: datetime | None
    first: int = Field(description="The position of the page's first order; 1 is the front of the queue.")
    next_cursor: str = Field(description="Send it as `cursor` for the next page; empty on the last one.")


A = TypeVar("A", bound=Answer)


def with_money(answer: type[A], facts: Any, currency: str = "", **instead: Any) -> A:
    """The answer made of a service's facts: `total_minor` becomes `total`, a `Money` in the facts' own currency.

    Facts without a currency of their own (an order's lines) are in `currency`. `instead` replaces facts by answers.
    """
    currency = getattr(facts, "currency", currency)
    values: dict[str, Any] = {}
    for name in answer.model_fields:
        if name in instead:
            values[name] = instead[name]
        elif hasattr(facts, name):
            values[name] = getattr(facts, name)
        else:
            values[name] = Money(amount_minor=getattr(facts, name + _MINOR), currency=currency)
    return answer(**values)


def order_summary(row: desk.OrderRow) -> OrderSummary:
    return with_money(OrderSummary, row)


def order(view: desk.OrderView) -> Order:
    return with_money(
        Order,
        view,
        items=[with_money(Item, item, view.currency) for item in view.items],
        payments=[with_money(Payment, payment) for payment in view.payments],
        documents=[with_money(Document, document) for document in view.documents],
        discounts=[
            Discount(code=code, amount=Money(amount_minor=amount, currency=view.currency))
            for code, amount in view.discounts
        ],
    )


def held(page: queue.HeldPage, summary: queue.HeldSummary) -> HeldList:
    return HeldList(
        orders=[with_money(Held, row) for row in page.rows],
        matching=page.orders,
        held=summary.orders,
        at_stake=_sums(summary.money),
        causes=[
            HeldCause(
                cluster=cause.cluster,
                kind=cause.kind,
                title=cause.title,
                label=cause.label,
                provider=cause.provider,
                orders=cause.orders,
                at_stake=_sums(cause.money),
                oldest_at=cause.oldest_at,
            )
            for cause in summary.causes
        ],
        oldest_at=summary.oldest_at,
        first=page.first,
        next_cursor=str(page.next or ""),
    )


def _sums(money: tuple[desk.MoneySum, ...]) -> list[Money]:
    return [Money(amount_minor=each.amount_minor, currency=each.currency) for each in money]
