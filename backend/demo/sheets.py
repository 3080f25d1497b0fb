"""Rows for PostgreSQL's COPY: each table's columns in a fixed order, with the table's own defaults for the rest."""

import json
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from types import NoneType
from typing import Any
from uuid import UUID

from psycopg import sql
from pydantic_core import PydanticUndefined
from sqlmodel import SQLModel

from backend.store import tables
from backend.store.personal import Sealed


class Array(list[Any]):
    """A PostgreSQL array of whole numbers or plain words; other lists are JSON."""


def _escaped(text: str) -> str:
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if not text.isprintable():
        text = text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text


_json_text = json.JSONEncoder(default=str, ensure_ascii=False).encode


def _json(value: Any) -> str:
    return _escaped(_json_text(value)) if value else "{}" if value == {} else "[]"


def _blob(value: bytes) -> str:
    return "\\\\x" + value.hex()


_word = str.__str__
"""Of an enumeration, whose words need no escaping."""

_ENCODERS: dict[type, Callable[[Any], str]] = {
    str: _escaped,
    int: str,
    bool: lambda value: "t" if value else "f",
    NoneType: lambda _: "\\N",
    datetime: datetime.isoformat,
    date: date.isoformat,
    UUID: str,
    bytes: _blob,
    Sealed: lambda value: _blob(value.blob),
    dict: _json,
    list: _json,
    Array: lambda value: _escaped("{" + ",".join(map(str, value)) + "}"),
}


def encoded(value: Any) -> str:
    """One value as COPY's text format wants it."""
    return (_ENCODERS.get(type(value)) or _enumerated)(value)


def _enumerated(value: Any) -> str:
    if isinstance(value, StrEnum):
        _ENCODERS[type(value)] = _word
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a table")


class Sheet:
    """A table and the columns that the demo fills in; any other column gets its model's default."""

    def __init__(self, model: type[SQLModel], columns: str) -> None:
        table = model.__table__  # type: ignore[attr-defined]
        given = columns.split()
        unknown = set(given) - {column.name for column in table.columns}
        if unknown:
            raise ValueError(f"{table.name} has no column {', '.join(sorted(unknown))}")
        rest = [
            column.name
            for column in table.columns
            if column.name not in given and getattr(column, "identity", None) is None
        ]
        self.name: str = table.name
        self._columns = (*given, *rest)
        self._width = len(given)
        self._tail = "".join("\t" + encoded(_default(model, name)) for name in rest) + "\n"

    @property
    def command(self) -> sql.Composed:
        """The COPY statement of this sheet."""
        columns = sql.SQL(", ").join(map(sql.Identifier, self._columns))
        return sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(self.name), columns)

    @property
    def command_of_a_fresh_table(self) -> sql.Composed:
        """The same for a table that this transaction has emptied: rows need no second look by anybody later."""
        return self.command + sql.SQL(" (freeze)")

    def line(self, values: tuple[Any, ...]) -> str:
        """A row with values for the named columns, in their order."""
        if len(values) != self._width:
            raise ValueError(f"{self.name} takes {self._width} values, not {len(values)}")
        get = _ENCODERS.get
        return "\t".join([(get(type(value)) or _enumerated)(value) for value in values]) + self._tail


def _default(model: type[SQLModel], name: str) -> Any:
    value = model.model_fields[name].get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined:
        raise ValueError(f"the demo must fill in {model.__name__}.{name}: it has no default")
    return value


CUSTOMERS = Sheet(
    tables.Customer,
    "id channel external_id name email phone email_token phone_token name_tokens created_at updated_at",
)
ORDERS = Sheet(
    tables.Order,
    "id number channel external_id external_number customer_id status payment_status shipping_status payment_mode gateway "
    "payment_reference currency subtotal_minor discount_minor shipping_minor tax_minor total_minor taxes_included "
    "requires_shipping note tags risk test content_hash placed_at created_at updated_at shipped_at delivered_at closed_at version",
)
ITEMS = Sheet(
    tables.OrderItem,
    "id order_id position external_id sku name quantity unit_price_minor discount_minor tax_minor total_minor tax_rate grams "
    "requires_shipping wishes",
)
ADDRESSES = Sheet(
    tables.Address, "id order_id kind name company line1 line2 phone email tax_id city province postal_code country"
)
PRICES = Sheet(tables.PricingSnapshot, "order_id engine_version taken_at rule_hash prices")
DISCOUNTS = Sheet(tables.DiscountSnapshot, "order_id position engine_version taken_at rule_hash code kind amount_minor")
RESERVATIONS = Sheet(tables.Reservation, "order_id order_item_id sku quantity state updated_at")
MOVEMENTS = Sheet(tables.StockMovement, "sku order_id cause on_hand_change reserved_change actor at")
STEPS = Sheet(
    tables.Step,
    "id order_id kind subject generation key state provider data due_at fence attempts allowed in_doubt first_sent_at "
    "last_sent_at outcome error category result requested_by woken_at created_at done_at",
)
ATTEMPTS = Sheet(
    tables.Attempt,
    "step_id fence number worker asked_first started_at finished_at duration_ms outcome error exchanges",
)
ENTRIES = Sheet(
    tables.PaymentEntry,
    "order_id kind amount_minor currency provider reference step_key detail occurred_at recorded_at",
)
REFUNDS = Sheet(
    tables.Refund,
    "id order_id key amount_minor currency shipping_minor lines reason restock state requested_by requested_at settled_at "
    "reference",
)
INVOICES = Sheet(
    tables.Invoice,
    "id order_id refund_id kind series sequence number date currency total_minor provider reference document media_type "
    "created_at issued_at stored_at sent_at",
)
SHIPMENTS = Sheet(
    tables.Shipment, "id order_id key state provider reference carrier service cost_minor cost_currency created_at"
)
PARCELS = Sheet(
    tables.Parcel,
    "id shipment_id order_id provider tracking_number tracking_url label_url grams status updated_at",
)
SCANS = Sheet(
    tables.TrackingScan,
    "parcel_id provider event_id status provider_status description location occurred_at recorded_at",
)
HOLDS = Sheet(
    tables.Hold,
    "id order_id kind source reason provider cluster cluster_label step_id facts placed_by placed_by_name placed_at "
    "closed_at closed_by closed_by_name closed_how closed_reason",
)
TIMELINE = Sheet(tables.TimelineEntry, "order_id at kind weight actor_kind actor_id actor_name text step_id data")
NOTES = Sheet(tables.Note, "order_id author_id author_name text public created_at")
AUDIT = Sheet(tables.AuditEntry, "at actor_id actor_name actor_role action order_id reason action_token details")
INBOX = Sheet(
    tables.InboxMessage,
    "id area provider event_id topic headers body body_bytes body_hash verdict problems cause order_id "
    "due_at received_at handled_at",
)

IN_ORDER = (
    CUSTOMERS, ORDERS, ITEMS, ADDRESSES, PRICES, DISCOUNTS, RESERVATIONS, MOVEMENTS, STEPS, ATTEMPTS, ENTRIES, REFUNDS,
    INVOICES, SHIPMENTS, PARCELS, SCANS, HOLDS, TIMELINE, NOTES, AUDIT, INBOX,
)  # fmt: skip
"""Every sheet, so that whatever a row refers to is there before it."""
