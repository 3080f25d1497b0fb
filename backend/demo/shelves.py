"""Shelves of model lives, and orders that retell one of them.

A shelf belongs to every fourth batch, so what a batch becomes does not depend on who makes it, and each process plays
only the models of its own shelves.
"""

import random
from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from backend.demo import blanks, payloads
from backend.demo.blanks import Facts
from backend.demo.models import EVER, Model, ModelLife, ModelPages, Models, drawn, model_of, told_with_stand_ins
from backend.demo.people import COPIES, People, Person
from backend.demo.plan import SETTLED_AFTER, Placed, Plan
from backend.demo.rows import Pages
from backend.demo.setup import Setup
from backend.demo.story import Ids, Paper
from backend.domain.intake import NewAddress, NewCustomer, NewOrder
from backend.integrations.shopify.normalise import normalise
from backend.sandbox.shop.body import FIRST_NUMBER
from backend.store.tables import Attempt

SHELVES = 4
FEWEST, MOST = 60, 2_000
_TELLINGS = 25
"""A shelf holds a model for so many orders, within the two limits above."""
_ORDERS_PER_CUSTOMER = 2.2
_ATTEMPTS = str(Attempt.__tablename__)


@dataclass
class Retold:
    """One order that a model is told again for."""

    number: str
    new: NewOrder
    ids: Ids
    model: Model
    external_id: int
    detailed: bool
    dice: random.Random

    def __post_init__(self) -> None:
        at = self.new.placed_at
        self.created_at = at + self.model.begins
        self.papers: list[Paper] = [paper.at(at) for paper in self.model.papers]
        self.movements: list[tuple[Any, ...]] = [
            (sku, self.ids.order, *what, at + after) for sku, *what, after in self.model.movements
        ]

    def write(self, pages: Pages) -> None:
        """Everything of it except its documents, whose numbers are known by now."""
        customer = pages.customer(self.new, self.created_at)
        numbers = {paper.kind: paper.number for paper in self.papers}
        words = (
            numbers.get("invoice", ""),
            numbers.get("credit_note", ""),
            self.number,
            self.number.lower(),
            self.new.external_id,
            self.new.external_number,
            str(customer),
            pages.fingerprint(self.new),
        )
        model = self.model
        texts = model.fill(Facts(self.new.placed_at, self.ids, self.external_id, words, self.dice.getrandbits))
        for paper, told in zip(self.papers, model.papers, strict=True):
            paper.reference = "" if told.reference is None else texts[told.reference]
        for name, blank in model.blanks.items():
            chosen = model.bare if name == _ATTEMPTS and not self.detailed else blank
            pages.lines[name].append(chosen.filled(texts))
        pages.addresses(self)


class Shelf:
    """The models of one shelf, played when it is made (which takes some seconds), and their customers."""

    def __init__(self, setup: Setup, plan: Plan, number: int) -> None:
        self._setup = setup
        wish = setup.wish
        settled = bisect_left(plan.times, wish.end - SETTLED_AFTER)
        wanted = min(max(settled // (SHELVES * _TELLINGS), FEWEST), MOST, settled)
        first = number * payloads.served(wish.orders)
        self._shop = payloads.shop(payloads.shop_seed(wish.seed, wish.orders, first))
        dice = random.Random(f"{wish.seed}:models:{number}")
        made = (self._model(placed) for placed in drawn(plan.times[:settled], wanted, first, dice))
        self._models = Models([model for model in made if model is not None])
        self._people = People(self._shop, number)
        self._tellings = settled / max(1, SHELVES * self._models.count)

    def retold(self, placed: Placed, dice: random.Random) -> Retold | None:
        """The order as a model tells it; None where none fits."""
        setup, wish = self._setup, self._setup.wish
        at = placed.at.replace(microsecond=0)
        model = self._models.pick(at, wish.end, dice)
        if model is None:
            return None
        copies = self._tellings * self._models.of_customer[model.customer] / _ORDERS_PER_CUSTOMER
        person = self._people.copy(model.customer, int(min(max(copies, 1), COPIES) * dice.random()))
        external_id = payloads.external_id(wish.seed, wish.orders, placed.serial)
        new = _of(model, person, at, external_id, placed.serial)
        detailed = at + model.begins >= setup.frame.detailed_since
        return Retold(placed.number, new, setup.ids(placed.serial), model, external_id, detailed, dice)

    def _model(self, placed: Placed) -> Model | None:
        setup, wish = self._setup, self._setup.wish
        new = normalise(payloads.body(wish.seed, wish.orders, placed))
        findings = payloads.found(new, placed.fate, setup.checks, setup.countries)
        frame = replace(setup.frame, end=EVER, detailed_since=datetime(2000, 1, 1, tzinfo=UTC))
        dice = random.Random(f"{wish.seed}:{placed.serial}:model")
        life = ModelLife(frame, told_with_stand_ins(new), placed.number, blanks.STAND_INS, dice, findings, placed.fate)
        life.play()
        customer = int(new.customer.external_id) - int(self._shop.customers[0].body["id"])
        return model_of(life, new, customer, ModelPages(wish.seed, wish.end, wish.zone, setup.default_grams))


def _of(model: Model, who: Person, at: datetime, external_id: int, serial: int) -> NewOrder:
    """The model's order as somebody else placed it."""
    new = model.new
    billing = new.billing and _moved(new.billing, who, who.home, stays=model.own_address)
    elsewhere = new.shipping is not None and new.billing is not None and new.shipping.line1 != new.billing.line1
    street = who.elsewhere if elsewhere else who.home
    shipping = new.shipping and _moved(new.shipping, who, street, stays=model.own_address)
    return replace(
        new,
        external_id=str(external_id),
        external_number=f"#{FIRST_NUMBER + serial}",
        payment_reference=str(external_id) if new.payment_reference else "",
        placed_at=at,
        customer=NewCustomer(str(who.external_id), who.name, who.email, ""),
        billing=billing,
        shipping=shipping,
        items=tuple(
            replace(item, external_id=str(external_id * 10 + place)) for place, item in enumerate(new.items, start=1)
        ),
    )


def _moved(given: NewAddress, who: Person, street: str, *, stays: bool) -> NewAddress:
    """The address of somebody else in the same town; some troubles lie in the street itself."""
    phone = who.phone if given.phone else ""
    return replace(given, name=who.name, line1=given.line1 if stays else street, phone=phone)
