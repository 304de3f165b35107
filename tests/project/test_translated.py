"""Translations: one article, and each reader has it in their own language, once."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from publisher.models import Article, Subscriber
from publisher.project import Project
from publisher.project.portioning import Portions
from tests.conftest import Letters

SCHEDULE = "articles: {since: last issue%s}\nemail: {list: weekly}\n"
TEXT = """\
---
title: %s
date: %s
canonical: https://lantern.example.org/%s
---

%s
"""
ENGLISH = "The boats came home by the light of the harbour."
ITALIAN = "Le barche tornarono a casa con la luce del porto."
ARABIC = "عادت القوارب إلى البيت على ضوء الميناء."
READERS = {"ana": "en", "bo": "it", "cy": "", "di": "ar", "eva": "pt-BR"}


@pytest.fixture
def folder(letters: Letters) -> Letters:
    for path in (letters.root / "articles").iterdir():
        path.unlink()
    letters.write("schedules/weekly.yaml", SCHEDULE % "")
    write(letters, "harbour.md", "Harbour lights", ENGLISH)
    write(letters, "harbour.it.md", "Luci del porto", ITALIAN)
    write(letters, "harbour.ar.md", "أضواء الميناء", ARABIC)
    with Project(letters.root) as project:
        people, now = project.books.subscribers, project.clock() - timedelta(hours=1)
        for name, language in READERS.items():
            address = f"{name}@readers.example.org"
            people.add(address, lists=["weekly"], language=language, now=now)
    return letters


def write(
    letters: Letters, name: str, title: str, text: str, day: str = "2026-11-10"
) -> None:
    slug = name.removesuffix(".md").replace(".", "-")
    letters.write(f"articles/{name}", TEXT % (title, day, slug, text))


def send(letters: Letters) -> Mapping[str, str]:
    """Send, and return the subject that each reader got."""
    with Project(letters.root) as project:
        report = project.send(project.plan("weekly"))
        assert project.books.ledger.verify() == []
    found = {}
    folder = letters.root / "outbox" / report.issue.replace("/", "-")
    for path in folder.glob("email/*.eml"):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = message.get_body(("html",))
        assert body
        page = body.get_content()
        titles = ("Harbour lights", "Luci del porto", "أضواء الميناء", "Storm")
        shown = ", ".join(one for one in titles if one in page)
        found[str(message["To"]).partition("@")[0]] = shown
        if shown == titles[2]:
            assert 'dir="rtl"' in page
            assert 'lang="ar"' in page
    return found


def test_each_reader_gets_it_in_their_language_else_in_the_sites(
    folder: Letters,
) -> None:
    assert send(folder) == {
        "ana": "Harbour lights",
        "bo": "Luci del porto",
        "cy": "Harbour lights",
        "di": "أضواء الميناء",
        "eva": "Harbour lights",
    }


def test_the_same_drafts_serve_all_who_speak_a_language(folder: Letters) -> None:
    with Project(folder.root) as project:
        plan = project.plan("weekly")
    assert (plan.size, len(plan.drafts)) == (5, 3)


def test_a_translation_that_comes_later_is_not_sent_by_itself(folder: Letters) -> None:
    send(folder)
    write(folder, "harbour.pt.md", "Luzes do porto", "Os barcos voltaram para casa.")
    with Project(folder.root) as project:
        plan = project.plan("weekly")
        assert plan.size == 0
        assert dict(plan.left_out)["article was already sent"] == 4


def test_what_was_had_in_one_language_is_not_sent_in_another(folder: Letters) -> None:
    folder.write("schedules/daily.yaml", SCHEDULE % ", language: it")
    with Project(folder.root) as project:
        project.send(project.plan("daily"))
        plan = project.plan("weekly")
        assert plan.size == 0
        reasons = dict(plan.left_out)
    assert reasons["reader has had all of it from another campaign"] == 5


def test_translations_count_as_one_article(folder: Letters) -> None:
    write(folder, "storm.md", "Storm", "It blew all night.", "2026-11-09")
    folder.write("schedules/weekly.yaml", SCHEDULE % ", at_most: 2")
    assert send(folder)["bo"] == "Luci del porto, Storm"
    folder.write("schedules/other.yaml", SCHEDULE % ", at_least: 3, memory: false")
    with Project(folder.root) as project:
        plan = project.plan("other")
        assert plan.size == 0
        assert "article fewer than 3 are new" in dict(plan.left_out)


def test_a_key_in_the_front_matter_does_the_same(folder: Letters) -> None:
    (folder.root / "articles/harbour.it.md").unlink()
    folder.write(
        "articles/luci.md",
        "---\ntitle: Luci del porto\nlang: it\ntranslationKey: harbour\n---\n\nCiao.\n",
    )
    assert send(folder)["bo"] == "Luci del porto"


def test_a_preview_is_in_the_language_of_its_reader(folder: Letters) -> None:
    with Project(folder.root) as project:
        bo = project.books.subscribers.find("bo@readers.example.org")
        _, shown = project.preview("weekly", reader=bo)
    assert len(shown) == 1
    assert "Luci del porto" in str(shown[0].draft)
    assert "Harbour lights" not in str(shown[0].draft)


def test_a_test_to_oneself_is_one_letter_in_ones_language(folder: Letters) -> None:
    with Project(folder.root) as project:
        plan = project.plan("weekly", to=["bo@readers.example.org"])
        (draft,) = plan.drafts.values()
    assert "Luci del porto" in str(draft)
    assert "Harbour lights" not in str(draft)


def test_nobody_ever_gets_one_article_twice_or_none_that_is_there() -> None:
    chance = random.Random(11)  # noqa: S311
    tags = ("en", "en-GB", "it", "ar", "pt-BR")
    for _ in range(300):
        articles = [
            Article(title=str(n), slug=f"{n}", language=tag, translation_of=f"w{n % 4}")
            for n, tag in enumerate(chance.choices(tags, k=chance.randint(1, 9)))
        ]
        works = {one.work for one in articles}
        portions = Portions(articles, language=chance.choice(tags))
        wanted = chance.choice([*tags, "pt", "", "xx"])
        own = portions.of(Subscriber(address="a@example.org", language=wanted))
        assert sorted(one.work for one in own) == sorted(works)
        for one in own:
            versions = {each.language for each in articles if each.work == one.work}
            assert one.language == wanted or wanted not in versions
