"""Orders: numbers, locks and the compare-and-swap that moves their status."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlmodel import Session, col, select, update

from backend.domain.errors import OrderNotFound, StaleWrite
from backend.domain.orders import OrderEvent, OrderStatus, next_status
from backend.store.tables import Address, Customer, Order, OrderItem

_TOUCHED = "holdfast_touched"

# What every step asks is built once, so that it is not put together and recognised again each time.
_LOCK = (
    select(Order)
    .where(Order.id == bindparam("order_id"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
_ITEMS = select(OrderItem).where(OrderItem.order_id == bindparam("order_id")).order_by(col(OrderItem.position))
_ADDRESS = select(Address).where(Address.order_id == bindparam("order_id"), Address.kind == bindparam("kind"))
_CUSTOMER = select(Customer).where(Customer.id == bindparam("id"))


def next_number(session: Session, day: date) -> str:
    """The day's next order number. The day's row stays locked until the transaction ends, so no two are alike."""
    last = session.execute(
        text(
            "insert into order_days as days (day, last) values (:day, 1) "
            "on conflict (day) do update set last = days.last + 1 returning last"
        ),
        {"day": day},
    ).scalar_one()
    return f"ORD-{day:%Y%m%d}-{last:05d}"


def serialise_creation(session: Session, channel: str, external_id: str) -> None:
    """Make deliveries of one order wait for each other until the transaction ends."""
    session.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:name, 7))"), {"name": f"{channel}|{external_id}"}
    )


def by_external_id(session: Session, channel: str, external_id: str) -> Order | None:
    return session.exec(select(Order).where(Order.channel == channel, Order.external_id == external_id)).first()


def by_number(session: Session, number: str) -> Order:
    """Raises `OrderNotFound`."""
    order = session.exec(select(Order).where(Order.number == number)).first()
    if order is None:
        raise OrderNotFound(number)
    return order


def number_of(session: Session, order_id: int) -> str:
    return session.exec(select(Order.number).where(Order.id == order_id)).one()


def lock(session: Session, order_id: int) -> Order:
    """Lock the order for the rest of the transaction. Lock order everywhere: order, then steps, then money and stock."""
    return session.exec(_LOCK, params={"order_id": order_id}).one()


def lock_by_number(session: Session, number: str) -> Order:
    """Raises `OrderNotFound`."""
    order = session.exec(
        select(Order)
        .where(Order.number == number)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).first()
    if order is None:
        raise OrderNotFound(number)
    return order


def move(session: Session, order: Order, event: OrderEvent, at: datetime) -> OrderStatus:
    """Move by the transition table with a compare-and-swap; raises `IllegalMove`, or `StaleWrite` if somebody was first."""
    target = next_status(OrderStatus(order.status), event)
    values: dict[str, object] = {"status": str(target)}
    if event is OrderEvent.HANDED_OVER:
        values["shipped_at"] = at
    if target is OrderStatus.DELIVERED:
        values["delivered_at"] = at
    if target in (OrderStatus.DELIVERED, OrderStatus.CANCELLED, OrderStatus.REFUNDED):
        values["closed_at"] = at
    moved = session.execute(
        update(Order)
        .where(col(Order.id) == order.id, col(Order.status) == order.status)
        .values(**values)
        .returning(Order)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    if moved.scalars().one_or_none() is None:
        raise StaleWrite(f"Order {order.number} was moved by somebody else at the same moment.")
    return target


def touch(session: Session, order_id: int) -> int:
    """Note that the order changed in a way a decision could depend on; its version rises once, with the commit.

    Returns the version that ends with it.
    """
    session.info.setdefault(_TOUCHED, set()).add(order_id)
    return session.get_one(Order, order_id).version


def raise_versions(session: Session, at: datetime) -> None:
    """Raise the version of every order touched in this transaction; called by the unit of work before its commit."""
    touched: Iterable[int] = session.info.pop(_TOUCHED, ())
    ids = sorted(touched)
    if ids:
        session.flush()
        session.execute(
            update(Order)
            .where(col(Order.id).in_(ids))
            .values(version=col(Order.version) + 1, updated_at=at)
            .execution_options(synchronize_session=False)
        )


def items(session: Session, order_id: int) -> list[OrderItem]:
    return list(session.exec(_ITEMS, params={"order_id": order_id}).all())


def address(session: Session, order_id: int, kind: str) -> Address | None:
    """The order's frozen `billing` or `shipping` address."""
    return session.exec(_ADDRESS, params={"order_id": order_id, "kind": kind}).first()


def lock_customer(session: Session, customer_id: UUID) -> Customer:
    """The customer, locked for the rest of the transaction."""
    statement = select(Customer).where(Customer.id == customer_id).with_for_update()
    return session.exec(statement.execution_options(populate_existing=True)).one()


def customer(session: Session, customer_id: UUID) -> Customer:
    return session.exec(_CUSTOMER, params={"id": customer_id}).one()
