"""Threads: whatever the text, each part fits, and nothing is lost or cut."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from publisher.models import Limits
from publisher.render.thread import MOST, cut
from publisher.units import fits

NETWORKS = (
    Limits(length=300, unit="graphemes", byte_length=3000, has_threads=True),
    Limits(length=500, unit="mastodon", link=23, has_threads=True),
    Limits(length=60, unit="utf16", has_threads=True),
)
WORDS = st.sampled_from(
    """
    tide harbour, boats. #OpenData 👩‍👩‍👧‍👦 https://example.org/a/b?c=d
    水が引いた。船は港にいる。 القوارب عادت. ? Mr. été!
    """.split()
)
TEXTS = st.lists(
    st.lists(WORDS, min_size=1, max_size=60).map(" ".join), min_size=1, max_size=6
).map("\n\n".join)


def bare(parts: tuple[str, ...]) -> list[str]:
    return [re.sub(r" \(\d+/\d+\)$", "", part) for part in parts]


@given(text=TEXTS, limits=st.sampled_from(NETWORKS))
def test_every_part_fits_and_no_word_is_cut(text: str, limits: Limits) -> None:
    parts = cut(text, limits)
    if not parts:
        return
    assert all(fits(part, limits) for part in parts)
    assert len(parts) <= MOST
    whole = bare(parts) if len(parts) > 1 else list(parts)
    words = " ".join(whole).split()
    assert "".join(words) == "".join(text.split())
    assert {one for one in words if "。" not in one} <= set(text.split())
    for number, part in enumerate(parts, start=1):
        assert len(parts) == 1 or part.endswith(f" ({number}/{len(parts)})")


def test_a_thread_is_cut_where_sentences_end() -> None:
    text = " ".join(f"This is the sentence of number {n}." for n in range(20))
    parts = cut(text, Limits(length=300, unit="graphemes"))
    assert len(parts) == 3
    assert all(part.endswith(".") for part in bare(parts))


def test_a_sentence_that_is_too_long_is_cut_between_words() -> None:
    parts = cut("word " * 100, Limits(length=100))
    assert len(parts) > 1
    assert all(set(part.split()) == {"word"} for part in bare(parts))


def test_a_link_that_does_not_fit_makes_no_thread() -> None:
    link = "https://example.org/" + "a" * 300
    assert cut(f"Look. {link}", Limits(length=280)) == ()
    assert cut(f"Look. {link}", Limits(length=30, unit="mastodon", link=23)) != ()


def test_who_has_too_much_to_say_gets_no_thread() -> None:
    assert cut("A word. " * 2000, Limits(length=280)) == ()
