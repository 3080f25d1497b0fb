"""The answer above the held queue, and its pages, shared by all open desks of this process that mean the same by them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from backend.domain.permissions import Area, Level
from backend.domain.queue import EVERYTHING, HeldPage, HeldSummary, Wish
from backend.domain.search import Query
from backend.services import queue
from dashboard.shell import sessions
from dashboard.shell.asker import Asker, asker
from dashboard.shell.calls import ask
from dashboard.shell.shared import Reading, Shared

MOMENT = 1.0
"""So old the answer above the rows may be when somebody opens the queue; the page follows it from then on."""


async def _summary(asked: tuple[Query, Asker]) -> HeldSummary:
    return await ask(queue.held_summary, asked[0])


async def _page(asked: tuple[Wish, Asker]) -> HeldPage:
    return await ask(queue.held_page, asked[0])


summaries: Shared[tuple[Query, Asker], HeldSummary] = Shared(_summary)
pages: Shared[tuple[Wish, Asker], HeldPage] = Shared(_page, of_viewers=True)
_ALL = (EVERYTHING, Asker())


@dataclass(frozen=True)
class How:
    """How fresh an answer must be, and so where it is taken from."""

    summary: Callable[[tuple[Query, Asker]], Awaitable[Reading[HeldSummary]]]
    page: Callable[[tuple[Wish, Asker]], Awaitable[Reading[HeldPage]]]


NOW = How(summaries.now, pages.now)
"""For a person who has just done something with the queue."""
OPENED = How(partial(summaries.recent, seconds=MOMENT), pages.recent)
"""For a person who opens the queue and goes on to follow it."""
FOLLOWED = How(summaries.current, pages.current)
"""For a page that follows the queue: from what others have read, where that is current."""


@dataclass(frozen=True)
class Held:
    """All of the queue above the rows, the part of it that a search finds, and a page of that, each as it was read."""

    everything: Reading[HeldSummary]
    found: Reading[HeldSummary]
    page: Reading[HeldPage]

    @property
    def serial(self) -> int:
        """Everything told up to here is in it."""
        return min(self.everything.serial, self.found.serial, self.page.serial)


async def held(wish: Wish, how: How) -> Held:
    """Summary and page of the queue, read side by side."""
    _may_see()
    query = wish.filter.query
    who = asker(query)
    page = how.page((wish, who))
    if not query:
        everything, rows = await asyncio.gather(how.summary(_ALL), page)
        return Held(everything, everything, rows)
    return Held(*await asyncio.gather(how.summary(_ALL), how.summary((query, who)), page))


async def nothing(how: How) -> Held:
    """The same where no search can be asked for: an empty page of it."""
    _may_see()
    everything = await how.summary(_ALL)
    return Held(everything, everything, Reading(everything.serial, everything.read_at, 0.0, HeldPage((), 0, 1)))


async def current_summary() -> HeldSummary:
    """How many orders are held, why, how old, and what is at stake."""
    _may_see()
    return (await summaries.current(_ALL)).value


def _may_see() -> None:
    """What somebody else has read is told to those who may read it themselves."""
    sessions.current().person.actor.require(Area.HOLDS, Level.VIEW, "see held orders")
