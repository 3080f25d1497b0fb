"""Order numbers: a daily sequence, unique and without gaps, in the shop's own time zone."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session

from backend import clock, settings
from backend.domain.errors import OrderNotFound
from backend.services.run import in_unit_of_work
from backend.store import orders
from backend.store.db import unit_of_work
from tests.conftest import Database
from tests.factories import created

DAY = date(2026, 1, 31)


class CalledOff(Exception):
    """The transaction is to be rolled back."""


def test_thirty_at_once_get_thirty_numbers_without_a_gap_though_some_fail(database: Database) -> None:
    together = threading.Barrier(30)

    def take(index: int) -> str | None:
        together.wait(10)
        try:
            with unit_of_work() as session:
                number = orders.next_number(session, DAY)
                if index % 5 == 0:
                    raise CalledOff
                return number
        except CalledOff:
            return None

    with ThreadPoolExecutor(30) as pool:
        numbers = [number for number in pool.map(take, range(30)) if number]

    assert sorted(numbers) == [f"ORD-20260131-{place:05d}" for place in range(1, 25)]


def test_every_day_begins_anew(database: Database) -> None:
    def take(session: Session, day: date) -> str:
        return orders.next_number(session, day)

    assert [in_unit_of_work(take, DAY) for _ in range(2)] == ["ORD-20260131-00001", "ORD-20260131-00002"]
    assert in_unit_of_work(take, date(2026, 2, 1)) == "ORD-20260201-00001"
    assert in_unit_of_work(take, DAY) == "ORD-20260131-00003"


def test_a_busy_day_goes_beyond_five_digits(database: Database) -> None:
    database.execute("insert into order_days (day, last) values (%s, 99999)", (DAY,))
    assert in_unit_of_work(lambda session: orders.next_number(session, DAY)) == "ORD-20260131-100000"


@pytest.mark.parametrize(
    ("zone", "prefix"),
    [("UTC", "ORD-20260131-"), ("Europe/Berlin", "ORD-20260201-"), ("America/New_York", "ORD-20260131-")],
)
def test_the_day_is_the_shops_own(database: Database, monkeypatch: pytest.MonkeyPatch, zone: str, prefix: str) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 1, 31, 23, 30, tzinfo=UTC))
    monkeypatch.setenv("HOLDFAST_TIME_ZONE", zone)
    settings.current.cache_clear()
    assert created().number == f"{prefix}00001"
    assert created().number == f"{prefix}00002"


def test_an_unknown_number_is_told_with_an_example(database: Database) -> None:
    with pytest.raises(OrderNotFound, match=r"There is no order ORD-1\. Check the number"):
        in_unit_of_work(orders.by_number, "ORD-1")
    with pytest.raises(OrderNotFound):
        in_unit_of_work(orders.lock_by_number, "ORD-1")
