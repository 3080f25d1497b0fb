"""What all desks are shown of a reading of the queue: drawn by the first, used by every other one who looks at the same.

Drawn anew, a row that says what it said before stays the very same object, so that fifty desks see at a glance that
there is nothing to send.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from backend import clock
from backend.domain.queue import HeldOrder, HeldPage, HeldSummary, Sort
from backend.domain.teamwork import Work
from dashboard.components.money import sums
from dashboard.components.times import age
from dashboard.components.viewer import viewer
from dashboard.components.words import count, number
from dashboard.pages.held.address import END, FRONT, Address
from dashboard.pages.held.rows import Row, row
from dashboard.pages.held.tiles import folded, sorts, tiles
from dashboard.shell.shared import Reading
from dashboard.shell.summary import Held

REWORDED_EVERY = timedelta(seconds=20)
"""A page of rows is not sent because one of its fifty ages has become a minute more: all of them are reworded at once."""


@dataclass(frozen=True)
class _Drawn:
    rows: tuple[Row, ...]
    worded_at: datetime


def rows_of(reading: Reading[HeldPage], me: int) -> list[Row]:
    """The rows of a page as the person `me` sees them."""
    orders = reading.value.rows
    everybodys: _Drawn = reading.made(("rows", viewer()), lambda before: _drawn(orders, 0, before))
    own = [order for order in orders if _concerns(order.work, me)]
    if not own:
        return list(everybodys.rows)
    mine: _Drawn = reading.made(("rows", viewer(), me), lambda before: _drawn(own, me, before))
    by_number = {each.number: each for each in mine.rows}
    return [by_number.get(each.number, each) for each in everybodys.rows]


def words_of(held: Held, address: Address) -> dict[str, Any]:
    """Everything around the rows that everybody sees alike at this address, by the name of its variable."""
    address = replace(address, order="")
    key = ("words", viewer(), address)
    above: dict[str, Any] = held.found.made(key, lambda _: _above(held.found.value, address))
    around: dict[str, Any] = held.page.made(key, lambda _: _around(held.page.value, address))
    return {**above, **around, "headline": _headline(held), "some": held.everything.value.orders > 0}


def _headline(held: Held) -> str:
    """How many are held, and how many of them the search finds."""
    every = count(held.everything.value.orders, "order")
    return every if held.found is held.everything else f"{number(held.found.value.orders)} of {every}"


def _concerns(work: Work, me: int) -> bool:
    """Whether this person sees the order in another way than everybody else."""
    return bool(me) and (work.assignee_id == me or any(each.user_id == me for each in work.viewers))


def _drawn(orders: Sequence[HeldOrder], me: int, before: _Drawn | None) -> _Drawn:
    now = clock.now()
    known = {each.number: each for each in before.rows} if before else {}
    worded_at = before.worded_at if before and now - before.worded_at < REWORDED_EVERY else now
    drawn = (row(order, now, me) for order in orders)
    return _Drawn(tuple(_kept(each, known.get(each.number), worded_at == now) for each in drawn), worded_at)


def _kept(new: Row, known: Row | None, reworded: bool) -> Row:
    """The row that is known, where the new one says the same, or nothing but how late it is."""
    if known is None:
        return new
    return known if known == (new if reworded else _as_late_as(known, new)) else new


def _as_late_as(known: Row, new: Row) -> Row:
    work = known.work
    late = replace(new.work, age=work.age, due=work.due, due_hint=work.due_hint, assigned=work.assigned)
    return replace(new, age=known.age, since=known.since, work=late)


def _above(summary: HeldSummary, address: Address) -> dict[str, Any]:
    shown, more = folded(tiles(summary.causes, address))
    return {
        "stake": sums(summary.money),
        "oldest": age(summary.oldest_at, clock.now()) if summary.oldest_at else "",
        "kind": address.kind,
        "cause": address.cause,
        "q": address.q,
        "scope": " ".join(address.scope),
        "causes": shown,
        "more_causes": more,
        "more_text": count(len(more), "more cause"),
        "sorts": sorts(address),
        "at_risk": number(summary.at_risk) if summary.at_risk else "",
        "overdue": number(summary.overdue) if summary.overdue else "",
        "due_href": address.href(sort=Sort.DUE, desc=False),
        "all_href": address.everything(),
    }


def _around(page: HeldPage, address: Address) -> dict[str, Any]:
    last = page.first + len(page.rows) - 1
    some = page.orders > len(page.rows)
    return {
        "filtered": count(page.orders, "order") if address.filtered else "",
        "filter_words": "of this cause" if address.only_cause else "matches" if page.orders == 1 else "match",
        "all_of_them": _all_of_them(address, page.orders),
        "position": f"{number(page.first)}–{number(last)} of {number(page.orders)}" if some else "",
        "previous_href": address.href(before=str(page.previous), order=END) if page.previous else "",
        "next_href": address.href(after=str(page.next), order=FRONT) if page.next else "",
    }


def _all_of_them(address: Address, orders: int) -> str:
    """What "all" means when a selection is made whole; nothing where there is none."""
    if not orders:
        return ""
    if not address.filtered:
        return count(orders, "held order")
    what = "of this cause" if address.only_cause else "that matches" if orders == 1 else "that match"
    return f"{count(orders, 'order')} {what}"
