"""Pure rules for text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher import text


def test_cleaning_leaves_what_people_see() -> None:
    dirty = "\ufeffA\u00a0b\u200b c\u00ad\r\nd\re\u2028f\u200f\x00"
    assert text.clean(dirty) == "A b c\nd\ne\nf"


def test_joiners_stay_where_a_script_needs_them() -> None:
    assert text.clean("می\u200cخواهم a\u200cb \U0001f469\u200d\U0001f4bb") == (
        "می\u200cخواهم ab \U0001f469\u200d\U0001f4bb"
    )


@given(st.text())
def test_cleaning_twice_is_cleaning_once(any_text: str) -> None:
    once = text.clean(any_text)
    assert text.clean(once) == once
    assert "\r" not in once
    once.encode()


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("How does it work?", "how-does-it-work"),
        ("Crème brûlée & Straße", "creme-brulee-strasse"),
        ("Don’t panic", "dont-panic"),
        ("Как спать лучше?", "как-спать-лучше"),
        ("كيف تنام؟", "كيف-تنام"),
        ("为什么散步？", "为什么散步"),
        ("Й ё", "й-ё"),
        ("?!", "article"),
        ("", "article"),
    ],
)
def test_slugs_stay_readable(title: str, slug: str) -> None:
    assert text.slugify(title) == slug


@given(st.text())
def test_a_slug_is_a_file_name_and_its_own_slug(title: str) -> None:
    slug = text.slugify(title)
    assert 0 < len(slug.encode()) <= 200
    assert not set(slug) & set("/\\. \n#?%:")
    assert text.slugify(slug) == slug


def test_a_summary_ends_with_a_sentence_or_a_word() -> None:
    short = "It rained. " * 30
    assert text.summary_of(short) == ("It rained. " * 18).strip()
    assert text.summary_of("word " * 100, 20) == "word word word word…"
    assert text.summary_of("字" * 300, 10) == "字" * 9 + "…"
    assert (
        text.summary_of("Ask Dr. Rossi about it today.", 20) == "Ask Dr. Rossi about…"
    )


@given(st.text(), st.integers(min_value=10, max_value=300))
def test_a_summary_is_never_too_long(any_text: str, limit: int) -> None:
    assert len(text.summary_of(any_text, limit)) <= limit


@pytest.mark.parametrize(
    ("sample", "minutes"),
    [("", 1), ("word " * 200, 1), ("word " * 201, 2), ("字" * 1001, 3)],
)
def test_reading_time_is_rounded_up(sample: str, minutes: int) -> None:
    assert text.reading_minutes(sample) == minutes


@pytest.mark.parametrize(
    ("line", "tags"),
    [
        ("#a#b#c", ("a", "b", "c")),
        ("#Sea #sea #SEA", ("Sea",)),
        ("#a #b#", ("a", "b")),
        ("＃散步＃思考", ("散步", "思考")),
        ("#صحة_الجسم #نوم", ("صحة_الجسم", "نوم")),
        ("#love, #trust; #2025.", ("love", "trust", "2025")),
        ("Tags: #a #b", ("a", "b")),
        ("#a\u200b#b", ("a", "b")),
        ("#sleep😴#night", ("sleep", "night")),
        ("issue #42", ()),
        ("#42", ()),
        ("#1 choice", ()),
        ("# A heading of words", ()),
        ("C#", ()),
        ("", ()),
        ("#", ()),
    ],
)
def test_only_a_line_of_hashtags_gives_tags(line: str, tags: tuple[str, ...]) -> None:
    assert text.split_hashtags(line) == tags


@pytest.mark.parametrize(
    ("line", "body", "language", "sentence"),
    [
        ("WHAT I KNOW", "", "en", "What I know"),
        (
            "NASA'S PLAN FOR ROME",
            "In Rome they like NASA.",
            "en",
            "NASA's plan for Rome",
        ),
        ("MARIE CURIE AT HOME", "Marie Curie lived here.", "en", "Marie Curie at home"),
        ("THE U.S. ON MONDAY. WHY?", "", "en", "The U.S. on Monday. Why?"),
        ("IŞIK VE İNSAN", "", "tr", "Işık ve insan"),
        ("DIE ANGST VOR DER NACHT", "", "de", "Die Angst vor der Nacht"),
        ("ΟΙ ΔΡΌΜΟΙ ΤΗΣ ΠΌΛΗΣ", "", "el", "Οι δρόμοι της πόλης"),
        ("THE iPHONE AND C#", "My iPhone rang.", "en", "The iPhone and C#"),
        ("COME PARLARE AI BAMBINI", "", "it", "Come parlare ai bambini"),
        ("IS THERE A CURE?", "No. There are only ways.", "en", "Is there a cure?"),
        ("Already quiet", "", "en", "Already quiet"),
        ("كيف تنام؟", "", "ar", "كيف تنام؟"),
    ],
)
def test_capitals_become_a_sentence(
    line: str, body: str, language: str, sentence: str
) -> None:
    assert text.sentence_case(line, body, language) == sentence


def test_names_that_stand_at_a_line_start_are_not_guessed() -> None:
    assert text.sentence_case("THE BRIDGE", "Bridge the gap. A bridge.") == "The bridge"


def test_a_close_word_is_suggested_and_a_far_one_is_not() -> None:
    known = ["digest", "letter"]
    assert text.suggest("digset", known) == "digest"
    assert text.suggest("zebra", known) == ""
    assert text.suggest("x", []) == ""


@given(st.text(max_size=60))
def test_sentences_lose_nothing(any_text: str) -> None:
    parts = "".join("".join(text.sentences(any_text)).split())
    assert parts == "".join(any_text.split())


@given(st.text())
def test_a_hashtag_is_one_word(tag: str) -> None:
    assert not any(char.isspace() for char in text.camel_case_hashtag(tag))
    assert unicodedata.is_normalized("NFC", text.clean(tag))
