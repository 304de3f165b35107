"""A campaign to a segment of a list: those whom it means when it is planned."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.errors import ConfigError
from publisher.models import State
from publisher.project import Project
from tests.conftest import Letters

SCHEDULE = "articles: {since: always}\nemail: {list: weekly, segment: %s}\n"


@pytest.fixture
def folder(letters: Letters) -> Letters:
    text = (letters.root / "publisher.yaml").read_text()
    vips = 'segments: {vips: "country in (IT, FR) and age >= 18"}'
    letters.write("publisher.yaml", f"{text}\n{vips}\n")
    letters.write("schedules/few.yaml", SCHEDULE % "vips")
    with Project(letters.root) as project:
        rows = [
            {"email": "ana@readers.example.org", "country": "IT", "age": "40"},
            {"email": "bo@readers.example.org", "country": "FR", "age": "17"},
            {"email": "cy@readers.example.org", "country": "DE", "age": "30"},
            {"email": "di@readers.example.org", "country": "FR", "age": "18"},
        ]
        earlier = project.clock() - timedelta(hours=1)
        project.books.subscribers.import_rows(rows, lists=["weekly"], now=earlier)
    return letters


def recipients(project: Project, issue: str) -> set[str]:
    rows = project.books.ledger.deliveries(issue)
    return {
        row.recipient.partition("@")[0] for row in rows if row.state is State.ACCEPTED
    }


def test_only_those_of_the_segment_get_it(folder: Letters) -> None:
    with Project(folder.root) as project:
        plan = project.plan("few")
        assert plan.size == 2
        assert dict(plan.left_out)["reader is not in segment vips"] == 2
        project.send(plan)
        assert recipients(project, "few/1") == {"ana", "di"}
        assert project.books.ledger.verify() == []


def test_the_answer_is_frozen_with_the_plan(folder: Letters) -> None:
    with Project(folder.root) as project:
        project.send(project.plan("few"), stop=lambda: True)
        now = project.clock()
        people = project.books.subscribers
        people.add("cy@readers.example.org", attributes={"country": "IT"}, now=now)
        people.add("ana@readers.example.org", attributes={"age": "3"}, now=now)
        project.send(project.plan("few/1"))
        assert recipients(project, "few/1") == {"ana", "di"}


def test_a_question_can_stand_in_the_schedule(folder: Letters) -> None:
    folder.write("schedules/few.yaml", SCHEDULE % '"country = DE or age < 18"')
    with Project(folder.root) as project:
        project.send(project.plan("few"))
        assert recipients(project, "few/1") == {"bo", "cy"}


@pytest.mark.parametrize(
    ("segment", "said"),
    [
        ("vip", "Did you mean vips"),
        ('"contry = IT"', "contry"),
        ('"age >="', "compares numbers"),
    ],
)
def test_what_cannot_be_asked_is_said_before_anything_goes(
    folder: Letters, segment: str, said: str
) -> None:
    folder.write("schedules/few.yaml", SCHEDULE % segment)
    with Project(folder.root) as project, pytest.raises(ConfigError) as caught:
        project.plan("few")
    assert said in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    "wrong",
    [
        SCHEDULE % "vips, test: {subjects: [One, Two]}",
        "when: 3 days after subscribe\nemail: {list: weekly, segment: vips}\n",
    ],
)
def test_a_test_and_a_sequence_have_no_segment(folder: Letters, wrong: str) -> None:
    folder.write("schedules/few.yaml", wrong)
    with (
        Project(folder.root) as project,
        pytest.raises(ConfigError, match="without seg"),
    ):
        project.plan("few")
