"""Posts: the fullest wording that fits, with a card and hashtags that work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher import files
from publisher.errors import RenderError
from publisher.models import (
    Article,
    Card,
    Hashtags,
    Limits,
    PostDraft,
    Site,
    draft_from,
)
from publisher.render import Templates
from publisher.render.hashtags import chosen, hashtags_in
from publisher.units import fits

Write = Callable[..., Templates]
LADDER = """\
{% set sign = "!" %}
{% block full %}
{{ title }}{{ sign }}


{{ summary }}{{ "  " }}
{{ url }}
{{ hashtags | join(" ") }}
{% endblock %}
never posted
{% block short %}{{ title }}
{{ url }}{% endblock %}
"""
MASTODON = Limits(length=500, unit="mastodon", link=23)
BLUESKY = Limits(length=300, unit="graphemes", byte_length=3000)


@pytest.fixture
def templates(write: Write) -> Templates:
    return write({"social/a.txt.j2": LADDER, "social/a.x.txt.j2": "{{ network }}"})


@pytest.fixture
def shipped(site: Site) -> Templates:
    return Templates((files.shipped("templates"),), site=site)


def test_the_fullest_step_that_fits_is_the_post(
    templates: Templates, article: Article
) -> None:
    made = templates.post("a", article=article, network="mastodon", limits=MASTODON)
    assert made.text == (
        "Salt & <light>!\n\nWhat the sea leaves behind.\n"
        "https://example.org/salt\n#OpenData #Sea"
    )
    assert (made.rung, made.length, made.limit) == (0, 83, 500)
    assert made.hashtags == ("OpenData", "Sea")


def test_the_next_step_is_taken_whole_when_the_first_is_too_long(
    templates: Templates, article: Article
) -> None:
    limits = Limits(length=40, unit="mastodon", link=23)
    made = templates.post("a", article=article, network="mastodon", limits=limits)
    assert made.text == "Salt & <light>\nhttps://example.org/salt"
    assert (made.rung, made.length, made.hashtags) == (1, 38, ())


def test_a_network_has_its_own_wording(templates: Templates, article: Article) -> None:
    made = templates.post("a", article=article, network="x", limits=Limits())
    assert (made.text, made.length, made.limit) == ("x", 1, None)


def test_the_owner_s_wording_wins_over_a_shipped_one_for_the_network(
    write: Write, article: Article
) -> None:
    write(
        {"social/b.x.txt.j2": "shipped for x", "social/b.txt.j2": "shipped"}, "shipped"
    )
    templates = write({"social/b.txt.j2": "owner"})
    made = templates.post("b", article=article, network="x", limits=Limits())
    assert made.text == "owner"
    templates = write({"social/b.x.txt.j2": "owner for x"})
    made = templates.post("b", article=article, network="x", limits=Limits())
    assert made.text == "owner for x"


def test_at_last_the_title_is_shortened_at_a_word(
    templates: Templates, article: Article
) -> None:
    long = replace(article, title="Salt, light and the long way home")
    limits = Limits(length=23 + 2 + 16, unit="mastodon", link=23)
    made = templates.post("a", article=long, network="mastodon", limits=limits)
    assert made.text == "Salt, light and…\n\nhttps://example.org/salt"
    assert made.rung == 2


def test_nothing_fits_is_an_error(templates: Templates, article: Article) -> None:
    with pytest.raises(RenderError, match="no step that fits mastodon"):
        templates.post(
            "a", article=article, network="mastodon", limits=Limits(length=9)
        )


def test_bytes_are_a_limit_of_their_own(templates: Templates, article: Article) -> None:
    arabic = replace(article, title="ملح" * 9, summary="", language="ar")
    limits = Limits(length=300, unit="graphemes", byte_length=90)
    made = templates.post("a", article=arabic, network="bluesky", limits=limits)
    assert fits(made.text, limits)
    assert made.rung == 1


def test_a_content_warning_takes_its_room(
    templates: Templates, article: Article
) -> None:
    limits = Limits(length=90, unit="graphemes")
    plain = templates.post("a", article=article, network="b", limits=limits)
    warned = templates.post(
        "a", article=article, network="b", limits=limits, content_warning="Weather"
    )
    assert (plain.rung, warned.rung, warned.content_warning) == (0, 1, "Weather")


def test_the_card_comes_from_the_article(
    templates: Templates, article: Article
) -> None:
    made = templates.post("a", article=article, network="mastodon", limits=MASTODON)
    assert made.card == Card(
        url="https://example.org/salt",
        title="Salt & <light>",
        description="What the sea leaves behind.",
        image="https://example.org/salt.png",
        alt="A heap of salt",
    )


def test_an_article_without_link_has_no_card(
    templates: Templates, article: Article
) -> None:
    unlinked = replace(article, url="")
    made = templates.post("a", article=unlinked, network="mastodon", limits=MASTODON)
    assert made.card is None
    assert "http" not in made.text


def test_a_rule_s_hashtags_win_and_none_comes_twice(article: Article) -> None:
    tags = chosen(article, ("#sea", "Night sky", "Sea"), Limits(), Hashtags())
    assert tags == ("#sea", "#NightSky")
    assert chosen(article, (), Limits(hashtags=1), Hashtags()) == ("#OpenData",)


def test_hashtags_are_found_where_networks_find_them() -> None:
    text = "C# and #42 at https://example.org/#top: #OpenData, #بحر #a_b ##no"
    assert hashtags_in(text) == ("OpenData", "بحر", "a_b")


def test_a_misspelt_name_has_its_line(write: Write, article: Article) -> None:
    templates = write({"social/b.txt.j2": "{% block a %}\n{{ tite }}{% endblock %}"})
    with pytest.raises(RenderError) as caught:
        templates.post("b", article=article, network="x", limits=Limits())
    assert str(caught.value) == (
        "templates/social/b.txt.j2:2: there is no 'tite' here. Did you mean title?"
    )


def test_an_article_s_text_is_never_a_template(
    templates: Templates, article: Article
) -> None:
    code = replace(article, title="{{ site }} {% raw %}")
    made = templates.post("a", article=code, network="y", limits=Limits())
    assert made.text.startswith("{{ site }} {% raw %}!")


# --- the shipped ones --------------------------------------------------------------


@pytest.mark.parametrize("network", ["mastodon", "bluesky", "webhook", "other"])
@pytest.mark.parametrize("url", ["", "https://example.org/salt"])
def test_the_shipped_wordings(
    shipped: Templates, article: Article, network: str, url: str
) -> None:
    one = replace(article, url=url)
    made = shipped.post("announcement", article=one, network=network, limits=MASTODON)
    lines = made.text.split("\n\n")
    link = [url] if url and network != "bluesky" else []
    assert lines == [one.title, one.summary, *link, "#OpenData #Sea"]


@settings(deadline=None)
@given(st.text(min_size=1, max_size=400), st.text(max_size=300))
def test_whatever_the_article_a_shipped_post_fits(title: str, summary: str) -> None:
    templates = Templates((files.shipped("templates"),), site=Site())
    one = Article(title=title, slug="x", summary=summary, url="https://example.org/a-b")
    for network, limits in (("mastodon", MASTODON), ("bluesky", BLUESKY)):
        if not title.strip() and network == "bluesky":
            continue
        made = templates.post(
            "announcement", article=one, network=network, limits=limits
        )
        assert fits(made.text, limits)


def test_the_shipped_folder_is_named(shipped: Templates, tmp_path: Path) -> None:
    assert shipped.names("social") == ["announcement", "evergreen", "thread"]
    assert Templates((tmp_path,), site=Site()).names("social") == []


# --- threads -------------------------------------------------------------------------


LONG = "\n\n".join(f"Paragraph {n}. " + "The boats came home. " * 12 for n in range(3))
STEPS = """\
{% block thread %}{{ title }}

{{ article.text }}{% endblock %}
{% block title %}{{ title }}{% endblock %}
"""


def thread(write: Write, article: Article, limits: Limits) -> PostDraft:
    templates = write({"social/a.txt.j2": STEPS})
    long = replace(article, text=LONG)
    return templates.post("a", article=long, network="any", limits=limits)


def test_the_step_called_thread_becomes_one_where_posts_can_be_chained(
    write: Write, article: Article
) -> None:
    limits = Limits(length=300, unit="graphemes", has_threads=True)
    draft = thread(write, article, limits)
    parts = (draft.text, *draft.thread)
    assert parts[0].startswith(article.title)
    assert [part[-5:] for part in parts] == ["(1/3)", "(2/3)", "(3/3)"]
    assert draft.length <= 300
    assert draft_from(draft.data()) == draft


def test_elsewhere_the_next_step_is_taken(write: Write, article: Article) -> None:
    draft = thread(write, article, Limits(length=300, unit="graphemes"))
    assert (draft.text, draft.thread) == (article.title, ())
