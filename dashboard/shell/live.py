"""Changes as they happen: one LISTEN per web process, fanned out to every open page that wants to know.

The database tells the id of every order that changed, whoever changed it, and of messages put into quarantine. Pages
follow a topic, `ALL` or one order, and read anew when it stirs: bursts are gathered, and no page is sent more than five
updates a second.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator

import psycopg

from backend import wiring
from backend.services.health import database_trouble
from dashboard.shell import sessions

log = logging.getLogger(__name__)

CHANNEL = "holdfast_orders"
ALL = "all"
QUIET = "~"
"""Topics that begin so are heard by their own followers only: who looks at what, and what one person is told."""
GATHER_SECONDS = 0.05
PUSH_PAUSE_SECONDS = 0.2
REFRESH_SECONDS = 30.0
"""A page reads anew at least this often, so ages on it stay true and a lost message heals."""
RECONNECT_SECONDS = 1.0
QUIET_SECONDS = 10.0
"""After so long without news the database is asked whether it is still there: a line that is cut somewhere says nothing."""


class Hub:
    """Fan-out within one process: pages subscribe, the listener publishes; a slow page gathers by itself."""

    def __init__(self) -> None:
        self._subscribers: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self.serial = 0
        """Rises with every change; a page that remembers what it was when it read can tell whether it missed one."""
        self.changed_at = 0
        """The serial of the latest change of an order or of anything else that everybody sees: not of who looks at what."""
        self.hears = False
        """Whether this process is told of changes at the moment; while it is not, nothing that was read is surely current."""

    def publish(self, topics: set[str]) -> None:
        self.serial += 1
        if ALL in topics:
            self.changed_at = self.serial
        for topic in topics:
            for changed in self._subscribers.get(topic, ()):
                changed.set()

    def followed(self) -> set[str]:
        """The topics that somebody follows at the moment."""
        return set(self._subscribers)

    def publish_everything(self) -> None:
        """After a gap nobody knows what changed: every page reads anew."""
        self.publish({ALL, *self.followed()})

    def nudge(self, topic: str) -> None:
        """Wake who follows this topic, although nothing changed in the database."""
        for changed in self._subscribers.get(topic, ()):
            changed.set()

    @contextlib.contextmanager
    def subscribe(self, *topics: str) -> Iterator[asyncio.Event]:
        changed = asyncio.Event()
        for topic in topics:
            self._subscribers[topic].add(changed)
        try:
            yield changed
        finally:
            for topic in set(topics):
                self._subscribers[topic].discard(changed)
                if not self._subscribers[topic]:
                    del self._subscribers[topic]


hub = Hub()


def tab_topic(client_token: str) -> str:
    """What one browser tab is nudged by, when it shows something else from now on."""
    return f"tab:{client_token}"


async def changes(topic: str, seen: int, *also: str) -> AsyncGenerator[None, None]:
    """Yields if anything changed since serial `seen`, then at every change of the topics; ends with the session.

    A database that is away for a while ends nothing: whether the session goes on is asked again until it answers.
    """
    with hub.subscribe(topic, *also) as changed:
        if hub.serial != seen:
            changed.set()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REFRESH_SECONDS):
                    await changed.wait()
            changed.clear()
            try:
                valid = await sessions.still_valid()
            except Exception as error:
                if not database_trouble(error):
                    raise
                changed.set()  # nobody can tell while the database is away; what changed meanwhile is still to be told
                await asyncio.sleep(RECONNECT_SECONDS)
                continue
            if not valid:
                return
            yield
            await asyncio.sleep(PUSH_PAUSE_SECONDS)


async def listen() -> None:
    """Hand every change the database tells to the hub, for as long as the process runs; reconnects by itself."""
    while True:
        try:
            async with await wiring.news_line() as connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                log.info("listening for changes")
                hub.hears = True
                hub.publish_everything()
                async for topics in _batches(connection):
                    hub.publish(topics | ({ALL} if any(not topic.startswith(QUIET) for topic in topics) else set()))
        except Exception:  # whatever it was: without this no page would hear of anything until the process ends
            log.warning("the live connection to the database was lost; trying again", exc_info=True)
        finally:
            hub.hears = False
        await asyncio.sleep(RECONNECT_SECONDS)


async def _batches(connection: psycopg.AsyncConnection) -> AsyncGenerator[set[str], None]:
    """Ids of changed orders, gathered over a short moment so that a burst costs one push."""
    while True:
        topics = {note.payload async for note in connection.notifies(timeout=QUIET_SECONDS, stop_after=1)}
        if not topics:
            await connection.execute("select 1")  # raises where nobody answers any more
            continue
        await asyncio.sleep(GATHER_SECONDS)
        topics |= {note.payload async for note in connection.notifies(timeout=0)}
        yield topics
