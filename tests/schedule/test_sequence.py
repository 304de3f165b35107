"""A sequence: the words of its file, and the clock that each reader has in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher import schedule
from publisher.models import Campaign, Delay, Selection
from publisher.schedule.cron import Misread
from publisher.schedule.sequence import is_sequence, read_delay

DAYS = timedelta(days=1)
EMAIL = "email: {template: welcome, list: weekly}\n"


def sequence(when: str, timezone: str = "Europe/Rome") -> Campaign:
    return Campaign(
        name="welcome", when=when, timezone=timezone, delay=read_delay(when)
    )


def at(text: str, zone: str = "Europe/Rome") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("when", "delay"),
    [
        ("3 days after subscribe", Delay(3 * DAYS, is_days=True)),
        ("1 day after subscribe", Delay(DAYS, is_days=True)),
        ("2 Weeks after subscribe", Delay(14 * DAYS, is_days=True)),
        ("2 hours after subscribe", Delay(timedelta(hours=2))),
        ("48 hours after subscribe", Delay(2 * DAYS)),
        ("90 minutes after subscribe", Delay(timedelta(minutes=90))),
        ("at once after subscribe", Delay(timedelta())),
        ("3 days after subscribe at 9:00", Delay(3 * DAYS, True, time(9))),
        ("3 days after subscribe, at 09:00", Delay(3 * DAYS, True, time(9))),
    ],
)
def test_a_delay_is_read(when: str, delay: Delay) -> None:
    assert is_sequence(when)
    assert read_delay(when) == delay


@pytest.mark.parametrize(
    ("when", "offset", "words"),
    [
        ("days after subscribe", 0, "a number of days is expected here"),
        ("after 3 days subscribe", 0, "Try: 3 days after subscribe"),
        ("3 dyas after subscribe", 2, "Did you mean days?"),
        ("3 after subscribe", 2, '"after" is not a unit of time'),
        ("3 days subscribe", 7, "Try: 3 days after subscribe"),
        ("3 days after", 12, '"subscribe" is missing here'),
        ("3 days after subscribes", 13, "Try: 3 days after subscribe"),
        ("0 days after subscribe", 0, "Try: at once after subscribe"),
        ("9999 weeks after subscribe", 0, "more than ten years is too long"),
        ("3 days after subscribe 09:00", 23, 'cannot read "09:00" here'),
        ("3 days after subscribe at 9am", 26, '"9am" is not a time of day'),
        ("3 days after subscribe at", 25, '"nothing" is not a time of day'),
        ("2 hours after subscribe at 09:00", 27, "Try: 1 day after subscribe"),
        ("3 days after subscribe at 09:00 sharp", 32, 'cannot read "sharp" here'),
        ("at once", 7, '"after" is missing here'),
    ],
)
def test_a_wrong_delay_is_told_with_its_place(
    when: str, offset: int, words: str
) -> None:
    assert is_sequence(when)
    with pytest.raises(Misread) as found:
        read_delay(when)
    said = f"{found.value.message}. {found.value.hint}"
    assert (found.value.offset, words in said) == (offset, True), said


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("at once after subscribe", "at once after somebody subscribes"),
        ("1 day after subscribe", "1 day after somebody subscribes"),
        ("2 weeks after subscribe", "14 days after somebody subscribes"),
        ("48 hours after subscribe", "48 hours after somebody subscribes"),
        ("90 minutes after subscribe", "90 minutes after somebody subscribes"),
        (
            "3 days after subscribe at 9:00",
            "3 days after somebody subscribes, at 09:00, Europe/Rome",
        ),
    ],
)
def test_a_delay_is_said_in_words(when: str, words: str) -> None:
    assert schedule.in_words(sequence(when)) == words


def test_a_sequence_has_no_times_of_its_own() -> None:
    campaign = sequence("3 days after subscribe")
    now = at("2026-11-23T09:00")
    assert schedule.next_runs(campaign, now) == []
    assert schedule.due(campaign, last=now - 9 * DAYS, now=now) == []


@pytest.mark.parametrize(
    ("when", "subscribed", "due"),
    [
        ("at once after subscribe", "2026-11-20T23:59", "2026-11-20T23:59"),
        ("2 hours after subscribe", "2026-11-20T23:00", "2026-11-21T01:00"),
        ("3 days after subscribe", "2026-11-20T14:30", "2026-11-23T14:30"),
        ("3 days after subscribe at 09:00", "2026-11-20T00:00", "2026-11-23T09:00"),
        ("3 days after subscribe at 09:00", "2026-11-20T23:59", "2026-11-23T09:00"),
        # Over the change of 29 March 2026 a day is 24 hours, or one on the wall.
        ("1 day after subscribe", "2026-03-28T12:00", "2026-03-29T13:00"),
        ("1 day after subscribe at 09:00", "2026-03-28T12:00", "2026-03-29T09:00"),
        # 02:30 is skipped that day: it comes when the clock has jumped.
        ("1 day after subscribe at 02:30", "2026-03-28T12:00", "2026-03-29T03:00"),
        # On 25 October 2026 it comes twice: the first counts.
        ("1 day after subscribe at 02:30", "2026-10-24T12:00", "2026-10-25T02:30"),
        ("1 day after subscribe", "2026-10-24T12:00", "2026-10-25T11:00"),
    ],
)
def test_a_turn_comes_on_the_reader_s_clock(
    when: str, subscribed: str, due: str
) -> None:
    assert schedule.turn(sequence(when), at(subscribed)) == at(due)


ZONES = ("Europe/Rome", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Beirut")
WHENS = (
    *("at once after subscribe", "90 minutes after subscribe"),
    *("1 day after subscribe", "1 day after subscribe at 00:00"),
    *("3 days after subscribe at 02:30", "1 week after subscribe at 23:59"),
)


@given(
    st.sampled_from(WHENS),
    st.sampled_from(ZONES),
    st.integers(0, 366 * 24 * 60 * 3),
    st.integers(-100_000_000, 100_000_000),
)
def test_who_subscribed_by_then_is_due_and_nobody_else(
    when: str, zone: str, minutes: int, microseconds: int
) -> None:
    """The bound is the turn, turned round: also on both days when clocks change."""
    campaign = sequence(when, zone)
    now = datetime(2017, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    by = schedule.subscribed_by(campaign, now)
    for subscribed in (
        by + timedelta(microseconds=microseconds),
        by,
        by + timedelta(microseconds=1),
    ):
        is_due = schedule.turn(campaign, subscribed) <= now
        assert is_due == (subscribed <= by), (now, by, subscribed)


@given(st.sampled_from(WHENS), st.sampled_from(ZONES), st.integers(0, 9**8), st.data())
def test_who_subscribes_later_is_never_due_earlier(
    when: str, zone: str, seconds: int, data: st.DataObject
) -> None:
    campaign = sequence(when, zone)
    first = datetime(2017, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    later = first + timedelta(seconds=data.draw(st.integers(0, 90_000)))
    assert schedule.turn(campaign, first) <= schedule.turn(campaign, later)


# --- the file ------------------------------------------------------------------------


def read(root: Path, text: str) -> Campaign:
    path = root / "welcome.yaml"
    path.write_text(text, "utf-8")
    return schedule.read(path, timezone="Europe/Rome")


def test_a_sequence_sends_late_and_takes_no_articles_unless_told(
    tmp_path: Path,
) -> None:
    found = read(tmp_path, f"when: 3 days after subscribe\n{EMAIL}")
    assert found.delay == Delay(3 * DAYS, is_days=True)
    assert (found.if_missed, found.since) == ("send", "first seen")
    assert found.articles == Selection(at_least=0, at_most=0, since="always")


def test_a_sequence_may_take_articles_and_each_reader_gets_the_same(
    tmp_path: Path,
) -> None:
    rest = "if_missed: ask\nsince: 2026-01-31\narticles: {only: [start-here]}\n"
    found = read(tmp_path, f"when: at once after subscribe\n{rest}{EMAIL}")
    assert (found.if_missed, found.since) == ("ask", "2026-01-31")
    assert found.articles == Selection(only=("start-here",), since="always")
    assert not replace(found, delay=None).posts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            f"when: Fri 08:00\nsince: always\n{EMAIL}",
            "since goes with a reader's own clock",
        ),
        (
            "when: 3 days after subscribe\nposts: [{through: mastodon}]\n",
            "a post is for everybody: no reader's clock can start it",
        ),
        (
            f"when: 3 days after subscribe\nsince: monday\n{EMAIL}",
            "Try: first seen, always or 2026-01-31",
        ),
        (f"when: 3 dyas after subscribe\n{EMAIL}", "1:9: "),
    ],
)
def test_what_has_no_meaning_in_a_sequence_is_refused(
    tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "welcome.yaml").write_text(text, "utf-8")
    found, errors = schedule.campaigns(tmp_path)
    assert (found, words in str(errors[0])) == ([], True), errors
