"""Readers' hours, for every zone and moment."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.models import Hours, Often, Quiet

NAMES = """
Europe/Rome America/New_York Asia/Kolkata Asia/Tokyo UTC
Pacific/Kiritimati Pacific/Pago_Pago Australia/Lord_Howe
"""
ZONES = st.sampled_from(["", *NAMES.split()])
MOMENTS = st.integers(min_value=0, max_value=2 * 366 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
TIMES = st.times().map(lambda one: one.replace(second=0, microsecond=0))
QUIET = st.tuples(TIMES, TIMES).filter(lambda ends: ends[0] != ends[1])


@given(zone=ZONES, now=MOMENTS, ends=QUIET)
def test_nobody_is_woken_and_nobody_waits_for_more_than_a_day(
    zone: str, now: datetime, ends: tuple[time, time]
) -> None:
    quiet = Quiet(*ends)
    opens = Hours("Europe/Rome", quiet=quiet).opens(zone, now)
    # What a clock skips in spring it shows an hour later.
    shown = opens.astimezone(UTC).astimezone(ZoneInfo(zone or "Europe/Rome"))
    assert opens >= now
    assert opens - now <= timedelta(hours=25)
    assert not quiet.holds(shown.time()) or opens.time() != shown.time()
    if not quiet.holds(now.astimezone(ZoneInfo(zone or "Europe/Rome")).time()):
        assert opens == now


@given(zone=ZONES, at=MOMENTS)
def test_the_hour_on_the_wall_is_the_same_everywhere(zone: str, at: datetime) -> None:
    at = at.astimezone(ZoneInfo("Europe/Rome"))
    hours = Hours("Europe/Rome", at=at)
    opens = hours.opens(zone, at)
    late = opens - at
    assert timedelta(0) <= late <= timedelta(hours=25)
    if opens != at:
        clock = ZoneInfo(zone)
        shown = opens.astimezone(UTC).astimezone(clock)
        wall = at.replace(tzinfo=None)
        skipped = opens.time() != shown.time()
        assert shown.time() == wall.time() or skipped
    assert hours.opens(zone, opens) == opens


@pytest.mark.parametrize("text", ["22", "22-22", "25-7", "22:00 07:00", "a-b"])
def test_what_is_no_span_of_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Quiet.read(text)


@pytest.mark.parametrize("text", ["3 in 7 days", "1 in 1 week", "2 in 36 hours"])
def test_how_often_is_said_as_it_was_read(text: str) -> None:
    assert Often.read(str(Often.read(text))) == Often.read(text)


@pytest.mark.parametrize("text", ["", "3", "3 per week", "0 in 7 days", "3 in 0 days"])
def test_what_is_no_cap_is_refused(text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        Often.read(text)
