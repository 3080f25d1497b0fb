"""The quarantine: inbound messages that were authentic but could not be used, with every problem in words."""

from dataclasses import dataclass

import reflex as rx

from backend.domain.desk import InboxRow
from backend.domain.permissions import Area
from backend.services.inbox import quarantine
from dashboard.components.times import full, moment
from dashboard.components.words import count, word
from dashboard.shell import live
from dashboard.shell.calls import ask
from dashboard.shell.errors import explain
from dashboard.shell.needs import needs

SIZE = 50


@dataclass
class Message:
    id: str
    source: str
    topic: str
    event: str
    received: str
    received_full: str
    problems: list[str]
    size: str
    repeats: str


class QuarantineState(rx.State):
    """One page of quarantined messages."""

    ready: bool = False
    problem: str = ""
    headline: str = ""
    messages: list[Message] = []
    page_text: str = ""
    previous_href: str = ""
    next_href: str = ""
    _page: int = 1
    _seen: int = -1

    @rx.event
    @needs(Area.QUARANTINE)
    async def load(self):
        page = str(self.router.url.query_parameters.get("page", "1"))
        self._page = int(page) if page.isascii() and page.isdigit() and 0 < int(page) < 100_000 else 1
        await self._read()

    @rx.event(background=True)
    @needs(Area.QUARANTINE)
    async def follow(self):
        async for _ in live.changes(live.ALL, self._seen):
            async with self:
                await self._read()

    async def _read(self) -> None:
        self._seen = live.hub.serial
        try:
            rows, total = await ask(quarantine, page=self._page, size=SIZE)
        except Exception as error:
            self.problem = explain(error)
            return
        self.problem, self.ready = "", True
        pages = max(1, -(-total // SIZE))
        self.headline = count(total, "message") if total else ""
        self.messages = [_message(row) for row in rows]
        self.page_text = f"Page {self._page} of {pages}" if pages > 1 else ""
        self.previous_href = f"/quarantine?page={self._page - 1}" if self._page > 1 else ""
        self.next_href = f"/quarantine?page={self._page + 1}" if self._page < pages else ""


def _message(row: InboxRow) -> Message:
    return Message(
        id=row.id,
        source=word(row.provider),
        topic=row.topic,
        event=row.event_id,
        received=moment(row.received_at),
        received_full=full(row.received_at),
        problems=list(row.problems),
        size=f"{row.body_bytes:,} bytes",
        repeats=f"sent {row.duplicates + 1:,} times" if row.duplicates else "",
    )
