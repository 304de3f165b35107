"""Posts by the tag rules: where they go, with which link, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from publisher.models import Plan, PostDraft, State
from publisher.project import Project
from tests.conftest import Letters

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SCHEDULE = """\
articles: {tags: [sea], order: title}
posts: [{through: [outbox:mastodon]}]
"""
ARTICLE = """\
---
title: Article %(name)s
date: 2026-11-10
tags: [sea%(more)s]
canonical: https://lantern.example.org/%(name)s?page=1#top
---

The lamps were lit at dusk, article %(name)s.
"""


@pytest.fixture
def folder(letters: Letters) -> Letters:
    for name in ("first-light", "second-wind"):
        (letters.root / f"articles/{name}.md").unlink()
    for name in "abc":
        more = ", grief" if name == "b" else ""
        letters.write(f"articles/{name}.md", ARTICLE % {"name": name, "more": more})
    letters.write("schedules/sea.yaml", SCHEDULE)
    return letters


def rules(letters: Letters, text: str) -> None:
    path = letters.root / "publisher.yaml"
    kept = [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if not line.startswith(("rules:", "sensitive:", "  - {tags"))
    ]
    path.write_text("\n".join([*kept, text, ""]), encoding="utf-8")


def planned(letters: Letters, now: datetime = NOON) -> Plan:
    with Project(letters.root, clock=lambda: now) as project:
        return project.plan("sea")


def posts(plan: Plan) -> dict[str, PostDraft]:
    found = {one.key: plan.drafts[one.draft] for one in plan.deliveries}
    return {k: one for k, one in found.items() if isinstance(one, PostDraft)}


def test_a_rule_posts_an_article_elsewhere_too(folder: Letters) -> None:
    rules(folder, "rules: [{tags: [grief], post_to: [outbox:bluesky]}]")
    assert [*posts(planned(folder))] == [
        "sea/1/outbox:mastodon/a",
        "sea/1/outbox:mastodon/b",
        "sea/1/outbox:mastodon/c",
        "sea/1/outbox:bluesky/b",
    ]


def test_rules_alone_can_choose_the_channels(folder: Letters) -> None:
    folder.write("schedules/sea.yaml", "articles: {tags: [sea]}\nposts: [{}]\n")
    rules(folder, "rules: [{tags: [grief], post_to: [outbox:bluesky]}]")
    assert [*posts(planned(folder))] == ["sea/1/outbox:bluesky/b"]


def test_two_parts_of_a_campaign_post_an_article_once_to_a_channel(
    folder: Letters,
) -> None:
    two = "posts: [{through: [outbox:mastodon]}, {through: [outbox:mastodon]}]"
    folder.write("schedules/sea.yaml", f"articles: {{tags: [sea]}}\n{two}\n")
    assert len(posts(planned(folder))) == 3


def test_a_one_off_goes_only_where_it_is_told_to(folder: Letters) -> None:
    rules(folder, "rules: [{tags: [grief], post_to: [outbox:bluesky]}]")
    with Project(folder.root) as project:
        plan = project.plan("b", through="outbox:mastodon")
    assert [one.channel for one in plan.deliveries] == ["outbox:mastodon"]


def test_the_link_says_where_it_stood_and_the_document_has_its_own(
    folder: Letters,
) -> None:
    rules(
        folder,
        'rules: [{utm: {source: "{network}", campaign: "{campaign}-{article}"}}]',
    )
    draft = posts(planned(folder))["sea/1/outbox:mastodon/a"]
    link = (
        "https://lantern.example.org/a?page=1"
        "&utm_source=mastodon&utm_campaign=sea-a#top"
    )
    assert link in draft.text
    assert draft.card
    assert draft.card.url == link


def test_template_visibility_and_warning_are_those_of_the_rule(
    folder: Letters,
) -> None:
    folder.write("templates/social/calm.txt.j2", "Calm: {{ title }} {{ url }}")
    rules(
        folder,
        "rules: [{tags: [grief], template: calm, visibility: unlisted, "
        "content_warning: Grief}]",
    )
    found = posts(planned(folder))
    draft = found["sea/1/outbox:mastodon/b"]
    assert draft.text.startswith("Calm: Article b")
    assert (draft.visibility, draft.content_warning) == ("unlisted", "Grief")
    assert found["sea/1/outbox:mastodon/a"].visibility == ""


def turns(plan: Plan) -> list[datetime | None]:
    return [one.not_before for one in plan.deliveries]


def test_posts_of_an_account_keep_their_distance(folder: Letters) -> None:
    rules(folder, "rules: [{spacing: 30m}]")
    half = timedelta(minutes=30)
    assert turns(planned(folder)) == [None, NOON + half, NOON + 2 * half]


def test_posts_keep_to_their_hours_by_the_site_s_clock(folder: Letters) -> None:
    rules(folder, 'rules: [{window: "14:00-15:00"}]')
    opens = datetime(2026, 11, 20, 13, tzinfo=UTC)
    assert turns(planned(folder)) == [opens, opens, opens]
    assert turns(planned(folder, opens)) == [None, None, None]
    late = opens + timedelta(hours=1)
    assert turns(planned(folder, late)) == [opens + timedelta(days=1)] * 3


def test_hours_and_distance_together(folder: Letters) -> None:
    rules(folder, 'rules: [{window: "13:00-14:00", spacing: 40m}]')
    distance = timedelta(minutes=40)
    tomorrow = NOON + timedelta(days=1)
    assert turns(planned(folder)) == [None, NOON + distance, tomorrow]


def test_what_waits_goes_when_its_turn_comes(folder: Letters) -> None:
    rules(folder, "rules: [{spacing: 30m}]")
    gone = []
    for minutes in (0, 10, 30, 60):
        now = NOON + timedelta(minutes=minutes)
        with Project(folder.root, clock=partial(lambda now: now, now)) as project:
            report = project.send(project.plan("sea"), stays=False)
            gone.append(report.counts["outbox:mastodon"][State.ACCEPTED])
    assert gone == [1, 1, 2, 3]


def test_the_next_issue_keeps_its_distance_from_the_last(folder: Letters) -> None:
    rules(folder, "rules: [{spacing: 30m}]")
    (folder.root / "articles/b.md").unlink()
    (folder.root / "articles/c.md").unlink()
    with Project(folder.root, clock=lambda: NOON) as project:
        project.send(project.plan("sea"))
    folder.write("articles/d.md", ARTICLE % {"name": "d", "more": ""})
    soon = NOON + timedelta(minutes=10)
    assert turns(planned(folder, soon)) == [NOON + timedelta(minutes=30)]


def test_the_same_plan_has_the_same_hash_whenever_it_is_made(folder: Letters) -> None:
    rules(folder, "rules: [{spacing: 30m, utm: {medium: social}}]")
    assert planned(folder).hash == planned(folder, NOON + timedelta(hours=5)).hash


def test_a_sensitive_tag_without_a_warning_is_told(folder: Letters) -> None:
    rules(folder, "sensitive: [Grief]")
    with Project(folder.root) as project:
        problems = project.check(project.plan("sea"))
    assert [one.check for one in problems if one.check == "post.sensitive"] == [
        "post.sensitive"
    ]
    rules(folder, "rules: [{tags: [grief], content_warning: Grief}]")
    with Project(folder.root) as project:
        problems = project.check(project.plan("sea"))
    assert "post.sensitive" not in [one.check for one in problems]
