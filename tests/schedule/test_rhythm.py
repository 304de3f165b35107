from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.schedule.phrases import rhythm
from publisher.schedule.rhythm import times

# A jump of an hour by night, one at midnight, one of half an hour, none, a zone that
# had its clock changed by law within these years, and the southern half of the world.
ZONES = (
    "Europe/Rome",
    "America/New_York",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "America/Santiago",
)
YEARS = (2020, 2030)


def runs(when: str, zone: str, after: datetime, count: int) -> list[str]:
    found = islice(times(rhythm(when), ZoneInfo(zone), after), count)
    return [one.isoformat(timespec="minutes") for one in found]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("wall", [time(0, 15), time(1, 45), time(2, 30), time(8)])
def test_a_wall_time_comes_once_a_day_for_ten_years(zone: str, wall: time) -> None:
    clock = ZoneInfo(zone)
    start = datetime(YEARS[0], 1, 1, tzinfo=clock) - timedelta(seconds=1)
    end = datetime(YEARS[1], 1, 1, tzinfo=clock)
    found = list(
        takewhile(
            lambda run: run < end,
            times(rhythm(f"every day {wall:%H:%M}"), clock, start),
        )
    )
    days = Counter(run.date() for run in found)
    expected = (date(YEARS[1], 1, 1) - date(YEARS[0], 1, 1)).days
    assert (len(days), set(days.values())) == (expected, {1})
    assert [run for run in found if not _is_right(run, wall)] == []


def _is_right(run: datetime, wall: time) -> bool:
    """The wall says so; or this wall time never was, and the jump's end is taken."""
    is_real = run.astimezone(UTC).astimezone(run.tzinfo).replace(tzinfo=None)
    assert is_real == run.replace(tzinfo=None)
    if run.time() == wall:
        return run.fold == 0
    missing = datetime.combine(run.date(), wall, run.tzinfo)
    back = missing.astimezone(UTC).astimezone(run.tzinfo)
    return back.time() != wall and run.time() > wall


def test_a_time_that_spring_skips_comes_when_the_clock_has_jumped() -> None:
    assert runs("every day 02:30", "Europe/Rome", at("2027-03-27T12:00+01:00"), 2) == [
        "2027-03-28T03:00+02:00",
        "2027-03-29T02:30+02:00",
    ]
    once = runs("at 2027-03-28 02:30", "Europe/Rome", at("2026-01-01T00:00Z"), 2)
    assert once == ["2027-03-28T03:00+02:00"]


@pytest.mark.parametrize("after", ["2026-10-24T12:00+02:00", "2026-10-25T02:29+02:00"])
def test_a_time_that_autumn_repeats_comes_the_first_time(after: str) -> None:
    assert runs("every day 02:30", "Europe/Rome", at(after), 2) == [
        "2026-10-25T02:30+02:00",
        "2026-10-26T02:30+01:00",
    ]


@pytest.mark.parametrize("after", ["2026-10-25T02:30+02:00", "2026-10-25T02:10+01:00"])
def test_the_second_round_of_the_repeated_hour_has_no_run(after: str) -> None:
    assert runs("every day 02:30", "Europe/Rome", at(after), 1) == [
        "2026-10-26T02:30+01:00"
    ]


def test_every_hour_goes_by_the_sun_and_not_by_the_wall() -> None:
    assert runs("every hour", "Europe/Rome", at("2026-10-25T01:30+02:00"), 3) == [
        "2026-10-25T02:00+02:00",
        "2026-10-25T02:00+01:00",
        "2026-10-25T03:00+01:00",
    ]


def test_several_times_come_in_order_and_each_once() -> None:
    found = runs("mon and tue 18:30, 8:00", "UTC", at("2026-11-22T00:00Z"), 4)
    assert [one[5:16] for one in found] == [
        "11-23T08:00",
        "11-23T18:30",
        "11-24T08:00",
        "11-24T18:30",
    ]


def test_two_times_that_meet_in_the_gap_are_one_run() -> None:
    found = runs("daily 2:15, 2:45", "Europe/Rome", at("2027-03-27T12:00Z"), 2)
    assert found == ["2027-03-28T03:00+02:00", "2027-03-29T02:15+02:00"]


def test_the_day_of_the_month_or_the_weekday_as_cron_has_it() -> None:
    found = runs("cron 0 9 13 * fri", "UTC", at("2026-12-05T00:00Z"), 3)
    assert [one[5:10] for one in found] == ["12-11", "12-13", "12-18"]


@settings(deadline=None, max_examples=50)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(["daily 02:30", "every 2 hours", "every 15 minutes", "sun 00:10"]),
    st.integers(0, 9 * 365 * 24 * 3600),
)
def test_no_run_is_skipped_or_repeated_wherever_one_looks_from(
    zone: str, when: str, seconds: int
) -> None:
    after = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    found = list(islice(times(rhythm(when), ZoneInfo(zone), after), 12))
    moments = [one.astimezone(UTC) for one in found]
    assert moments == sorted(set(moments))
    assert moments[0] > after
    again = islice(times(rhythm(when), ZoneInfo(zone), found[0]), 11)
    assert [one.astimezone(UTC) for one in again] == moments[1:]
