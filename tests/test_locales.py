"""Dates, numbers and phrases as each language writes them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.errors import ConfigError
from publisher.locales import count_in_words, format_date, words

DAY = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "22 November 2026"),
        ("en-US", "November 22, 2026"),
        ("it", "22 novembre 2026"),
        ("fr", "22 novembre 2026"),
        ("de", "22. November 2026"),
        ("pt-BR", "22 de novembro de 2026"),
        ("ar", "٢٢ نوفمبر ٢٠٢٦"),
        ("ar-MA", "22 نونبر 2026"),
        ("fa", "۲۲ نوامبر ۲۰۲۶"),
        ("he", "22 בנובמבר 2026"),
        ("zh", "2026年11月22日"),
        ("ja", "2026年11月22日"),
        ("xx", "22 November 2026"),
        ("it-Nowhere", "22 novembre 2026"),
        ("", "22 November 2026"),
    ],
)
def test_a_date_in_words(language: str, text: str) -> None:
    assert format_date(DAY, language) == text


def test_a_date_has_the_style_that_was_asked_for() -> None:
    assert format_date(DAY, "en", "short") == "22/11/2026"
    assert format_date(DAY, "it", "full") == "domenica 22 novembre 2026"


@pytest.mark.parametrize(
    ("number", "text"), [(1, "دقيقة"), (2, "دقيقتان"), (3, "٣ دقائق"), (11, "١١ دقيقة")]
)
def test_arabic_counts_in_its_own_forms(number: int, text: str) -> None:
    phrase = {
        "one": "دقيقة",
        "two": "دقيقتان",
        "few": "{count} دقائق",
        "other": "{count} دقيقة",
    }
    assert count_in_words(phrase, number, "ar") == text


def test_a_phrase_may_have_one_form_for_all_numbers() -> None:
    assert count_in_words("{count} min", 5, "en") == "5 min"


def test_the_shipped_phrases_are_there_in_every_language() -> None:
    english = words("en")
    assert english["unsubscribe"] == "Unsubscribe"
    for language in ("it", "ar", "es", "fr", "de"):
        own = words(language)
        assert set(own) == set(english)
        assert own["unsubscribe"] != english["unsubscribe"]


def test_the_owner_s_phrases_win_and_the_rest_stays(tmp_path: Path) -> None:
    owner, shipped = tmp_path / "owner", tmp_path / "shipped"
    for folder, text in (
        (owner, "pt: {a: owner-pt}\nen: {c: owner-en}"),
        (
            shipped,
            "pt-BR: {d: br}\npt: {a: pt, b: pt}\nen: {a: en, b: en, c: en, e: en}",
        ),
    ):
        folder.mkdir()
        (folder / "words.yaml").write_text(text)
    assert words("pt-BR", (owner, shipped)) == {
        "a": "owner-pt",
        "b": "pt",
        "c": "owner-en",
        "d": "br",
        "e": "en",
    }


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "words.yaml"
    path.write_text("en: {a: one}")
    assert words("en", (tmp_path,)) == {"a": "one"}
    path.write_text("en: {a: two}")
    os.utime(path, ns=(1, 1))
    assert words("en", (tmp_path,)) == {"a": "two"}


@pytest.mark.parametrize(
    "text", ["- a", "en: x", "en: {a: [b]}", "en: {a: {one: [b]}}"]
)
def test_a_file_of_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "words.yaml").write_text(text)
    with pytest.raises(ConfigError, match="must hold phrases by language"):
        words("en", (tmp_path,))
