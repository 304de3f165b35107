"""Networks that take whole articles get them, with the article's own address."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from publisher import files
from publisher.models import Article, Image, Limits, Site, draft_from
from publisher.render import Templates

ARTICLE = Article(
    title="Lamps",
    slug="lamps",
    html="<p>Lit at dusk.</p>",
    text="Lit at dusk.",
    summary="Of light.",
    url="https://lantern.example.org/lamps",
    author="The Lantern",
    images=(Image("https://lantern.example.org/lamp.png", "A lamp"),),
    tags=("light", "sea"),
    published=datetime(2026, 11, 10, tzinfo=UTC),
)


def test_the_whole_article_is_in_the_draft_and_comes_back_from_the_books() -> None:
    templates = Templates((files.shipped("templates"),), site=Site())
    draft = templates.post(
        "announcement",
        article=ARTICLE,
        network="devto",
        limits=Limits(takes="document"),
        link="https://lantern.example.org/lamps?utm_source=devto",
    )
    document = draft.document
    assert document
    assert (document.title, document.html) == ("Lamps", "<p>Lit at dusk.</p>")
    assert document.url == "https://lantern.example.org/lamps"
    assert document.published == "2026-11-10T00:00:00+00:00"
    assert document.tags == ("light", "sea")
    assert (draft.title, draft.text) == ("Lamps", "Lamps\n\nLit at dusk.")
    assert draft_from(draft.data()) == draft


def test_other_networks_get_none() -> None:
    templates = Templates((files.shipped("templates"),), site=Site())
    draft = templates.post(
        "announcement",
        article=replace(ARTICLE, url=""),
        network="mastodon",
        limits=Limits(),
    )
    assert (draft.document, draft.title, draft.card) == (None, "", None)
