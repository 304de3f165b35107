"""The plain scraped page, line by line: what stands about an article and in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from publisher.models import Article
from publisher.sources import plain
from publisher.sources.plain import chrome
from publisher.sources.plain.bylines import Byline, byline
from publisher.sources.plain.dates import dates_in

FIRST = "The first paragraph says something of substance. It is no heading at all."
SECOND = "Another paragraph follows, about as long as the first, and ends with a stop."


def page(*parts: str) -> Article:
    return plain.parse("\n\n".join(parts), source="page.txt")[0]


def fields(found: Article) -> tuple[str, str, str, str]:
    return found.site, found.category, found.title, found.text


# --- above the article ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "site", "category", "title"),
    [
        (["THE NIGHT LAMP", "WHY WE SLEEP AT NIGHT"],
         "THE NIGHT LAMP", "", "Why we sleep at night"),
        (["The Lamp", "Health", "Why we sleep", "By Jane Doe"],
         "The Lamp", "Health", "Why we sleep"),
        (["The Lamp", "Search", "DIY", "How to mend a lamp at home"],
         "The Lamp", "DIY", "How to mend a lamp at home"),
        (["The Lamp | Home | Recipes | Search", "How to boil an egg well"],
         "The Lamp", "", "How to boil an egg well"),
        (["The Lamp", "Home", "Town", "Harbour", "Sea", "Town", "A new bridge for us"],
         "The Lamp", "Town", "A new bridge for us"),
        (["The Lamp", "Home", "Town", "Harbour", "Sea", "A new bridge for us"],
         "The Lamp", "", "A new bridge for us"),
        (["The Lamp", "Home", "Culture", "7 June 2026", "A museum of lost umbrellas"],
         "The Lamp", "Culture", "A museum of lost umbrellas"),
        (["Slow Mornings", "Home", "About", "Slow Mornings"],
         "Slow Mornings", "", "Slow Mornings"),
    ],
)  # fmt: skip
def test_site_section_and_title_are_told_apart(
    lines: list[str], site: str, category: str, title: str
) -> None:
    body = f"{FIRST}\n\n{SECOND}"
    assert fields(page(*lines, FIRST, SECOND)) == (site, category, title, body)


def test_the_foot_may_name_the_company_of_the_site() -> None:
    found = page("The Lamp", "Home", "A title of words", FIRST, "© 2026 The Lamp Media")
    assert found.site == "The Lamp"
    found = page("A title of words", FIRST, "© 2026 The Lamp - VAT no. 1234")
    assert found.site == "The Lamp"


def test_a_standfirst_above_the_byline_is_the_summary() -> None:
    said = "Nobody at the harbour had seen a whale of that size before."
    found = page("A whale in the harbour", said, "By Jane Doe", FIRST, SECOND)
    assert (found.summary, found.author) == (said, "Jane Doe")
    assert found.text == f"{said}\n\n{FIRST}\n\n{SECOND}"
    again = page("A whale in the harbour", said, "By Jane Doe", f"{said} {FIRST}")
    assert again.text == f"{said} {FIRST}"


def test_a_name_above_the_date_is_the_author() -> None:
    found = page("A whale in the harbour", "Jane Doe", "12 March 2026", FIRST, SECOND)
    assert (found.author, found.text) == ("Jane Doe", f"{FIRST}\n\n{SECOND}")


@pytest.mark.parametrize(
    "line",
    ["3 days ago", "hace 3 días", "il y a 2 heures", "vor 3 Tagen", "2 giorni fa",
     "3 дня назад", "منذ 3 أيام", "לפני 3 ימים", "3 روز پیش",
     "3天前", "3日前"],
)  # fmt: skip
def test_a_relative_date_is_taken_off_and_not_guessed(line: str) -> None:
    assert byline(line, language="en", zone=UTC) == Byline(is_dated=True)


@pytest.mark.parametrize("line", ["Today", "Women in Japan today", "منذ عام 1970."])
def test_words_of_time_in_a_heading_are_no_byline(line: str) -> None:
    assert byline(line, language="en", zone=UTC) is None


def test_a_time_may_name_its_zone() -> None:
    found = next(dates_in("9 ENE 2026 - 08:30 CET", language="es", zone=UTC))
    assert found.when == datetime(
        2026, 1, 9, 8, 30, tzinfo=timezone(timedelta(hours=1))
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Interview by Jane Doe", Byline(author="Jane Doe", is_named=True)),
        ("Jane Doe • 6 min", None),
        ("Photographs by Jane Doe", Byline()),
        ("Topics: sea, wind", Byline(tags=("sea", "wind"), is_named=True)),
        ("责任编辑：李静", Byline()),
    ],
)  # fmt: skip
def test_other_lines_about_an_article_are_read(
    line: str, expected: Byline | None
) -> None:
    found = byline(line, language="en", zone=UTC)
    if expected is None:
        assert found
        assert found.minutes == 6
        return
    assert found == expected


def test_a_very_long_first_line_is_the_title() -> None:
    long = "How a village with two shops and one stubborn postmistress " * 2
    assert page(long.strip(), FIRST, SECOND).title == long.strip()


def test_a_first_paragraph_that_ends_with_a_question_is_no_title() -> None:
    text = "My dog knows the word for a walk in three languages. Does it know more?"
    assert page(text, FIRST, SECOND).text == f"{text}\n\n{FIRST}\n\n{SECOND}"


def test_a_title_in_markdown_may_have_no_spaces() -> None:
    assert page("# 一個人的書店", "書店在巷子的盡頭，門口有一棵老榕樹。").title == (
        "一個人的書店"
    )


@pytest.mark.parametrize("line", ["[Image: two boats]", "[Photo]", "[VIDEO]"])
def test_a_mark_for_a_picture_goes(line: str) -> None:
    assert page("A title of words", FIRST, line, SECOND).text == f"{FIRST}\n\n{SECOND}"


# --- in the article ------------------------------------------------------------------


def test_what_stands_below_hashtags_and_is_no_foot_stays() -> None:
    found = page("A title of words", FIRST, "#sea #wind", "Why?", SECOND)
    assert (found.tags, found.headings) == (("sea", "wind"), ("Why?",))
    assert found.text == f"{FIRST}\n\nWhy?\n\n{SECOND}"


def test_rows_of_a_table_stay_rows() -> None:
    rows = "Flour\tUse\nType 405\tcakes\nType 550\trolls"
    found = page("A title of words", FIRST, rows, SECOND)
    assert found.headings == ()
    assert "Flour | Use\n\nType 405 | cakes\n\nType 550 | rolls" in found.text


def test_a_box_inside_the_article_goes() -> None:
    box = "Get our best stories in your inbox\nYour email\nSign up"
    found = page("A title of words", FIRST, box, "Read more: Ten walks", SECOND)
    assert found.text == f"{FIRST}\n\n{SECOND}"


def test_a_word_that_is_a_language_elsewhere_ends_a_sentence() -> None:
    line = "So this year I have no list at all. I have a chair here, and I sit in"
    found = page("A title of words", f"{FIRST}", f"{line}\nit.")
    assert found.text == f"{FIRST}\n\n{line} it."


def test_a_line_may_break_before_a_capital() -> None:
    line = "Salz, Matsch und Dunkelheit: Für ein Fahrrad ist der Winter kein"
    found = page("Das Fahrrad im Winter", f"{line}\nVergnügen. Es geht aber doch.")
    assert found.text == f"{line} Vergnügen. Es geht aber doch."


# --- below the article ---------------------------------------------------------------


@pytest.mark.parametrize("label", ["Tags", "Archivado en", "Schlagwörter", "标签"])
def test_tags_may_be_listed_one_by_one(label: str) -> None:
    found = page("A title of words", FIRST, SECOND, f"{label}\nSea\nOld ships\nShare")
    assert (found.tags, found.text) == (("Sea", "Old ships"), f"{FIRST}\n\n{SECOND}")


@pytest.mark.parametrize(
    "foot",
    [
        "The Lamp\n5 Harbour Road\nPhone: 555 0142\nPrivacy Policy",
        "Was this article helpful?\nYes\nNo\nAbout the lamps\nPrivacy Policy",
        "Jane Doe is a writer at the harbour.",
        "1.2K\n34\nFollow\nShare",
        "2 thoughts on “A title of words”\nLeave a comment",
        "Photo: The Lamp",
    ],
)
def test_the_foot_goes(foot: str) -> None:
    head = ["The Lamp", "Home", "A title of words", "By Jane Doe", FIRST, SECOND]
    assert page(*head, SECOND, foot).text == f"{FIRST}\n\n{SECOND}\n\n{SECOND}"


@pytest.mark.parametrize("line", ["Yes.", "No, never.", "Jane", "We went home at six."])
def test_a_short_last_line_stays(line: str) -> None:
    assert page("A title of words", FIRST, SECOND, line).text.endswith(f"\n\n{line}")


@pytest.mark.parametrize(
    ("line", "is_contact"),
    [("Phone: 555 0142", True), ("me@example.org", True), ("Tel. +39 011 555", True),
     ("Phone calls are rare now.", False), ("Write to me@example.org", False)],
)  # fmt: skip
def test_lines_to_reach_somebody_are_known(line: str, *, is_contact: bool) -> None:
    assert chrome.is_contact(line) is is_contact
