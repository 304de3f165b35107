"""HTML: what is taken out, what is kept, and how it reads as text."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from publisher.markup import (
    SCHEMES,
    TAGS,
    absolute,
    from_markdown,
    headings,
    html_to_text,
    images,
    sanitise,
    without_first_heading,
)
from publisher.models import Image

BASE = "https://lantern.example.org/notes/gale/"

# --- safe ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<style>p { color: red }</style>",
        "<iframe src='https://example.org'>frame</iframe>",
        "<svg><script>alert(1)</script></svg>",
        "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
        "<template><img src=x onerror=alert(1)></template>",
        "a<noscript><p title='</noscript><img src=x>'></noscript>",
        "<textarea><script>alert(1)</script></textarea>",
        "<!-- <script>alert(1)</script> -->",
        "<img src='https://example.org/count.gif' width=1 height=1>",
        "<img src='https://example.org/count.gif' style='width: 1px; height:1px'>",
        "<img src='javascript:alert(1)'>",
        "<object data='x.swf'></object><embed src='x.swf'>",
    ],
)
def test_what_acts_is_gone(html: str) -> None:
    assert sanitise(html).removeprefix("a") == ""


def test_nothing_hides_in_an_attribute() -> None:
    html = '<img src="x" width=1 height=1 alt="><script>alert(1)</script>">'
    assert sanitise(html) == ""
    html = '<h1 title="</h1><script>alert(1)</script>">Gale</h1>'
    assert sanitise(without_first_heading(html)[1]) == ""


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)",
        "java\nscript:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)",
        "data:text/html,x", "vbscript:x", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_an_address_that_acts_is_no_address(address: str) -> None:
    assert absolute(address) == ""
    assert absolute(address, BASE) == ""
    assert sanitise(f'<a href="{address}">x</a>', BASE) == "<a>x</a>"


def test_an_article_stays_as_it_is() -> None:
    html = (
        '<h2>List</h2><ul><li>one <em>two</em></li></ul><p dir="rtl" lang="ar">x</p>'
        "<blockquote>said</blockquote><pre><code>{{ x }}\n  y</code></pre><table>"
        '<tbody><tr><td style="text-align:right">1</td></tr></tbody></table>'
        '<p><img src="https://example.org/a.png" alt="A boat" width="600"></p>'
    )
    assert sanitise(html) == html


def test_addresses_become_absolute() -> None:
    html = '<a href="../x">x</a><img src="/a.png"><a href="//example.org/y">y</a>'
    assert sanitise(html, BASE) == (
        '<a href="https://lantern.example.org/notes/x">x</a>'
        '<img src="https://lantern.example.org/a.png">'
        '<a href="https://example.org/y">y</a>'
    )
    assert sanitise(html).startswith('<a href="../x">x</a><img src="/a.png">')


def test_a_link_within_the_article_stays_within() -> None:
    html = '<a href="#one">1</a><a href="#gone">2</a><p id="one">x</p><p id="two">y</p>'
    assert sanitise(html, BASE) == (
        f'<a href="#one">1</a><a href="{BASE}#gone">2</a><p id="one">x</p><p>y</p>'
    )


def test_a_picture_that_a_script_would_load_is_shown_once() -> None:
    html = (
        '<img src="data:image/gif;base64,AA" data-src="/a.png" alt="A">'
        '<noscript><img src="/a.png"></noscript>'
        '<picture><source srcset="b.webp"><img srcset="/b.png 1x, /c.png 2x"></picture>'
    )
    assert [image.url for image in images(sanitise(html, BASE))] == [
        "https://lantern.example.org/a.png",
        "https://lantern.example.org/b.png",
    ]


PIECES = st.sampled_from(
    [
        "<script>", "</script>", "alert(1)", "<img src=x onerror=alert(1)>", "<svg>",
        "<svg onload=alert(1)>", "</svg>", "<math>", "<mtext>", "<style>", "</style>",
        "<p ", "onclick=x", ">", '"', "'", "<a href=javascript:x>", "<!--", "-->",
        "<noscript>", "</noscript>", "<title>", "</title>", "<table>", "<td>", "<h1>",
        "<textarea>", "<template>", "<iframe srcdoc='<script>'>", "<![CDATA[", "]]>",
        "<b", "title='><script>'", "<img width=1 alt='", "<form action=javascript:x>",
        "&lt;script&gt;", "\x00", "&#x6a;avascript:", "text ", "<xmp>", "<plaintext>",
    ]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=8), max_size=20).map("".join))
def test_nothing_that_acts_gets_through(html: str) -> None:
    safe = sanitise(html, BASE)
    tree = LexborHTMLParser(f"<body>{safe}</body>")
    assert tree.body is not None
    for node in tree.body.css("*"):
        assert node.tag == "body" or node.tag in TAGS
        for name, value in node.attributes.items():
            assert not name.startswith("on")
            if name in {"href", "src"}:
                assert (value or "").split(":")[0] in SCHEMES or "#" in (value or "")
    assert not re.search(r"<\s*script", safe, re.IGNORECASE)


@given(st.lists(PIECES | st.text(max_size=8), max_size=20).map("".join))
def test_anything_can_be_read_as_text(html: str) -> None:
    html_to_text(html)
    without_first_heading(html)
    headings(html)
    images(html)
    from_markdown(html)


def test_nesting_that_nobody_writes_takes_no_time() -> None:
    begun = time.process_time()
    assert html_to_text("<div>" * 50_000 + "deep") == "deep"
    assert sanitise("<b>" * 50_000 + "deep").strip() == "deep"
    assert "<blockquote>" in from_markdown("> " * 5_000 + "deep")
    assert time.process_time() - begun < 5


# --- as text -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One\n two</p><p>Three<br>four</p>", "One two\n\nThree\nfour"),
        ("<h2>Sign</h2><p>Wind.</p>", "Sign\n\nWind."),
        ("<ul><li>a</li><li>b</li></ul><p>c</p>", "- a\n- b\n\nc"),
        ("<ol start=3><li>a<li>b</ol>", "3. a\n4. b"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</ul>", "- a\n  - b\n- c"),
        ("<ol><li><p>a</p><p>b</p></li></ol>", "1. a\n\n  b"),
        ("<blockquote><p>a<br>b</p><p>c</p></blockquote>", "> a\n> b\n\n> c"),
        ("<pre>x = 1\n  y</pre>", "x = 1\n  y"),
        ("<table><tr><th>a<th>b<tr><td>1<td>2</table>", "a | b\n1 | 2"),
        ("<div>a<section>b</section>c</div>", "a\n\nb\n\nc"),
        ("a<script>b</script><style>c</style>d", "ad"),
        ("<p>Wait&nbsp;&amp; see&hellip;</p>", "Wait & see…"),
        ("", ""),
        ("<ol start='99999999999999999999'><li>a</ol>", "1. a"),
    ],
)
def test_html_reads_as_text(html: str, text: str) -> None:
    assert html_to_text(html) == text


def test_headings_and_images_are_found() -> None:
    html = "<h2> Which <em>sign</em>?</h2><h3></h3><img src=a.png alt=' A\n boat '>"
    html += "<img src=a.png><img alt='nowhere'><h1>Last</h1>"
    assert headings(html) == ("Which sign?", "Last")
    assert images(html) == (Image("a.png", "A boat"),)


def test_the_heading_that_says_the_title_is_taken_out() -> None:
    html = "<p>a</p><h1>What now?</h1><h1>And then</h1>"
    assert without_first_heading(html) == ("What now?", "<p>a</p><h1>And then</h1>")
    said, rest = without_first_heading(html, "WHAT NOW")
    assert (said, rest) == ("What now?", "<p>a</p><h1>And then</h1>")
    assert without_first_heading(html, "Another") == ("", html)


# --- Markdown ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# Gale", "<h1>Gale</h1>"),
        ("~~old~~ **new**", "<p><s>old</s> <strong>new</strong></p>"),
        ("`{{ x }}`", "<p><code>{{ x }}</code></p>"),
        ("[a][1]\n\n[1]: /b", '<p><a href="/b">a</a></p>'),
        ("<b>raw</b> <script>x</script>", "<p><b>raw</b> </p>"),
        ("Knot\n: a turn", "<dl>\n<dt>Knot</dt>\n<dd>a turn</dd>\n</dl>"),
    ],
)
def test_markdown_becomes_html(text: str, html: str) -> None:
    assert sanitise(from_markdown(text)) == html


def test_tables_and_footnotes_are_read() -> None:
    html = sanitise(from_markdown("|a|b|\n|-|-:|\n|1|2|\n\nc[^1]\n\n[^1]: note"))
    assert html_to_text(html) == "a | b\n1 | 2\n\nc[1]\n\n1. note"
    assert '<td style="text-align:right">2</td>' in html
    assert '<a href="#fn1"' in html
    assert 'id="fn1"' in html
