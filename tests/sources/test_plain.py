"""The plain scraped page: golden articles for whole pages, and the rules one by one."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.errors import SourceError
from publisher.models import Article
from publisher.sources import plain
from publisher.sources.plain.bylines import Byline, byline
from publisher.sources.plain.dates import dates_in

PAGES = Path(__file__).parent / "pages"
FIRST = "The first paragraph says something of substance. It is no heading at all."
SECOND = "Another paragraph follows, about as long as the first, and ends with a stop."


def parse(text: str) -> Article:
    return plain.parse(text, source="page.txt")[0]


def page(*parts: str) -> Article:
    return parse("\n\n".join(parts))


# --- whole pages -------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", sorted(PAGES.glob("*.txt")), ids=lambda path: str(path.stem)
)
def test_a_page_becomes_the_article_a_reader_would_expect(path: Path) -> None:
    text = path.read_bytes().decode()
    found = plain.parse(text, source=f"articles/{path.name}")[0].data()
    golden = path.with_suffix(".json")
    assert json.loads(json.dumps(found)) == json.loads(golden.read_text("utf-8"))


def test_there_is_a_golden_article_for_every_page() -> None:
    pages = {path.stem for path in PAGES.glob("*.txt")}
    assert pages == {path.stem for path in PAGES.glob("*.json")}
    assert len(pages) >= 25


# --- title -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        (["WHAT IS SLEEP?", "What is sleep?"], "What is sleep?"),
        (["WHAT IS SLEEP?", "3 min read Health", "What is sleep?"], "What is sleep?"),
        (["“WHAT'S SLEEP”?", "‘What’s  sleep’"], "‘What’s  sleep’".replace("  ", " ")),
        (["A LONG TITLE THAT NEEDS", "TWO LINES", "A long title that needs two lines"],
         "A long title that needs two lines"),
        (["How to rest | The Lamp", "How to rest"], "How to rest"),
        (["WHY WE REST"], "Why we rest"),
        (["How we rest at night"], "How we rest at night"),
        (["# How we rest"], "How we rest"),
        (["为什么散步", "为什么散步"], "为什么散步"),
    ],
)  # fmt: skip
def test_the_title_is_found_however_often_it_is_said(
    lines: list[str], title: str
) -> None:
    found = page(*lines, FIRST, SECOND)
    assert (found.title, found.text) == (title, f"{FIRST}\n\n{SECOND}")


def test_capitals_of_names_and_shortenings_come_from_the_body() -> None:
    found = page("WHY NASA AND U.S. CITIES LOVE ROME", "NASA likes Rome. It is warm.")
    assert found.title == "Why NASA and U.S. cities love Rome"


def test_a_page_without_a_title_takes_a_heading_or_the_first_sentence() -> None:
    sentence = FIRST.split(". ", maxsplit=1)[0]
    assert page(FIRST, SECOND).title == sentence
    assert page("Does it help?", FIRST, "Why?", SECOND).title == "Does it help?"
    assert page(FIRST, "Does it help?", SECOND).title == sentence
    endless = f"{'word after word ' * 9}and no end."
    assert page(endless, "Does it help?", SECOND).title == "Does it help?"
    assert page(FIRST, SECOND).text == f"{FIRST}\n\n{SECOND}"


def test_a_note_of_one_line_is_its_own_title() -> None:
    assert (parse("Sleep well.").title, parse("Sleep well.").text) == (
        "Sleep well",
        "Sleep well.",
    )


# --- what is around it -------------------------------------------------------------


def test_menu_and_foot_go_and_the_site_is_known() -> None:
    found = page(
        "Logo\nThe Lamp\nHome | About | Contact Us\nSearch",
        "How to rest at night",
        FIRST,
        SECOND,
        "Share\nFacebook\nTwitter",
        "You may also like\nTen naps\n3 min read\nWhat is a dream?",
        "Contact Us\n1 Harbour Road\n© 2025 The Lamp, Inc. All rights reserved.",
    )
    assert (found.title, found.site, found.text) == (
        "How to rest at night",
        "The Lamp",
        f"{FIRST}\n\n{SECOND}",
    )


def test_words_of_menus_inside_the_article_stay() -> None:
    body = ["Search teams contact us when home is far away.", "Privacy matters, too."]
    assert page("A title of words", *body, "Home\nPrivacy Policy").text == "\n\n".join(
        body
    )


@pytest.mark.parametrize(
    "line",
    ["© 2025 The Lamp", "Copyright 2025 The Lamp. All rights reserved.",
     "© The Lamp 2025", "© 2020–2025 The Lamp | Privacy", "© 2025 · The Lamp"],
)  # fmt: skip
def test_the_owner_of_the_rights_is_the_site(line: str) -> None:
    assert page("How to rest at night", FIRST, SECOND, line).site == "The Lamp"


@pytest.mark.parametrize("text", ["", " \n\n ", "\ufeff\u200b\r\n"])
def test_an_empty_page_says_so(text: str) -> None:
    with pytest.raises(SourceError, match="is empty") as caught:
        parse(text)
    assert caught.value.where == "page.txt:1"


@pytest.mark.parametrize(
    "text",
    ["Logo\n\nZeroOpposite\n\nContact Us\nSearch", "Home\n© 2025 A. Privacy Policy"],
)  # fmt: skip
def test_a_page_of_chrome_has_no_text(text: str) -> None:
    with pytest.raises(SourceError, match="has no text"):
        parse(text)


# --- bylines -----------------------------------------------------------------------


def day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


DAY = day(2025, 3, 12)


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("12 March 2025", "en"), ("March 12, 2025", "en"), ("Mar. 12th, 2025", "en"),
        ("2025-03-12", "en"), ("12.03.2025", "en"), ("03/12/2025", "en"),
        ("12/03/2025", "it"), ("12 marzo 2025", "it"), ("12 de marzo de 2025", "es"),
        ("mercredi 12 mars 2025", "fr"), ("12. März 2025", "de"),
        ("12 марта 2025 г.", "ru"), ("12 березня 2025", "uk"), ("١٢ مارس ٢٠٢٥", "ar"),
        ("۱۲ مارس ۲۰۲۵", "fa"), ("۲۲ اسفند ۱۴۰۳", "fa"), ("12 במרץ 2025", "he"),
        ("2025年3月12日", "zh"), ("2025年3月12日（水）", "ja"), ("12 آذار 2025", "ar"),
        ("Published on March 12, 2025", "en"), ("Publié le 12 mars 2025", "fr"),
        ("פורסם ב-12 במרץ 2025", "he"), ("公開日：2025年3月12日", "ja"),
    ],
)  # fmt: skip
def test_dates_are_read_in_many_languages(line: str, language: str) -> None:
    found = byline(line, language=language, zone=UTC)
    assert found is not None
    assert (found.published, found.author, found.category) == (DAY, "", "")


def test_a_doubtful_date_is_american_in_english_only() -> None:
    dates = {
        language: next(dates_in("03/04/2025", language=language, zone=UTC)).when
        for language in ("en", "es")
    }
    assert dates == {"en": day(2025, 3, 4), "es": day(2025, 4, 3)}


def test_dates_are_midnight_of_the_given_zone() -> None:
    text = f"A title of words\n\n12 March 2025\n\n{FIRST}"
    found = plain.parse(text, source="a.txt", timezone="Europe/Rome")[0]
    assert found.published == datetime(2025, 3, 12, tzinfo=ZoneInfo("Europe/Rome"))


@pytest.mark.parametrize(
    ("line", "minutes"),
    [
        ("5 min read", 5), ("a 4-minute read", 4), ("Lectura de 4 min", 4),
        ("Tempo di lettura: 3 minuti", 3), ("3 Min. Lesezeit", 3),
        ("Temps de lecture : 6 minutes", 6), ("5 мин чтения", 5),
        ("قراءة 3 دقائق", 3), ("مدة القراءة: دقيقتان", 2), ("4 דקות קריאה", 4),
        ("زمان مطالعه: ۴ دقیقه", 4), ("阅读时间：4分钟", 4), ("約3分で読めます", 3),
        ("4 min de leitura", 4), ("Reading time: 7 minutes", 7),
    ],
)  # fmt: skip
def test_reading_times_are_read_in_many_languages(line: str, minutes: int) -> None:
    assert byline(line, language="en", zone=UTC) == Byline(minutes=minutes)


@pytest.mark.parametrize(
    ("line", "author"),
    [
        ("By Jane Doe", "Jane Doe"), ("BY JANE DOE", "Jane Doe"),
        ("Written by Jane Doe, Staff Writer", "Jane Doe"),
        ("Di Anna Serra", "Anna Serra"), ("Par Camille Roy", "Camille Roy"),
        ("Por María de la Cruz", "María de la Cruz"), ("By the Lamp Team", "Lamp Team"),
        ("Von Jonas Huber", "Jonas Huber"), ("Автор: Ольга Северова", "Ольга Северова"),
        ("بقلم سلمى الخطيب", "سلمى الخطيب"), ("מאת רות לביא", "רות לביא"),
        ("نویسنده: نگار رستمی", "نگار رستمی"), ("作者：林小雨", "林小雨"),
        ("文／林小雨", "林小雨"), ("著者：田中花子", "田中花子"),
    ],
)  # fmt: skip
def test_authors_are_read_in_many_languages(line: str, author: str) -> None:
    found = byline(line, language="en", zone=UTC)
    assert found == Byline(author=author, is_named=True)


def test_one_line_may_say_everything() -> None:
    found = byline(
        "By Jane Doe | March 12, 2025 | 4 min read HEALTH", language="en", zone=UTC
    )
    assert found == Byline(
        author="Jane Doe",
        published=DAY,
        minutes=4,
        category="Health",
        is_named=True,
    )


@pytest.mark.parametrize(
    "line",
    ["By candlelight", "It takes 5 minutes", "Von Herzen", "Por la noche",
     "On March 12, 2025 the bridge was opened by the mayor.", "By the Sea"],
)  # fmt: skip
def test_sentences_and_headings_are_no_bylines(line: str) -> None:
    assert byline(line, language="en", zone=UTC) is None


# --- hashtags ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "tags"),
    [
        ("#a1#b2#c3", ("a1", "b2", "c3")),
        ("#sea #Sea #wind #", ("sea", "wind")),
        ("#sea#wind\n#salt#rope", ("sea", "wind", "salt", "rope")),
        ("#sea#self\nesteem#rope", ("sea", "selfesteem", "rope")),
        ("＃散步＃思考", ("散步", "思考")),
        ("#صحة_الجسم#می‌خوابیم", ("صحة_الجسم", "می‌خوابیم")),
        ("#море#Ветер", ("море", "Ветер")),
        ("# sea # wind # salt", ("sea", "wind", "salt")),
        ("Tags: #sea, #wind", ("sea", "wind")),
        ("Tags: sea, wind power", ("sea", "wind power")),
        ("#sea#wind\n\nShare\nFacebook\n\n© 2025 The Lamp", ("sea", "wind")),
        ("#sea", ("sea",)),
    ],
)
def test_the_last_lines_of_hashtags_become_tags(
    lines: str, tags: tuple[str, ...]
) -> None:
    found = page("A title of words", FIRST, SECOND, lines)
    assert (found.tags, found.text) == (tags, f"{FIRST}\n\n{SECOND}")


def test_signs_in_running_text_are_no_tags() -> None:
    text = "Our issue #42 praises C# and F#. It is the #1 choice of all."
    found = page("A title of words", FIRST, text)
    assert (found.tags, found.text) == ((), f"{FIRST}\n\n{text}")


# --- the body ----------------------------------------------------------------------


def test_wrapped_lines_are_joined_and_hyphens_looked_at() -> None:
    found = parse(
        "How to rest at night\n\n"
        "We slept in the old house by the harbour, where the doors are num-\n"
        "bered from one to nine. The well-known room is the last one. A well-\n"
        "known ghost is said to live in it.\n"
    )
    assert found.text == (
        "We slept in the old house by the harbour, where the doors are numbered from "
        "one to nine. The well-known room is the last one. A well-known ghost is "
        "said to live in it."
    )


def test_lines_of_chinese_are_joined_without_a_space() -> None:
    line = "散步的时候脚步的节奏占据了容易分心的那部分注意力剩下的思绪就可以自"
    assert page("为什么散步", f"{line}\n由地连接起来。").text == f"{line}由地连接起来。"


def test_single_newlines_divide_paragraphs_too() -> None:
    long = f"{FIRST} {SECOND}"
    other = f"{SECOND} {FIRST}"
    found = parse(f"How to rest at night\n{long}\nDoes it help?\n{other}\n#a1#b2")
    assert found.text == f"{long}\n\nDoes it help?\n\n{other}"
    assert found.headings == ("Does it help?",)


def test_lists_quotes_and_headings_become_html() -> None:
    found = page(
        "A title of words",
        FIRST,
        "WHAT YOU NEED",
        "You need:",
        "* rope & salt\n* <b>bread</b>",
        "1. First this.\n2. Then https://example.org/a?b=1&c=2.",
        "> Said once.\n> And again.",
    )
    assert found.html == (
        f"<p>{FIRST}</p>\n<h2>What you need</h2>\n<p>You need:</p>\n"
        "<ul>\n<li>rope &amp; salt</li>\n<li>&lt;b&gt;bread&lt;/b&gt;</li>\n</ul>\n"
        '<ol>\n<li>First this.</li>\n<li>Then <a href="https://example.org/a?b=1&amp;'
        'c=2">https://example.org/a?b=1&amp;c=2</a>.</li>\n</ol>\n'
        "<blockquote>\n<p>Said once. And again.</p>\n</blockquote>"
    )


def test_a_list_of_words_that_are_buttons_elsewhere_stays() -> None:
    found = page("Growing trust", "Growing trust", "* Listen\n* Share\n* Follow", FIRST)
    assert found.text == f"- Listen\n- Share\n- Follow\n\n{FIRST}"


def test_a_line_between_title_and_byline_is_the_summary_and_stays() -> None:
    found = page("Growing trust", "A guide for the tired.", "By Jane Doe", FIRST)
    assert (found.summary, found.author) == ("A guide for the tired.", "Jane Doe")
    assert found.text == f"A guide for the tired.\n\n{FIRST}"


def test_a_heading_about_related_things_does_not_end_the_article() -> None:
    found = page("Growing trust", FIRST, "Related topics", SECOND, FIRST)
    assert found.headings == ("Related topics",)


def test_the_page_may_say_its_summary_and_address() -> None:
    found = page(
        "A title of words",
        "TL;DR: Go to bed.",
        FIRST,
        "Originally published at https://example.org/rest",
    )
    assert (found.summary, found.url) == ("Go to bed.", "https://example.org/rest")
    above = page("https://example.org/rest", "A title of words", FIRST)
    assert (above.url, above.text) == ("https://example.org/rest", FIRST)


# --- any text ----------------------------------------------------------------------

PIECES = st.sampled_from(
    "#|#a|＃|©|Logo|Home|By|3 min read|12 March 2025|WHAT?|- |1. |> |\n|\n\n|\r"
    "|\ufeff|\u200f|\u00ad\n|a.|?|Related articles|العربية|中文。|https://e.org/|—|0/0/2025".split(
        "|"
    )
)


class Balanced(HTMLParser):
    """Fails on tags that are not ours, or not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        assert tag in {"p", "h2", "h3", "ul", "ol", "li", "blockquote", "a"}
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=150)
@given(
    st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=9))).map("".join))
)
def test_any_text_is_an_article_or_a_clear_error(text: str) -> None:
    try:
        found = parse(text)
    except SourceError:
        return
    reader = Balanced()
    reader.feed(found.html)
    reader.close()
    assert reader.open == []
    assert found.title.strip()
    assert found.text.strip()
    assert found.slug == found.slug.strip("-") != ""
    assert not re.search(r"[\r\ufeff\u200b]", found.text + found.title)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.sampled_from([FIRST, SECOND, "Does it help?"]), min_size=1, max_size=8)
)
def test_no_paragraph_is_ever_lost(parts: list[str]) -> None:
    found = page(
        "Logo\nThe Lamp\nSearch", "How to rest at night", FIRST, *parts, SECOND
    )
    assert found.text == "\n\n".join([FIRST, *parts, SECOND])
