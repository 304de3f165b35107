"""Feeds: every form, what is relative in them, and what is broken."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import SourceError
from publisher.models import Article, Image
from publisher.sources.feed import parse

URL = "https://lantern.example.org/feed.xml"
RSS = """\
<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
     xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>The Lantern</title><link>https://lantern.example.org/</link>
<language>it</language>%s</channel></rss>
"""
ITEM = """
<item><title>Rain &amp;amp; wind</title><link>/notes/rain-and-wind.html</link>
<guid isPermaLink="false">https://lantern.example.org/?p=1</guid>
<description>&lt;p&gt;Short.&lt;/p&gt;</description>
<content:encoded><![CDATA[<h1>Rain & wind</h1><p>Long. <a href="../tide">Tide</a>
<img src="a.png" alt="A boat"><img src="/count.gif" width="1" height="1">
<script>alert(1)</script></p>]]></content:encoded>
<category>sea</category><category>storm</category><dc:creator>Nora Ashdown</dc:creator>
<pubDate>Tue, 10 Nov 2026 08:00:00 +0100</pubDate>
<enclosure url="/lead.jpg" type="image/jpeg" length="1"/></item>"""
ATOM = """\
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr"
      xml:base="https://example.org/b/"><title>La lanterne</title><link href="/"/>
<author><name>Nora</name></author>%s</feed>
"""


def read(text: str) -> list[Article]:
    return parse(text, source="articles/feed.xml", url=URL)


def only(text: str) -> Article:
    (found,) = read(text)
    return found


def line_of(text: str) -> str:
    with pytest.raises(SourceError) as caught:
        read(text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_entry_of_rss_is_an_article() -> None:
    found = only(RSS % ITEM)
    assert (found.title, found.slug) == ("Rain & wind", "rain-and-wind")
    assert found.url == "https://lantern.example.org/notes/rain-and-wind.html"
    assert (found.site, found.language) == ("The Lantern", "it")
    assert (found.author, found.tags) == ("Nora Ashdown", ("sea", "storm"))
    assert found.published is not None
    assert found.published.isoformat() == "2026-11-10T07:00:00+00:00"
    assert (found.text, found.summary) == ("Long. Tide", "Short.")
    assert 'href="https://lantern.example.org/tide"' in found.html
    assert "script" not in found.html
    assert found.images == (
        Image("https://lantern.example.org/lead.jpg"),
        Image("https://lantern.example.org/notes/a.png", "A boat"),
    )


def test_an_entry_of_atom_is_an_article() -> None:
    found = only(
        ATOM
        % """<entry xml:base="x/" xml:lang="de"><title type="xhtml">
<div xmlns="http://www.w3.org/1999/xhtml">Wind &lt; <b>Flut</b></div></title>
<id>urn:1</id><link rel="alternate" href="y"/>
<link rel="enclosure" type="image/png" href="p.png"/>
<published>2026-11-09T08:00:00Z</published><updated>2026-11-10T08:00:00Z</updated>
<category term="sea" label="The sea"/><summary>Short.</summary>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">
<p>Long <a href="z">z</a></p></div></content>
<author><name>Petra</name></author><author><name>Nora</name></author></entry>"""
    )
    assert (found.title, found.slug, found.language) == ("Wind < Flut", "y", "de")
    assert found.url == "https://example.org/b/x/y"
    assert (found.author, found.tags) == ("Petra, Nora", ("The sea",))
    assert found.images == (Image("https://example.org/b/x/p.png"),)
    assert 'href="https://example.org/b/x/z"' in found.html
    assert (found.text, found.summary) == ("Long z", "Short.")
    assert found.updated is not None
    assert found.updated.day == 10


def test_what_the_feed_says_holds_for_its_entries() -> None:
    found = only(
        ATOM % "<entry><title>A &lt; b</title><content>1 &lt; 2</content></entry>"
    )
    assert (found.title, found.author) == ("A < b", "Nora")
    assert (found.language, found.html) == ("fr", "<p>1 &lt; 2</p>")


def test_a_draft_of_atom_is_a_draft() -> None:
    draft = '<app:control xmlns:app="a"><app:draft>yes</app:draft></app:control>'
    assert only(ATOM % f"<entry><title>A</title>{draft}</entry>").draft
    assert not only(ATOM % "<entry><title>A</title></entry>").draft


def test_an_item_of_a_json_feed_is_an_article() -> None:
    item = {
        "id": "1", "url": "/a-gale", "title": "A gale", "language": "de",
        "content_html": "<p>Long.</p>", "summary": "Short.", "tags": ["sea"],
        "image": "/a.png", "date_published": "2026-11-10T08:00:00+01:00",
        "authors": [{"name": "Nora"}, {"name": "Petra"}],
    }  # fmt: skip
    text = {"id": 2, "content_text": "Calm & quiet.\n\nFlat sea.", "tags": None}
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "The Lantern",
        "items": [item, text],
    }
    first, second = read(json.dumps(feed))
    assert (first.title, first.slug, first.language) == ("A gale", "a-gale", "de")
    assert (first.author, first.tags) == ("Nora, Petra", ("sea",))
    assert first.images == (Image("https://lantern.example.org/a.png"),)
    assert (first.text, first.summary) == ("Long.", "Short.")
    assert second.html == "<p>Calm &amp; quiet.</p><p>Flat sea.</p>"
    assert second.title.startswith("Calm & quiet.")


@pytest.mark.parametrize(
    ("link", "slug"),
    [
        ("https://example.org/2026/11/gale", "gale"),
        ("https://example.org/gale/", "gale"),
        ("https://example.org/gale/index.html", "gale"),
        ("https://example.org/gale-v1.2", "gale-v1-2"),
        ("https://example.org/%D0%B1%D1%83%D1%80%D1%8F", "буря"),
        ("https://example.org/2026/11/10/", "calm"),
        ("https://example.org/?p=12", "calm"),
        ("https://example.org/", "calm"),
        ("", "calm"),
    ],
)
def test_the_slug_is_from_the_address_where_that_names_it(link: str, slug: str) -> None:
    item = f"<item><title>Calm</title><link>{link}</link></item>"
    assert only(RSS % item).slug == slug


def test_the_oldest_of_one_slug_keeps_it() -> None:
    def item(day: int) -> str:
        date = f"<pubDate>{day} Nov 2026 08:00:00 +0000</pubDate>"
        return f"<item><title>Notes</title>{date}</item>"

    found = read(RSS % (item(10) + item(9) + item(8)))
    assert [one.slug for one in found] == ["notes-3", "notes-2", "notes"]


def test_entries_without_dates_keep_their_order() -> None:
    item = "<item><title>Notes</title></item>"
    found = read(RSS % (item * 2))
    assert [(one.slug, one.published) for one in found] == [
        ("notes", None),
        ("notes-2", None),
    ]


def test_an_entry_without_a_title_gets_one_from_its_text() -> None:
    found = only(RSS % "<item><description>The wind is up. Rain.</description></item>")
    assert found.title.startswith("The wind is up.")
    assert read(RSS % "<item><guid>1</guid></item>") == []


def test_an_id_that_is_an_address_serves_as_link() -> None:
    guid = "<title>A</title><guid{}>https://example.org/a-gale</guid>"
    assert only(RSS % f"<item>{guid.format('')}</item>").slug == "a-gale"
    never = guid.format(' isPermaLink="false"')
    assert only(RSS % f"<item>{never}</item>").url == ""


def test_an_address_that_is_none_is_passed_over() -> None:
    feed = RSS.replace("https://lantern.example.org/<", "http://[<")
    item = "<item><title>A</title><link>http://[::1</link></item>"
    assert only(feed % item).url == ""
    assert (
        only(
            ATOM.replace("https://example.org/b/", "http://[")
            % ("<entry><title>A</title><link href='y'/></entry>")
        ).url
        == "https://lantern.example.org/y"
    )


def test_no_reader_learns_an_authors_address() -> None:
    author = "<author>nora@example.org (Nora Ashdown)</author>"
    assert only(RSS % f"<item><title>A</title>{author}</item>").author == "Nora Ashdown"
    author = "<author>nora@example.org</author>"
    assert only(RSS % f"<item><title>A</title>{author}</item>").author == ""


def test_names_of_html_and_a_lone_ampersand_are_mended() -> None:
    found = only(RSS % "<item><title>Sea &nbsp;& salt &amp; &copy; A&B</title></item>")
    assert found.title == "Sea & salt & © A&B"


def test_an_empty_feed_has_no_articles() -> None:
    assert read(RSS % "") == []
    assert read(ATOM % "") == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "<rss>\n<channel>\n<item>",
            "articles/feed.xml:3:7: is not a well-formed feed",
        ),
        ("<rss>\n<channel><a></b>", "articles/feed.xml:2:15: is not a well-formed"),
        ("<?xml version='1.0'?>\n\n<rss>", "articles/feed.xml:3:6: is not a well-form"),
        ("nonsense", "articles/feed.xml:1:1: is not a well-formed feed: syntax error"),
        ("<html><body/></html>", "articles/feed.xml: is not a feed: its outermost"),
        ("<rss/>", "articles/feed.xml: is not a feed: its outermost element is <rss>"),
        ('{"a":\n 1,}', "articles/feed.xml:2:4: the JSON is broken"),
        ('{"a": 1}', "articles/feed.xml: is not a JSON Feed: it has no list of items"),
        ('{"items": [1]}', "articles/feed.xml: is not a JSON Feed: it has no list"),
        (
            '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss>&a;</rss>',
            "articles/feed.xml: declares entities, which no feed needs",
        ),
    ],
)
def test_a_broken_feed_is_one_clear_line(text: str, line: str) -> None:
    assert line_of(text).startswith(line)


WORDS = st.sampled_from(
    [
        "<rss>", "</rss>", "<channel>", "</channel>", "<item>", "</item>", "<title>",
        "</title>", "<feed>", "</feed>", "<entry>", "</entry>", "&", "&amp;", "&x;",
        '{"items":', "[", "]", "{", "}", '"title"', ":", "1", "null", "<![CDATA[",
        "<link>http://[", "\x00", "<?xml version='1.0'?>", "<!-- ", " -->", "\n", "]]>",
    ]
)  # fmt: skip


@given(st.lists(WORDS | st.text(max_size=5), max_size=15).map("".join))
def test_anything_is_a_feed_or_one_clear_line(text: str) -> None:
    try:
        said = "articles/feed.xml " + " ".join(one.title for one in read(text))
    except SourceError as error:
        said = str(error)
    assert said.startswith("articles/feed.xml")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
KEYS = st.sampled_from(
    "id url title tags authors author image language content_html content_text "
    "summary date_published attachments".split()
)


@given(st.dictionaries(KEYS, VALUES))
def test_any_item_of_a_json_feed_is_read_or_one_clear_line(
    item: dict[str, object],
) -> None:
    version = "https://jsonfeed.org/version/1.1"
    try:
        read(json.dumps({"version": version, "title": "T", "items": [item]}))
    except SourceError as error:
        assert str(error).startswith("articles/feed.xml")  # noqa: PT017
