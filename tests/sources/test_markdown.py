"""Markdown: front matter in every style, the title, tags, and what is wrong with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import SourceError
from publisher.models import Article, Image
from publisher.sources.markdown import parse


def read(text: str, source: str = "articles/gale.md", timezone: str = "UTC") -> Article:
    (found,) = parse(text, source=source, timezone=timezone)
    return found


def yaml(matter: str, body: str = "The wind is up.") -> Article:
    return read(f"---\n{matter}\n---\n\n{body}\n")


def line_of(text: str) -> str:
    with pytest.raises(SourceError) as caught:
        read(text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


STYLES = {
    "yaml": "---\ntitle: Gale\ndate: 2026-11-10\ntags: [sea, storm]\ndraft: on\n---\n",
    "dots": "---\ntitle: Gale\ndate: 2026-11-10\ntags: sea, storm\ndraft: true\n...\n",
    "toml": '+++\ntitle = "Gale"\ndate = 2026-11-10\ntags = ["sea", "storm"]\n'
    "draft = true\n+++\n",
    "json": '{"title": "Gale", "date": "2026-11-10",\n"tags": ["sea", "storm"],\n'
    '"draft": true}\n',
    "pelican": "Title: Gale\nDATE: 2026-11-10\ntags: sea,\n  storm\nStatus: draft\n\n",
    "windows": "\ufeff---\r\ntitle: Gale\r\ndate: 2026-11-10\r\ntags: [sea, storm]\r\n"
    "draft: true\r\n---\r\n",
}


@pytest.mark.parametrize("style", STYLES)
def test_front_matter_is_read_in_every_style(style: str) -> None:
    found = read(STYLES[style] + "\nThe wind is up.\n")
    assert (found.title, found.tags, found.draft) == ("Gale", ("sea", "storm"), True)
    assert found.published is not None
    assert found.published.isoformat() == "2026-11-10T00:00:00+00:00"
    assert found.html == "<p>The wind is up.</p>"


@pytest.mark.parametrize(
    ("matter", "name", "value"),
    [
        ("slug: a gale", "slug", "a-gale"),
        ("url: /2026/gale-force/", "slug", "gale-force"),
        ("permalink: /:year/:title.html", "slug", "gale"),
        ("description: Short.", "summary", "Short."),
        ("excerpt: Short.", "summary", "Short."),
        ("custom_excerpt: Short.", "summary", "Short."),
        ("taxonomies: {tags: [sea], categories: [wind]}", "tags", ("sea",)),
        ("taxonomies: {tags: [sea], categories: [wind]}", "category", "wind"),
        ("categories: [wind, sea]", "category", "wind"),
        ("category: wind", "category", "wind"),
        ("tags: sea، storm", "tags", ("sea", "storm")),
        ("tags: ['#sea', Sea, 2026]", "tags", ("sea", "2026")),
        ("canonical_url: https://example.org/x", "url", "https://example.org/x"),
        ("canonical: https://example.org/x", "url", "https://example.org/x"),
        ("author: Nora", "author", "Nora"),
        ("authors: [Nora, {name: Petra}]", "author", "Nora, Petra"),
        ("lang: it_IT", "language", "it-IT"),
        ("language: ar", "direction", "rtl"),
        ("image: /a.png\nalt: A boat", "images", (Image("/a.png", "A boat"),)),
        (
            "feature_image: https://example.org/a.png\nfeature_image_alt: A boat",
            "images",
            (Image("https://example.org/a.png", "A boat"),),
        ),
        ("images: [a.png, b.png]", "images", (Image("a.png"),)),
        ("cover: {image: a.png, alt: A}", "images", (Image("a.png", "A"),)),
        ("image: 'javascript:x'", "images", ()),
        ("extra: {image: a.png}", "images", (Image("a.png"),)),
        ("labels: [storm damage]", "labels", ("storm damage",)),
        ("content_warning: storm damage", "labels", ("storm damage",)),
        ("published: false", "draft", True),
        ("published: true", "draft", False),
        ("status: draft", "draft", True),
        ("status: hidden", "draft", True),
        ("status: published", "draft", False),
        ("draft: no", "draft", False),
    ],
)
def test_the_words_of_other_generators_are_known(
    matter: str, name: str, value: object
) -> None:
    assert getattr(yaml(f"title: Gale\n{matter}"), name) == value


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2026-11-10", "2026-11-10T00:00:00+01:00"),
        ("2026-07-10 08:30", "2026-07-10T08:30:00+02:00"),
        ("2026-07-10T08:30:00Z", "2026-07-10T08:30:00+00:00"),
        ("2026-07-10 08:30:00 +0530", "2026-07-10T08:30:00+05:30"),
    ],
)
def test_a_date_without_a_zone_is_in_the_sites_zone(date: str, expected: str) -> None:
    text = f"---\ntitle: Gale\ndate: {date}\nlastmod: {date}\n---\nx"
    found = read(text, timezone="Europe/Rome")
    assert found.published is not None
    assert found.published.isoformat() == expected
    assert found.updated == found.published


def test_toml_knows_dates_of_its_own() -> None:
    found = read(
        "+++\ntitle = 'G'\ndate = 2026-11-10T08:00:00\n+++\nx", timezone="Asia/Tokyo"
    )
    assert found.published is not None
    assert found.published.isoformat() == "2026-11-10T08:00:00+09:00"


def test_a_file_name_gives_what_is_not_said() -> None:
    found = read("The wind is up.", "_posts/2026-11-10-force-nine.md")
    assert (found.title, found.slug) == ("Force nine", "force-nine")
    assert found.published is not None
    assert found.published.date().isoformat() == "2026-11-10"
    assert read("Wind.", "posts/force-nine/index.md").slug == "force-nine"


def test_the_first_heading_is_the_title_where_none_is_given() -> None:
    found = read("# Gale *force*\n\nThe wind.\n\n# More\n\nRain.")
    assert (found.title, found.slug) == ("Gale force", "gale")
    assert found.headings == ("More",)
    assert found.text == "The wind.\n\nMore\n\nRain."


def test_a_heading_that_repeats_the_title_leaves_the_body() -> None:
    assert yaml("title: Gale!", "# GALE\n\nWind.").text == "Wind."
    assert yaml("title: Calm", "# Gale\n\nWind.").text == "Gale\n\nWind."


def test_addresses_are_absolute_where_the_article_has_one() -> None:
    body = "[a][1] ![B](b.png)\n\n[1]: ../c"
    found = yaml("title: G\ncanonical: https://example.org/x/y", body)
    assert 'href="https://example.org/c"' in found.html
    assert found.images == (Image("https://example.org/x/b.png", "B"),)
    assert yaml("title: G", body).images == (Image("b.png", "B"),)


def test_code_about_templates_is_left_alone() -> None:
    body = "Use `{{ x }}`:\n\n```jinja\n{% if x %}{{ y|safe }}{% endif %}\n```"
    assert "{% if x %}{{ y|safe }}{% endif %}" in yaml("title: G", body).html
    assert "<code>{{ x }}</code>" in yaml("title: G", body).html


def test_a_last_line_of_hashtags_becomes_tags() -> None:
    found = yaml("title: G", "Wind, see issue #42.\n\n#sea#storm #北風")
    assert found.tags == ("sea", "storm", "北風")
    assert found.text == "Wind, see issue #42."
    assert yaml("title: G\ntags: [a]", "Wind.\n\n#sea#storm").tags == ("a",)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("---\ntitle: a: b\n---\nx", "articles/gale.md:2:9: "),
        ("\n---\ntitle: G\ntags: [a\n---\nx", "articles/gale.md:4:7: "),
        ("---\ntitle: G\ntitle: H\n---\nx", "articles/gale.md:3:1: "),
        (
            "---\ntitle: G\n\nWind.",
            "articles/gale.md:1: the front matter is not closed",
        ),
        ("---\n- a\n---\nx", "articles/gale.md:2: the front matter must be keys"),
        ("+++\ntitle = 'G'\ntags = [a]\n+++\nx", "articles/gale.md:3:9: the TOML is"),
        ("+++\na = " + "[" * 5000 + "\n+++\nx", "articles/gale.md:2: the front matter"),
        ('{"title": "G",\n "tags": [a]}\nx', "articles/gale.md:2:11: the JSON is"),
        ('{"a": ' + "[" * 99999 + "\nx", "articles/gale.md:1: the front matter is n"),
        ('{"title": "G",\n "tags": 3}\nx', "articles/gale.md:2: tags: must be a list"),
        ("Title: G\nDate: soon\n\nx", "articles/gale.md:2: date: 'soon' is not a date"),
        ("---\ntitle: G\ntags: 3\n---\nx", "articles/gale.md:3: tags: must be a list"),
        ("---\ntitle: G\ndate: soon\n---\nx", "articles/gale.md:3: date: 'soon'"),
        ("---\ntitle: G\nlastmod: 3\n---\nx", "articles/gale.md:3: lastmod: '3' is"),
        ("---\ntitle: G\ndraft: maybe\n---\nx", "articles/gale.md:3: draft: must be"),
        ("---\ntitle: [G]\n---\nx", "articles/gale.md:2: title: must be a text"),
        ("---\ntitle: G\nlang: 3\n---\nx", "articles/gale.md:3: lang: '3' is not a"),
        ("---\ntitle: G\nimage: 3\n---\nx", "articles/gale.md:3: image: must be an"),
        ("---\n---\n", "articles/gale.md:1: has no text"),
        (" \n", "articles/gale.md:1: has no text"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: str) -> None:
    assert line_of(text).startswith(line)


def test_a_text_that_begins_like_front_matter_is_still_a_text() -> None:
    assert read("{curly} words").text == "{curly} words"
    assert read("Note: the wind\nis up.").text == "Note: the wind is up."


WORDS = st.sampled_from(
    [
        "---\n", "+++\n", "title: G\n", "title = 'G'\n", "tags: [a]\n", "date: ", "# ",
        "{", "}", '"title"', ": ", "[", "]", "\n", "\n\n", "Title: x\n", "#a#b\n", "- ",
        "2026-11-10", "true", "null", "1e999", "draft: ", "image: ", "author: ",
        "[^1]", "> ", "```\n", "<h1>", "\x00", "\ufeff", "&a ", "*a ", "!!x ", "|a|\n",
    ]
)  # fmt: skip


@given(st.lists(WORDS | st.text(max_size=6), max_size=15).map("".join))
def test_anything_is_an_article_or_one_clear_line(text: str) -> None:
    try:
        found = read(text)
    except SourceError as error:
        said = str(error)
    else:
        said = f"articles/gale.md {found.title} {found.slug}"
    assert said.startswith("articles/gale.md")
    assert "\n" not in said
