"""Business hours: what they count, across nights, weekends, holidays and the days on which the clocks change."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain import business_hours
from backend.domain.business_hours import BusinessHours

BERLIN = business_hours.read("Europe/Berlin", "mon-fri", "09:00-12:30,13:00-17:00", "2026-12-24,12-25")
ALWAYS = business_hours.read("Europe/Berlin", "mon-sun", "00:00-24:00", "")
HOUR = 3600


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_nights_breaks_and_weekends_do_not_count() -> None:
    friday, monday = at("2026-01-30T16:30:00+01:00"), at("2026-02-02T13:10:00+01:00")

    assert BERLIN.seconds(friday, monday) == 30 * 60 + 3 * HOUR + 30 * 60 + 10 * 60
    assert BERLIN.seconds(monday, friday) == 0
    assert BERLIN.seconds(at("2026-01-31T10:00:00+01:00"), at("2026-02-01T10:00:00+01:00")) == 0


def test_holidays_of_one_year_and_of_every_year_do_not_count() -> None:
    assert BERLIN.seconds(at("2026-12-24T00:00:00+01:00"), at("2026-12-26T00:00:00+01:00")) == 0
    assert BERLIN.seconds(at("2027-12-24T00:00:00+01:00"), at("2027-12-25T23:00:00+01:00")) == 7.5 * HOUR


def test_after_lands_where_so_many_seconds_have_passed() -> None:
    friday = at("2026-01-30T16:30:00+01:00")

    assert BERLIN.after(friday, 30 * 60) == at("2026-01-30T17:00:00+01:00")
    assert BERLIN.after(friday, 30 * 60 + 1) == at("2026-02-02T09:00:01+01:00")
    assert BERLIN.after(at("2026-01-31T03:00:00+01:00"), HOUR) == at("2026-02-02T10:00:00+01:00")
    assert BERLIN.after(friday, 0) == friday
    assert BERLIN.after(friday, -5) == friday


def test_days_on_which_the_clocks_change_are_as_long_as_they_are() -> None:
    assert ALWAYS.seconds(at("2026-03-29T00:00:00+01:00"), at("2026-03-30T00:00:00+02:00")) == 23 * HOUR
    assert ALWAYS.seconds(at("2026-10-25T00:00:00+02:00"), at("2026-10-26T00:00:00+01:00")) == 25 * HOUR
    # nine in the morning is nine in the morning on both sides of the change
    assert BERLIN.after(at("2026-03-27T17:00:00+01:00"), 60) == at("2026-03-30T09:01:00+02:00")


@pytest.mark.parametrize(
    ("hours", "spring", "autumn"),
    [("02:15-02:45", 0, 90), ("01:00-02:30", 60, 150), ("02:30-04:00", 60, 150), ("01:00-03:00", 60, 180)],
)
def test_hours_that_the_change_skips_do_not_exist_and_those_it_repeats_count_twice(
    hours: str, spring: int, autumn: int
) -> None:
    night = business_hours.read("Europe/Berlin", "sun", hours, "")

    def minutes(day: str) -> float:
        start = at(f"{day}T00:00:00+00:00") - timedelta(hours=12)
        return night.seconds(start, start + timedelta(days=2)) / 60

    assert (minutes("2026-03-29"), minutes("2026-10-25")) == (spring, autumn)


@pytest.mark.parametrize(
    ("zone", "day"), [("Australia/Lord_Howe", "2026-10-04"), ("America/Havana", "2026-03-08"), ("UTC", "2026-03-08")]
)
def test_a_whole_day_is_whole_in_odd_zones_too(zone: str, day: str) -> None:
    whole = business_hours.read(zone, "mon-sun", "00:00-24:00", "")
    start = at(f"{day}T00:00:00+00:00") - timedelta(days=3)

    assert whole.seconds(start, start + timedelta(days=6)) == 6 * 24 * HOUR


MOMENTS = st.integers(1_735_689_600, 1_830_297_600).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(MOMENTS, st.integers(0, 40 * HOUR))
def test_what_after_finds_is_what_seconds_counts(since: datetime, seconds: int) -> None:
    until = BERLIN.after(since, seconds)

    assert BERLIN.seconds(since, until) == seconds
    assert until == since or BERLIN.seconds(since, until - timedelta(seconds=1)) == seconds - 1


@given(st.lists(MOMENTS, min_size=3, max_size=3))
def test_spans_add_up(moments: list[datetime]) -> None:
    ordered = sorted(moments)

    parts = sum(BERLIN.seconds(start, end) for start, end in pairwise(ordered))

    assert parts == BERLIN.seconds(ordered[0], ordered[-1])


def test_settings_are_read_as_people_write_them() -> None:
    assert business_hours.read_days("mon-fri") == {0, 1, 2, 3, 4}
    assert business_hours.read_days(" Sat-Mon , wed ") == {5, 6, 0, 2}
    assert business_hours.read_hours("09:00-12:30, 13:00-24:00") == ((540, 750), (780, 1440))
    assert business_hours.read_holidays("2026-12-24,02-29")[1] == {(2, 29)}


@pytest.mark.parametrize(
    ("read", "text", "says"),
    [
        (business_hours.read_days, "monday", "'monday' is no day"),
        (business_hours.read_days, "", "at least one day"),
        (business_hours.read_hours, "9-17", "'9-17' is no time span"),
        (business_hours.read_hours, "17:00-09:00", "does not begin before it ends"),
        (business_hours.read_hours, "09:00-12:60", "does not begin before it ends"),
        (business_hours.read_hours, "09:00-25:00", "does not begin before it ends"),
        (business_hours.read_hours, "09:00-12:00,11:00-13:00", "begins before the span before it has ended"),
        (business_hours.read_hours, " ", "at least one time span"),
        (business_hours.read_holidays, "2026-02-30", "'2026-02-30' is no day"),
        (business_hours.read_holidays, "christmas", "'christmas' is no day"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_sentence(read, text: str, says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=says):
        read(text)


def test_two_calendars_of_the_same_hours_are_equal() -> None:
    again: BusinessHours = business_hours.read(
        "Europe/Berlin", "mon-fri", "09:00-12:30,13:00-17:00", "2026-12-24,12-25"
    )
    again.seconds(at("2026-01-30T16:30:00+01:00"), at("2026-02-02T13:10:00+01:00"))

    assert again == BERLIN
