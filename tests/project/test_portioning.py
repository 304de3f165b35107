"""Topics, and the memory of what each reader had: nothing twice, nothing unwanted."""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from publisher.errors import ConfigError
from publisher.models import State
from publisher.project import Project
from tests.conftest import Letters

DAILY = "articles: {since: last issue}\nemail: {list: daily}\n"
WEEKLY = "articles: {since: last issue}\nemail: {list: weekly}\n"
LISTS = {"ana": ["daily", "weekly"], "bo": ["weekly"], "cy": ["daily"]}
ARTICLES = ("first-light", "second-wind")


def settle(letters: Letters, more: str = "") -> None:
    """Name the lists of these tests."""
    text = (letters.root / "publisher.yaml").read_text()
    lists = "lists: {weekly: Weekly, daily: Daily, now: Now}"
    text = re.sub(r"^lists:.*$", lists, text, flags=re.M)
    letters.write("publisher.yaml", f"{text}\n{more}\n")


@pytest.fixture
def folder(letters: Letters) -> Letters:
    letters.write("schedules/daily.yaml", DAILY)
    letters.write("schedules/weekly.yaml", WEEKLY)
    settle(letters, "topics: {Storm: Storms, sea: The sea}")
    with Project(letters.root) as project:
        now = project.clock() - timedelta(hours=1)
        for name, lists in LISTS.items():
            people = project.books.subscribers
            people.add(f"{name}@readers.example.org", lists=lists, now=now)
    return letters


def send(letters: Letters, campaign: str) -> dict[str, tuple[str, ...]]:
    """Send, and return which articles each reader got in this issue."""
    with Project(letters.root) as project:
        report = project.send(project.plan(campaign))
        assert project.books.ledger.verify() == []
        if not report.counts:
            return {}
    return got(letters.root / "outbox" / report.issue.replace("/", "-"))


def got(outbox: Path) -> dict[str, tuple[str, ...]]:
    found = {}
    for path in outbox.glob("email/*.eml"):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = message.get_body(("plain",))
        assert body
        text = body.get_content()
        links = [one for one in ARTICLES if f"lantern.example.org/{one}" in text]
        found[str(message["To"]).partition("@")[0]] = tuple(links)
    return found


def test_nobody_gets_an_article_twice_from_two_campaigns(folder: Letters) -> None:
    assert send(folder, "daily") == {"ana": ARTICLES, "cy": ARTICLES}
    assert send(folder, "weekly") == {"bo": ARTICLES}
    folder.article("third-watch", date="2026-11-14")
    with Project(folder.root) as project:
        plan = project.plan("weekly")
        assert plan.size == 2
        assert not plan.left_out or "all of it" not in str(plan.left_out)


def test_who_had_some_of_it_gets_the_rest(folder: Letters) -> None:
    folder.write("schedules/daily.yaml", DAILY.replace("last issue", "2026-11-11"))
    assert send(folder, "daily") == {"ana": ARTICLES[1:], "cy": ARTICLES[1:]}
    assert send(folder, "weekly") == {"ana": ARTICLES[:1], "bo": ARTICLES}


def test_the_plan_says_who_gets_nothing_and_why(folder: Letters) -> None:
    send(folder, "daily")
    with Project(folder.root) as project:
        reasons = dict(project.plan("weekly").left_out)
    assert reasons["reader has had all of it from another campaign"] == 1


def test_an_issue_that_is_half_sent_counts_as_had(folder: Letters) -> None:
    with Project(folder.root) as project:
        project.send(project.plan("daily"), stop=lambda: True)
        assert project.plan("weekly").size == 1
        project.books.wishes.cancel("daily/1", now=project.clock())
    with Project(folder.root) as project:
        assert project.plan("weekly").size == 2


def test_what_failed_was_not_had(folder: Letters) -> None:
    with Project(folder.root) as project:
        plan = project.plan("daily")
        project.send(plan, stop=lambda: True)
        ledger = project.books.ledger
        rows = ledger.claim("daily/1", "outbox", 10, now=project.clock())
        from publisher.models import Outcome

        ends = [Outcome(key=one.key, state=State.FAILED, reason="x") for one in rows]
        ledger.settle(ends, now=project.clock())
        assert project.plan("weekly").size == 2


def test_a_campaign_can_have_no_memory(folder: Letters) -> None:
    send(folder, "daily")
    text = WEEKLY.replace("since:", "memory: false, since:")
    folder.write("schedules/weekly.yaml", text)
    assert send(folder, "weekly") == {"ana": ARTICLES, "bo": ARTICLES}


def test_a_reader_of_topics_gets_only_these(folder: Letters) -> None:
    with Project(folder.root) as project:
        memory = project.books.memory
        memory.follow("ana@readers.example.org", ["storm"])
        memory.follow("bo@readers.example.org", ["harvest"])
        plan = project.plan("weekly")
        assert len(plan.drafts) == 1
        assert dict(plan.left_out)["reader follows other topics"] == 1
    assert send(folder, "weekly") == {"ana": ARTICLES[1:]}


def test_readers_of_the_same_topics_share_a_letter(folder: Letters) -> None:
    with Project(folder.root) as project:
        now = project.clock()
        for number in range(30):
            address = f"r{number}@readers.example.org"
            project.books.subscribers.add(address, lists=["weekly"], now=now)
            topics = [[], ["storm"], ["sea"], ["storm", "sea"]][number % 4]
            project.books.memory.follow(address, topics)
        plan = project.plan("weekly")
    assert plan.size == 32
    assert len(plan.drafts) == 2  # all of it, and the one about storms; both are of sea


def test_a_campaign_can_pass_topics_over(folder: Letters) -> None:
    with Project(folder.root) as project:
        project.books.memory.follow("bo@readers.example.org", ["harvest"])
    text = WEEKLY.replace("since:", "topics: false, since:")
    folder.write("schedules/weekly.yaml", text)
    assert send(folder, "weekly") == {"ana": ARTICLES, "bo": ARTICLES}


def test_a_test_of_subjects_wants_the_same_articles_for_all(folder: Letters) -> None:
    send(folder, "daily")
    test = "email: {list: weekly, test: {subjects: [One, Another]}}\n"
    folder.write("schedules/weekly.yaml", test)
    with (
        Project(folder.root) as project,
        pytest.raises(ConfigError, match="same articles for all"),
    ):
        project.plan("weekly")


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_sent_in_whatever_order_each_article_comes_once(
    letters: Letters, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  a test's
    campaigns = ("daily", "weekly", "now")
    settle(letters)
    for name in campaigns:
        letters.write(
            f"schedules/{name}.yaml", WEEKLY.replace("list: weekly", f"list: {name}")
        )
    names = [f"r{number}" for number in range(12)]
    with Project(letters.root) as project:
        for name in names:
            lists = chance.sample(campaigns, chance.randint(1, 3))
            address = f"{name}@readers.example.org"
            now = datetime(2026, 11, 1, tzinfo=UTC)
            project.books.subscribers.add(address, lists=lists, now=now)
    had: Counter[tuple[str, str]] = Counter()
    for step in range(8):
        if chance.random() < 0.5:
            slug = f"tide-{step}"
            letters.article(slug, date="2026-11-15")
        campaign = chance.choice(campaigns)
        with Project(letters.root) as project:
            plan = project.plan(campaign)
            project.send(plan)
            for row in project.books.ledger.deliveries(plan.issue.id):
                draft = project.books.ledger.drafts(plan.issue.id)[row.draft]
                articles = getattr(draft, "articles", ())
                had.update((row.recipient, slug) for slug in articles)
            assert project.books.ledger.verify() == []
    assert had
    assert max(had.values()) == 1
