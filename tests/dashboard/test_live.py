"""Changes as they happen: the hub, what follows it, and the one connection that listens to the database."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable

import pytest
from sqlalchemy.exc import OperationalError

from backend import settings, wiring
from backend.domain.holds import HoldKind
from backend.services import accounts
from backend.services.run import in_unit_of_work
from dashboard.pages.held.state import HeldState
from dashboard.shell import live, sessions
from dashboard.shell.navigation import FrameState
from tests import factories
from tests.chaos.proxy import line_to
from tests.conftest import Database
from tests.dashboard.conftest import Tab
from tests.dashboard.test_held import held
from tests.waiting import until


@pytest.fixture
def visit(sign_in: Callable[[], str]) -> str:
    return sign_in()


@contextlib.asynccontextmanager
async def following(topic: str, token: str, seen: int) -> AsyncIterator[AsyncGenerator[None, None]]:
    person = await sessions.person_of(token)
    assert person is not None
    sessions.enter(sessions.Visit(token, person))
    news = live.changes(topic, seen)
    try:
        yield news
    finally:
        await news.aclose()


def test_a_follower_hears_of_its_topic_and_of_nothing_else(visit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PUSH_PAUSE_SECONDS", 0.0)

    async def story() -> None:
        async with following("7", visit, live.hub.serial) as news:
            waiting = asyncio.ensure_future(anext(news))
            await asyncio.sleep(0)
            live.hub.publish({live.ALL, "8"})
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(waiting), 0.1)
            live.hub.publish({live.ALL, "7"})
            await asyncio.wait_for(waiting, 20)

    asyncio.run(story())


def test_what_changed_between_reading_and_following_is_not_missed(visit: str) -> None:
    async def story() -> None:
        seen = live.hub.serial
        live.hub.publish({live.ALL, "7"})
        async with following("7", visit, seen) as news:
            await asyncio.wait_for(anext(news), 20)

    asyncio.run(story())


def test_a_burst_costs_one_push(visit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PUSH_PAUSE_SECONDS", 0.05)

    async def story() -> int:
        pushes = 0
        async with following(live.ALL, visit, live.hub.serial) as news:
            waiting = asyncio.ensure_future(anext(news))
            await asyncio.sleep(0)
            for _ in range(200):
                live.hub.publish({live.ALL})
            patience = 20.0
            with contextlib.suppress(TimeoutError):
                while True:
                    await asyncio.wait_for(waiting, patience)
                    pushes, patience = pushes + 1, 0.5
                    waiting = asyncio.ensure_future(anext(news))
        return pushes

    assert asyncio.run(story()) == 1


def test_a_follower_ends_with_its_session(visit: str) -> None:
    async def story() -> None:
        async with following(live.ALL, visit, -1) as news:
            await anext(news)
            await asyncio.to_thread(_sign_out, visit)
            live.hub.publish({live.ALL})
            with pytest.raises(StopAsyncIteration):
                await asyncio.wait_for(anext(news), 30)

    asyncio.run(story())


def test_a_database_that_is_away_for_a_moment_ends_no_follower(visit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "RECONNECT_SECONDS", 0.01)
    away, look = [OperationalError("select 1", None, Exception("gone")) for _ in range(2)], sessions.in_unit_of_work

    def sometimes(*given: object, **how: object) -> object:
        if away:
            raise away.pop()
        return look(*given, **how)  # type: ignore[arg-type]

    async def story() -> None:
        async with following(live.ALL, visit, -1) as news:
            sessions.forget(visit)
            monkeypatch.setattr(sessions, "in_unit_of_work", sometimes)
            await asyncio.wait_for(anext(news), 20)

    asyncio.run(story())
    assert away == []


def test_following_is_no_activity_so_an_open_tab_is_signed_out_when_idle(visit: str, database: Database) -> None:
    async def story() -> None:
        async with following(live.ALL, visit, -1) as news:
            sessions.forget(visit)
            database.execute("update sessions set last_seen_at = last_seen_at - interval '20 minutes'")
            await anext(news)
            before = database.execute("select last_seen_at from sessions")
            sessions.forget(visit)
            live.hub.publish({live.ALL})
            await asyncio.wait_for(anext(news), 30)
            assert database.execute("select last_seen_at from sessions") == before
            database.execute("update sessions set last_seen_at = last_seen_at - interval '11 minutes'")
            sessions.forget(visit)
            live.hub.publish({live.ALL})
            with pytest.raises(StopAsyncIteration):
                await asyncio.wait_for(anext(news), 30)

    asyncio.run(story())


def test_an_event_is_activity_even_right_after_a_look_that_was_none(visit: str, database: Database) -> None:
    async def story() -> None:
        sessions.forget(visit)
        database.execute("update sessions set last_seen_at = last_seen_at - interval '20 minutes'")
        await sessions.person_of(visit, touch=False)
        await sessions.person_of(visit)

    asyncio.run(story())
    assert database.execute("select last_seen_at > now() - interval '1 minute' from sessions") == [(True,)]


def test_twenty_pages_of_a_person_ask_once_whether_the_session_goes_on(
    visit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions: list[str] = []

    def asking(service: Callable[..., object], token: str, **how: object) -> object:
        questions.append(token)
        return in_unit_of_work(service, token, **how)

    monkeypatch.setattr(sessions, "in_unit_of_work", asking)

    async def story() -> set[bool]:
        return {person is not None for person in await asyncio.gather(*[sessions.person_of(visit) for _ in range(20)])}

    assert asyncio.run(story()) == {True}
    assert questions == [visit]


def test_an_answer_that_was_on_its_way_when_its_person_signed_out_is_not_remembered(
    visit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(service: Callable[..., object], token: str, **how: object) -> object:
        person = in_unit_of_work(service, token, **how)
        if how["touch"]:
            _sign_out(token)
        return person

    monkeypatch.setattr(sessions, "in_unit_of_work", late)

    async def story() -> tuple[bool, bool]:
        on_its_way = await sessions.person_of(visit)
        return on_its_way is not None, await sessions.person_of(visit, touch=False) is not None

    assert asyncio.run(story()) == (True, False)


def test_a_page_says_that_its_session_has_ended(tab: Tab) -> None:
    tab.send(FrameState.load, "/held")
    _sign_out(tab.session)
    live.hub.publish({live.ALL})
    answer = tab.follow(FrameState.follow, "/held", until=lambda answer: bool(answer.values("signed_out")))
    assert answer.last("signed_out") is True


def test_followers_leave_nothing_behind_in_the_hub(visit: str) -> None:
    async def story() -> None:
        async with following("7", visit, -1) as news:
            await anext(news)
            assert live.hub.followed() == {"7"}

    asyncio.run(story())
    assert live.hub.followed() == set()


@pytest.fixture
def listening(database: Database, monkeypatch: pytest.MonkeyPatch) -> str:
    """Settings that name the test's database, for the connection that listens."""
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", database.url)
    monkeypatch.setenv("HOLDFAST_ENCRYPTION_KEYS", "test:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    monkeypatch.setenv("HOLDFAST_INDEX_KEY", "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=")
    settings.current.cache_clear()
    return database.url


async def heard(serial: int, within: float = 30) -> None:
    """Wait until the hub has heard of something since `serial`."""
    async with asyncio.timeout(within):
        while live.hub.serial == serial:
            await asyncio.sleep(0.01)


def test_a_change_by_anybody_reaches_the_hub_even_after_the_connection_broke(
    listening: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "RECONNECT_SECONDS", 0.05)

    async def story() -> None:
        start = live.hub.serial
        listener = asyncio.create_task(live.listen())
        try:
            await heard(start)
            before = live.hub.serial
            await asyncio.to_thread(factories.created)
            await heard(before)
            before = live.hub.serial
            await asyncio.to_thread(_break_listeners, database)
            await heard(before)
            before = live.hub.serial
            await asyncio.to_thread(factories.created)
            await heard(before)
        finally:
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listener

    asyncio.run(story())


def test_a_new_hold_reaches_an_open_queue_without_reload(tab: Tab, database: Database) -> None:
    assert tab.send(HeldState.load, "/held").last("headline") == "0 orders"
    number = held(HoldKind.PO_BOX, "The address is a PO box.", 1, database)
    live.hub.publish({live.ALL})
    answer = tab.follow(HeldState.follow, "/held", until=lambda answer: bool(answer.values("rows")))
    assert [row.number for row in answer.last("rows")] == [number]
    assert answer.last("headline") == "1 order"


def test_a_line_for_news_that_falls_silent_is_noticed_and_another_one_opened(
    listening: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "RECONNECT_SECONDS", 0.05)
    monkeypatch.setattr(live, "QUIET_SECONDS", 0.1)
    monkeypatch.setattr(wiring, "NEWS_SECONDS", 0.4)

    async def story() -> None:
        with line_to(database.url) as (line, address):
            monkeypatch.setenv("HOLDFAST_DATABASE_URL", address)
            settings.current.cache_clear()
            start = live.hub.serial
            listener = asyncio.create_task(live.listen())
            try:
                await heard(start)
                assert live.hub.hears
                line.black_hole()
                await asyncio.to_thread(until, lambda: not live.hub.hears)
                before = live.hub.serial
                line.heal()
                await heard(before)
                assert live.hub.hears
            finally:
                listener.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await listener
        assert not live.hub.hears

    asyncio.run(story())


def _break_listeners(database: Database) -> None:
    database.execute("select pg_terminate_backend(pid) from pg_stat_activity where query = 'LISTEN holdfast_orders'")


def _sign_out(token: str) -> None:
    in_unit_of_work(accounts.sign_out, token)
    sessions.forget(token)
