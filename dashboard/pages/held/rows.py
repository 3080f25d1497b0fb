"""The rows of the held queue as they are shown, and how a new reading is worked into them without moving anything.

Nothing leaves the list by itself: a row whose order is no longer held stays where it is, marked, until the person moves on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from backend.domain.queue import HeldOrder, HeldPage
from dashboard.components.money import money, told
from dashboard.components.teamwork import WorkCell, work_cell
from dashboard.components.times import age, full, moment
from dashboard.components.words import count, word
from dashboard.pages.held.address import END, FRONT

OPEN, GONE = "open", "gone"
MOST_GONE = 40
"""Rows of orders that are no longer held and that nobody looked away from; the oldest leave first."""


@dataclass
class Row:
    """A held order, ready to be shown. `state` is open, or gone when nothing holds it any more; `fresh`: it came
    while the page was open. `at` is where it stands in the queue."""

    number: str
    customer: str = ""
    channel: str = ""
    external: str = ""
    amount: str = ""
    title: str = ""
    reason: str = ""
    advice: str = ""
    others: str = ""
    age: str = ""
    since: str = ""
    status: str = ""
    held: str = ""
    placed: str = ""
    state: str = OPEN
    fresh: bool = False
    at: tuple[int, int] = field(default=(0, 0))
    work: WorkCell = field(default_factory=WorkCell)


def row(order: HeldOrder, now: datetime, me: int = 0) -> Row:
    """An order as the person `me` sees it."""
    cell = work_cell(order.work, me=me, now=now)
    return Row(
        number=order.number,
        customer=order.customer,
        channel=word(order.channel),
        external=order.external_number,
        amount=money(order.total_minor, order.currency),
        title=order.title,
        reason=told(order.reason),
        advice=order.advice,
        others=f"+ {count(order.other_holds, 'more hold')}" if order.other_holds else "",
        age=cell.age or age(order.held_at, now),
        since=f"Held since {full(order.held_at)}, {age(order.held_at, now)} ago",
        status=word(order.status),
        held=moment(order.held_at),
        placed=moment(order.placed_at),
        work=cell,
        at=(order.place.value, order.place.order_id),
    )


def worked_in(shown: Sequence[Row], rows: Sequence[Row], page: HeldPage, *, chosen: str, desc: bool) -> list[Row]:
    """The rows after a new reading of the same page, of which `rows` were drawn. A row that is as before stays the same.

    What came is marked fresh. What is no longer held stays in its place as gone; what merely slid over the edge of the
    page leaves it, unless it is the chosen one.
    """
    before = {each.number: each for each in shown}
    result = [_marked(each, before.get(each.number), bool(shown)) for each in rows]
    here = {each.number for each in result}
    leaving = [each for each in shown if each.number not in here]
    if not leaving:
        return result
    staying = {each.number for each in leaving if each.number == chosen or not _slid_off(each, page, desc)}
    previous = ""
    for each in shown:
        if each.number in staying:
            slid = _slid_off(each, page, desc)
            state = each.state if slid else GONE
            kept = replace(each, state=state, fresh=False) if each.fresh or each.state != state else each
            result.insert(_behind(result, previous), kept)
        if each.number in here or each.number in staying:
            previous = each.number
    return _without_surplus(result, chosen)


def _marked(row: Row, known: Row | None, later: bool) -> Row:
    """A row that was drawn for everybody, marked as fresh where it came to this page `later`."""
    fresh = known.fresh if known else later
    return row if row.fresh == fresh else replace(row, fresh=fresh)


def moved_on(shown: Sequence[Row], chosen: str) -> list[Row]:
    """The rows when the person has looked at them: what is gone leaves, except the chosen one, and nothing is fresh."""
    staying = (each for each in shown if each.state == OPEN or each.number == chosen)
    return [replace(each, fresh=False) if each.fresh else each for each in staying]


def named(shown: Sequence[Row], order: str) -> str:
    """The number that an address means, which may name the front or the end of the page."""
    if order in (FRONT, END):
        return shown[0 if order == FRONT else -1].number if shown else ""
    return order


def next_number(shown: Sequence[Row], number: str) -> str:
    """The order to show after this one: the next that is still held, or the one before it at the end; empty if none."""
    numbers = [each.number for each in shown]
    place = numbers.index(number) if number in numbers else -1
    behind = [each.number for each in shown[place + 1 :] if each.state == OPEN]
    ahead = [each.number for each in shown[: max(place, 0)] if each.state == OPEN]
    return behind[0] if behind else ahead[-1] if ahead else ""


def _slid_off(gone: Row, page: HeldPage, desc: bool) -> bool:
    """Whether a row that is not on the page any more still has its place in the queue, ahead of the page or behind it."""
    if gone.state == GONE or not page.rows:
        return False
    first, last = page.rows[0].place, page.rows[-1].place
    ends = ((first.value, first.order_id), (last.value, last.order_id))
    ahead, behind = (gone.at > ends[0], gone.at < ends[1]) if desc else (gone.at < ends[0], gone.at > ends[1])
    return (ahead and page.first > 1) or (behind and page.next is not None)


def _behind(rows: list[Row], number: str) -> int:
    """The index behind the row of this number; the front when there is none."""
    return next((index + 1 for index, each in enumerate(rows) if each.number == number), 0)


def _without_surplus(rows: list[Row], chosen: str) -> list[Row]:
    surplus = sum(each.state == GONE for each in rows) - MOST_GONE
    result = []
    for each in rows:
        if surplus > 0 and each.state == GONE and each.number != chosen:
            surplus -= 1
            continue
        result.append(each)
    return result
