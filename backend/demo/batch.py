"""One batch of orders, from the plan to lines for COPY: it follows from its setup alone, so any process can make it.

First every order is told, by playing its life or from a model; then, once it is known how many documents came before,
everything is written down.
"""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from backend.demo import payloads, sheets
from backend.demo.life import Life
from backend.demo.plan import Placed, Plan, Wish
from backend.demo.rows import Pages, stable_id
from backend.demo.setup import Numbers, Setup
from backend.demo.shelves import Retold, Shelf
from backend.demo.story import Paper
from backend.domain.intake import problems
from backend.domain.orders import FINAL
from backend.integrations.shopify.normalise import normalise
from backend.store.personal import keyring

WEBHOOKS_KEPT = timedelta(days=14)
"""Bodies of webhooks are kept this long, and as long as their order is on its way."""


@dataclass
class Draft:
    """A batch of which everything is known but the numbers of its documents. `bodies`: the shop's, of played lives."""

    index: int
    placed: list[Placed]
    told: list[Life | Retold]
    bodies: list[tuple[Life, dict[str, Any]]]

    @property
    def documents(self) -> Numbers:
        """How many of each kind the batch makes."""
        kinds = Counter(paper.kind for told in self.told for paper in told.papers)
        return Numbers(kinds["invoice"], kinds["credit_note"])


@dataclass
class Written:
    """A batch ready to be copied. `on_hand` and `reserved` are its changes of stock by SKU."""

    index: int
    orders: int
    begins: datetime
    texts: dict[str, str]
    customers: dict[UUID, str]
    numbers: Numbers
    after: Numbers
    days: dict[date, int]
    on_hand: Counter[str] = field(default_factory=Counter)
    reserved: Counter[str] = field(default_factory=Counter)


@lru_cache(maxsize=1)
def plan_of(wish: Wish) -> Plan:
    """The plan is worked out once per process."""
    return Plan(wish)


def make(setup: Setup, index: int, before: Numbers) -> Written:
    """Play every order of a batch and write it down."""
    return write_down(setup, draft(setup, index), before)


def draft(setup: Setup, index: int, shelf: Shelf | None = None) -> Draft:
    """Tell every order of a batch; those of the past from the models of a shelf where there is one."""
    plan = plan_of(setup.wish)
    found = Draft(index, plan.batch(index), [], [])
    dice = random.Random(f"{setup.wish.seed}:{index}:retold")
    for placed in found.placed:
        told: Life | Retold | None = shelf.retold(placed, dice) if shelf and plan.is_settled(placed) else None
        if told is None:
            body = payloads.body(setup.wish.seed, setup.wish.orders, placed)
            told = _live(setup, placed, body)
            found.bodies.append((told, body))
        found.told.append(told)
    return found


def write_down(setup: Setup, given: Draft, before: Numbers, known: Set[UUID] = frozenset()) -> Written:
    """The lines of a batch. Customers in `known` were written down with an earlier one."""
    wish, plan = setup.wish, plan_of(setup.wish)
    pages = Pages(wish.seed, plan.start, wish.zone, setup.default_grams, known)
    papers = _numbered(setup, given.told, before)
    for told in given.told:
        if isinstance(told, Retold):
            told.write(pages)
        else:
            pages.write(told)
    for told, paper in papers:
        pages.write_paper(told, paper, setup.series[paper.kind])
    for life, body in given.bodies:
        if life.created_at >= wish.end - WEBHOOKS_KEPT or life.status not in FINAL:
            _keep_webhook(life, body, pages)
    after, days = before.and_then(given.documents), plan.days_of(given.index)
    found = Written(given.index, len(given.told), given.placed[0].at, {}, pages.customers, before, after, days)
    _move_stock(given.told, found, pages)
    found.texts = {name: "".join(lines) for name, lines in pages.lines.items()}
    return found


def _live(setup: Setup, placed: Placed, body: dict[str, Any]) -> Life:
    new = normalise(body)
    if wrong := problems(new):
        raise ValueError(f"order {placed.serial} of the demo does not add up: {' '.join(wrong)}")
    dice = random.Random(f"{setup.wish.seed}:{placed.serial}:life")
    findings = payloads.found(new, placed.fate, setup.checks, setup.countries)
    life = Life(setup.frame, new, placed.number, setup.ids(placed.serial), dice, findings, placed.fate)
    life.play()
    return life


def _numbered(setup: Setup, all_told: list[Life | Retold], before: Numbers) -> list[tuple[Life | Retold, Paper]]:
    """The batch's documents in the order they were begun, each with its number."""
    papers = sorted(
        ((told, paper) for told in all_told for paper in told.papers),
        key=lambda entry: (entry[1].created_at, entry[0].ids.order, entry[1].kind),
    )
    taken = {"invoice": before.invoice, "credit_note": before.credit_note}
    for _, paper in papers:
        taken[paper.kind] += 1
        paper.sequence = taken[paper.kind]
        paper.number = f"{setup.series[paper.kind]}-{paper.sequence:06d}"
    return papers


def _move_stock(all_told: list[Life | Retold], found: Written, pages: Pages) -> None:
    """Movements are written in the order of time, so that the shelf is never emptier than nothing."""
    for row in sorted((row for told in all_told for row in told.movements), key=lambda row: row[-1]):
        pages.add(sheets.MOVEMENTS, row)
        found.on_hand[row[0]] += row[3]
        found.reserved[row[0]] += row[4]


def _keep_webhook(life: Life, body: dict[str, Any], pages: Pages) -> None:
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    at = life.created_at
    row_id = stable_id(at, pages.seed, life.number, "webhook")
    event = str(UUID(bytes=hashlib.sha256(f"{pages.seed}:{life.number}".encode()).digest()[:16], version=4))
    blob = keyring().seal("inbox", "body", row_id, raw)
    sent = (row_id, "channels", "shopify", event, "orders/create", headers(event), blob)
    judged = (len(raw), hashlib.sha256(raw).hexdigest(), "accepted", list[str](), "", life.ids.order, at, at, at)
    pages.add(sheets.INBOX, (*sent, *judged))


def headers(event: str, topic: str = "orders/create") -> dict[str, str]:
    """What is kept of a Shopify webhook's headers."""
    return {
        "content-type": "application/json",
        "x-shopify-topic": topic,
        "x-shopify-shop-domain": "tidewater-supply.myshopify.com",
        "x-shopify-api-version": "2025-01",
        "x-shopify-webhook-id": event,
    }
