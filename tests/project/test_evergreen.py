"""Evergreen articles: posted again, rested and in other words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from publisher.errors import ConfigError
from publisher.models import Plan, PostDraft
from publisher.project import Project
from tests.conftest import Letters

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SCHEDULE = """\
articles: {evergreen: %s}
posts: [{template: %s, through: [outbox:mastodon]}]
"""
ARTICLE = """\
---
title: Article %(name)s
date: 2026-0%(month)s-10
tags: [%(tags)s]
canonical: https://lantern.example.org/%(name)s
---

The lamps of %(name)s were lit at dusk. The boats came home by them one by one.

And in the morning they were put out again.
"""


@pytest.fixture
def folder(letters: Letters) -> Letters:
    for name in ("first-light", "second-wind"):
        (letters.root / f"articles/{name}.md").unlink()
    for month, (name, tags) in enumerate((("a", "sea"), ("b", "sea, salt")), start=1):
        values = {"name": name, "month": month, "tags": tags}
        letters.write(f"articles/{name}.md", ARTICLE % values)
    schedule(letters, "30d")
    return letters


def schedule(letters: Letters, rest: str, template: str = "evergreen") -> None:
    letters.write("schedules/old.yaml", SCHEDULE % (rest, template))


def posted(letters: Letters, now: datetime) -> str:
    """Send what is due; return the article's name and what was said."""
    with Project(letters.root, clock=lambda: now) as project:
        plan = project.plan("old")
        project.send(plan)
    return said(plan)


def said(plan: Plan) -> str:
    drafts = [one for one in plan.drafts.values() if isinstance(one, PostDraft)]
    return drafts[0].text.split("“")[1].split("”")[0] if drafts else ""


def test_the_one_that_rested_longest_comes_first_and_says_something_new(
    folder: Letters,
) -> None:
    found = [posted(folder, START + number * 31 * DAY) for number in range(5)]
    assert found == [
        "The lamps of a were lit at dusk.",
        "The lamps of b were lit at dusk.",
        "The boats came home by them one by one.",
        "The boats came home by them one by one.",
        "And in the morning they were put out again.",
    ]


def test_it_rests_before_it_comes_again(folder: Letters) -> None:
    (folder.root / "articles/b.md").unlink()
    assert posted(folder, START)
    assert not posted(folder, START + 29 * DAY)
    assert posted(folder, START + 30 * DAY)


def test_its_tags_rest_too(folder: Letters) -> None:
    schedule(folder, "{rest: 30d, rest_of_tag: 7d}")
    assert posted(folder, START)
    assert not posted(folder, START + 6 * DAY)
    assert posted(folder, START + 7 * DAY)


def test_what_is_new_is_not_evergreen_yet(folder: Letters) -> None:
    schedule(folder, "400d")
    with Project(folder.root, clock=lambda: START) as project:
        plan = project.plan("old")
    assert not plan.size
    assert "article has not rested for 400 days" in dict(plan.left_out)


def test_the_same_words_are_not_said_twice(folder: Letters) -> None:
    (folder.root / "articles/b.md").unlink()
    schedule(folder, "30d", "announcement")
    with Project(folder.root, clock=lambda: START) as project:
        project.send(project.plan("old"))
    with Project(folder.root, clock=lambda: START + 31 * DAY) as project:
        plan = project.plan("old")
    assert not plan.size
    [(reason, _)] = [one for one in plan.left_out if one[0].startswith("post")]
    assert reason == (
        "post on outbox:mastodon left out: it says what it said on 2026-11-20, "
        "word for word"
    )


def test_a_letter_is_never_evergreen(folder: Letters) -> None:
    folder.write(
        "schedules/old.yaml", "articles: {evergreen: 30d}\nemail: {list: weekly}\n"
    )
    with Project(folder.root) as project, pytest.raises(ConfigError, match="evergreen"):
        project.plan("old")
