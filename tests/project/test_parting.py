"""A/B tests, and several channels for one email."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import (
    ConfigError,
    StoreError,
)
from publisher.models import Email, EmailPart, State, Test
from publisher.project import Project
from publisher.project.parting import ALL, shares_of
from tests.conftest import Letters

READERS = 200
TEST = """\
articles: {since: always}
email:
  list: weekly
  test:
    subjects: ["One", "For {{ subscriber.first_name | default('you') }}"]
    share: 50
"""


@given(st.integers(2, 98), st.integers(2, 6))
def test_every_share_of_a_list_gets_one_variant(share: int, count: int) -> None:
    subjects = tuple(f"Subject {n}" for n in range(min(count, share)))
    found = shares_of(EmailPart(test=Test(subjects=subjects, share=share)))
    places = [place for one in found for place in range(*one.shares)]
    assert places == list(range(ALL))
    assert [one.is_held for one in found] == [False] * len(subjects) + [True]
    sizes = [one.shares[1] - one.shares[0] for one in found[:-1]]
    assert max(sizes) - min(sizes) <= 1


@pytest.fixture
def project(letters: Letters) -> Project:
    letters.write("schedules/test.yaml", TEST)
    project = Project(letters.root)
    rows = (
        {"email": f"r{n}@readers.example.org", "name": f"Reader{n} Marsh"}
        for n in range(READERS)
    )
    earlier = project.clock() - timedelta(hours=1)
    project.books.subscribers.import_rows(rows, lists=["weekly"], now=earlier)
    return project


def subjects(folder: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    for path in folder.glob("email/*.eml"):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        found[str(message["Subject"]).partition(" ")[0]] += 1
    return found


def test_a_test_goes_to_its_share_and_the_winner_to_all_others(
    project: Project, letters: Letters
) -> None:
    outbox = letters.root / "outbox" / "test-1"
    plan = project.plan("test")
    assert plan.size == READERS
    report = project.send(plan)
    first = subjects(outbox)
    assert first == {"One": 50, "For": 50}
    assert report.undecided == READERS / 2
    assert project.books.ledger.verify() == []
    # Nothing goes before it is decided, and no other issue takes its place.
    assert project.plan("test/1").size == READERS / 2
    assert project.send(project.plan("test/1")).total(State.ACCEPTED) == READERS / 2
    assert not project.books.ledger.unfinished("test", is_rehearsal=True)

    one, other = project.variants("test")
    assert (one.subject, one.readers, one.accepted) == ("One", 50, 50)
    assert other.subject == "For [subscriber.first_name]"
    assert project.win("test", other.draft) == READERS / 2
    project.send(project.plan("test"))
    assert subjects(outbox) == {"One": 50, "For": READERS - 50}
    assert project.books.ledger.verify() == []
    with pytest.raises(StoreError, match="nobody waits for a winner in test/1"):
        project.win("test", one.draft)


def test_a_test_that_is_cancelled_ends_for_those_who_wait(project: Project) -> None:
    project.send(project.plan("test"))
    project.cancel("test")
    counts = project.books.ledger.counts("test/1")["outbox"]
    assert counts["skipped"] == READERS / 2
    assert project.books.wishes.undecided("test/1") == 0


def test_each_variant_can_be_looked_at(project: Project) -> None:
    _, shown = project.preview("test")
    assert [one.message.subject for one in shown if isinstance(one.message, Email)] == [
        "One",
        "For Reader0",
    ]


def test_a_letter_that_differs_by_reader_cannot_be_tested(
    project: Project, letters: Letters
) -> None:
    letters.write(
        "templates/email/odd.html.j2",
        "{% if subscriber.name == 'x' %}a{% endif %}{{ unsubscribe_url }}",
    )
    letters.write("templates/email/odd.txt.j2", "{{ unsubscribe_url }}")
    template = TEST.replace("list: weekly", "list: weekly\n  template: odd")
    letters.write("schedules/odd.yaml", template)
    with pytest.raises(ConfigError, match="letters that are alike for all readers"):
        Project(letters.root).plan("odd")


def test_what_is_no_test_has_no_winner(project: Project) -> None:
    project.send(project.plan("weekly"))
    with pytest.raises(StoreError, match="weekly/1 is no test"):
        project.variants("weekly")
