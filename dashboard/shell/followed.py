"""Pages that show what there is now: read when they open, and anew at every change for as long as they are open."""

import reflex as rx

from dashboard.shell import live
from dashboard.shell.errors import explain


class FollowedPage(rx.State, mixin=True):
    """What such a page says of itself. Its `load` and `follow` declare what right they need, and call `_read` and
    `keep_current`."""

    ready: bool = False
    problem: str = ""
    """Why it could not be read."""
    _seen: int = -1
    """Everything that was told up to here is in what the page shows."""

    async def _fetch(self) -> None:
        """Ask services, and show what they answer; raises what they raise."""
        raise NotImplementedError

    async def _read(self) -> None:
        self._seen = live.hub.serial
        try:
            await self._fetch()
        except Exception as error:
            self.problem = explain(error)
            return
        self.problem, self.ready = "", True


async def keep_current(page: FollowedPage, topic: str = live.ALL, seen: int | None = None) -> None:
    """Read the page anew at every change of the topic since it was read, or since `seen`; ends with the session."""
    async for _ in live.changes(topic, page._seen if seen is None else seen):
        async with page:
            await page._read()
