"""Pure rules for text: cleaning, naming, shortening, counting, hashtags, case."""

from __future__ import annotations

from publisher.text.case import is_capitals, lower, sentence_case, upper
from publisher.text.hashtags import (
    camel_case_hashtag,
    is_hashtag,
    split_hashtags,
    words_in,
)
from publisher.text.reading import (
    CJK,
    clean,
    cut,
    reading_minutes,
    sentences,
    slugify,
    suggest,
    summary_of,
)

__all__ = [
    "CJK",
    "camel_case_hashtag",
    "clean",
    "cut",
    "is_capitals",
    "is_hashtag",
    "lower",
    "reading_minutes",
    "sentence_case",
    "sentences",
    "slugify",
    "split_hashtags",
    "suggest",
    "summary_of",
    "upper",
    "words_in",
]
