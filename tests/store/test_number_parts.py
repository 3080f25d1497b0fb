"""Which order numbers contain what was typed: exactly those that a look at every number would find."""

from datetime import date

import pytest

from backend.store.order_numbers import matching

DAYS = [(date(2026, 1, 31), 2_740), (date(2026, 1, 3), 100_500), (date(2025, 12, 20), 42), (date(2025, 11, 11), 1)]
ALL = [f"ORD-{day:%Y%m%d}-{sequence:05d}" for day, last in DAYS for sequence in range(1, last + 1)]


@pytest.mark.parametrize(
    "part",
    ["00042", "42", "0042", "0131-0000", "-0001", "ORD-2026", "20260103-10", "2025122", "100400", "99", "0", "1-1", "D-",
     "103-1", "X", "12-34-5", "20-000", "000300-", "99999", "100000", "ORD-20260131-02740", "3-100500", "O0", "--", "01310"],
)  # fmt: skip
def test_they_are_those_that_contain_it(part: str) -> None:
    found = matching(DAYS, part, 10**6)

    assert found is not None
    assert sorted(found) == sorted(number for number in ALL if part in number)


@pytest.mark.parametrize("part", ["0", "42", "ORD-2026", "20260103-"])
def test_too_many_are_not_named(part: str) -> None:
    assert matching(DAYS, part, 100) is None


def test_as_many_as_may_be_are_named() -> None:
    assert matching(DAYS, "20251220-", 42) is not None
    assert matching(DAYS, "20251220-", 41) is None


def test_without_orders_there_is_none() -> None:
    assert matching([], "42", 10) == []
