"""Copies a batch into the database: one transaction with the marker that says how far the load has come."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import Connection
from sqlalchemy import text
from sqlmodel import Session

from backend.demo.batch import Written
from backend.demo.setup import Numbers
from backend.demo.sheets import IN_ORDER, MOVEMENTS, Sheet
from backend.demo.warehouse import Warehouse
from backend.domain.permissions import Actor


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


def write(session: Session, batch: Written, actor: Actor) -> None:
    """Everything of one batch."""
    session.execute(text("set local synchronous_commit = off"))
    session.execute(text("set local statement_timeout = '120s'"))
    count_days(session, batch.days)
    warehouse = Warehouse.of(session)
    copy(session, MOVEMENTS, warehouse.take(batch.on_hand, batch.reserved, batch.begins, actor))
    warehouse.save(session)
    texts = {**batch.texts, "customers": _new_customers(session, batch.customers)}
    for sheet in IN_ORDER:
        copy(session, sheet, texts.get(sheet.name, ""))


def numbers_of(session: Session, series: dict[str, str]) -> Numbers:
    """The last number given out in each series of documents."""
    known = dict(session.execute(text("select series, last from number_series")).all())
    return Numbers(known.get(series["invoice"], 0), known.get(series["credit_note"], 0))


def count_days(session: Session, days: Mapping[date, int]) -> None:
    """New orders of a day go on where the demo's numbers end."""
    session.execute(
        text(
            "insert into order_days as days (day, last) values (:day, :last) "
            "on conflict (day) do update set last = greatest(days.last, excluded.last)"
        ),
        [{"day": day, "last": last} for day, last in days.items()],
    )


def _new_customers(session: Session, customers: dict[UUID, str]) -> str:
    known = session.execute(text("select id from customers where id = any(:ids)"), {"ids": list(customers)}).scalars()
    seen = set(known)
    return "".join(line for row_id, line in customers.items() if row_id not in seen)
