"""Order creation: order, items, snapshots, stock, timeline and first steps in one transaction, or nothing."""

import hashlib
import json
from dataclasses import is_dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from backend import clock, settings
from backend.domain import checks
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.intake import NewAddress, NewCustomer, NewOrder
from backend.domain.money import display
from backend.domain.orders import PaymentMode
from backend.domain.payments import EntryKind
from backend.domain.permissions import Actor
from backend.domain.providers import provider_name
from backend.domain.tags import tidied
from backend.domain.timeline import TimelineKind, Weight
from backend.services import amendments, decisions, flow, holds, sending, skus, stock
from backend.services.amendments import Created
from backend.store import orders, payments, timeline
from backend.store.personal import keyring
from backend.store.tables import Address, Customer, DiscountSnapshot, Order, OrderItem, PricingSnapshot

PRICING_ENGINE = "holdfast-intake/1"
"""Version of the arithmetic in `domain/intake.py` by which prices were checked when they were frozen."""


def create_order(session: Session, new: NewOrder, *, actor: Actor) -> tuple[Order | None, Created]:
    """Create the order unless the channel has sent it before; what it says anew about a known one is taken in.

    The inbox has checked the order's amounts. None: the shop cancelled an order that we never had.
    """
    orders.serialise_creation(session, new.channel, new.external_id)
    known = orders.by_external_id(session, new.channel, new.external_id)
    if known is not None:
        order = orders.lock(session, known.id)
        return order, amendments.take_in(session, order, new, content_hash(new))
    if new.cancelled:
        return None, Created.CANCELLED
    order = _insert_order(session, new, content_hash(new))
    _insert_lines(session, order, new)
    _insert_addresses(session, order, new)
    _freeze_prices(session, order, new)
    timeline.add(
        session,
        order.id,
        TimelineKind.ORDER_RECEIVED,
        f"Order {new.external_number or new.external_id} received from {provider_name(new.channel)}:"
        f" {new.size}, {display(new.total_minor, new.currency)}, {new.payment_mode}.",
        actor=actor,
        at=clock.now(),
        weight=Weight.MILESTONE,
    )
    _note_authorization(session, order, new)
    _check(session, order, new)
    flow.update_facts(session, order)
    flow.advance(session, order, actor=actor)
    return order, Created.NEW


def content_hash(new: NewOrder) -> str:
    """A fingerprint of what matters to us: a repeat with other contents is an amendment, the shop's own flags are not."""
    facts = dict(vars(new))
    for changing in ("payment_mode", "payment_reference", "gateway", "tags", "risk", "note", "cancelled"):
        facts.pop(changing)
    if not new.tax_id:  # known to Holdfast later than the first fingerprints
        facts.pop("tax_id")
    return hashlib.sha256(json.dumps(facts, default=_plain, sort_keys=True).encode()).hexdigest()


def _plain(value: object) -> object:
    return vars(value) if is_dataclass(value) else str(value)


def _note_authorization(session: Session, order: Order, new: NewOrder) -> None:
    """What the shop says is authorized is a fact beside the order; capturing it is a step of its own."""
    if new.payment_mode is PaymentMode.AUTHORIZED:
        payments.record(
            session,
            order,
            EntryKind.AUTHORIZED,
            amount_minor=new.total_minor,
            currency=new.currency,
            provider=new.gateway or new.channel,
            reference=new.payment_reference or new.external_id,
            at=new.placed_at,
            now=clock.now(),
            detail=f"as {provider_name(new.channel)} says",
        )


def _insert_order(session: Session, new: NewOrder, fingerprint: str) -> Order:
    now = clock.now()
    customer = _customer(session, new, now)
    number = orders.next_number(session, now.astimezone(ZoneInfo(settings.current().time_zone)).date())
    order = Order(
        number=number,
        channel=new.channel,
        external_id=new.external_id,
        external_number=new.external_number,
        customer_id=customer.id,
        payment_mode=new.payment_mode,
        gateway=new.gateway,
        payment_reference=new.payment_reference,
        currency=new.currency,
        subtotal_minor=new.subtotal_minor,
        discount_minor=new.discount_minor,
        shipping_minor=new.shipping_minor,
        tax_minor=new.tax_minor,
        total_minor=new.total_minor,
        taxes_included=new.taxes_included,
        requires_shipping=new.requires_shipping,
        note=new.note,
        tags=list(tidied(new.tags)),
        risk=new.risk,
        test=new.test,
        content_hash=fingerprint,
        placed_at=new.placed_at,
        created_at=now,
        updated_at=now,
    )
    session.add(order)
    session.flush()
    return order


def _customer(session: Session, new: NewOrder, now: datetime) -> Customer:
    """The channel's customer with the newest contact data; a guest gets a row named after the order."""
    given: NewCustomer = new.customer
    external_id = given.external_id or f"guest:{new.external_id}"
    statement = select(Customer).where(Customer.channel == new.channel, Customer.external_id == external_id)
    customer = session.exec(statement.with_for_update()).first()
    if customer is None:
        customer = Customer(channel=new.channel, external_id=external_id, created_at=now, updated_at=now)
    keys, country = keyring(), (new.shipping or new.billing or NewAddress("")).country
    customer.write(name=given.name, email=given.email or None, phone=given.phone or None)
    customer.email_token = keys.email_token(given.email)
    customer.phone_token = keys.phone_token(given.phone, country)
    customer.name_tokens = keys.name_tokens(given.name)
    customer.updated_at = now
    session.add(customer)
    session.flush()
    return customer


def _insert_lines(session: Session, order: Order, new: NewOrder) -> None:
    default_grams = settings.current().default_item_grams
    ours = skus.aliases(session, new.channel, {item.sku for item in new.items})
    for position, item in enumerate(new.items, start=1):
        session.add(
            OrderItem(
                order_id=order.id,
                position=position,
                external_id=item.external_id,
                sku=ours.get(item.sku, item.sku),
                channel_sku=item.sku if item.sku in ours else "",
                name=item.name,
                quantity=item.quantity,
                unit_price_minor=item.unit_price_minor,
                discount_minor=item.discount_minor,
                tax_minor=item.tax_minor,
                total_minor=item.net_minor,
                tax_rate=item.tax_rate,
                grams=item.grams or (default_grams if item.requires_shipping else 0),
                requires_shipping=item.requires_shipping,
                wishes=[list(wish) for wish in item.wishes],
            )
        )


def _insert_addresses(session: Session, order: Order, new: NewOrder) -> None:
    billed = "billing" if new.billing or not new.shipping else "shipping"
    billing = new.billing or (NewAddress(new.customer.name) if new.tax_id and not new.shipping else None)
    for kind, given in (("billing", billing), ("shipping", new.shipping)):
        if given is None:
            continue
        address = Address(
            order_id=order.id,
            kind=kind,
            city=given.city,
            province=given.province,
            postal_code=given.postal_code,
            country=given.country,
        )
        address.write(
            name=given.name,
            company=given.company or None,
            line1=given.line1,
            line2=given.line2 or None,
            phone=given.phone or None,
            email=given.email or new.customer.email or None,
            tax_id=new.tax_id or None if kind == billed else None,
        )
        session.add(address)


def _freeze_prices(session: Session, order: Order, new: NewOrder) -> None:
    now = clock.now()
    prices = {
        "currency": new.currency,
        "taxes_included": new.taxes_included,
        "lines": [
            {
                "sku": item.sku,
                "quantity": item.quantity,
                "unit_price_minor": item.unit_price_minor,
                "discount_minor": item.discount_minor,
                "tax_minor": item.tax_minor,
                "tax_rate": item.tax_rate,
            }
            for item in new.items
        ],
        "shipping_minor": new.shipping_minor,
        "tax_minor": new.tax_minor,
        "total_minor": new.total_minor,
    }
    rule = hashlib.sha256(json.dumps([PRICING_ENGINE, prices], sort_keys=True).encode()).hexdigest()
    session.add(
        PricingSnapshot(order_id=order.id, engine_version=PRICING_ENGINE, taken_at=now, rule_hash=rule, prices=prices)
    )
    for position, discount in enumerate(new.discounts, start=1):
        facts = [PRICING_ENGINE, discount.code, discount.kind, discount.amount_minor]
        session.add(
            DiscountSnapshot(
                order_id=order.id,
                position=position,
                engine_version=PRICING_ENGINE,
                taken_at=now,
                rule_hash=hashlib.sha256(json.dumps(facts).encode()).hexdigest(),
                code=discount.code,
                kind=discount.kind,
                amount_minor=discount.amount_minor,
            )
        )


def _check(session: Session, order: Order, new: NewOrder) -> None:
    session.flush()
    config = settings.current()
    for finding in checks.findings(new, enabled=config.check_names, countries=config.countries):
        decisions.place(session, order, finding, new.shipping)
    if "sku" in config.check_names and (unknown := skus.unknown(session, order)):
        holds.place(session, order, HoldKind.SKU_UNKNOWN, unknown, source=HoldSource.CHECK)
    if maybe_known := sending.why_maybe_known(session, new.placed_at):
        holds.place(session, order, HoldKind.OLDER_THAN_RESTORE, maybe_known, source=HoldSource.CHECK)
    if "stock" in config.check_names:
        missing = stock.reserve(session, order)
        if missing:
            holds.place(session, order, HoldKind.OUT_OF_STOCK, " ".join(missing), source=HoldSource.CHECK)
