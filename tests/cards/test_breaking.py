"""Titles break where a reader expects it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.cards.breaking import clusters, hyphenated, pieces


def parts(text: str) -> list[str]:
    return [text[start:end] for start, end in pieces(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The lamps are lit", ["The", "lamps", "are", "lit"]),
        ("Pourquoi ? Parce que", ["Pourquoi ?", "Parce", "que"]),
        ("Lamps — and boats", ["Lamps —", "and", "boats"]),
        ("north-east, 1-2", ["north-", "east,", "1-2"]),
        ("日本、「光」です。", ["日", "本、", "「光」", "で", "す。"]),
        ("きょう、ホームで", ["きょ", "う、", "ホー", "ム", "で"]),
        ("旧港（二）", ["旧", "港", "（二）"]),
        ("Python入門", ["Python", "入", "門"]),
        ("등대 편지들", ["등대", "편지들"]),
        ("ท่า\u200bเรือ", ["ท่า\u200b", "เรือ"]),
        ("", []),
    ],
)
def test_lines_end_between_these(text: str, expected: list[str]) -> None:
    assert parts(text) == expected


@given(text=st.text(st.sampled_from("ab -— 。「日本 ?!ー👩\u200d\u0301"), max_size=30))
def test_nothing_is_lost_but_spaces(text: str) -> None:
    assert "".join(parts(text)).replace(" ", "") == text.replace(" ", "")
    assert "".join(clusters(text)) == text


@given(
    word=st.text(st.sampled_from("abcßéЖ"), min_size=9, max_size=40),
    count=st.integers(min_value=2, max_value=4),
)
def test_a_long_word_is_divided_about_equally(word: str, count: int) -> None:
    made = hyphenated(word, count)
    assert made.replace("-", "") == word
    assert len(made.split("-")) <= count
    assert max(map(len, made.split("-"))) <= -(-len(word) // count)


@pytest.mark.parametrize("word", ["https://example.org/a", "ประภาคาร", "منارة", "2026"])
def test_what_has_no_hyphens_gets_none(word: str) -> None:
    assert hyphenated(word, 3) == word
