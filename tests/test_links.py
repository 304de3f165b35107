"""The links of a letter change, and nothing else of it does."""

from __future__ import annotations

from html import escape, unescape
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publisher import links
from publisher.models import EmailDraft, Slot, Slotted

OUT = Slot("unsubscribe_url", "html")
NAME = Slot("subscriber.name", "html")
OWN = ("https://letters.example.org", "https://lantern.example.org/letters/")


def draft(*html: str | Slot, text: Slotted = ()) -> EmailDraft:
    return EmailDraft(template="digest", subject=("Hi",), html=html, text=text)


def marked(url: str) -> Slotted:
    return (f"https://letters.example.org/c/{len(url)}",)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (
            '<a href="https://a.example/?x=1&amp;y=2">A</a>',
            ["https://a.example/?x=1&y=2"],
        ),
        ("<A HREF='HTTP://a.example/'>A</A>", ["HTTP://a.example/"]),
        ("<a class=x href=https://a.example/b>A</a>", ["https://a.example/b"]),
        ('<area alt="a" href="https://a.example/">', ["https://a.example/"]),
        (
            '<a title="<a href=\'https://b.example/\'>" href="https://a.example/">A</a>',
            ["https://a.example/"],
        ),
        (
            '<a href="https://a.example/" href="https://b.example/">',
            ["https://a.example/"],
        ),
        ('<a data-href="https://b.example/">', []),
        ('<a href="mailto:ana@example.org">', []),
        ('<a href="tel:+391">', []),
        ('<a href="#top">', []),
        ('<a href="/relative">', []),
        ('<a href="javascript:alert(1)">', []),
        ('<a href="//a.example/">', []),
        ('<a href="https://user@a.example/">', []),
        ('<a href="https:///a">', []),
        ('<a href="https://a.example/\nb">', []),
        ('<a href="https://letters.example.org/archive/weekly/1">', []),
        ('<a href="https://lantern.example.org/letters/weekly/1/">', []),
        (
            '<a href="https://letters.example.org.evil.example/">',
            ["https://letters.example.org.evil.example/"],
        ),
        ('<a href="https://lantern.example.org/a">', ["https://lantern.example.org/a"]),
        ("<!--[if mso]><a href='https://a.example/'><![endif]-->", []),
        ("<style>a::after {content: \"<a href='https://a.example/'>\"}</style>", []),
        ('<img alt="<a href=https://a.example/>">', []),
        ('<link href="https://a.example/"><abbr href="https://a.example/">', []),
        (f'<a href="https://a.example/{"x" * 2000}">', []),
        ("<a href>", []),
        ('<a href="">', []),
        ('<a href="https://a.example/', []),
    ],
)
def test_only_links_to_other_pages_of_the_web_are_found(
    page: str, expected: list[str]
) -> None:
    assert list(links.urls(draft(page), OWN)) == expected


def test_a_link_with_a_readers_own_part_in_it_stays() -> None:
    page = ('<a href="', OUT, '">out</a><a href="https://a.example/?n=', NAME, '">')
    one = draft(*page)
    assert links.urls(one) == ()
    assert links.changed(one, marked) == one


def test_an_address_in_the_text_is_changed_where_the_page_links_to_it() -> None:
    text = (
        "See https://a.example/b. Or (https://a.example/b)\nTry: curl https://c.example/",
        "\nhttps://a.example/b",
        Slot("subscriber.name"),
        "https://a.example/b and xhttps://a.example/b https://a.example/bc",
    )
    page = '<a href="https://a.example/b">B</a>'
    made = links.changed(draft(page, text=text), lambda _: ("L",))
    assert made.html == ('<a href="L">B</a>',)
    assert made.text == (
        "See L. Or (L)\nTry: curl https://c.example/\nhttps://a.example/b",
        Slot("subscriber.name"),
        "https://a.example/b and xhttps://a.example/b https://a.example/bc",
    )


def test_what_stands_in_a_links_place_may_hold_a_slot() -> None:
    page = ("<p>", NAME, '</p><a href="https://a.example/">A</a>', OUT)
    made = links.changed(draft(*page), lambda _: ("L", Slot("traced")))
    place = ("<p>", NAME, '</p><a href="L', Slot("traced"), '">A</a>', OUT)
    assert made.html == place


PIECES = st.sampled_from(
    [
        *(
            "<a ",
            "<b ",
            "</a>",
            ">",
            "<!--",
            "-->",
            "<style>",
            "</style>",
            '"',
            "'",
            "=",
            " ",
        ),
        *(
            "href",
            "https://a.example/",
            "https://b.example/?x&amp;y",
            "mailto:a@b.example",
        ),
        *(
            '<a href="https://a.example/">',
            "<a href='https://b.example/1'>",
            "\n",
            "é",
            "\0",
        ),
        *("\ue000", "&amp;", "text", "<", "<area href=https://c.example/>"),
    ]
)
PARTS = st.lists(
    st.one_of(st.lists(PIECES, min_size=1).map("".join), st.just(OUT), st.just(NAME)),
    max_size=12,
).map(tuple)


@given(PARTS, PARTS)
@example(("<a href='", '"', "https://a.example/'>"), ())
def test_every_other_sign_of_a_letter_stays(html: Slotted, text: Slotted) -> None:
    one = draft(*html, text=text)
    made = links.changed(one, lambda url: (f"\2{escape(url)}\3",))
    for before, after in ((one.html, made.html), (one.text, made.text)):
        slots = [part for part in before if isinstance(part, Slot)]
        assert [part for part in after if isinstance(part, Slot)] == slots
        # A page may write an address in several ways, so the addresses are compared.
        assert unescape(signs(after).replace("\2", "").replace("\3", "")) == unescape(
            signs(before)
        )


def signs(parts: Slotted) -> str:
    return "".join([one if isinstance(one, str) else "\1" for one in parts])


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[object] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.found.append(data)


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20).map(escape)
TAGS = st.one_of(
    WORDS,
    st.builds(
        '<a title="{}" href="{}">'.format,
        WORDS,
        st.sampled_from(["https://a.example/"]),
    ),
    st.builds("<img alt='{}' src='https://a.example/'>".format, WORDS),
    st.just("</a>"),
)


@given(st.lists(TAGS).map("".join))
def test_a_browser_finds_the_same_page_with_other_links(page: str) -> None:
    before, after = Seen(), Seen()
    before.feed(page)
    made = links.changed(draft(page), lambda _: ("https://l.example/c",))
    after.feed(signs(made.html))
    expected = [
        one
        if isinstance(one, str) or one[0] != "a"  # type: ignore[index]
        else (
            "a",
            [
                (name, "https://l.example/c" if name == "href" else value)
                for name, value in one[1]  # type: ignore[index]
            ],
        )
        for one in before.found
    ]
    assert after.found == expected


def test_a_page_with_open_quotes_is_read_in_no_time() -> None:
    assert links.urls(draft('<a "' * 50_000)) == ()
    assert links.urls(draft("<!--" * 50_000)) == ()
    text = ("https://a.example/" + "!" * 500_000,)
    one = draft('<a href="https://a.example/">', text=text)
    assert links.changed(one, lambda _: ("L",)).text == ("L" + "!" * 500_000,)
