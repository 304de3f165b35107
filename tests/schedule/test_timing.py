from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher import schedule
from publisher.models import Campaign
from publisher.schedule import Due

DAILY = Campaign(name="daily", when="every day 08:00", timezone="Europe/Rome")
LAST = datetime.fromisoformat("2026-11-20T08:00+01:00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}:00+01:00")


def actions(found: list[Due]) -> list[tuple[str, str]]:
    return [(f"{due.at:%d %H:%M}", due.action) for due in found]


def test_nothing_is_due_before_its_time() -> None:
    assert schedule.due(DAILY, last=LAST, now=at("21T07:59")) == []


def test_what_is_on_time_is_run() -> None:
    found = schedule.due(DAILY, last=LAST, now=at("21T08:00"))
    assert found == [Due(at("21T08:00"), is_missed=False)]


def test_within_the_grace_it_is_still_run() -> None:
    found = schedule.due(DAILY, last=LAST, now=at("21T10:00"))
    assert [(due.action, due.is_missed) for due in found] == [("run", False)]


@pytest.mark.parametrize(
    ("if_missed", "action"), [("skip", "skip"), ("send", "run"), ("ask", "ask")]
)
def test_of_several_missed_times_only_the_latest_acts(
    if_missed: str, action: str
) -> None:
    campaign = Campaign(
        name="daily",
        when=DAILY.when,
        timezone=DAILY.timezone,
        if_missed=if_missed,  # type: ignore[arg-type]
    )
    found = schedule.due(campaign, last=LAST, now=at("23T12:15"))
    assert actions(found) == [
        ("21 08:00", "skip"),
        ("22 08:00", "skip"),
        ("23 08:00", action),
    ]
    assert found[-1].is_missed
    assert found[-1].reason == f"4 h 15 min late, and if_missed is {if_missed}"


def test_a_missed_time_gives_way_to_one_that_is_on_time() -> None:
    found = schedule.due(DAILY, last=LAST, now=at("22T08:01"))
    assert actions(found) == [("21 08:00", "skip"), ("22 08:00", "run")]
    assert found[0].reason == "a later run takes its place"


def test_a_new_schedule_sends_nothing_for_the_time_before_it_was_seen() -> None:
    now = at("21T09:00")
    assert schedule.due(DAILY, last=None, now=now) == []
    assert schedule.due(DAILY, last=None, since=now, now=now) == []
    tomorrow = now + timedelta(days=1)
    found = schedule.due(DAILY, last=None, since=now, now=tomorrow)
    assert actions(found) == [("22 08:00", "run")]


def test_what_is_not_enabled_or_has_no_when_is_never_due() -> None:
    off = Campaign(name="off", when="every day 08:00", enabled=False)
    manual = Campaign(name="manual")
    for campaign in (off, manual):
        assert schedule.due(campaign, last=LAST, now=at("25T08:00")) == []
        assert schedule.next_runs(campaign, LAST) == []


def test_a_repeated_hour_is_due_once() -> None:
    night = Campaign(name="night", when="every day 02:30", timezone="Europe/Rome")
    last = datetime.fromisoformat("2026-10-24T02:30+02:00")
    now = datetime.fromisoformat("2026-10-25T02:45+01:00")
    found = schedule.due(night, last=last, now=now)
    assert [due.at.isoformat() for due in found] == ["2026-10-25T02:30:00+02:00"]
    assert schedule.due(night, last=found[0].at, now=now) == []


def test_a_long_absence_is_told_by_its_latest_thousand() -> None:
    often = Campaign(name="often", when="every 10 minutes")
    found = schedule.due(often, last=LAST - timedelta(days=3000), now=LAST)
    assert len(found) == 1000
    assert (found[-1].at, found[-1].action) == (LAST.astimezone(UTC), "run")


def test_the_next_times_are_in_the_zone_of_the_campaign() -> None:
    after = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert [one.isoformat() for one in schedule.next_runs(DAILY, after, 2)] == [
        "2026-11-23T08:00:00+01:00",
        "2026-11-24T08:00:00+01:00",
    ]


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("Fri 08:00", "every Friday at 08:00, Europe/Rome"),
        ("cron 0 8 * * fri", "at 08:00 on Friday, Europe/Rome"),
        ("at 2026-12-24 18:00", "once, on 24 December 2026 at 18:00, Europe/Rome"),
        ("", "only when you send it"),
    ],
)
def test_a_campaign_says_when_in_words(when: str, words: str) -> None:
    campaign = Campaign(name="x", when=when, timezone="Europe/Rome")
    assert schedule.in_words(campaign) == words


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.integers(1, 5000), min_size=1, max_size=20),
    st.sampled_from(["every 15 minutes", "every day 08:00", "every hour"]),
)
def test_however_often_one_looks_each_time_is_due_exactly_once(
    steps: list[int], when: str
) -> None:
    campaign = Campaign(name="x", when=when, timezone="Europe/Rome")
    last, now, seen = LAST, LAST, []
    for step in steps:
        now += timedelta(minutes=step)
        found = schedule.due(campaign, last=last, now=now)
        seen += [due.at for due in found]
        last = seen[-1] if seen else last
    at_once = schedule.due(campaign, last=LAST, now=now)
    assert [due.at for due in at_once] == seen[-1000:]


def test_a_rare_run_is_not_forgotten_over_a_long_absence() -> None:
    yearly = Campaign(name="x", when="cron 0 8 1 mar *", if_missed="send")
    found = schedule.due(yearly, last=LAST - timedelta(days=600), now=LAST)
    assert [(due.at.date().isoformat(), due.action) for due in found] == [
        ("2026-03-01", "run")
    ]
