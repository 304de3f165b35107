from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import responses
from hypothesis import given
from hypothesis import strategies as st

from publisher import markup
from publisher.models import Document, Post
from publisher.providers import Secret
from publisher.providers.telegram import Telegram
from publisher.providers.telegram.article import (
    LONGEST,
    MOST_BLOCKS,
    MOST_MEDIA,
    rich_message,
)

URL = "https://example.org/tides?a=1&b=2"
PAGE = """Words & <b>more</b> before a block
<p>High at <a href="https://example.org/ports">all ports</a>, <a href="#low">low</a>
<img src="https://example.org/boat.png" alt="A boat"></p>
<h2>Times</h2>
<ul><li>1</li><li><p>two</p><ol start="3"><li>deep <kbd>x &lt; y</kbd></li></ol></li>
</ul><blockquote><p>All hands</p><cite>the mate</cite></blockquote>
<p>As <cite>the log</cite> says</p>
<table><thead><tr><th align="left">Port <img src="https://example.org/i.png"></th></tr>
</thead><tbody><tr><td colspan="2">B</td></tr></tbody></table>
<pre><code>print("&lt;b&gt;")</code></pre><hr>
<figure><img src="https://example.org/tide.png" alt="Tide"><figcaption>High</figcaption>
</figure><p><img src="https://example.org/mute.png" alt=""></p>
<p><img src="boat.png" alt="not on the net"></p>"""


def told(page: str, content_warning: str = "") -> str:
    document = Document(title="Tides & <ferries>", html=page, url=URL)
    post = Post(key="k", text="", document=document, content_warning=content_warning)
    found: str = rich_message(post)["html"]
    return found


def test_an_article_becomes_a_rich_message() -> None:
    lines = [line for line in re.split(r"\n+", told(PAGE)) if line]
    assert lines == [
        "<h1>Tides &amp; &lt;ferries&gt;</h1><p>Words &amp; <b>more</b> before a block",
        '</p><p>High at <a href="https://example.org/ports">all ports</a>, low',
        '</p><figure><img src="https://example.org/boat.png">'
        "<figcaption>A boat</figcaption></figure><h2>Times</h2><ul><li>1</li><li>"
        '<p>two</p><ol start="3"><li>deep <code>x &lt; y</code></li></ol></li>',
        "</ul><blockquote><p>All hands</p><cite>the mate</cite></blockquote>"
        "<p>As <i>the log</i> says</p>"
        '<table><tr><th align="left">Port </th></tr>',
        '<tr><td colspan="2">B</td></tr></table>'
        '<pre><code>print("&lt;b&gt;")</code></pre><hr>'
        '<figure><img src="https://example.org/tide.png"><figcaption>High</figcaption>'
        '</figure><img src="https://example.org/mute.png">'
        '<footer><a href="https://example.org/tides?a=1&amp;b=2">'
        "https://example.org/tides?a=1&amp;b=2</a></footer>",
    ]


def test_what_is_warned_of_is_folded() -> None:
    assert "<details><summary>CW: a &lt;wreck&gt;</summary><p>Sunk</p></details>" in (
        told("<p>Sunk</p>", content_warning="a <wreck>")
    )


def test_an_article_from_right_to_left_says_so() -> None:
    document = Document(title="المد", html="<p>عال</p>")
    post = Post(key="k", text="", document=document, language="ar")
    assert rich_message(post)["is_rtl"] is True


def test_what_is_too_long_ends_behind_a_block_and_links_to_the_rest() -> None:
    long = told("<p>" + "<p>".join(["tide " * 1000] * 9))
    assert long.count("<p>") == 6
    assert long.endswith("</p><footer>" + long.partition("<footer>")[2])
    assert told("<hr>" * 700).count("<hr>") == MOST_BLOCKS - 3
    many = "".join(f'<img src="https://example.org/{n}.png">' for n in range(70))
    assert told(many).count("<img") == MOST_MEDIA


def test_what_is_nested_too_deep_keeps_its_words() -> None:
    deep = told("<blockquote>" * 40 + "<p>here</p>" + "</blockquote>" * 40)
    assert deep.count("<blockquote>") == 12
    assert "here" in deep


@given(st.text(st.sampled_from("ab<>&\"' \n*_`#-|[]()!:/é👍"), max_size=200))
def test_every_article_is_well_formed_and_keeps_its_words(text: str) -> None:
    page = markup.sanitise(markup.from_markdown(text))
    made = told(page)
    opened = re.findall(r"<([a-z0-9]+)[^<>]*>", made)
    closed = re.findall(r"</([a-z0-9]+)>", made)
    flat = {"br", "hr", "img"}
    assert sorted(one for one in opened if one not in flat) == sorted(closed)
    seen = unescape(re.sub(r"<[^<>]*>", "", made))
    wanted = markup.parse(page).body
    words = "".join(wanted.text().split()) if wanted else ""
    assert len(seen) <= LONGEST
    bare = "".join(seen.split())
    assert words in bare or "<img" in page


def test_it_is_sent_and_changed(specs: Path) -> None:
    methods = json.loads((specs / "telegram.botapi.json").read_text())["methods"]
    telegram = Telegram(Secret("7:t0ken"), "@ferries", long_form=True)
    assert telegram.limits.takes == "document"
    assert Telegram.limits.takes == "post"
    document = Document(title="Tides", html="<p>High</p>", url=URL)
    post = Post(key="k", text="Tides", document=document)
    base = "https://api.telegram.org/bot7:t0ken"
    with responses.RequestsMock() as web:
        answer = {"ok": True, "result": {"message_id": 7}}
        web.post(f"{base}/sendRichMessage", json=answer)
        web.post(f"{base}/editMessageText", json=answer)
        assert telegram.send(post).id == "7"
        telegram.edit("7", post)
        sent = [json.loads(call.request.body or "") for call in web.calls]
    for method, fields in zip(
        ("sendRichMessage", "editMessageText"), sent, strict=True
    ):
        known = {one["name"] for one in methods[method]["fields"]}
        assert set(fields) <= known
        assert fields["rich_message"]["html"].startswith("<h1>Tides</h1><p>High</p>")
    assert sent[1]["message_id"] == 7
