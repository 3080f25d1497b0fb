"""Readings that open pages share: how often the database is asked, and when a known answer is good enough."""

import asyncio

import pytest

from backend.domain.teamwork import VIEWERS, viewers_topic
from dashboard.shell import live, shared
from dashboard.shell.shared import Shared

REST = 0.05


class Source:
    """Counts how often it is read; every answer is the number of the reading."""

    def __init__(self) -> None:
        self.readings = 0
        self.while_read = lambda: None

    async def read(self, _: str) -> int:
        self.readings += 1
        found = self.readings
        await asyncio.sleep(0)
        self.while_read()
        return found


@pytest.fixture
def hears(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is told of changes."""
    monkeypatch.setattr(live.hub, "hears", True)


@pytest.fixture(autouse=True)
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "PAUSE_SECONDS", REST)


def changed() -> None:
    live.hub.publish({live.ALL})


def test_fifty_pages_that_hear_of_a_change_cost_one_reading() -> None:
    async def story() -> tuple[set[int], int]:
        source = Source()
        answers = Shared(source.read)
        changed()
        found = await asyncio.gather(*[answers.current("held") for _ in range(50)])
        return {each.value for each in found}, source.readings

    assert asyncio.run(story()) == ({1}, 1)


def test_a_reading_serves_all_who_waited_for_it_although_more_changed_meanwhile() -> None:
    async def story() -> tuple[set[int], int]:
        source = Source()
        source.while_read = changed
        answers = Shared(source.read)
        found = await asyncio.gather(*[answers.current("held") for _ in range(50)])
        return {each.value for each in found}, source.readings

    assert asyncio.run(story()) == ({1}, 1)


def test_who_hears_of_a_change_is_never_given_what_was_read_before_it() -> None:
    async def story() -> list[int]:
        source = Source()
        answers = Shared(source.read)
        first = await answers.current("held")
        again = await answers.current("held")
        changed()
        later = await answers.current("held")
        assert later.serial > first.serial
        return [first.value, again.value, later.value]

    assert asyncio.run(story()) == [1, 1, 2]


def test_between_two_readings_of_a_page_that_follows_there_is_a_pause() -> None:
    async def story() -> float:
        answers = Shared(Source().read)
        first = await answers.current("held")
        changed()
        return (await answers.current("held")).read_at - first.read_at

    assert asyncio.run(story()) >= REST * 0.9


def test_a_person_who_opens_a_page_is_given_what_is_known_where_nothing_changed(hears: None) -> None:
    async def story() -> list[int]:
        source = Source()
        answers = Shared(source.read)
        found = [(await answers.recent("held")).value, (await answers.recent("held")).value]
        changed()
        found.append((await answers.recent("held", 60)).value)
        found.append((await answers.recent("held")).value)
        return found

    assert asyncio.run(story()) == [1, 1, 1, 2]


def test_who_comes_to_look_changes_only_what_says_who_looks(hears: None) -> None:
    async def story() -> list[int]:
        numbers, rows = Shared(Source().read), Shared(Source().read, of_viewers=True)
        for answers in (numbers, rows):
            await answers.recent("held")
        live.hub.publish({VIEWERS, viewers_topic(7)})
        found = [(await answers.recent("held")).value for answers in (numbers, rows)]
        return [*found, *[(await answers.current("held")).value for answers in (numbers, rows)]]

    assert asyncio.run(story()) == [1, 2, 1, 2]


def test_while_no_changes_are_heard_everybody_reads_for_themselves() -> None:
    async def story() -> list[int]:
        answers = Shared(Source().read)
        assert not live.hub.hears
        return [(await answers.recent("held", 60)).value, (await answers.recent("held", 60)).value]

    assert asyncio.run(story()) == [1, 2]


def test_what_is_made_of_an_answer_is_made_once_and_sees_what_was_made_before() -> None:
    made: list[tuple[int, list[int] | None]] = []

    async def story() -> None:
        answers = Shared(Source().read)
        for _ in range(3):
            reading = await answers.now("held")

            def make(before: list[int] | None, value: int = reading.value) -> list[int]:
                made.append((value, before))
                return [value]

            assert reading.made("rows", make) is reading.made("rows", make)

    asyncio.run(story())
    assert made == [(1, None), (2, [1]), (3, [2])]
