"""What posts cost is planned, and a budget ends before it is passed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

import pytest

from publisher import providers
from publisher.models import Kind, Limits, Post, Receipt, State
from publisher.project import Project
from tests.conftest import Letters

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NEXT_MONTH = datetime(2026, 12, 1, 12, tzinfo=UTC)
SCHEDULE = """\
articles: {since: always, order: title}
posts: [{through: [%s, outbox:mastodon]}]
budget: %s
"""


@dataclass(frozen=True)
class Dear:
    """A network that takes money, more for a link."""

    token: str
    posts: list[Post] = field(default_factory=list, metadata={"setting": False})

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(length=280, images=4)

    def send(self, post: Post) -> Receipt:
        return Receipt(post.key)

    @staticmethod
    def price(post: Post) -> float:
        return (0.2 if "http" in post.text else 0.015) + 0.005 * len(post.media)


@pytest.fixture
def folder(letters: Letters, monkeypatch: pytest.MonkeyPatch) -> Letters:
    real = providers.known()
    known = {**{name: real[name] for name in ("outbox", "mastodon")}, "dear": Dear}
    monkeypatch.setattr(providers, "known", lambda: known)
    letters.write(".env", "DEAR_TOKEN=t\n")
    return letters


def opened(letters: Letters, budget: str, through: str = "dear") -> Project:
    letters.write("schedules/weekly.yaml", SCHEDULE % (through, budget))
    return Project(letters.root, environ={}, clock=lambda: NOW)


def test_a_plan_says_what_it_costs(folder: Letters) -> None:
    with opened(folder, "99") as project:
        assert project.costs(project.plan("weekly")) == {"dear": 0.4}


def test_a_rehearsal_says_what_it_would_cost_and_has_no_budget(
    folder: Letters,
) -> None:
    with opened(folder, "0.1", "outbox:dear") as project:
        assert project.costs(project.plan("weekly")) == {"outbox:dear": 0.4}


def test_a_budget_ends_before_it_is_passed(folder: Letters) -> None:
    with opened(folder, "0.3") as project:
        plan = project.plan("weekly")
        assert plan.counts() == {"dear": 1, "outbox:mastodon": 2}
        [(said, count)] = plan.left_out
        assert count == 1
        assert said == (
            "post on dear left out: it costs $0.20, and of this month's budget of "
            "$0.30 $0.10 are left"
        )


def test_what_was_spent_in_this_month_counts(folder: Letters) -> None:
    with opened(folder, "0.5") as project:
        report = project.send(project.plan("weekly"))
        assert report.total(State.ACCEPTED) == 4
    folder.article("third-rail", date="2026-11-14")
    with opened(folder, "0.5") as project:
        assert project.plan("weekly").counts() == {"outbox:mastodon": 3}
    with Project(folder.root, environ={}, clock=lambda: NEXT_MONTH) as project:
        assert project.plan("weekly").counts()["dear"] == 2


def test_exactly_the_budget_may_be_spent(folder: Letters) -> None:
    with opened(folder, "0.4") as project:
        assert project.plan("weekly").counts()["dear"] == 2
