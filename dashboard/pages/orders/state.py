"""The orders list: newest first, by status, found by part of a number; filter and place live in the address."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from backend.domain.desk import OrderRow
from backend.domain.orders import OrderStatus
from backend.domain.permissions import Area
from backend.services.orders import order_page
from dashboard.components.money import money
from dashboard.components.times import full, moment
from dashboard.components.words import word
from dashboard.shell import live
from dashboard.shell.calls import ask
from dashboard.shell.errors import explain
from dashboard.shell.needs import needs

SIZE = 50
HELD = "held"
LONGEST_QUERY = 60
CHOICES = (("", "All"), (HELD, "Held"), *((str(status), word(status)) for status in OrderStatus))


@dataclass
class OrderLine:
    number: str
    external: str
    customer: str
    channel: str
    status: str
    status_word: str
    payment: str
    payment_word: str
    shipping: str
    shipping_word: str
    held: bool
    total: str
    placed: str
    placed_full: str


@dataclass
class Choice:
    label: str
    href: str
    chosen: bool
    key: str


@dataclass(frozen=True)
class Query:
    """What the address asks for. `status` is an order status, or `held` for every order with an open hold.

    `failed` is `1` for orders with a document or message that failed, whatever their status.
    """

    status: str = ""
    query: str = ""
    failed: str = ""
    cursor: str = ""

    @classmethod
    def of(cls, parameters: dict[str, Any]) -> "Query":
        status = str(parameters.get("status", ""))
        return cls(
            status=status if status in {code for code, _ in CHOICES} else "",
            query=str(parameters.get("query", "")).strip()[:LONGEST_QUERY],
            failed="1" if parameters.get("failed") == "1" else "",
            cursor=str(parameters.get("cursor", ""))[:80],
        )

    def href(self, **changes: str) -> str:
        """The address of the list with changes; from the newest on unless a cursor is given."""
        wanted = {"status": self.status, "query": self.query, "failed": self.failed, "cursor": ""} | changes
        said = urlencode({name: value for name, value in wanted.items() if value})
        return f"/orders?{said}" if said else "/orders"


class OrdersState(rx.State):
    """One page of orders."""

    ready: bool = False
    problem: str = ""
    query: str = ""
    choices: list[Choice] = []
    rows: list[OrderLine] = []
    first_href: str = ""
    next_href: str = ""
    _asked: Query = Query()
    _seen: int = -1

    @rx.event
    @needs(Area.ORDERS)
    async def load(self):
        self._asked = Query.of(dict(self.router.url.query_parameters))
        await self._read()

    @rx.event(background=True)
    @needs(Area.ORDERS)
    async def follow(self):
        async for _ in live.changes(live.ALL, self._seen):
            async with self:
                await self._read()

    @rx.event(supersedes=True)
    @needs(Area.ORDERS)
    async def search(self, text: str):
        """Every keystroke leads to an address of its own, so reload and back keep the search."""
        asked = Query.of(dict(self.router.url.query_parameters))
        return rx.redirect(asked.href(query=str(text).strip()[:LONGEST_QUERY]), replace=True)

    async def _read(self) -> None:
        self._seen = live.hub.serial
        asked = self._asked
        status = "" if asked.status == HELD else asked.status
        held = True if asked.status == HELD else None
        try:
            page = await ask(
                order_page,
                status=status,
                held=held,
                failed=bool(asked.failed),
                query=asked.query,
                cursor=asked.cursor,
                size=SIZE,
            )
        except Exception as error:
            self.problem = explain(error)
            return
        self.problem, self.ready = "", True
        self.query = asked.query
        self.choices = _choices(asked)
        rows = [_line(row) for row in page.rows]
        if self.rows != rows:
            self.rows = rows
        self.first_href = asked.href() if asked.cursor else ""
        self.next_href = asked.href(cursor=page.next_cursor) if page.next_cursor else ""


def _choices(asked: Query) -> list[Choice]:
    """One per status, and failed documents as one more, which shows every status; choosing it again lets go of it."""
    statuses = [
        Choice(label, asked.href(status=code, failed=""), code == asked.status and not asked.failed, code or "all")
        for code, label in CHOICES
    ]
    wanted = "" if asked.failed else "1"
    return [*statuses, Choice("Documents failed", asked.href(status="", failed=wanted), bool(asked.failed), "failed")]


def _line(row: OrderRow) -> OrderLine:
    return OrderLine(
        number=row.number,
        external=row.external_number,
        customer=row.customer,
        channel=word(row.channel),
        status=row.status,
        status_word=word(row.status),
        payment=row.payment_status,
        payment_word=word(row.payment_status),
        shipping=row.shipping_status,
        shipping_word=word(row.shipping_status),
        held=row.held,
        total=money(row.total_minor, row.currency),
        placed=moment(row.placed_at),
        placed_full=full(row.placed_at),
    )
