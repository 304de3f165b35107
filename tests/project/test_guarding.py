"""Guards: the first go ahead, nobody is woken, and nobody is written to too often."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from publisher.models import (
    Channel,
    Event,
    EventKind,
    Kind,
    Limits,
    Receipt,
    Report,
    key_mark,
)
from publisher.project import Project
from tests.conftest import Letters

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
NIGHT = datetime(2026, 11, 20, 23, tzinfo=UTC)
DAY = timedelta(days=1)
SCHEDULE = """\
when: Fri 08:00
timezone: Europe/Rome
articles: {since: always}
email: {template: digest, list: weekly, through: smtp%s}
"""
READERS = 10


@dataclass
class Double:
    """Takes everything, and remembers whom it was for."""

    kind: ClassVar[Kind] = "email"
    limits: ClassVar[Limits] = Limits(batch=2)
    taken: list[str] = field(default_factory=list)

    def send(self, message: Any) -> Receipt:
        self.taken.append(message.recipient.address)
        return Receipt(message.key)


class Opened(Project):
    """The owner's folder, with one channel that is made up."""

    double: Double

    def channel(self, name: str) -> Channel:
        if name != "smtp":
            return super().channel(name)
        return Channel("smtp", "smtp", "email", Limits(), self.double)


class Desk:
    """A folder with ten readers, whose clock is moved by hand."""

    def __init__(self, letters: Letters) -> None:
        self.now = NOON
        self.letters = letters
        self.double = Double()
        self.set("")
        with self.project() as project:
            people = project.books.subscribers
            for one in range(READERS):
                address = f"reader{one}@example.org"
                people.add(address, lists=["weekly"], now=NOON - DAY)

    def set(self, email: str, guards: str = "{}") -> None:
        self.letters.write("schedules/weekly.yaml", SCHEDULE % email)
        settings = (self.letters.root / "publisher.yaml").read_text()
        before = settings.partition("guards:")[0]
        self.letters.write("publisher.yaml", f"{before}guards: {guards}\n")

    def project(self) -> Project:
        opened = Opened(self.letters.root, environ={}, clock=lambda: self.now)
        opened.double = self.double
        return opened

    def send(self, name: str = "weekly", **flags: Any) -> Report:
        with self.project() as project:
            return project.send(project.plan(name, **flags), stays=False)

    def zone(self, number: int, timezone: str) -> None:
        address = f"reader{number}@example.org"
        with self.project() as project:
            project.books.subscribers.add(address, timezone=timezone, now=self.now)

    def hear(self, kind: EventKind, count: int) -> None:
        """Let some of the first messages come back."""
        with self.project() as project:
            gone = [
                one
                for one in project.books.ledger.deliveries("weekly/1")
                if one.state == "accepted"
            ]
            heard = project.books.events
            with heard.hearing("smtp", now=self.now, salt=project.salt) as hearing:
                hearing.new(
                    [
                        Event(
                            id=f"{kind} {one.key}",
                            kind=kind,
                            at=self.now,
                            address=one.recipient,
                            is_permanent=True,
                            mark=key_mark(one.key, project.salt),
                        )
                        for one in gone[:count]
                    ]
                )

    @property
    def got(self) -> list[int]:
        """The numbers of the readers who got something, in order."""
        return sorted(int(one[6:].partition("@")[0]) for one in self.double.taken)


@pytest.fixture
def desk(letters: Letters) -> Desk:
    return Desk(letters)


# --- the canary --------------------------------------------------------------------


def test_the_first_go_ahead_and_the_others_follow(desk: Desk) -> None:
    desk.set(", canary: {first: 3, wait: 30m}")
    first = desk.send()
    assert first.counts["smtp"]["accepted"] == 3
    assert first.again_at == NOON + timedelta(minutes=30)
    assert "waits until 13:30:00" in first.stopped[0][1]
    desk.now += timedelta(minutes=29)
    assert desk.send().counts["smtp"]["accepted"] == 3
    desk.now += timedelta(minutes=2)
    last = desk.send()
    assert last.counts["smtp"]["accepted"] == READERS
    assert desk.got == [*range(READERS)]
    with desk.project() as project:
        assert project.books.ledger.verify() == []


@pytest.mark.parametrize(
    ("kind", "words"),
    [("bounced", "1 of the first 3 came back"), ("complained", "complained")],
)
def test_too_much_that_comes_back_stops_it_until_a_person_has_looked(
    desk: Desk, kind: EventKind, words: str
) -> None:
    desk.set(", canary: {first: 3, wait: 30m}")
    desk.send()
    desk.hear(kind, 1)
    desk.now += timedelta(minutes=1)
    report = desk.send()
    assert words in report.stopped[0][1]
    assert "publisher resume weekly/1" in report.stopped[0][1]
    desk.now += timedelta(hours=2)
    assert desk.send("weekly/1").counts["smtp"]["accepted"] == 3
    with desk.project() as project:
        project.resume("weekly/1")
    assert desk.send("weekly/1").counts["smtp"]["accepted"] == READERS


def test_a_little_that_comes_back_stops_nothing(desk: Desk) -> None:
    desk.set(", canary: {first: 3, wait: 30m, bounces: 40}")
    desk.send()
    desk.hear("bounced", 1)
    desk.now += timedelta(minutes=31)
    assert desk.send().counts["smtp"]["accepted"] == READERS


def test_what_is_refused_at_once_came_back_too(desk: Desk) -> None:
    desk.set(", canary: {first: 3, wait: 30m}")
    desk.send()
    with desk.project() as project:
        gone = project.books.ledger.deliveries("weekly/1")[0]
        with project.books.database.writing() as connection:
            connection.exec_driver_sql(
                "update deliveries set state = 'failed' where key = ?", (gone.key,)
            )
    assert "1 of the first 3 came back" in desk.send().stopped[0][1]


def test_it_is_a_share_of_the_readers_and_of_all_channels_together(
    desk: Desk,
) -> None:
    desk.set(", canary: 25%")
    with desk.project() as project:
        plan = project.plan("weekly")
        assert plan.canary
        assert plan.canary.first == 3
    assert desk.send().counts["smtp"]["accepted"] == 3


def test_who_stays_waits_for_it_and_is_woken_by_a_wish(desk: Desk) -> None:
    desk.set(", canary: {first: 3, wait: 1m}")
    stops = iter([False] * 12 + [True] * 100)
    with desk.project() as project:
        report = project.send(project.plan("weekly"), stop=lambda: next(stops))
    assert report.counts["smtp"]["accepted"] == 3


def test_a_canary_larger_than_the_list_is_none(desk: Desk) -> None:
    desk.set(", canary: 500")
    assert desk.send().counts["smtp"]["accepted"] == READERS


def test_a_canary_is_counted_again_after_a_kill(desk: Desk) -> None:
    desk.set(", canary: {first: 3, wait: 30m}")
    stops = iter([False] * 3 + [True] * 1000)
    with desk.project() as project:
        project.send(project.plan("weekly"), stop=lambda: next(stops), stays=False)
    desk.send()
    assert len(desk.double.taken) == 3


# --- quiet hours -------------------------------------------------------------------


def test_who_sleeps_gets_it_in_the_morning_of_their_own_clock(desk: Desk) -> None:
    desk.set("", "{quiet_hours: 22:00-07:00}")
    desk.now = NIGHT  # midnight in Rome, where the site is
    desk.zone(3, "America/New_York")  # 18:00
    desk.zone(4, "Asia/Tokyo")  # 08:00
    desk.zone(5, "Europe/London")  # 23:00
    first = desk.send()
    assert desk.got == [3, 4]
    assert first.again_at == datetime(2026, 11, 21, 6, tzinfo=UTC)  # 07:00 in Rome
    desk.now = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
    second = desk.send()
    assert desk.got == [n for n in range(READERS) if n != 5]
    assert second.again_at == datetime(2026, 11, 21, 7, tzinfo=UTC)  # 07:00 in London
    desk.now = datetime(2026, 11, 21, 7, tzinfo=UTC)
    assert desk.send().stopped == ()
    assert desk.got == [*range(READERS)]


def test_a_plan_says_how_many_have_to_wait(desk: Desk) -> None:
    desk.set("", "{quiet_hours: 22-7}")
    desk.now = NIGHT
    desk.zone(3, "America/New_York")
    with desk.project() as project:
        waits = project.waits(project.plan("weekly"))
    assert (waits.count, waits.sated) == (READERS - 1, 0)


def test_what_is_urgent_wakes_people(desk: Desk) -> None:
    desk.set(", urgent: true", "{quiet_hours: 22:00-07:00}")
    desk.now = NIGHT
    assert desk.send().counts["smtp"]["accepted"] == READERS


def test_a_test_to_oneself_goes_at_any_hour(desk: Desk) -> None:
    desk.set("", "{quiet_hours: 22:00-07:00}")
    desk.now = NIGHT
    report = desk.send(to=["editor@example.org"])
    assert report.counts["smtp"]["accepted"] == 1


def test_what_waits_for_the_morning_can_be_hurried(desk: Desk) -> None:
    desk.set("", "{quiet_hours: 22:00-07:00}")
    desk.now = NIGHT
    assert desk.send().counts["smtp"]["accepted"] == 0
    assert desk.send(urgent=True).counts["smtp"]["accepted"] == READERS


# --- by their own clocks -----------------------------------------------------------


def test_each_reader_gets_it_when_their_own_clock_shows_its_time(desk: Desk) -> None:
    desk.set(", local_time: true")
    desk.zone(1, "America/New_York")  # six hours later
    desk.zone(2, "Asia/Tokyo")  # eight hours ago: tomorrow
    desk.zone(3, "Europe/Athens")  # one hour ago: at once
    at = datetime(2026, 11, 27, 7, tzinfo=UTC)  # 08:00 in Rome
    desk.now = at
    with desk.project() as project:
        plan = project.plan("weekly", scheduled_at=at)
        assert project.send(plan, stays=False).again_at == at + timedelta(hours=6)
    assert desk.got == [0, *range(3, READERS)]
    desk.now = at + timedelta(hours=6)
    desk.send("weekly/1")
    assert desk.got == [0, 1, *range(3, READERS)]
    desk.now = datetime(2026, 11, 27, 23, tzinfo=UTC)  # 08:00 on Saturday in Tokyo
    desk.send("weekly/1")
    assert desk.got == [*range(READERS)]


def test_run_comes_back_for_those_who_wait(desk: Desk) -> None:
    desk.set(", local_time: true")
    desk.zone(1, "America/New_York")
    desk.now = datetime(2026, 11, 27, 6, 59, tzinfo=UTC)
    with desk.project() as project:
        project.run()  # sees the schedule for the first time
    desk.now = datetime(2026, 11, 27, 7, 1, tzinfo=UTC)
    with desk.project() as project:
        ran = project.run()
    assert ran[0].report
    assert ran[0].report.again_at == datetime(2026, 11, 27, 13, tzinfo=UTC)
    desk.now = datetime(2026, 11, 27, 13, tzinfo=UTC)
    with desk.project() as project:
        assert [one.result for one in project.run()] == ["10 sent, 0 failed"]


# --- how often ---------------------------------------------------------------------


def test_who_has_had_enough_is_skipped_and_gets_the_next(desk: Desk) -> None:
    desk.set("", "{frequency_cap: 2 in 7 days}")
    for day in range(3):
        desk.now = NOON + day * DAY
        if day == 1:
            desk.zone(0, "")
        report = desk.send(again=True)
    counts = report.counts["smtp"]
    assert (counts["accepted"], counts["skipped"]) == (0, READERS)
    assert report.reasons[0][1:] == ("skipped: has had 2 in 1 week", READERS)
    with desk.project() as project:
        waits = project.waits(project.plan("weekly", again=True))
        assert (waits.sated, waits.why) == (READERS, "has had 2 in 1 week")
    desk.now = NOON + 7 * DAY + timedelta(hours=1)
    assert desk.send(again=True).counts["smtp"]["accepted"] == READERS


def test_what_is_urgent_is_never_too_often(desk: Desk) -> None:
    desk.set(", urgent: true", "{frequency_cap: 1 in 7 days}")
    desk.send()
    assert desk.send(again=True).counts["smtp"]["accepted"] == READERS


def test_two_campaigns_at_once_keep_the_cap_together(desk: Desk) -> None:
    desk.set("", "{frequency_cap: 1 in 2 days}")
    desk.letters.write("schedules/daily.yaml", SCHEDULE % "")
    with desk.project() as project:
        weekly, daily = project.plan("weekly"), project.plan("daily")
        project.send(weekly)
        report = project.send(daily)
    assert report.counts["smtp"]["skipped"] == READERS
    assert desk.got == [*range(READERS)]
