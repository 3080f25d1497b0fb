"""Customers and the addresses frozen with each order. Personal data is sealed; its search tokens lie beside it."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.store.ids import new_id
from backend.store.personal import PersonalData, PersonalRow, Sealed
from backend.store.tables.base import big, moment


class Customer(PersonalRow, SQLModel, table=True):
    """A customer as one channel knows them; guests get a row of their own."""

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        Index("ix_customers_name_tokens", "name_tokens", postgresql_using="gin"),
    )
    personal_columns: ClassVar[tuple[str, ...]] = ("name", "email", "phone")

    id: UUID = Field(default_factory=new_id, primary_key=True)
    channel: str
    external_id: str
    name: Sealed | None = Field(default=None, sa_type=PersonalData)
    email: Sealed | None = Field(default=None, sa_type=PersonalData)
    phone: Sealed | None = Field(default=None, sa_type=PersonalData)
    email_token: int | None = big(default=None, index=True)
    phone_token: int | None = big(default=None, index=True)
    name_tokens: list[int] = Field(default_factory=list, sa_type=ARRAY(BigInteger))
    created_at: datetime = moment()
    updated_at: datetime = moment()


class Address(PersonalRow, SQLModel, table=True):
    """An address as it stood on one order: staff may correct it, later orders never change it.

    City, postcode and country stay plain for rules. `tax_id` is the buyer's, beside the address that is billed.
    """

    __tablename__ = "addresses"
    __table_args__ = (
        UniqueConstraint("order_id", "kind"),
        CheckConstraint("kind in ('billing', 'shipping')", name="kind"),
    )
    personal_columns: ClassVar[tuple[str, ...]] = ("name", "company", "line1", "line2", "phone", "email", "tax_id")

    id: UUID = Field(default_factory=new_id, primary_key=True)
    order_id: int = big("orders.id")
    kind: str
    name: Sealed | None = Field(default=None, sa_type=PersonalData)
    company: Sealed | None = Field(default=None, sa_type=PersonalData)
    line1: Sealed | None = Field(default=None, sa_type=PersonalData)
    line2: Sealed | None = Field(default=None, sa_type=PersonalData)
    phone: Sealed | None = Field(default=None, sa_type=PersonalData)
    email: Sealed | None = Field(default=None, sa_type=PersonalData)
    tax_id: Sealed | None = Field(default=None, sa_type=PersonalData)
    city: str = ""
    province: str = ""
    postal_code: str = ""
    country: str = ""
