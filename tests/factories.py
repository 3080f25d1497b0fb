"""Orders and people as tests need them: complete, adding up, and changed by keyword."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from backend import clock
from backend.domain.intake import NewAddress, NewCustomer, NewDiscount, NewItem, NewOrder
from backend.domain.orders import PaymentMode
from backend.domain.payments import EntryKind
from backend.domain.permissions import SYSTEM, Actor, ActorKind, Role, provider_actor
from backend.services import intake
from backend.services.run import in_unit_of_work
from backend.store import orders, payments, stock
from backend.store.tables import Order, User

PLACED_AT = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
_serial = itertools.count(1)


def address(**changes: Any) -> NewAddress:
    """A deliverable address in Berlin."""
    given = NewAddress(
        name="Greta Lindenau",
        line1="Torstraße 140",
        city="Berlin",
        postal_code="10119",
        country="DE",
        phone="+49 30 5550177",
    )
    return replace(given, **changes)


def item(**changes: Any) -> NewItem:
    """Two lanterns of 49.90, to be shipped."""
    given = NewItem(
        external_id="1",
        sku="LNT-STR-BRS",
        name="Storm Lantern - Brass",
        quantity=2,
        unit_price_minor=4990,
        discount_minor=0,
        tax_minor=0,
        grams=980,
        requires_shipping=True,
    )
    return replace(given, **changes)


def digital(**changes: Any) -> NewItem:
    """A gift card: nothing to ship."""
    return item(
        **{"sku": "GIFT-50", "name": "Gift card", "quantity": 1, "unit_price_minor": 5000, "grams": 0}
        | {"requires_shipping": False}
        | changes
    )


def customer(**changes: Any) -> NewCustomer:
    return replace(NewCustomer("cust-1", "Greta Lindenau", "greta.lindenau@example.org", "+49 30 5550177"), **changes)


def new_order(*items: NewItem, **changes: Any) -> NewOrder:
    """An authorized order whose sums are worked out from its lines; every call is another order of the shop."""
    number = next(_serial)
    lines = items or (item(),)
    discounts = tuple(changes.pop("discounts", ()))
    shipping_minor = changes.pop("shipping_minor", 490)
    tax_minor = changes.pop("tax_minor", 0)
    goods = sum(line.unit_price_minor * line.quantity for line in lines)
    off = sum(line.discount_minor for line in lines)
    included = changes.get("taxes_included", False)
    given = NewOrder(
        channel="generic",
        external_id=f"shop-{number}",
        external_number=f"#{1000 + number}",
        placed_at=PLACED_AT,
        currency="EUR",
        payment_mode=PaymentMode.AUTHORIZED,
        gateway="",
        payment_reference="",
        customer=customer(external_id=f"cust-{number}"),
        billing=address(),
        shipping=address(),
        items=lines,
        discounts=discounts,
        subtotal_minor=goods - off,
        discount_minor=off,
        shipping_minor=shipping_minor,
        tax_minor=tax_minor,
        total_minor=goods - off + shipping_minor + (0 if included else tax_minor),
        taxes_included=included,
    )
    return replace(given, **changes)


def discount(code: str = "CREW15", amount_minor: int = 100) -> NewDiscount:
    return NewDiscount(code, "fixed_amount", amount_minor)


def created(new: NewOrder | None = None) -> Order:
    """The order, created in a transaction of its own."""
    order, _ = in_unit_of_work(intake.create_order, new or new_order(), actor=provider_actor("generic"))
    assert order is not None
    return order


def stocked(sku: str, on_hand: int) -> None:
    """Put goods on the shelf, in a transaction of its own."""

    def count(session: Session) -> None:
        stock.set_on_hand(session, sku, sku, on_hand, cause="counted", actor=SYSTEM, at=clock.now())

    in_unit_of_work(count)


def staff(role: Role = Role.CUSTOMER_SERVICE, number: int = 1) -> Actor:
    """A colleague who is signed in; `number` tells two of them apart."""
    return Actor(ActorKind.STAFF, f"user:{number}", f"Colleague {number}", role)


def colleague(name: str = "Sofia Marin", role: Role = Role.CUSTOMER_SERVICE) -> Actor:
    """A colleague who has an account, without a password to sign in with."""

    def add(session: Session) -> int:
        email = f"{name.split()[0].lower()}@shop.test"
        user = User(email=email, name=name, role=str(role), password_hash="", created_at=clock.now())
        session.add(user)
        session.flush()
        return user.id

    return Actor(ActorKind.STAFF, f"user:{in_unit_of_work(add)}", name, role)


def paid(new: NewOrder | None = None) -> Order:
    """An order of which everything was captured; 104.70 EUR unless told otherwise."""
    order = created(new)

    def capture(session: Session) -> None:
        row, now = orders.lock_by_number(session, order.number), clock.now()
        payments.record(
            session, row, EntryKind.CAPTURED,
            amount_minor=row.total_minor, currency=row.currency, provider="stripe", reference=f"pi_{row.id}", at=now, now=now,
        )  # fmt: skip

    in_unit_of_work(capture)
    return order
