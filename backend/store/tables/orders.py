"""Orders, their lines, and the prices and discounts frozen when they came in."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.domain.orders import OrderStatus, PaymentMode, ShippingStatus
from backend.domain.payments import PaymentStatus
from backend.store.tables.base import big, document, identity, moment


def _one_of(column: str, words: type[Any]) -> CheckConstraint:
    return CheckConstraint(f"{column} in ({', '.join(repr(str(word)) for word in words)})", name=column)


class OrderDay(SQLModel, table=True):
    """The daily sequence behind order numbers; its row lock makes the next number right under concurrency."""

    __tablename__ = "order_days"

    day: date = Field(primary_key=True)
    last: int


class Order(SQLModel, table=True):
    """What a customer bought. Amounts are minor units of `currency`; `version` rises with every change staff could see."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("channel", "external_id"),
        _one_of("status", OrderStatus),
        _one_of("payment_status", PaymentStatus),
        _one_of("shipping_status", ShippingStatus),
        _one_of("payment_mode", PaymentMode),
        CheckConstraint(
            "subtotal_minor >= 0 and discount_minor >= 0 and shipping_minor >= 0 and tax_minor >= 0 and total_minor >= 0",
            name="amounts",
        ),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint("number ~ '^ORD-[0-9]{8}-[0-9]{5,}$'", name="number"),
        Index("ix_orders_placed_at_id", "placed_at", "id"),
        Index("ix_orders_status_placed_at_id", "status", "placed_at", "id"),
        Index("ix_orders_customer_id_placed_at", "customer_id", "placed_at"),
        Index("ix_orders_external_number", "external_number", postgresql_ops={"external_number": "text_pattern_ops"}),
        Index("ix_orders_payment_reference", "payment_reference", postgresql_where="payment_reference <> ''"),
        Index("ix_orders_total_minor_id", "total_minor", "id"),
        Index("ix_orders_created_at_id", "created_at", "id"),
        # What most orders come to in the end is found by reading the list; the rest by these, which stay small.
        Index(
            "ix_orders_payment_status_placed_at_id",
            "payment_status",
            "placed_at",
            "id",
            postgresql_where="payment_status <> 'paid'",
        ),
        Index(
            "ix_orders_shipping_status_placed_at_id",
            "shipping_status",
            "placed_at",
            "id",
            postgresql_where="shipping_status <> 'delivered'",
        ),
        Index("ix_orders_currency_total_minor_id", "currency", "total_minor", "id"),
        Index("ix_orders_delivered_at", "delivered_at", postgresql_where="delivered_at is not null"),
        Index("ix_orders_tags", "tags", postgresql_using="gin"),
        Index("ix_orders_test", "placed_at", "id", postgresql_where="test"),
    )

    id: int = identity()
    number: str
    channel: str
    external_id: str
    external_number: str = ""
    customer_id: UUID = Field(foreign_key="customers.id")
    status: str = OrderStatus.PENDING
    payment_status: str = PaymentStatus.UNPAID
    shipping_status: str = ShippingStatus.UNSHIPPED
    payment_mode: str
    gateway: str = ""
    payment_reference: str = ""
    currency: str
    subtotal_minor: int = big()
    discount_minor: int = big()
    shipping_minor: int = big()
    tax_minor: int = big()
    total_minor: int = big()
    taxes_included: bool = False
    requires_shipping: bool = True
    note: str = ""
    tags: list[str] = Field(default_factory=list, sa_type=ARRAY(Text))
    risk: str = ""
    test: bool = False
    content_hash: str = ""
    placed_at: datetime = moment()
    created_at: datetime = moment()
    updated_at: datetime = moment()
    shipped_at: datetime | None = moment(default=None)
    delivered_at: datetime | None = moment(default=None)
    closed_at: datetime | None = moment(default=None)
    version: int = 1


class OrderItem(SQLModel, table=True):
    """One line; `discount_minor`, `tax_minor` and `total_minor` are for the whole line, after discount and before tax.

    `channel_sku`: what the channel calls the item, where we call it by another SKU.
    """

    __tablename__ = "order_items"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("unit_price_minor >= 0 and discount_minor >= 0 and tax_minor >= 0", name="amounts"),
        CheckConstraint("total_minor = unit_price_minor * quantity - discount_minor", name="total"),
    )

    id: int = identity()
    order_id: int = big("orders.id")
    position: int
    external_id: str = ""
    sku: str = Field(default="", index=True)
    name: str
    quantity: int
    unit_price_minor: int = big()
    discount_minor: int = big()
    tax_minor: int = big()
    total_minor: int = big()
    tax_rate: str = ""
    grams: int = 0
    channel_sku: str = ""
    requires_shipping: bool = True
    wishes: list[Any] = document(default_factory=list)


class PricingSnapshot(SQLModel, table=True):
    """How the order's prices came about, frozen: never changed afterwards, so any later question has one answer."""

    __tablename__ = "pricing_snapshots"
    __table_args__ = (UniqueConstraint("order_id"),)

    id: int = identity()
    order_id: int = big("orders.id")
    engine_version: str
    taken_at: datetime = moment()
    rule_hash: str
    prices: dict[str, Any] = document()


class DiscountSnapshot(SQLModel, table=True):
    """A discount as it was applied, frozen with the rule that applied it."""

    __tablename__ = "discount_snapshots"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("amount_minor >= 0", name="amount"),
    )

    id: int = identity()
    order_id: int = big("orders.id")
    position: int
    engine_version: str
    taken_at: datetime = moment()
    rule_hash: str
    code: str
    kind: str
    amount_minor: int = big()
