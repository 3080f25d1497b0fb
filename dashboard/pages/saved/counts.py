"""How many orders each view shows: counted once per change for all who look, at most every few seconds."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass

from backend.clock import monotonic
from backend.domain import search
from backend.domain.errors import HoldfastError
from backend.domain.order_lists import MOST_COUNTED
from backend.domain.views import ListPage
from backend.services.order_lists import counted
from backend.services.queue import held_count
from dashboard.components.words import number
from dashboard.shell.asker import Asker, asker
from dashboard.shell.calls import ask
from dashboard.shell.errors import explain
from dashboard.shell.live import REFRESH_SECONDS, hub

FRESH_SECONDS = 3.0
_MOST_KEPT = 2_000


@dataclass(frozen=True)
class _Known:
    serial: int
    at: float
    orders: int | None


_Key = tuple[ListPage, str, Asker]
_known: dict[_Key, _Known] = {}
_locks: defaultdict[_Key, asyncio.Lock] = defaultdict(asyncio.Lock)


def forget() -> None:
    """Count everything anew at the next look."""
    _known.clear()
    _locks.clear()


async def count_of(page: ListPage, q: str) -> int | None:
    """How many orders the list shows for a search, a little late at most; None where it cannot be told."""
    key = (page, q, _asker(q))
    async with _locks[key]:
        known = _known.get(key)
        if known is not None and _good(known):
            return known.orders
        if len(_known) >= _MOST_KEPT:
            forget()
        serial = hub.serial
        _known[key] = _Known(serial, monotonic(), await _count(page, q))
        return _known[key].orders


def _good(known: _Known) -> bool:
    age = monotonic() - known.at
    unchanged = known.orders is not None and known.serial == hub.serial
    return age < FRESH_SECONDS or (unchanged and age < REFRESH_SECONDS)


def _asker(q: str) -> Asker:
    try:
        return asker(search.parse(q))
    except HoldfastError:
        return Asker()


async def _count(page: ListPage, q: str) -> int | None:
    try:
        return await (ask(held_count, q) if page is ListPage.HELD else ask(counted, q=q))
    except Exception as error:
        explain(error)  # a bug, or a database that is away, is in the log; whoever follows the counts goes on
        return None


def said(orders: int | None) -> str:
    """`1,204`, `10,000+`, or nothing where it is not known."""
    if orders is None:
        return ""
    return f"{number(MOST_COUNTED)}+" if orders > MOST_COUNTED else number(orders)
