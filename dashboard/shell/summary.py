"""The answer above the held queue, and its pages, shared by all open desks of this process."""

from backend.domain.permissions import Area, Level
from backend.domain.queue import HeldPage, HeldSummary, Wish
from backend.services import queue
from dashboard.shell import sessions
from dashboard.shell.calls import ask
from dashboard.shell.shared import Shared


async def _summary(_: None) -> HeldSummary:
    return await ask(queue.held_summary)


async def _page(wish: Wish) -> HeldPage:
    return await ask(queue.held_page, wish)


summaries: Shared[None, HeldSummary] = Shared(_summary)
pages: Shared[Wish, HeldPage] = Shared(_page)


async def held(wish: Wish, *, follow: bool = False) -> tuple[HeldSummary, HeldPage]:
    """Summary and page of the queue; for a page that follows changes from what others have read, where that is current."""
    if not follow:
        return await summaries.now(None), await pages.now(wish)
    sessions.current().person.actor.require(Area.HOLDS, Level.VIEW, "see held orders")
    return await summaries.current(None), await pages.current(wish)


async def current_summary() -> HeldSummary:
    """How many orders are held, why, how old, and what is at stake."""
    sessions.current().person.actor.require(Area.HOLDS, Level.VIEW, "see held orders")
    return await summaries.current(None)
