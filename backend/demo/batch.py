"""One batch of orders, from the plan to lines for COPY: a pure function of its setup, so it can run in any process."""

import hashlib
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from backend.demo import payloads, sheets
from backend.demo.journey import Frame
from backend.demo.life import Life
from backend.demo.plan import Placed, Plan, Wish
from backend.demo.rows import Pages, stable_id
from backend.demo.story import HOLDS_EACH, ITEMS_EACH, STEPS_EACH, Ids
from backend.domain.intake import problems
from backend.domain.orders import FINAL
from backend.integrations.shopify.normalise import normalise
from backend.store.personal import keyring

WEBHOOKS_KEPT = timedelta(days=14)
"""Bodies of webhooks are kept this long, and as long as their order is on its way."""


@dataclass(frozen=True)
class Setup:
    """What a load decides once. `first` holds the first free id of each table; the rest are settings of the shop."""

    wish: Wish
    frame: Frame
    first: Ids
    checks: frozenset[str]
    countries: frozenset[str]
    default_grams: int
    series: dict[str, str]


@dataclass(frozen=True)
class Numbers:
    """The last number given out in each series before this batch."""

    invoice: int
    credit_note: int


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
    wish = setup.wish
    plan = plan_of(wish)
    placed = plan.batch(index)
    pages = Pages(wish.seed, plan.start, wish.zone, setup.default_grams)
    bodies = [payloads.body(wish.seed, wish.orders, order) for order in placed]
    lives = [_live(setup, order, body) for order, body in zip(placed, bodies, strict=True)]
    after = _number_papers(setup, lives, before, pages)
    found = Written(index, len(placed), placed[0].at, {}, pages.customers, before, after, plan.days_of(index))
    for life, body in zip(lives, bodies, strict=True):
        pages.write(life)
        if life.created_at >= wish.end - WEBHOOKS_KEPT or life.status not in FINAL:
            _keep_webhook(life, body, pages)
    _move_stock(lives, found, pages)
    found.texts = {name: "".join(lines) for name, lines in pages.lines.items()}
    return found


def _live(setup: Setup, placed: Placed, body: dict[str, Any]) -> Life:
    new = normalise(body)
    if wrong := problems(new):
        raise ValueError(f"order {placed.serial} of the demo does not add up: {' '.join(wrong)}")
    first, serial = setup.first, placed.serial
    ids = Ids(
        order=first.order + serial,
        item=first.item + serial * ITEMS_EACH,
        step=first.step + serial * STEPS_EACH,
        hold=first.hold + serial * HOLDS_EACH,
        refund=first.refund + serial,
        parcel=first.parcel + serial,
    )
    dice = random.Random(f"{setup.wish.seed}:{serial}:life")
    findings = payloads.found(new, placed.fate, setup.checks, setup.countries)
    life = Life(setup.frame, new, placed.number, ids, dice, findings, placed.fate)
    life.play()
    return life


def _number_papers(setup: Setup, lives: list[Life], before: Numbers, pages: Pages) -> Numbers:
    """Give the batch's documents their numbers in the order they were begun, and write them down in that order."""
    papers = sorted(
        ((paper.created_at, life.ids.order, paper.kind, paper, life) for life in lives for paper in life.papers),
        key=lambda entry: entry[:3],
    )
    taken = {"invoice": before.invoice, "credit_note": before.credit_note}
    for *_, paper, life in papers:
        taken[paper.kind] += 1
        series = setup.series[paper.kind]
        paper.number = f"{series}-{taken[paper.kind]:06d}"
        pages.write_paper(life, paper, series)
    return Numbers(**taken)


def _move_stock(lives: list[Life], found: Written, pages: Pages) -> None:
    """Movements are written in the order of time, so that the shelf is never emptier than nothing."""
    for row in sorted((row for life in lives for row in life.movements), key=lambda row: row[-1]):
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
