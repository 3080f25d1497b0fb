"""The orders list: filters and keyset paging by the moment the order was placed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, exists, or_, tuple_, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from backend.store.personal import keyring
from backend.store.tables import Customer, Hold, Order, Parcel, Step


@dataclass(frozen=True)
class Filters:
    """`held` None: both. `failed` names step kinds: only orders where one of those ended without success and was not run
    again. `query` is what somebody typed: a number, a name's beginning, an e-mail address or a phone number."""

    status: str = ""
    channel: str = ""
    held: bool | None = None
    query: str = ""
    failed: tuple[str, ...] = ()


def page(
    session: Session, filters: Filters, *, after: tuple[datetime, int] | None, limit: int
) -> list[tuple[Order, Customer, bool]]:
    """Newest first; each order with its customer and whether a hold is open."""
    held = exists().where(and_(col(Hold.order_id) == col(Order.id), col(Hold.closed_at).is_(None)))
    statement = select(Order, Customer, held).join(Customer, col(Customer.id) == col(Order.customer_id))
    for condition in _conditions(filters, held):
        statement = statement.where(condition)
    if after is not None:
        statement = statement.where(tuple_(col(Order.placed_at), col(Order.id)) < after)
    statement = statement.order_by(col(Order.placed_at).desc(), col(Order.id).desc()).limit(limit)
    return [(order, customer, bool(is_held)) for order, customer, is_held in session.exec(statement).all()]


def _conditions(filters: Filters, held: Any) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.status:
        found.append(col(Order.status) == filters.status)
    if filters.channel:
        found.append(col(Order.channel) == filters.channel)
    if filters.held is not None:
        found.append(held if filters.held else ~held)
    if filters.failed:
        found.append(_failed(filters.failed))
    if filters.query.strip():
        found.append(_search(filters.query.strip()[:100]))
    return found


def _failed(kinds: tuple[str, ...]) -> ColumnElement[bool]:
    newer = aliased(Step)
    again = exists().where(
        and_(
            col(newer.order_id) == col(Step.order_id),
            col(newer.kind) == col(Step.kind),
            col(newer.subject) == col(Step.subject),
            col(newer.generation) > col(Step.generation),
        )
    )
    return exists().where(
        and_(col(Step.order_id) == col(Order.id), col(Step.state) == "parked", col(Step.kind).in_(kinds), ~again)
    )


def _search(typed: str) -> ColumnElement[bool]:
    keys = keyring()
    if "@" in typed:
        return col(Customer.email_token) == keys.email_token(typed)
    plain = typed.upper().replace("\\", "").replace("%", "").replace("_", "")
    options: list[ColumnElement[bool]] = []
    if any(ch.isdigit() for ch in plain):
        options += [
            col(Order.number).contains(plain),
            col(Order.external_number).contains(plain),
            col(Order.external_id) == typed,
            exists().where(and_(col(Parcel.order_id) == col(Order.id), col(Parcel.tracking_number) == typed)),
        ]
        if sum(ch.isdigit() for ch in plain) >= 6:
            options.append(col(Customer.phone_token) == keys.phone_token(typed))
    tokens = keys.name_query_tokens(typed)
    if tokens:
        options.append(type_coerce(Customer.name_tokens, ARRAY(BigInteger)).contains(tokens))
    return or_(*options) if options else col(Order.id) < 0
