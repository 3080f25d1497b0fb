"""Blocks of ids that a load takes from the tables' sequences at its beginning, so that any batch knows its own."""

from sqlalchemy import text
from sqlmodel import Session

from backend.demo.story import HOLDS_EACH, ITEMS_EACH, STEPS_EACH, Ids

_TABLES = {"orders": 1, "order_items": ITEMS_EACH, "steps": STEPS_EACH, "holds": HOLDS_EACH, "refunds": 1, "parcels": 1}


def reserve(session: Session, orders: int) -> Ids:
    """Take a block for so many orders out of every sequence; shipments share the parcels' ids."""
    for table in (*_TABLES, "shipments"):
        # While this lock is held nobody draws a number for a new row.
        session.execute(text(f"lock table {table} in share row exclusive mode"))
    first = {table: _take(session, table, orders * each) for table, each in _TABLES.items() if table != "parcels"}
    parcel = max(_take(session, table, 0) for table in ("parcels", "shipments"))
    for table in ("parcels", "shipments"):
        _move(session, table, parcel + orders)
    return Ids(
        order=first["orders"],
        item=first["order_items"],
        step=first["steps"],
        hold=first["holds"],
        refund=first["refunds"],
        parcel=parcel,
    )


def _take(session: Session, table: str, count: int) -> int:
    sequence = text("select nextval(pg_get_serial_sequence(:table, 'id'))")
    first = int(session.execute(sequence, {"table": table}).scalar_one())
    if count:
        _move(session, table, first + count)
    return first


def _move(session: Session, table: str, last: int) -> None:
    statement = text("select setval(pg_get_serial_sequence(:table, 'id'), :last)")
    session.execute(statement, {"table": table, "last": last})
