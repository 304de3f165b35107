"""Web pages: what the head says, which part is the article, and what is left of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import SourceError
from publisher.models import Article, Image
from publisher.sources.html import parse

URL = "https://lantern.example.org/gale-force?utm_source=x"
BODY = """\
<h2>Which sign comes first?</h2>
<p>The barometer, nearly always. A fall of six hectopascals in three hours is a warning
that needs no announcer, and after that come the long swells, sent by the storm.</p>
<ul><li>Ropes</li><li>Lamps, <a href="/lamps">all of them</a></li></ul>
<pre><code>x = {{ y }}
  z</code></pre>
<blockquote>When it is calm, it is time.</blockquote>
<p><img src="a.png" alt="A boat"></p>
<p>They arrive in good weather, slow and well spaced, and they make the moored boats nod
as if they agreed with something that nobody in the harbour had said aloud yet.</p>
"""
HEAD = """\
<meta property="og:title" content="Gale force">
<meta property="og:site_name" content="The Lantern">
<meta property="og:image" content="/lead.jpg">
<meta property="og:image:alt" content="A lamp">
<meta property="article:published_time" content="2026-11-10T08:00:00+01:00">
<meta property="article:modified_time" content="2026-11-11">
<meta property="article:section" content="Weather">
<meta property="article:tag" content="sea"><meta property="article:tag" content="storm">
<meta name="description" content="What to do."><meta name="author" content="Nora">
<link rel="canonical" href="/gale-force">
"""
PAGE = """\
<!DOCTYPE html><html lang="en-GB"><head><title>Gale force | The Lantern</title>%s</head>
<body><header><nav><a href="/">Home</a> <a href="/about">About us</a></nav></header>
<main>%s</main><aside>Buy our lamps</aside><footer>© The Lantern</footer>
<script>alert(1)</script></body></html>
"""
MARKED = f"<article><h1>Gale force</h1>{BODY}</article>"
UNMARKED = f'<div class="post"><h1>Gale force</h1>{BODY}</div>'


def read(html: str, url: str = "", source: str = "articles/page.html") -> Article:
    (found,) = parse(html, source=source, timezone="Europe/Rome", url=url)
    return found


def test_the_head_says_what_the_article_is() -> None:
    found = read(PAGE % (HEAD, MARKED), URL)
    assert (found.title, found.slug) == ("Gale force", "gale-force")
    assert found.url == "https://lantern.example.org/gale-force"
    assert (found.site, found.language) == ("The Lantern", "en-GB")
    assert (found.author, found.category) == ("Nora", "Weather")
    assert (found.tags, found.summary) == (("sea", "storm"), "What to do.")
    assert found.published is not None
    assert found.updated is not None
    assert found.published.isoformat() == "2026-11-10T08:00:00+01:00"
    assert found.updated.isoformat() == "2026-11-11T00:00:00+01:00"
    assert found.images == (
        Image("https://lantern.example.org/lead.jpg", "A lamp"),
        Image("https://lantern.example.org/a.png", "A boat"),
    )


def test_json_ld_goes_before_everything_else() -> None:
    article = {
        "@type": ["BlogPosting"], "headline": "Gale", "inLanguage": "it",
        "author": [{"name": "Petra"}, {"name": "Nora"}], "keywords": "mare, vento",
        "datePublished": "2026-01-02", "articleSection": ["Meteo"],
        "image": {"url": "https://example.org/ld.png"}, "description": "LD.",
        "publisher": {"name": "Lanterna"}, "mainEntityOfPage": {"@id": "/gale"},
    }  # fmt: skip
    graph = json.dumps({"@graph": [{"@type": "WebSite", "name": "W"}, article]})
    head = f'<script type="application/ld+json">{graph}</script>'
    head += '<script type="application/ld+json">{broken</script>'
    html = (PAGE % (head, MARKED)).replace(' lang="en-GB"', "")
    found = read(html, "https://example.org/x")
    assert (found.title, found.language) == ("Gale", "it")
    assert (found.author, found.tags) == ("Petra, Nora", ("mare", "vento"))
    assert (found.category, found.site) == ("Meteo", "Lanterna")
    assert (found.url, found.summary) == ("https://example.org/gale", "LD.")
    assert found.images[0] == Image("https://example.org/ld.png")


@pytest.mark.parametrize("body", [MARKED, UNMARKED])
def test_the_article_is_found_and_keeps_its_form(body: str) -> None:
    found = read(PAGE % (HEAD, body), URL)
    assert found.headings == ("Which sign comes first?",)
    assert found.text.startswith("Which sign comes first?\n\nThe barometer, nearly")
    assert "- Ropes\n- Lamps, all of them\n\nx = {{ y }}\n  z" in found.text
    assert "> When it is calm, it is time." in found.text
    assert '<a href="https://lantern.example.org/lamps">' in found.html
    for chrome in ("About us", "Buy our lamps", "©", "alert", "Gale force"):
        assert chrome not in found.html


@pytest.mark.parametrize(
    "line",
    [
        '<p class="firma">di <span>Nora</span>, <time>10 novembre 2026</time></p>',
        '<p>By <a rel="author" href="/n">Nora</a></p>',
        "<time>10 November 2026</time>",
        '<header><p>By Nora on <time datetime="2026-11-10">10</time></p></header>',
    ],
)
def test_the_line_of_author_and_date_is_no_text(line: str) -> None:
    body = f"<article>{line}{BODY}</article>"
    assert read(PAGE % (HEAD, body), URL).text.startswith("Which sign comes first?")


def test_a_sentence_with_a_time_in_it_stays() -> None:
    line = "<p>The doors of the old lamp house open at <time>18:00</time>.</p>"
    body = f"<article>{line}{BODY}</article>"
    assert read(PAGE % (HEAD, body)).text.startswith("The doors of the old lamp house")


@pytest.mark.parametrize(
    ("html", "title", "text"),
    [
        ("<p>The wind is up.</p>", "The wind is up.", "The wind is up."),
        ("only words", "only words", "only words"),
        ("<title>Gale</title><div>Short.</div>", "Gale", "Short."),
        ("<h1>Gale</h1><p>Short.</p>", "Gale", "Short."),
        ("<nav>Home</nav><p>Short.</p><footer>©</footer>", "Short.", "Short."),
    ],
)
def test_a_page_that_is_hardly_one_is_read_whole(
    html: str, title: str, text: str
) -> None:
    found = read(html)
    assert (found.title, found.text, found.slug) == (title, text, "page")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Gale force | The Lantern", "Gale force"),
        ("The Lantern – Gale force", "Gale force"),
        ("Gale force - The Lantern", "Gale force"),
        ("Gale - and after", "Gale - and after"),
    ],
)
def test_the_name_of_the_site_is_not_in_the_title(title: str, expected: str) -> None:
    head = '<meta property="og:site_name" content="The Lantern">'
    html = f"<head><title>{title}</title>{head}</head><p>The wind is up.</p>"
    assert read(html).title == expected


@pytest.mark.parametrize(
    ("html", "language", "direction"),
    [
        ('<html lang="ar"><p>نص المقالة هنا</p>', "ar", "rtl"),
        ('<body dir="rtl"><p>نص المقالة هنا</p>', "ar", "rtl"),
        (
            '<html lang="{{ lang }}"><p>The boats came home to the harbour</p>',
            "en",
            "ltr",
        ),
        ('<meta property="og:locale" content="it_IT"><p>Ciao</p>', "it-IT", "ltr"),
    ],
)
def test_the_language_is_what_the_page_says_or_shows(
    html: str, language: str, direction: str
) -> None:
    found = read(html)
    assert (found.language, found.direction) == (language, direction)


def test_relative_addresses_follow_the_base_of_the_page() -> None:
    body = BODY.replace('"/lamps"', '"lamps"')
    for shape in ("{}", "<article>{}</article>", "<main><div>{}</div></main>"):
        html = f'<head><base href="/deep/"></head><body>{shape.format(body)}</body>'
        assert 'href="https://lantern.example.org/deep/lamps"' in read(html, URL).html


@pytest.mark.parametrize("html", ["<html></html>", "<script>x</script>", "<p> </p>"])
def test_a_page_without_words_is_one_clear_line(html: str) -> None:
    with pytest.raises(SourceError) as caught:
        read(html)
    assert str(caught.value) == (
        "articles/page.html: has no text that could be an article"
    )


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["http://[", "x", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "url", "@id", "@type"]), inner)
    ),
    max_leaves=4,
)
KEYS = st.sampled_from(
    "headline author keywords image url mainEntityOfPage publisher inLanguage "
    "datePublished articleSection description @graph".split()
)


@given(st.dictionaries(KEYS, VALUES))
def test_any_json_ld_is_read(data: dict[str, object]) -> None:
    said = json.dumps({"@type": "Article", **data})
    html = f'<script type="application/ld+json">{said}</script>{MARKED}'
    assert "Which sign comes first?" in read(html, URL).headings
