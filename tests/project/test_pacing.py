"""A pace in publisher.yaml, from the file to a provider and the next day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from publisher import providers
from publisher.models import Pace
from publisher.project import Project
from publisher.providers import Secret, account_of
from publisher.rehearsal import Fake, open_fake

if TYPE_CHECKING:
    from tests.conftest import Letters

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SCHEDULE = """\
when: Fri 08:00
articles: {since: always, at_most: 8}
email: {template: digest, list: weekly, through: resend}
"""


@pytest.fixture
def fake() -> Iterator[Fake]:
    with open_fake("resend") as opened:
        yield opened


class Desk:
    """A folder with seven readers, whose clock is moved by hand."""

    def __init__(self, letters: Letters, fake: Fake, pace: str) -> None:
        self.now = NOON
        self.letters = letters
        self.environ = {"RESEND_TOKEN": "made-up", "NO_PROXY": "127.0.0.1"}
        self.environ |= {
            f"RESEND_{key.upper()}": value for key, value in fake.settings.items()
        }
        settings = letters.root / "publisher.yaml"
        letters.write("publisher.yaml", f"{settings.read_text()}pace: {pace}\n")
        letters.write("schedules/weekly.yaml", SCHEDULE)
        rows = ({"email": f"reader{one}@example.org"} for one in range(7))
        with self.project() as project:
            people = project.books.subscribers
            people.import_rows(rows, lists=["weekly"], now=NOON - DAY)

    def project(self) -> Project:
        return Project(self.letters.root, environ=self.environ, clock=lambda: self.now)

    def send(self) -> Any:
        with self.project() as project:
            return project.send(project.plan("weekly"))


def test_a_campaign_over_the_days_cap_goes_on_the_next_day(
    letters: Letters, fake: Fake
) -> None:
    desk = Desk(letters, fake, "{resend: {per_day: 4}}")
    first = desk.send()
    assert first.stopped == (
        (
            "resend",
            "the 4 messages of this day are sent, 3 wait; run the same command again "
            "after 2026-11-21 00:00 CET",
        ),
    )
    assert first.again_at == datetime(2026, 11, 20, 23, tzinfo=UTC)
    desk.now += DAY
    second = desk.send()
    assert (second.issue, second.stopped, second.again_at) == (first.issue, (), None)
    assert second.counts["resend"]["accepted"] == 7
    assert len(fake.record.taken) == 7


def test_run_goes_on_by_itself_when_the_next_day_has_come(
    letters: Letters, fake: Fake
) -> None:
    desk = Desk(letters, fake, "{resend: {warm_up: [3, 4]}}")
    with desk.project() as project:
        project.run()  # sees the schedule for the first time
    desk.now = datetime(2026, 11, 27, 7, 1, tzinfo=UTC)
    sent = []
    for _ in range(3):
        with desk.project() as project:
            sent += [ran.result for ran in project.run()]
        desk.now += DAY
    assert sent == ["3 sent, 0 failed, 4 not yet", "7 sent, 0 failed"]


def test_a_rehearsal_keeps_no_pace_of_the_owner(letters: Letters, fake: Fake) -> None:
    from publisher.project.rehearsing import rehearse

    desk = Desk(letters, fake, "{resend: {per_day: 4}}")
    with desk.project() as project:
        assert rehearse(project, "weekly", readers=30).report.stopped == ()


def test_what_goes_to_the_outbox_has_no_pace(letters: Letters, fake: Fake) -> None:
    desk = Desk(letters, fake, "{resend: {per_day: 4}}\nchannels: {resend: outbox}")
    assert desk.send().stopped == ()


def test_a_line_holds_for_its_channel_before_that_of_the_provider(
    letters: Letters, fake: Fake
) -> None:
    desk = Desk(letters, fake, '{resend: {per_day: 4}, "resend:new": {per_second: 1}}')
    with desk.project() as project:
        names = ("resend", "resend:old", "resend:new", "postmark")
        assert [project.settings.pace(name) for name in names] == [
            Pace(per_day=4),
            Pace(per_day=4),
            Pace(per_second=1),
            Pace(),
        ]


def made(name: str, **settings: Any) -> Any:
    return providers.known()[name](**settings)


def test_an_account_is_told_by_its_login_or_else_by_its_secret() -> None:
    one = made("resend", token=Secret("one"))
    assert account_of(one, "resend") == account_of(
        made("resend", token=Secret("one")), "resend"
    )
    assert account_of(one, "resend") != account_of(
        made("resend", token=Secret("two")), "resend"
    )
    mail = {"host": "mail.example.org", "username": "ada"}
    before, after = made("smtp", **mail), made("smtp", **mail, password=Secret("new"))
    other = made("smtp", host="mail.example.org", username="bo")
    assert account_of(before, "smtp") == account_of(after, "smtp")
    assert account_of(before, "smtp") != account_of(other, "smtp")


def test_no_secret_is_in_the_name_of_an_account() -> None:
    name = account_of(made("resend", token=Secret("s3cret")), "resend", salt="pepper")
    assert "s3cret" not in name
    assert name != account_of(made("resend", token=Secret("s3cret")), "resend")
    assert len(name) == 64
