"""Copies a batch into the database: one transaction with the marker that says how far the load has come."""

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from sqlalchemy import text
from sqlmodel import Session, select

from backend.demo import sheets
from backend.demo.batch import Numbers, Written
from backend.demo.life import STOCK
from backend.demo.sheets import IN_ORDER, MOVEMENTS, Sheet
from backend.domain.permissions import Actor
from backend.sandbox.shop.catalogue import catalogue
from backend.store.tables import InventoryItem


def connection_of(session: Session) -> Connection[Any]:
    """The session's own psycopg connection, in its transaction."""
    raw = session.connection().connection.driver_connection
    assert isinstance(raw, Connection)
    return raw


def copy(session: Session, sheet: Sheet, lines: str) -> None:
    """COPY these lines into the sheet's table."""
    if lines:
        with connection_of(session).cursor() as cursor, cursor.copy(sheet.command) as target:
            target.write(lines)


def write(session: Session, batch: Written, warehouse: Actor) -> None:
    """Everything of one batch. Raises `ValueError` when documents were numbered by somebody else meanwhile."""
    session.execute(text("set local synchronous_commit = off"))
    session.execute(text("set local statement_timeout = '120s'"))
    _days(session, batch)
    _stock(session, batch, warehouse)
    texts = {**batch.texts, "customers": _new_customers(session, batch.customers)}
    for sheet in IN_ORDER:
        copy(session, sheet, texts.get(sheet.name, ""))


def numbers_of(session: Session, series: dict[str, str]) -> Numbers:
    """The last number given out in each series of documents."""
    known = dict(session.execute(text("select series, last from number_series")).all())
    return Numbers(known.get(series["invoice"], 0), known.get(series["credit_note"], 0))


def _days(session: Session, batch: Written) -> None:
    """New orders of today go on where the demo's numbers end."""
    session.execute(
        text(
            "insert into order_days as days (day, last) values (:day, :last) "
            "on conflict (day) do update set last = greatest(days.last, excluded.last)"
        ),
        [{"day": day, "last": last} for day, last in batch.days.items()],
    )


def _new_customers(session: Session, customers: dict[UUID, str]) -> str:
    known = session.execute(text("select id from customers where id = any(:ids)"), {"ids": list(customers)}).scalars()
    seen = set(known)
    return "".join(line for row_id, line in customers.items() if row_id not in seen)


def first_count(session: Session, at: datetime, warehouse: Actor) -> None:
    """Begin to track the whole catalogue, with the shelves counted."""
    known = set(session.exec(select(InventoryItem.sku)).all())
    goods = [product for product in catalogue() if product.sku not in known]
    session.add_all(
        InventoryItem(sku=product.sku, name=product.name, on_hand=product.stock, updated_at=at) for product in goods
    )
    session.flush()
    counted = [(product.sku, None, "counted", product.stock, 0, warehouse.id, at) for product in goods]
    copy(session, MOVEMENTS, "".join(map(MOVEMENTS.line, counted)))


def _stock(session: Session, batch: Written, warehouse: Actor) -> None:
    """Bring the shelves to what the batch leaves behind; what is sold is delivered anew at the batch's beginning."""
    skus = sorted({*batch.on_hand, *batch.reserved})
    rows = session.execute(
        text("select sku, on_hand, reserved from inventory where sku = any(:skus) order by sku for update"),
        {"skus": skus},
    ).all()
    delivered: Counter[str] = Counter()
    changes = []
    for sku, on_hand, reserved in rows:
        on_hand, reserved = on_hand + batch.on_hand[sku], reserved + batch.reserved[sku]
        delivered[sku] = max(0, STOCK[sku] - on_hand, 2 * reserved - on_hand)
        changes.append({"sku": sku, "on_hand": on_hand + delivered[sku], "reserved": reserved, "at": batch.begins})
    if changes:
        session.execute(
            text("update inventory set on_hand = :on_hand, reserved = :reserved, updated_at = :at where sku = :sku"),
            changes,
        )
    lines = [
        sheets.MOVEMENTS.line((sku, None, "received", quantity, 0, warehouse.id, batch.begins))
        for sku, quantity in delivered.items()
        if quantity
    ]
    copy(session, MOVEMENTS, "".join(lines))
