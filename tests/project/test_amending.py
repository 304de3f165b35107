"""A corrected article corrects its posts, where their networks allow it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from publisher import providers
from publisher.errors import SourceError, Unavailable
from publisher.models import Kind, Limits, Post, Receipt
from publisher.project import Project
from tests.conftest import Letters

SCHEDULE = """\
articles: {only: [first-light]}
posts: [{through: [clay, stone, outbox:mastodon]}]
"""


@dataclass(frozen=True)
class Stone:
    """A network on which nothing can be changed."""

    token: str

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(length=500)

    def send(self, post: Post) -> Receipt:
        return Receipt(f"r/{post.key}")


@dataclass(frozen=True)
class Clay(Stone):
    """A network on which a post can be changed, unless it is away."""

    edits: ClassVar[list[tuple[str, str]]] = []
    is_away: ClassVar[list[bool]] = []

    def edit(self, receipt: str, post: Post) -> Receipt:
        if self.is_away:
            raise Unavailable("clay is away")
        self.edits.append((receipt, post.text))
        return Receipt(receipt, "https://clay.example/1")


@pytest.fixture
def folder(letters: Letters, monkeypatch: pytest.MonkeyPatch) -> Letters:
    real = providers.known()
    known = {one: real[one] for one in ("outbox", "mastodon")}
    known |= {"clay": Clay, "stone": Stone}
    monkeypatch.setattr(providers, "known", lambda: known)
    monkeypatch.setattr(Clay, "edits", [])
    monkeypatch.setattr(Clay, "is_away", [])
    letters.write(".env", "CLAY_TOKEN=t\nSTONE_TOKEN=t\n")
    letters.write("schedules/weekly.yaml", SCHEDULE)
    with opened(letters) as project:
        project.send(project.plan("weekly"))
    return letters


def opened(letters: Letters) -> Project:
    return Project(letters.root, environ={})


def rewrite(letters: Letters, name: str, old: str, new: str) -> None:
    path = letters.root / name
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), "utf-8")


def correct(letters: Letters) -> None:
    rewrite(letters, "articles/first-light.md", "First light", "First lamp")


def results(letters: Letters, *, dry_run: bool = False) -> dict[str, str]:
    with opened(letters) as project:
        found = project.amend("first-light", dry_run=dry_run)
        return {one.posted.channel: one.result for one in found}


def test_what_is_as_it_should_be_is_not_touched(folder: Letters) -> None:
    assert results(folder) == {"clay": "the same", "stone": "the same"}
    assert Clay.edits == []


def test_a_correction_changes_what_can_be_changed_once(folder: Letters) -> None:
    correct(folder)
    assert results(folder) == {"clay": "edited", "stone": "as it was"}
    [(receipt, text)] = Clay.edits
    assert receipt == "r/weekly/1/clay/first-light"
    assert text.startswith("First lamp")
    assert results(folder) == {"clay": "the same", "stone": "as it was"}
    assert len(Clay.edits) == 1


def test_the_books_know_what_stands_there_now(folder: Letters) -> None:
    correct(folder)
    results(folder)
    with opened(folder) as project:
        posted = project.books.posts.about("first-light")
        assert project.books.ledger.verify() == []
        assert not project.plan("weekly").size
    clay = next(one for one in posted if one.channel == "clay")
    assert clay.draft.text.startswith("First lamp")
    assert clay.url == "https://clay.example/1"


def test_a_dry_run_only_says_so(folder: Letters) -> None:
    correct(folder)
    assert results(folder, dry_run=True) == {
        "clay": "would be edited",
        "stone": "as it was",
    }
    assert Clay.edits == []


def test_what_fails_can_be_done_again(folder: Letters) -> None:
    correct(folder)
    Clay.is_away.append(True)
    assert results(folder)["clay"] == "failed"
    Clay.is_away.clear()
    assert results(folder)["clay"] == "edited"


def test_a_one_off_is_amended_too(folder: Letters) -> None:
    with opened(folder) as project:
        project.send(project.plan("second-wind", through="clay"))
    rewrite(folder, "articles/second-wind.md", "Second wind", "Second lamp")
    with opened(folder) as project:
        found = [one.result for one in project.amend("second-wind")]
    assert found == ["edited"]


def test_a_campaign_that_is_gone_leaves_its_posts_amendable(folder: Letters) -> None:
    (folder.root / "schedules/weekly.yaml").unlink()
    correct(folder)
    assert results(folder)["clay"] == "edited"


def test_what_a_rule_leaves_out_now_stays_as_it_was(folder: Letters) -> None:
    rewrite(
        folder, "publisher.yaml", "rules:\n", "rules:\n  - {tags: [sea], skip: true}\n"
    )
    correct(folder)
    assert results(folder) == {"clay": "as it was", "stone": "as it was"}


def test_an_article_that_is_not_there_is_told(folder: Letters) -> None:
    with opened(folder) as project, pytest.raises(SourceError, match="no article"):
        [*project.amend("nothing")]
