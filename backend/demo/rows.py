"""Writes one order's story down as lines for COPY."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Set
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.demo import sheets
from backend.demo.life import INVOICE_NUMBER, Life
from backend.demo.paperwork import pdf
from backend.demo.settling import CREDIT_NUMBER
from backend.demo.sheets import Array, Sheet
from backend.demo.story import HoldRow, Ids, Paper
from backend.domain.intake import NewAddress, NewOrder
from backend.domain.orders import ShippingStatus
from backend.domain.tags import tidied
from backend.domain.tracking import shipping_status
from backend.services.intake import PRICING_ENGINE, content_hash
from backend.store.personal import Sealed, keyring


def stable_id(moment: datetime, *names: object) -> UUID:
    """A time-ordered UUID (version 7) that is the same again for the same moment and names."""
    chance = int.from_bytes(hashlib.blake2b("|".join(map(str, names)).encode(), digest_size=10).digest(), "big")
    stamp = int(moment.timestamp() * 1000) & 0xFFFF_FFFF_FFFF
    return UUID(int=stamp << 80 | 0x7 << 76 | (chance >> 62 & 0xFFF) << 64 | 0b10 << 62 | chance & (1 << 62) - 1)


def sealed(table: str, row_id: UUID, **texts: str) -> list[Sealed | None]:
    """Each text sealed for its place; nothing for an empty one."""
    seal = keyring().seal
    return [seal(table, column, row_id, text) if text else None for column, text in texts.items()]


class Told(Protocol):
    """What papers and addresses need to know of their order."""

    number: str
    new: NewOrder
    ids: Ids
    created_at: datetime


class Pages:
    """The lines of many orders, by table. Customers in `known` were written down earlier."""

    def __init__(
        self, seed: int, start: datetime, zone: str, default_grams: int, known: Set[UUID] = frozenset()
    ) -> None:
        self.seed, self._start, self._zone, self._default_grams = seed, start, ZoneInfo(zone), default_grams
        self._known = known
        self.lines: dict[str, list[str]] = defaultdict(list)
        self.customers: dict[UUID, str] = {}
        """A line for each customer, by id: which of them are known already is seen when they are written."""

    def add(self, sheet: Sheet, values: tuple[Any, ...]) -> None:
        self.lines[sheet.name].append(sheet.line(values))

    def write(self, life: Life) -> None:
        """Everything of one order except its documents."""
        new, order_id = life.new, life.ids.order
        self._order(life, self.customer(new, life.created_at))
        self._items(life)
        self.addresses(life)
        self._prices(order_id, new, life.created_at)
        self._steps(life)
        for sheet, rows in (
            (sheets.ENTRIES, life.entries),
            (sheets.REFUNDS, life.refunds),
            (sheets.SCANS, life.scans),
            (sheets.NOTES, life.notes),
            (sheets.AUDIT, life.audit),
        ):
            for row in rows:
                self.add(sheet, row)
        self._parcel(life)
        for hold in life.holds:
            self._hold(order_id, hold)

    def addresses(self, told: Told) -> None:
        """The addresses frozen with an order."""
        for kind, address in (("billing", told.new.billing), ("shipping", told.new.shipping)):
            if address is not None:
                self._address(told, kind, address)

    def fingerprint(self, new: NewOrder) -> str:
        """What tells a repeat of an order from an amendment."""
        return content_hash(new)

    def customer(self, new: NewOrder, at: datetime) -> UUID:
        """The id of an order's customer, who is written down at the first order."""
        given = new.customer
        row_id = stable_id(self._start, self.seed, "customer", given.external_id)
        if row_id not in self.customers and row_id not in self._known:
            keys, country = keyring(), (new.shipping or new.billing or NewAddress("")).country
            name, email, phone = sealed("customers", row_id, name=given.name, email=given.email, phone=given.phone)
            tokens = (keys.email_token(given.email), keys.phone_token(given.phone, country))
            names = Array(keys.name_tokens(given.name))
            values = (row_id, new.channel, given.external_id, name, email, phone, *tokens, names, at, at)
            self.customers[row_id] = sheets.CUSTOMERS.line(values)
        return row_id

    def _order(self, life: Life, customer_id: UUID) -> None:
        new = life.new
        shipping = ShippingStatus.UNSHIPPED if new.requires_shipping else ShippingStatus.NOT_NEEDED
        if life.parcel is not None:
            shipping = shipping_status(life.parcel["status"]) or ShippingStatus.LABEL_CREATED
        self.add(
            sheets.ORDERS,
            (life.ids.order, life.number, new.channel, new.external_id, new.external_number, customer_id, life.status,
             life.balance.status, shipping, new.payment_mode, new.gateway, life.payment_reference, new.currency,
             new.subtotal_minor, new.discount_minor, new.shipping_minor, new.tax_minor, new.total_minor, new.taxes_included,
             new.requires_shipping, new.note, Array(tidied(new.tags)), new.risk, new.test, self.fingerprint(new),
             new.placed_at,
             life.created_at, life.updated_at, life.shipped_at, life.delivered_at, life.closed_at, life.version),
        )  # fmt: skip

    def _items(self, life: Life) -> None:
        for place, item in enumerate(life.new.items):
            item_id, grams = life.ids.item + place, item.grams or (self._default_grams if item.requires_shipping else 0)
            self.add(
                sheets.ITEMS,
                (item_id, life.ids.order, place + 1, item.external_id, item.sku, item.name, item.quantity,
                 item.unit_price_minor, item.discount_minor, item.tax_minor, item.net_minor, item.tax_rate, grams,
                 item.requires_shipping, [list(wish) for wish in item.wishes]),
            )  # fmt: skip
            if life.stock[place]:
                state, at = life.stock[place], life.stock_at[place]
                self.add(sheets.RESERVATIONS, (life.ids.order, item_id, item.sku, item.quantity, state, at))

    def _address(self, told: Told, kind: str, given: NewAddress) -> None:
        row_id = stable_id(told.created_at, self.seed, told.number, kind)
        name = keyring().seal("addresses", "name", row_id, given.name)
        street = keyring().seal("addresses", "line1", row_id, given.line1)
        billed = "billing" if told.new.billing or not told.new.shipping else "shipping"
        company, line2, phone, email, tax_id = sealed(
            "addresses",
            row_id,
            company=given.company,
            line2=given.line2,
            phone=given.phone,
            email=given.email or told.new.customer.email,
            tax_id=told.new.tax_id if kind == billed else "",
        )
        whom = (name, company, street, line2, phone, email, tax_id)
        place = (given.city, given.province, given.postal_code, given.country)
        self.add(sheets.ADDRESSES, (row_id, told.ids.order, kind, *whom, *place))

    def _prices(self, order_id: int, new: NewOrder, at: datetime) -> None:
        lines = [
            {
                "sku": item.sku,
                "quantity": item.quantity,
                "unit_price_minor": item.unit_price_minor,
                "discount_minor": item.discount_minor,
                "tax_minor": item.tax_minor,
                "tax_rate": item.tax_rate,
            }
            for item in new.items
        ]
        prices = {
            "currency": new.currency,
            "taxes_included": new.taxes_included,
            "lines": lines,
            "shipping_minor": new.shipping_minor,
            "tax_minor": new.tax_minor,
            "total_minor": new.total_minor,
        }
        rule = _hash(json.dumps([PRICING_ENGINE, prices], sort_keys=True))
        self.add(sheets.PRICES, (order_id, PRICING_ENGINE, at, rule, prices))
        for position, discount in enumerate(new.discounts, start=1):
            facts = (discount.code, discount.kind, discount.amount_minor)
            rule = _hash(json.dumps([PRICING_ENGINE, *facts]))
            self.add(sheets.DISCOUNTS, (order_id, position, PRICING_ENGINE, at, rule, *facts))

    def _steps(self, life: Life) -> None:
        """Steps, attempts and timeline: the tables that may name a document's number."""
        numbers = {paper.kind: paper.number for paper in life.papers}
        invoice, credit = numbers.get("invoice", ""), numbers.get("credit_note", "")
        rows: list[tuple[Sheet, tuple[Any, ...]]] = [
            (
                sheets.STEPS,
                (step.id, life.ids.order, step.kind, step.subject, step.generation, step.key, step.state, step.provider,
                 step.data, step.due_at, step.fence, step.attempts, step.allowed, step.in_doubt, step.first_sent_at,
                 step.last_sent_at, step.outcome, step.error, step.category, step.result, step.requested_by, step.created_at,
                 step.created_at, step.done_at),
            )
            for step in life.steps
        ]  # fmt: skip
        rows += [(sheets.ATTEMPTS, row) for row in life.attempts]
        rows += [(sheets.TIMELINE, row) for row in life.timeline]
        for sheet, values in rows:
            line = sheet.line(values).replace(INVOICE_NUMBER, invoice).replace(CREDIT_NUMBER, credit)
            self.lines[sheet.name].append(line)

    def _parcel(self, life: Life) -> None:
        if life.shipment is None or life.parcel is None:
            return
        parcel, (shipment_id, order_id, _, _, provider, *_) = life.parcel, life.shipment
        self.add(sheets.SHIPMENTS, life.shipment)
        facts = (parcel["tracking_number"], parcel["tracking_url"], parcel["label_url"], parcel["grams"])
        state = (parcel["status"], parcel["updated_at"])
        self.add(sheets.PARCELS, (life.ids.parcel, shipment_id, order_id, provider, *facts, *state))

    def _hold(self, order_id: int, hold: HoldRow) -> None:
        closed_by = (hold.closed_by.id, hold.closed_by.name) if hold.closed_by else ("", "")
        what = (
            hold.kind,
            hold.source,
            hold.reason,
            hold.provider,
            hold.cluster.key,
            hold.cluster.label,
            hold.step and hold.step.id,
            hold.facts,
        )
        placed = (hold.placed_by.id, hold.placed_by.name, hold.placed_at)
        closed = (hold.closed_at, *closed_by, hold.closed_how, hold.closed_reason)
        self.add(sheets.HOLDS, (hold.id, order_id, *what, *placed, *closed))

    def write_paper(self, told: Told, paper: Paper, series: str) -> None:
        """One invoice or credit note; the caller keeps them in the order of their numbers."""
        day = paper.created_at.astimezone(self._zone).date()
        row_id = stable_id(paper.created_at, self.seed, paper.number)
        document = None
        if paper.stored_at is not None:
            content = pdf(paper.kind, paper.number, day, told.number, paper.total_minor, told.new)
            document = keyring().seal("invoices", "document", row_id, content)
        provider = "invoiceninja" if paper.issued_at else ""
        self.add(
            sheets.INVOICES,
            (row_id, told.ids.order, told.ids.refund if paper.refund else None, paper.kind, series, paper.sequence,
             paper.number, day, told.new.currency, paper.total_minor, provider, paper.reference, document,
             "application/pdf" if document else "", paper.created_at, paper.issued_at, paper.stored_at, paper.sent_at),
        )  # fmt: skip


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
