"""The answer above the held queue, and its pages, shared by all open desks of this process that mean the same by them."""

from dataclasses import dataclass

from backend.domain.permissions import Area, Level
from backend.domain.queue import EVERYTHING, HeldPage, HeldSummary, Wish
from backend.domain.search import Query
from backend.services import queue
from dashboard.components.viewer import viewer
from dashboard.shell import sessions
from dashboard.shell.calls import ask
from dashboard.shell.shared import Shared


@dataclass(frozen=True)
class Asker:
    """For whom a search means the same: everybody, unless it says `mine`, or names days, which begin elsewhere in other
    time zones."""

    person: int = 0
    zone: str = ""


async def _summary(asked: tuple[Query, Asker]) -> HeldSummary:
    return await ask(queue.held_summary, asked[0])


async def _page(asked: tuple[Wish, Asker]) -> HeldPage:
    return await ask(queue.held_page, asked[0])


summaries: Shared[tuple[Query, Asker], HeldSummary] = Shared(_summary)
pages: Shared[tuple[Wish, Asker], HeldPage] = Shared(_page)
_ALL = (EVERYTHING, Asker())


@dataclass(frozen=True)
class Held:
    """All of the queue above the rows, the part of it that a search finds, and a page of that."""

    everything: HeldSummary
    found: HeldSummary
    page: HeldPage


async def held(wish: Wish, *, follow: bool = False) -> Held:
    """Summary and page of the queue; for a page that follows changes from what others have read, where that is current."""
    if follow:
        sessions.current().person.actor.require(Area.HOLDS, Level.VIEW, "see held orders")
    summary, page = (summaries.current, pages.current) if follow else (summaries.now, pages.now)
    query = wish.filter.query
    asker = _asker(query)
    everything = await summary(_ALL)
    found = await summary((query, asker)) if query else everything
    return Held(everything, found, await page((wish, asker)))


async def nothing(*, follow: bool = False) -> Held:
    """The same where no search can be asked for: an empty page of it."""
    everything = await current_summary() if follow else await summaries.now(_ALL)
    return Held(everything, everything, HeldPage((), 0, 1))


def _asker(query: Query) -> Asker:
    return Asker(
        sessions.current().person.id if query.personal else 0,
        viewer().zone.key if query.dated else "",
    )


async def current_summary() -> HeldSummary:
    """How many orders are held, why, how old, and what is at stake."""
    sessions.current().person.actor.require(Area.HOLDS, Level.VIEW, "see held orders")
    return await summaries.current(_ALL)
