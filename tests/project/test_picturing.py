"""The article's pictures go with its posts, frozen when the issue is planned."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.models import Post, PostDraft, State
from publisher.project import Project
from tests.conftest import YAML, Letters
from tests.test_pictures import png

SCHEDULE = """\
articles: {only: [lamps]}
posts: [{through: [outbox:mastodon, outbox:bluesky], pictures: 2}]
"""
ARTICLE = """\
---
title: Lamps
date: 2026-11-10
canonical: https://lantern.example.org/lamps
---

![A lamp](lamp.png)

![](/images/boat.png)

![Gone](gone.png)

The lamps were lit at dusk.
"""


@pytest.fixture
def folder(letters: Letters) -> Letters:
    letters.write("articles/lamps.md", ARTICLE)
    letters.write("schedules/weekly.yaml", SCHEDULE)
    place(letters, "articles/lamp.png", png(4, 3))
    place(letters, "images/boat.png", png(40, 30))
    return letters


def place(letters: Letters, name: str, content: bytes) -> None:
    path = letters.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def drafts(project: Project) -> dict[str, PostDraft]:
    plan = project.plan("weekly")
    found = [one for one in plan.drafts.values() if isinstance(one, PostDraft)]
    return {one.network: one for one in found}


def test_they_are_beside_the_article_or_below_the_project(folder: Letters) -> None:
    with Project(folder.root) as project:
        lamp, boat = drafts(project)["mastodon"].pictures
    assert (lamp.alt, lamp.width, lamp.height) == ("A lamp", 4, 3)
    assert (boat.alt, boat.width, boat.media_type) == ("", 40, "image/png")


def test_a_card_that_has_a_picture_has_the_first(folder: Letters) -> None:
    with Project(folder.root) as project:
        draft = drafts(project)["bluesky"]
    assert draft.pictures == ()
    assert draft.thumbnail
    assert draft.thumbnail.alt == "A lamp"


def test_what_cannot_be_read_is_named_and_the_post_goes_without(
    folder: Letters,
) -> None:
    (folder.root / "articles/lamp.png").unlink()
    place(folder, "images/boat.png", b"no picture")
    with Project(folder.root) as project:
        assert drafts(project)["mastodon"].pictures == ()
        said = str(project.plan("weekly").left_out)
    assert "lamp.png: cannot be reached" in said
    assert "is no picture that networks take" in said


def test_what_was_planned_is_what_is_posted(folder: Letters) -> None:
    with Project(folder.root) as project:
        project.send(project.plan("weekly"), stop=lambda: True)
    place(folder, "articles/lamp.png", png(400, 300))
    with Project(folder.root) as project:
        plan = project.plan("weekly/1")
        delivery = project.books.ledger.deliveries("weekly/1", "outbox:mastodon")[0]
        from publisher.project.sending import Addressing

        message = Addressing(project, plan.issue, plan.drafts).message(delivery)
        assert isinstance(message, Post)
        assert message.media[0].content == png(4, 3)
        report = project.send(plan)
    assert report.total(State.ACCEPTED) == 2


def test_no_picture_is_read_from_outside(folder: Letters, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(png(1, 1))
    text = ARTICLE.replace("lamp.png", "../../secret.png")
    folder.write("articles/lamps.md", text)
    with Project(folder.root) as project:
        assert len(drafts(project)["mastodon"].pictures) <= 1
        assert "secret.png: cannot be reached" in str(project.plan("weekly").left_out)


BARE = "schedules/weekly.yaml", SCHEDULE.replace(", pictures: 2", "")


def with_cards(folder: Letters, text: str, *, title: str = "Lamps") -> Letters:
    written = folder.root.joinpath("publisher.yaml").read_text(encoding="utf-8")
    folder.write("publisher.yaml", f"{written}{text}\n")
    pictures = ("![A lamp](lamp.png)", "![](/images/boat.png)", "![Gone](gone.png)")
    article = ARTICLE.replace("title: Lamps", f'title: "{title}"')
    for one in pictures:
        article = article.replace(one, "")
    folder.write("articles/lamps.md", article)
    return folder


def test_an_article_without_a_picture_gets_a_card(folder: Letters) -> None:
    pytest.importorskip("PIL", reason="Pillow, of the extra images")
    folder.write(*BARE)
    with Project(with_cards(folder, "cards: true").root) as project:
        found = drafts(project)
        card = found["bluesky"].thumbnail
        assert card
        assert (card.width, card.height, card.alt) == (1200, 630, "Lamps")
        assert found["mastodon"].pictures == ()
        assert drafts(project)["bluesky"] == found["bluesky"]
        report = project.send(project.plan("weekly"))
    assert report.total(State.ACCEPTED) == 2


def test_a_card_is_in_the_colour_of_the_site(folder: Letters) -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow, of the extra images")
    import io

    look = 'cards: {colour: "#a03020"}'
    with Project(with_cards(folder, look).root) as project:
        content = project.pictures.card(project.article("lamps"))
    drawn = image.open(io.BytesIO(content)).convert("RGB")
    assert drawn.getpixel((4, 620)) == (0xA0, 0x30, 0x20)


@pytest.mark.parametrize("text", ["cards: false", ""])
def test_without_the_setting_there_is_no_card(folder: Letters, text: str) -> None:
    with Project(with_cards(folder, text).root) as project:
        assert drafts(project)["bluesky"].thumbnail is None


def test_an_article_with_pictures_gets_no_card(folder: Letters) -> None:
    folder.write("publisher.yaml", f"{YAML}cards: true\n")
    folder.write(*BARE)
    with Project(folder.root) as project:
        assert drafts(project)["bluesky"].thumbnail is None


def test_a_card_that_cannot_be_drawn_is_named_and_the_post_goes_without(
    folder: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "PIL", None)
    with Project(with_cards(folder, "cards: true").root) as project:
        assert drafts(project)["bluesky"].thumbnail is None
        said = str(project.plan("weekly").left_out)
    assert "card left out: a card is drawn by Pillow" in said


def test_a_letter_that_no_font_has_is_named(folder: Letters) -> None:
    pytest.importorskip("PIL", reason="Pillow, of the extra images")
    made = with_cards(folder, "cards: {}", title="Lamp \u0378")
    with Project(made.root) as project:
        assert drafts(project)["bluesky"].thumbnail is None
        said = str(project.plan("weekly").left_out)
    assert "card left out: articles/lamps.md: no font of this machine has" in said


def test_doctor_says_whether_cards_can_be_drawn(
    folder: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    made = with_cards(folder, "cards: true")
    monkeypatch.setitem(sys.modules, "PIL", None)
    with Project(made.root) as project:
        found = [one for one in project.examine() if one[1].startswith("cards:")]
    (level, said), *others = found
    assert (level, others) == ("note", [])
    assert "a card is drawn by Pillow" in said
