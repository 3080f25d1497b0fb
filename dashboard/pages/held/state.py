"""The held queue: what is stopped, why, and how old it is; filter, order and page live in the address."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from backend import clock
from backend.domain.desk import Cause, HeldOrder, HeldQueue
from backend.domain.holds import HoldKind
from backend.domain.permissions import Area
from backend.services.holds import held_queue
from dashboard.components.money import money, sums
from dashboard.components.times import age, full
from dashboard.components.words import count, word
from dashboard.shell import live
from dashboard.shell.calls import ask
from dashboard.shell.errors import explain
from dashboard.shell.needs import needs

SIZE = 50
SORTS = ("age", "amount")
MOST_TILES = 10
"""Causes shown at once; the smaller ones are folded away, but never the chosen one."""


@dataclass
class HeldRow:
    """A held order, ready to be shown."""

    number: str
    customer: str
    channel: str
    external: str
    amount: str
    title: str
    reason: str
    advice: str
    others: str
    age: str
    since: str


@dataclass
class CauseTile:
    """A cause with how many it stops and what is at stake; `share` is its part of all holds in percent."""

    kind: str
    title: str
    orders: str
    stake: str
    share: str
    href: str
    chosen: bool


@dataclass(frozen=True)
class Query:
    """What the address asks for."""

    kind: str = ""
    sort: str = "age"
    desc: bool = False
    page: int = 1

    @classmethod
    def of(cls, parameters: dict[str, Any]) -> "Query":
        """Read an address; whatever is not allowed in it falls back to the default."""
        kind, sort = str(parameters.get("kind", "")), str(parameters.get("sort", "age"))
        page = str(parameters.get("page", "1"))
        return cls(
            kind=kind if kind in set(HoldKind) else "",
            sort=sort if sort in SORTS else "age",
            desc=parameters.get("order") == "desc",
            page=int(page) if page.isascii() and page.isdigit() and 0 < int(page) < 100_000 else 1,
        )

    def href(self, **changes: Any) -> str:
        """The address of the same queue with changes; back to the first page unless told otherwise."""
        wanted = {"kind": self.kind, "sort": self.sort, "desc": self.desc, "page": 1} | changes
        parts = {
            "kind": wanted["kind"],
            "sort": "" if wanted["sort"] == "age" else wanted["sort"],
            "order": "desc" if wanted["desc"] else "",
            "page": wanted["page"] if wanted["page"] > 1 else "",
        }
        said = urlencode({name: value for name, value in parts.items() if value})
        return f"/held?{said}" if said else "/held"

    def sort_href(self, sort: str) -> str:
        """Choose an order, or turn it round when it is the present one; amounts start with the largest."""
        return self.href(sort=sort, desc=not self.desc if self.sort == sort else sort == "amount")


class HeldState(rx.State):
    """One page of the queue."""

    ready: bool = False
    problem: str = ""
    headline: str = ""
    oldest: str = ""
    shown: str = ""
    kind: str = ""
    causes: list[CauseTile] = []
    more_causes: list[CauseTile] = []
    more_text: str = ""
    rows: list[HeldRow] = []
    age_order: str = "ascending"
    amount_order: str = "none"
    age_href: str = ""
    amount_href: str = ""
    page_text: str = ""
    previous_href: str = ""
    next_href: str = ""
    _query: Query = Query()
    _seen: int = -1

    @rx.event
    @needs(Area.HOLDS)
    async def load(self):
        self._query = Query.of(dict(self.router.url.query_parameters))
        await self._read()

    @rx.event(background=True)
    @needs(Area.HOLDS)
    async def follow(self):
        async for _ in live.changes(live.ALL, self._seen):
            async with self:
                await self._read()

    async def _read(self) -> None:
        self._seen = live.hub.serial
        query = self._query
        try:
            queue = await ask(held_queue, kind=query.kind, sort=query.sort, desc=query.desc, page=query.page, size=SIZE)
        except Exception as error:
            self.problem = explain(error)
            return
        self.problem, self.ready = "", True
        self._show(query, queue)

    def _show(self, query: Query, queue: HeldQueue) -> None:
        now = clock.now()
        self.headline = count(queue.all_orders, "order")
        self.oldest = age(queue.oldest_at, now) if queue.oldest_at else ""
        self.shown = count(queue.orders, "order")
        self.kind = query.kind
        tiles = [_tile(cause, query, queue.causes) for cause in queue.causes]
        self.causes, self.more_causes = _folded(tiles)
        self.more_text = count(len(self.more_causes), "more cause")
        self.rows = [_row(order, now) for order in queue.rows]
        direction = "descending" if query.desc else "ascending"
        self.age_order = direction if query.sort == "age" else "none"
        self.amount_order = direction if query.sort == "amount" else "none"
        self.age_href, self.amount_href = query.sort_href("age"), query.sort_href("amount")
        self.page_text = f"Page {queue.page} of {queue.pages}" if queue.pages > 1 else ""
        keep = {"desc": query.desc}
        self.previous_href = query.href(page=queue.page - 1, **keep) if queue.page > 1 else ""
        self.next_href = query.href(page=queue.page + 1, **keep) if queue.page < queue.pages else ""


def _folded(tiles: list[CauseTile]) -> tuple[list[CauseTile], list[CauseTile]]:
    """The largest causes and the chosen one, and the rest."""
    if len(tiles) <= MOST_TILES:
        return tiles, []
    shown = tiles[: MOST_TILES - 1]
    chosen = [tile for tile in tiles[MOST_TILES - 1 :] if tile.chosen]
    shown += chosen or [tiles[MOST_TILES - 1]]
    return shown, [tile for tile in tiles if tile not in shown]


def _tile(cause: Cause, query: Query, causes: tuple[Cause, ...]) -> CauseTile:
    everything = sum(each.orders for each in causes) or 1
    chosen = cause.kind == query.kind
    return CauseTile(
        kind=cause.kind,
        title=cause.title,
        orders=f"{cause.orders:,}",
        stake=sums(cause.money, most=2),
        share=f"{max(2, round(100 * cause.orders / everything))}%",
        href=query.href(kind="" if chosen else cause.kind),
        chosen=chosen,
    )


def _row(order: HeldOrder, now: Any) -> HeldRow:
    return HeldRow(
        number=order.number,
        customer=order.customer,
        channel=word(order.channel),
        external=order.external_number,
        amount=money(order.total_minor, order.currency),
        title=order.title,
        reason=order.reason,
        advice=order.advice,
        others=f"+ {count(order.other_holds, 'more hold')}" if order.other_holds else "",
        age=age(order.held_at, now),
        since=f"Held since {full(order.held_at)}",
    )
