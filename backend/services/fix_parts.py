"""The parts of an order that can be fixed: how each is read into a form, what it must meet, and how it is written back."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlmodel import Session

from backend import clock, settings
from backend.domain import checks, fix_rules, tax_ids
from backend.domain.checks import Finding
from backend.domain.fix_rules import ADDRESS_LABELS
from backend.domain.fixes import MUST_PASS, NEEDED, Fix, FixField
from backend.domain.holds import HoldKind
from backend.domain.permissions import Actor
from backend.services import sku_fix
from backend.store import orders
from backend.store.personal import keyring
from backend.store.tables import Address, Order

Values = dict[str, str]


@dataclass(frozen=True)
class Part:
    """`read` gives the fields as they are; `judge` errors by field and what else the checks would find; `write` stores."""

    read: Callable[[Session, Order], tuple[FixField, ...]]
    judge: Callable[[Session, Order, HoldKind, Values], tuple[dict[str, str], list[Finding]]]
    write: Callable[[Session, Order, Values, Actor], None]


def _read_address(kind: str) -> Callable[[Session, Order], tuple[FixField, ...]]:
    def read(session: Session, order: Order) -> tuple[FixField, ...]:
        address = orders.address(session, order.id, kind)
        values = {"name": orders.customer(session, order.customer_id).show("name")}
        if address is not None:
            values = {
                name: address.show(name) if name in Address.personal_columns else getattr(address, name)
                for name in ADDRESS_LABELS
            }
        return tuple(
            FixField(name, label, values.get(name, ""), kind="country" if name == "country" else "text")
            for name, label in ADDRESS_LABELS.items()
        )

    return read


def _judge_shipping(
    session: Session, order: Order, kind: HoldKind, values: Values
) -> tuple[dict[str, str], list[Finding]]:
    config = settings.current()
    address = fix_rules.address_of(values)
    found = list(checks.address_findings(address, enabled=config.check_names, countries=config.countries))
    must_pass = MUST_PASS.get(kind, frozenset()) | NEEDED
    return fix_rules.address_errors(address, found, must_pass), found


def _judge_billing(
    session: Session, order: Order, kind: HoldKind, values: Values
) -> tuple[dict[str, str], list[Finding]]:
    address = fix_rules.address_of(values)
    errors = checks.address_errors(address) if address.country else {"country": "The country is missing."}
    return errors, _tax_findings(_tax_id(session, order), address.country)


def _write_address(kind: str) -> Callable[[Session, Order, Values, Actor], None]:
    def write(session: Session, order: Order, values: Values, actor: Actor) -> None:
        given = fix_rules.address_of(values)
        address = orders.address(session, order.id, kind)
        if address is None:
            address = Address(order_id=order.id, kind=kind)
            customer = orders.customer(session, order.customer_id)
            address.write(email=customer.read("email") or None, phone=customer.read("phone") or None)
        address.write(name=given.name, company=given.company or None, line1=given.line1, line2=given.line2 or None)
        address.city, address.province = given.city, given.province
        address.postal_code, address.country = given.postal_code, given.country
        session.add(address)

    return write


def _read_contact(session: Session, order: Order) -> tuple[FixField, ...]:
    customer = orders.customer(session, order.customer_id)
    address = orders.address(session, order.id, "shipping")
    email = customer.show("email") or (address.show("email") if address else "")
    phone = (address.show("phone") if address else "") or customer.show("phone")
    return (FixField("email", "E-mail", email, kind="email"), FixField("phone", "Phone", phone, kind="tel"))


def _judge_contact(
    session: Session, order: Order, kind: HoldKind, values: Values
) -> tuple[dict[str, str], list[Finding]]:
    return fix_rules.contact_errors(values, _country(session, order)), []


def _write_contact(session: Session, order: Order, values: Values, actor: Actor) -> None:
    """The customer's own, by which orders are found, and those that this order's parcel and documents carry."""
    keys = keyring()
    customer = orders.lock_customer(session, order.customer_id)
    customer.write(email=values["email"] or None, phone=values["phone"] or None)
    customer.email_token = keys.email_token(values["email"])
    customer.phone_token = keys.phone_token(values["phone"], _country(session, order))
    customer.updated_at = clock.now()
    session.add(customer)
    for kind in ("shipping", "billing"):
        address = orders.address(session, order.id, kind)
        if address is not None:
            address.write(email=values["email"] or None, phone=values["phone"] or None)
            session.add(address)


def _read_tax_id(session: Session, order: Order) -> tuple[FixField, ...]:
    return (FixField("tax_id", "Tax number", _tax_id(session, order)),)


def _judge_tax_id(
    session: Session, order: Order, kind: HoldKind, values: Values
) -> tuple[dict[str, str], list[Finding]]:
    found = _tax_findings(values["tax_id"], _country(session, order, billed=True))
    return ({"tax_id": found[0].reason} if found else {}), found


def _write_tax_id(session: Session, order: Order, values: Values, actor: Actor) -> None:
    address = _billed(session, order)
    if address is None:
        address = Address(order_id=order.id, kind="billing")
        address.write(name=orders.customer(session, order.customer_id).read("name"))
    address.write(tax_id=tax_ids.plain(values["tax_id"]) or None)
    session.add(address)


def _tax_findings(tax_id: str, country: str) -> list[Finding]:
    problem = tax_ids.problem(tax_id, country) if "tax_id" in settings.current().check_names else ""
    return [Finding(HoldKind.TAX_ID_MALFORMED, problem)] if problem else []


def _tax_id(session: Session, order: Order) -> str:
    address = _billed(session, order)
    return address.show("tax_id") if address else ""


def _billed(session: Session, order: Order) -> Address | None:
    return orders.address(session, order.id, "billing") or orders.address(session, order.id, "shipping")


def _country(session: Session, order: Order, *, billed: bool = False) -> str:
    kinds = ("billing", "shipping") if billed else ("shipping", "billing")
    return next((found.country for kind in kinds if (found := orders.address(session, order.id, kind))), "")


def _read_weight(session: Session, order: Order) -> tuple[FixField, ...]:
    return tuple(
        FixField(
            f"grams-{item.position}",
            f"{item.quantity} × {item.name}",
            str(item.grams),
            kind="whole",
            hint="grams for one piece",
        )
        for item in orders.items(session, order.id)
        if item.requires_shipping
    )


def _judge_weight(
    session: Session, order: Order, kind: HoldKind, values: Values
) -> tuple[dict[str, str], list[Finding]]:
    found = {name: fix_rules.grams_error(typed) for name, typed in values.items()}
    return {name: error for name, error in found.items() if error}, []


def _write_weight(session: Session, order: Order, values: Values, actor: Actor) -> None:
    for item in orders.items(session, order.id):
        if f"grams-{item.position}" in values:
            item.grams = int(values[f"grams-{item.position}"])
            session.add(item)


PARTS: dict[Fix, Part] = {
    Fix.SHIPPING_ADDRESS: Part(_read_address("shipping"), _judge_shipping, _write_address("shipping")),
    Fix.BILLING_ADDRESS: Part(_read_address("billing"), _judge_billing, _write_address("billing")),
    Fix.CONTACT: Part(_read_contact, _judge_contact, _write_contact),
    Fix.TAX_ID: Part(_read_tax_id, _judge_tax_id, _write_tax_id),
    Fix.WEIGHT: Part(_read_weight, _judge_weight, _write_weight),
    Fix.SKU: Part(sku_fix.read, sku_fix.judge, sku_fix.write),
}


def typed_into(fields: tuple[FixField, ...], values: Values) -> tuple[FixField, ...]:
    """The fields with what was typed instead of what is there."""
    return tuple(
        replace(field, value=fix_rules.cleaned(values[field.name])) if field.name in values else field
        for field in fields
    )
