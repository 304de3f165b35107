"""The whole road, through the hall: plan, check, send, run, preview."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest

from publisher import mime
from publisher import plan as planning
from publisher.errors import CheckFailed, ConfigError, PlanChanged, SourceError
from publisher.models import Email, Post, PostDraft, State
from publisher.project import Project

if TYPE_CHECKING:
    from tests.conftest import Letters

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)  # a Sunday


class Clock:
    """A time that moves only when a test moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def project(letters: Letters, clock: Clock) -> Iterator[Project]:
    with Project(letters.root, environ={}, clock=clock) as opened:
        for name in ("ana", "bo", "cy"):
            opened.books.subscribers.add(
                f"{name}@example.org", name=name.title(), lists=["weekly"], now=NOW
            )
        yield opened


def again(project: Project) -> Project:
    """Open the folder anew, as the next command would."""
    return Project(project.root, environ={}, clock=project.clock)


def test_an_issue_reaches_everybody_once(project: Project, letters: Letters) -> None:
    plan = project.plan("weekly")
    assert plan.counts() == {"outbox": 3, "outbox:mastodon": 2}
    assert plan.issue.articles == ("second-wind", "first-light")
    report = project.send(plan)
    assert report.total(State.ACCEPTED) == 5
    assert len(letters.messages()) == 3
    assert project.books.ledger.verify() == []


def test_a_second_run_sends_nothing(project: Project, letters: Letters) -> None:
    project.send(project.plan("weekly"))
    before = [path.stat().st_mtime_ns for path in letters.messages()]
    plan = again(project).plan("weekly")
    assert plan.deliveries == ()
    assert plan.left_out == (("article was already sent", 2),)
    project.send(plan)
    assert [path.stat().st_mtime_ns for path in letters.messages()] == before


def test_a_new_article_makes_the_next_issue(project: Project, letters: Letters) -> None:
    project.send(project.plan("weekly"))
    letters.article("third-time", date="2026-11-20")
    plan = again(project).plan("weekly")
    assert (plan.issue.id, plan.issue.articles) == ("weekly/2", ("third-time",))


def test_what_is_sent_is_what_was_previewed(project: Project, letters: Letters) -> None:
    _, shown = project.preview("weekly")
    emails = [one.message for one in shown if isinstance(one.message, Email)]
    project.send(project.plan("weekly"))
    assert mime.encode(emails[0]) in [one.read_bytes() for one in letters.messages()]


def test_every_reader_is_greeted_by_name(project: Project, letters: Letters) -> None:
    project.send(project.plan("weekly"))
    found = [
        message_from_bytes(one.read_bytes(), policy=policy.default)
        for one in letters.messages()
    ]
    for message in found:
        to = message["To"].addresses[0]
        html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
        assert to.display_name in html
        assert to.addr_spec.split("@")[0].title() == to.display_name


def test_an_interrupted_issue_goes_on_where_it_stopped(
    project: Project, letters: Letters
) -> None:
    sent = 0

    def enough() -> bool:
        return sent >= 1

    def count(number: int) -> None:
        nonlocal sent
        sent += number or 1

    project.send(project.plan("weekly"), stop=enough, progress=count)
    letters.article("third-time", date="2026-11-20")
    plan = again(project).plan("weekly")
    assert plan.resumes
    assert plan.issue.id == "weekly/1"
    report = again(project).send(plan)
    assert report.total(State.ACCEPTED) == 5
    assert len(letters.messages()) == 3


def test_somebody_suppressed_gets_nothing(project: Project, letters: Letters) -> None:
    project.books.subscribers.suppress("bo@example.org", reason="asked", now=NOW)
    plan = project.plan("weekly")
    assert ("reader is suppressed or left the list", 1) in plan.left_out
    project.send(plan)
    assert len(letters.messages()) == 2
    test = project.plan("weekly", to=("bo@example.org",))
    assert test.deliveries == ()


def test_somebody_suppressed_after_the_plan_is_skipped(
    project: Project, letters: Letters
) -> None:
    plan = project.plan("weekly")
    project.books.subscribers.suppress(
        "bo@example.org", reason="asked", now=NOW + timedelta(seconds=1)
    )
    report = project.send(plan)
    assert report.total(State.SKIPPED) == 1
    assert len(letters.messages()) == 2
    assert project.books.ledger.verify() == []


def test_a_test_goes_to_one_person_and_does_not_count(
    project: Project, letters: Letters
) -> None:
    plan = project.plan("weekly", to=("me@example.org",))
    assert plan.issue.id == "test-weekly/1"
    assert plan.counts() == {"outbox": 1}
    project.send(plan)
    assert again(project).plan("weekly").counts() == {"outbox": 3, "outbox:mastodon": 2}


def test_one_article_through_one_channel(project: Project) -> None:
    through = "outbox:mastodon"
    plan = project.plan("first-light", through=through)
    assert plan.counts() == {"outbox:mastodon": 1}
    project.send(plan)
    assert again(project).plan("first-light", through=through).deliveries == ()
    other = again(project).plan("first-light", through="outbox:bluesky")
    assert other.counts() == {"outbox:bluesky": 1}


def test_tag_rules_shape_a_post(project: Project) -> None:
    _, shown = project.preview("weekly")
    posts = {
        one.draft.article: one.message
        for one in shown
        if isinstance(one.draft, PostDraft)
    }
    storm, calm = posts["second-wind"], posts["first-light"]
    assert isinstance(storm, Post)
    assert isinstance(calm, Post)
    assert storm.content_warning == "storm damage"
    assert "Weather" in storm.hashtags
    assert calm.content_warning == ""


def test_a_saved_plan_that_drifted_is_refused(
    project: Project, letters: Letters
) -> None:
    saved = planning.data(project.plan("weekly"))
    project.books.subscribers.add("di@example.org", lists=["weekly"], now=NOW)
    with pytest.raises(PlanChanged, match="who gets it changed"):
        project.send(again(project).plan("weekly"), saved=saved)
    assert letters.messages() == []


def test_a_check_stops_before_anything_leaves(letters: Letters, clock: Clock) -> None:
    text = letters.root.joinpath("publisher.yaml").read_text()
    letters.write("publisher.yaml", text.replace("1 Harbour Road, Portsend", '""'))
    with Project(letters.root, environ={}, clock=clock) as project:
        project.books.subscribers.add("ana@example.org", lists=["weekly"], now=NOW)
        with pytest.raises(CheckFailed, match="postal address"):
            project.send(project.plan("weekly"))
    assert letters.messages() == []


def test_a_new_schedule_sends_nothing_for_the_time_before(
    project: Project, clock: Clock
) -> None:
    assert project.run() == []
    clock.now += timedelta(hours=1)
    assert project.run() == []


def test_a_run_is_done_once_at_its_time(
    project: Project, clock: Clock, letters: Letters
) -> None:
    project.run()
    clock.now = datetime(2026, 11, 27, 7, 5, tzinfo=UTC)  # Friday, 08:05 in Rome
    (ran,) = project.run()
    assert ran.report
    assert ran.report.total(State.ACCEPTED) == 5
    assert again(project).run() == []
    assert len(letters.messages()) == 3


def test_a_missed_run_is_skipped_and_told(project: Project, clock: Clock) -> None:
    project.run()
    clock.now = datetime(2026, 11, 27, 20, 0, tzinfo=UTC)
    (ran,) = project.run()
    assert ran.result.startswith("skipped")
    assert project.run() == []


def test_a_name_that_is_nothing_is_told(project: Project) -> None:
    with pytest.raises(SourceError, match="Did you mean"):
        project.plan("first-ligth")


def test_an_unconfigured_channel_is_told_when_another_is_configured(
    letters: Letters,
) -> None:
    environ = {"SMTP_HOST": "127.0.0.1"}
    with (
        Project(letters.root, environ=environ) as project,
        pytest.raises(ConfigError, match="MASTODON_TOKEN"),
    ):
        project.plan("weekly")


def test_a_saved_plan_still_holds_for_what_is_left_of_it(
    project: Project, letters: Letters
) -> None:
    plan = project.plan("weekly")
    saved = planning.data(plan)
    asked = iter([False, True, True, True])
    project.send(plan, stop=lambda: next(asked, True))
    rest = again(project).plan("weekly")
    assert rest.resumes
    again(project).send(rest, saved=saved)
    with pytest.raises(PlanChanged):
        again(project).send(rest, saved={**saved, "hash": "another"})


def test_one_wrong_schedule_stops_only_its_own_campaign(
    project: Project, letters: Letters
) -> None:
    letters.write("schedules/broken.yaml", "when: Fri 25:00\n")
    fresh = again(project)
    assert fresh.plan("weekly").deliveries
    with pytest.raises(ConfigError, match=r"broken\.yaml:1"):
        fresh.plan("broken")
    (ran,) = fresh.run()
    assert ran.campaign == "broken"
    assert ran.error


def test_one_address_may_stand_alone(project: Project) -> None:
    plan = project.plan("weekly", to="me@example.org")
    assert [one.recipient for one in plan.deliveries] == ["me@example.org"]


def test_a_campaign_of_posts_can_be_mailed_to_a_list_that_is_named(
    project: Project, letters: Letters
) -> None:
    letters.write("schedules/posts.yaml", "posts: [{through: mastodon}]\n")
    with pytest.raises(ConfigError, match="who should get posts through smtp"):
        project.plan("posts", through="smtp")
    plan = project.plan("posts", through="smtp", list="weekly")
    assert set(plan.counts()) == {"outbox:smtp"}


def test_a_second_process_that_comes_too_late_is_no_error(
    project: Project, letters: Letters
) -> None:
    project.run()
    with project.books.ledger.lease("run/weekly"):
        (ran,) = again(project).run()
    assert (ran.result, ran.error) == ("another publisher is doing it", None)


def test_what_only_was_rehearsed_is_not_what_was_sent_already(
    project: Project, letters: Letters
) -> None:
    project.send(project.plan("weekly"))
    empty = again(project).plan("weekly")
    assert project.already_sent(empty) == project.books.ledger.issue("weekly/1")
    real = replace(empty, issue=replace(empty.issue, is_rehearsal=False))
    assert project.already_sent(real) is None
