"""Everything that this person was ever told, a page at a time; the place in the list stands in the address."""

from urllib.parse import urlencode

import reflex as rx

from backend.domain.permissions import Area
from backend.domain.teamwork import person_topic
from backend.services import desk_notices
from dashboard.components.told import Told, told
from dashboard.components.words import count
from dashboard.shell import sessions
from dashboard.shell.calls import ask
from dashboard.shell.followed import FollowedPage, keep_current
from dashboard.shell.needs import needs

ROUTE = "/notices"


class InboxState(FollowedPage, rx.State):
    headline: str = ""
    told: list[Told] = []
    some_unread: bool = False
    only_unread: bool = False
    newest_href: str = ""
    older_href: str = ""
    _before: int = 0

    @rx.event
    @needs(Area.ORDERS)
    async def load(self):
        query = self.router.url.query_parameters
        self._before = _whole(query.get("before", ""))
        self.only_unread = query.get("show", "") == "unread"
        await self._read()

    @rx.event(background=True)
    @needs(Area.ORDERS)
    async def follow(self):
        """Show at once what this person is told, and what they read in another tab."""
        await keep_current(self, person_topic(sessions.current().person.id), -1)

    @rx.event(temporal=True)
    @needs(Area.ORDERS)
    async def set_read(self, notice_id: int, read: bool):
        """Mark one notice as read, or as unread again."""
        mark = desk_notices.mark_read if read is True else desk_notices.mark_unread
        await ask(mark, [_whole(notice_id)])
        await self._read()

    @rx.event(temporal=True)
    @needs(Area.ORDERS)
    async def read_all(self):
        """Mark everything as read, also what is on other pages."""
        await ask(desk_notices.mark_read)
        await self._read()

    async def _fetch(self) -> None:
        inbox = await ask(desk_notices.inbox, before=self._before, only_unread=self.only_unread)
        shown = [told(notice) for notice in inbox.notices]
        if shown != self.told:
            self.told = shown
        self.headline = f"{count(inbox.unread, 'unread notice')}" if inbox.unread else "You have read everything"
        self.some_unread = inbox.unread > 0
        self.newest_href = _href(0, self.only_unread) if self._before else ""
        self.older_href = _href(inbox.older, self.only_unread) if inbox.older else ""


def _href(before: int, only_unread: bool) -> str:
    chosen = {"show": "unread" if only_unread else "", "before": str(before or "")}
    kept = {name: value for name, value in chosen.items() if value}
    return ROUTE + ("?" + urlencode(kept) if kept else "")


def _whole(value: object) -> int:
    """A number from an address or a browser; 0 for anything else."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
